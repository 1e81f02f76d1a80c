//! Changes that need a new object: refused with their reason, or planned where that is allowed.

use secureaks::{framework::GONE, value::Value};
use serde_json::json;

use crate::core::{Core, Kept, brief, number, object, text};

fn config(core: &Core, allowed: bool) -> Value {
    let case = |material: &str| object([("material", text(material)), ("thickness", Value::Null)]);
    core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("word", text("sesame")),
            ("case", case("oak")),
            ("layers", Value::List(vec![case("oak"), case("elm")])),
            ("allow_replacement", allowed.into()),
        ],
    )
}

fn with(config: &Value, name: &str, value: Value) -> Value {
    let mut changed = config.clone();
    changed.set_member(name, value);
    changed
}

#[tokio::test]
async fn a_replacement_is_refused_on_its_attribute_with_its_loss() {
    let core = Core::new().await;
    let config = config(&core, false);
    let kept = core.create("thing", &config).await;

    let plan = core
        .plan("thing", Some(&kept), &with(&config, "place", text("south")))
        .await;

    let told: Vec<String> = plan.told.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "error: place: Change needs a new thing\n`place` changes from \"north\" to \"south\": a thing cannot be moved. What is in the thing would be lost; set `allow_replacement = true` to accept that.\n\nTo destroy the thing as it is, run `terraform destroy -refresh=false`, which does not plan the configuration."
        ]
    );
}

#[tokio::test]
async fn every_refused_replacement_is_told_and_no_secret() {
    let core = Core::new().await;
    let config = config(&core, false);
    let kept = core.create("thing", &config).await;
    let case = |material: &str| object([("material", text(material)), ("thickness", Value::Null)]);
    let after = with(&config, "word", text("abracadabra"));
    let after = with(&after, "case", case("ash"));
    let after = with(
        &after,
        "layers",
        Value::List(vec![case("oak"), case("ash")]),
    );

    let plan = core.plan("thing", Some(&kept), &after).await;

    let told: Vec<&str> = plan
        .told
        .iter()
        .map(|told| told.detail.split_once(". ").unwrap().0)
        .collect();
    assert_eq!(
        told,
        [
            "`case.material` changes from \"oak\" to \"ash\": a case is for ever",
            "`layers[1].material` changes from \"elm\" to \"ash\": a case is for ever",
            "`word` changes from (sensitive) to (sensitive): the word is built in",
        ]
    );
}

#[tokio::test]
async fn an_allowed_replacement_forgets_everything_the_service_says() {
    let core = Core::new().await;
    let config = config(&core, true);
    let kept = core.create("thing", &config).await;

    let plan = core
        .plan("thing", Some(&kept), &with(&config, "place", text("south")))
        .await;

    assert_eq!(
        (plan.replaces, brief(&plan.told), plan.identity),
        (
            vec!["place".to_owned()],
            vec!["Warning place: Replacement deletes first".to_owned()],
            None
        )
    );
    let outputs = [
        "id",
        "revision",
        "current_version",
        "password_length",
        "key",
    ];
    assert_eq!(
        outputs.map(|output| plan.planned.member(output).is_unknown()),
        [true; 5]
    );
}

#[tokio::test]
async fn an_allowed_replacement_may_have_many_reasons() {
    let core = Core::new().await;
    let config = config(&core, true);
    let kept = core.create("thing", &config).await;
    let case = object([("material", text("ash")), ("thickness", number(9))]);
    let after = with(&with(&config, "place", text("south")), "case", case);

    let plan = core.plan("thing", Some(&kept), &after).await;

    assert_eq!(plan.replaces, ["case.material", "place"]);
}

#[tokio::test]
async fn an_unknown_value_replaces_nothing() {
    for allow in [false, true] {
        let core = Core::new().await;
        let config = config(&core, allow);
        let kept = core.create("thing", &config).await;

        let unknown = with(&config, "place", Value::unknown());
        let plan = core.plan("thing", Some(&kept), &unknown).await;

        assert_eq!((brief(&plan.told), plan.replaces), (Vec::new(), Vec::new()));
        assert_eq!(plan.planned.member("id"), &text("things/a"));
    }
}

#[tokio::test]
async fn a_value_that_turns_out_to_need_a_new_object_is_refused_by_the_apply() {
    let core = Core::new().await;
    let config = config(&core, true);
    let kept = core.create("thing", &config).await;

    let same = core.plan_again("thing", &kept, &config).await;
    let other = with(&config, "place", text("south"));
    let other = core.plan_again("thing", &kept, &other).await;

    assert_eq!(brief(&same.told), Vec::<String>::new());
    assert_eq!(
        brief(&other.told),
        ["Error place: Change needs a new thing, and that was not planned"]
    );
}

#[tokio::test]
async fn what_is_gone_and_has_left_something_is_made_anew_whether_that_is_allowed_or_not() {
    let core = Core::new().await;
    let config = config(&core, false);
    let kept = core.create("thing", &config).await;
    let private = json!({ GONE: true, "revision": 1 })
        .to_string()
        .into_bytes();
    let kept = Kept { private, ..kept };

    let plan = core.plan("thing", Some(&kept), &config).await;

    assert_eq!(
        (plan.replaces, plan.told),
        (vec!["id".to_owned()], Vec::new())
    );
    assert!(plan.planned.member("id").is_unknown());
}

#[tokio::test]
async fn a_change_in_place_needs_no_new_object() {
    let core = Core::new().await;
    let config = config(&core, false);
    let kept = core.create("thing", &config).await;
    let case = object([("material", text("oak")), ("thickness", number(9))]);

    let plan = core
        .plan("thing", Some(&kept), &with(&config, "case", case))
        .await;

    assert_eq!((plan.told, plan.replaces), (Vec::new(), Vec::new()));
    assert_eq!(plan.planned.member("id"), &text("things/a"));
}

#[tokio::test]
async fn a_default_new_to_an_old_state_replaces_nothing() {
    let core = Core::new().await;
    let config = config(&core, false);
    let mut kept = core.create("thing", &config).await;
    kept.state.set_member("make", Value::Null);

    let plan = core.plan("thing", Some(&kept), &config).await;

    assert_eq!(
        (plan.told, plan.planned.member("make")),
        (Vec::new(), &text("second"))
    );
}

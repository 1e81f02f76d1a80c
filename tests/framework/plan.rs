//! What a plan says: defaults, spellings, what is kept and what is not known.

use secureaks::{
    framework::{PENDING, plan::settle},
    value::Value,
};
use serde_json::json;

use crate::core::{Core, Kept, brief, differing, map, number, object, text};

/// The least that must be written about a thing.
fn least(core: &Core) -> Value {
    core.config("thing", [("name", text("a")), ("place", text("north"))])
}

fn with(config: &Value, name: &str, value: Value) -> Value {
    let mut changed = config.clone();
    changed.set_member(name, value);
    changed
}

#[tokio::test]
async fn what_is_left_out_is_planned_with_its_defaults() {
    let core = Core::new().await;

    let plan = core.plan("thing", None, &least(&core)).await;

    let network = object([
        ("kind", text("wire")),
        ("range", Value::Null),
        ("shown", true.into()),
    ]);
    let expected = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("size", number(1)),
            ("make", text("second")),
            ("network", network),
            ("allow_replacement", false.into()),
            ("id", Value::unknown()),
            ("revision", Value::unknown()),
            ("current_version", Value::unknown()),
            ("password_length", Value::unknown()),
            ("key", Value::unknown()),
        ],
    );
    assert_eq!((plan.planned, plan.told), (expected, Vec::new()));
}

#[tokio::test]
async fn defaults_reach_into_what_is_written_in_part() {
    let core = Core::new().await;
    let case = object([("material", text("oak")), ("thickness", Value::Null)]);
    let network = object([
        ("kind", Value::Null),
        ("range", text("10.1.0.0/16")),
        ("shown", false.into()),
    ]);
    let config = with(
        &with(&least(&core), "layers", Value::List(vec![case])),
        "network",
        network,
    );

    let plan = core.plan("thing", None, &config).await;

    let network = object([
        ("kind", text("wire")),
        ("range", text("10.1.0.0/16")),
        ("shown", false.into()),
    ]);
    let case = object([("material", text("oak")), ("thickness", number(2))]);
    assert_eq!(
        (
            plan.planned.member("network"),
            plan.planned.member("layers")
        ),
        (&network, &Value::List(vec![case]))
    );
}

#[tokio::test]
async fn nothing_changes_where_nothing_was_changed() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;

    let plan = core.plan("thing", Some(&kept), &least(&core)).await;

    assert_eq!(
        (&plan.planned, &plan.identity, plan.told.as_slice()),
        (&kept.state, &kept.identity, [].as_slice())
    );
    assert_eq!(plan.private, kept.private);
}

#[tokio::test]
async fn an_update_keeps_what_is_stable_and_forgets_the_rest() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;

    let plan = core
        .plan(
            "thing",
            Some(&kept),
            &with(&least(&core), "size", number(2)),
        )
        .await;

    let mut expected = kept.state.clone();
    expected.set_member("size", number(2));
    for output in ["revision", "password_length"] {
        expected.set_member(output, Value::unknown());
    }
    assert_eq!(
        (plan.planned, plan.replaces, plan.identity),
        (expected, Vec::new(), kept.identity)
    );
}

#[tokio::test]
async fn an_output_that_follows_an_attribute_is_forgotten_with_its_change() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;

    let newer = with(&least(&core), "version", text("8"));
    let plan = core.plan("thing", Some(&kept), &newer).await;
    let applied = core.apply("thing", &plan).await.kept.unwrap();

    assert_eq!(
        differing(&kept.state, &plan.planned),
        ["current_version", "password_length", "revision", "version"]
    );
    assert_eq!(applied.state.member("current_version"), &text("8"));
}

#[tokio::test]
async fn an_output_that_the_plan_knows_is_what_apply_returns() {
    let core = Core::new().await;
    let newest = with(&least(&core), "version", text("newest"));
    core.set_newest("8");

    let created = core.plan("thing", None, &newest).await;
    core.set_newest("9");
    let made = core.apply("thing", &created).await.kept.unwrap();
    let updated = with(&newest, "size", number(2));
    let updated = core.plan("thing", Some(&made), &updated).await;

    let known = [&created.planned, &made.state, &updated.planned];
    let known = known.map(|value| value.member("current_version").clone());
    assert_eq!(known, ["8", "8", "8"].map(text));
}

#[tokio::test]
async fn an_output_that_the_plan_does_not_know_is_found_by_apply() {
    let core = Core::new().await;
    let newest = with(&least(&core), "version", text("newest"));
    let mut plan = core.plan("thing", None, &newest).await;
    plan.planned.set_member("current_version", Value::unknown());
    core.set_newest("9");

    let made = core.apply("thing", &plan).await.kept.unwrap();

    assert_eq!(made.state.member("current_version"), &text("9"));
}

#[test]
fn what_is_known_of_a_list_of_objects_stays_and_the_rest_is_the_services() {
    let member = |id: Value, name: Value| object([("id", id), ("name", name)]);
    let list = |members: [Value; 2]| object([("members", Value::List(members.to_vec()))]);
    let planned = list([
        member(text("1"), Value::unknown()),
        member(Value::unknown(), Value::unknown()),
    ]);
    let said = list([
        member(text("other"), text("a")),
        member(text("2"), text("b")),
    ]);

    let settled = settle(&planned, &said);

    let expected = list([member(text("1"), text("a")), member(text("2"), text("b"))]);
    assert_eq!(settled, expected);
}

#[tokio::test]
async fn a_sticky_attribute_keeps_the_value_it_has() {
    let core = Core::new().await;
    let first = with(&least(&core), "make", text("first"));
    let kept = core.create("thing", &first).await;

    let plan = core.plan("thing", Some(&kept), &least(&core)).await;

    assert_eq!(plan.planned, kept.state);
}

#[tokio::test]
async fn an_unmanaged_attribute_stays_null_while_it_is_left_out() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;

    let plan = core.plan("thing", Some(&kept), &least(&core)).await;

    assert_eq!(
        (
            plan.planned.member("version"),
            plan.planned.member("current_version")
        ),
        (&Value::Null, &text("7"))
    );
}

#[tokio::test]
async fn an_equal_meaning_keeps_the_spelling_it_had() {
    let core = Core::new().await;
    let copies = |spelled: [&str; 2]| Value::List(spelled.map(Value::from).to_vec());
    let before = with(
        &with(&least(&core), "place", text("North")),
        "copies",
        copies(["east", "West"]),
    );
    let kept = core.create("thing", &before).await;
    let after = with(
        &with(&least(&core), "place", text("NOR TH")),
        "copies",
        copies(["EAST", "west"]),
    );

    let plan = core.plan("thing", Some(&kept), &after).await;

    assert_eq!(plan.planned, kept.state);
}

#[tokio::test]
async fn a_local_attribute_changes_without_the_service() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;
    let timeouts = object([
        ("create", text("1m")),
        ("read", Value::Null),
        ("update", Value::Null),
        ("delete", Value::Null),
    ]);
    let journal = core.server_journal();

    let plan = core
        .plan(
            "thing",
            Some(&kept),
            &with(&least(&core), "timeouts", timeouts),
        )
        .await;
    let applied = core.apply("thing", &plan).await;

    let applied = applied.kept.unwrap();
    assert_eq!(differing(&kept.state, &applied.state), ["timeouts"]);
    assert_eq!(
        (core.server_journal(), applied.private),
        (journal, kept.private)
    );
}

#[tokio::test]
async fn a_local_attribute_within_an_object_is_local_too() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;
    let network = object([
        ("kind", Value::Null),
        ("range", Value::Null),
        ("shown", false.into()),
    ]);

    let plan = core
        .plan(
            "thing",
            Some(&kept),
            &with(&least(&core), "network", network),
        )
        .await;

    assert_eq!(differing(&kept.state, &plan.planned), ["network"]);
}

#[tokio::test]
async fn what_is_pending_is_planned_as_an_update() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;
    let private = json!({PENDING: "create", "revision": 1})
        .to_string()
        .into_bytes();
    let kept = Kept { private, ..kept };

    let plan = core.plan("thing", Some(&kept), &least(&core)).await;
    let applied = core.apply("thing", &plan).await;

    assert_eq!(
        differing(&kept.state, &plan.planned),
        ["current_version", "password_length", "revision"]
    );
    assert_eq!(
        applied.kept.unwrap().private,
        json!({"revision": 2, "whole": true})
            .to_string()
            .into_bytes()
    );
}

#[tokio::test]
async fn a_write_only_value_is_in_no_plan_state_or_private() {
    let core = Core::new().await;
    let config = with(
        &with(&least(&core), "password", text("hunter2")),
        "password_version",
        number(1),
    );

    let plan = core.plan("thing", None, &config).await;
    let applied = core.apply("thing", &plan).await.kept.unwrap();
    let read = core.read("thing", &applied).await.kept.unwrap();

    let planned = [
        ("planned", &plan.planned),
        ("applied", &applied.state),
        ("read", &read.state),
    ];
    for (moment, value) in planned {
        assert!(!format!("{value:?}").contains("hunter2"), "{moment}");
    }
    for private in [plan.private, applied.private, read.private] {
        assert!(!String::from_utf8(private).unwrap().contains("hunter2"));
    }
    assert_eq!(applied.state.member("password_length"), &number(7));
}

#[tokio::test]
async fn a_deletion_is_planned_as_null() {
    let core = Core::new().await;
    let kept = core.create("thing", &least(&core)).await;

    let plan = core.plan("thing", Some(&kept), &Value::Null).await;

    assert_eq!(
        (plan.planned, plan.told, plan.private),
        (Value::Null, Vec::new(), kept.private)
    );
}

#[tokio::test]
async fn every_error_of_a_plan_is_told() {
    let core = Core::new().await;
    let config = core.config(
        "thing",
        [
            ("name", text("a b")),
            ("place", text("up")),
            ("size", number(0)),
            ("labels", map([("x", Value::Null)])),
        ],
    );

    let plan = core.plan("thing", None, &config).await;

    assert_eq!(
        brief(&plan.told),
        [
            "Error place: Invalid value",
            "Error labels[\"x\"]: Null element",
            "Error name: Invalid name",
            "Error size: Invalid size",
        ]
    );
}

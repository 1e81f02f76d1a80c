//! What a read leaves in the state: the live object, by the kind of each attribute.

use secureaks::value::Value;
use serde_json::json;

use crate::core::{Core, Kept, differing, map, number, object, text};

async fn thing(core: &Core) -> (Value, Kept) {
    let config = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("No rth")),
            ("copies", Value::List(vec![text("EAST")])),
            ("labels", map([("x", text("1"))])),
            ("allow_replacement", true.into()),
        ],
    );
    let kept = core.create("thing", &config).await;
    (config, kept)
}

#[tokio::test]
async fn an_object_that_is_as_planned_leaves_the_state_as_it_is() {
    let core = Core::new().await;
    let (_, kept) = thing(&core).await;

    let read = core.read("thing", &kept).await;

    assert_eq!((read.kept, read.told), (Some(kept), Vec::new()));
}

#[tokio::test]
async fn an_object_that_is_gone_leaves_no_state() {
    let core = Core::new().await;
    let (_, kept) = thing(&core).await;
    std::fs::remove_file(core.directory.path().join("things-a.json")).unwrap();

    let read = core.read("thing", &kept).await;

    assert_eq!((read.kept, read.told), (None, Vec::new()));
}

#[tokio::test]
async fn every_live_attribute_shows_its_drift() {
    let core = Core::new().await;
    let (config, kept) = thing(&core).await;
    core.change_object("things/a", |object| {
        object["size"] = json!(5);
        object["place"] = json!("south");
        object["labels"] = json!(null);
        object["zones"] = json!(["2"]);
        object["copies"] = json!(["east", "west"]);
        object["network"]["kind"] = json!("air");
    });

    let read = core.read("thing", &kept).await.kept.unwrap();
    let plan = core.plan("thing", Some(&read), &config).await;

    let drifted = ["copies", "labels", "network", "place", "size", "zones"];
    assert_eq!(differing(&kept.state, &read.state), drifted);
    assert_eq!(
        read.state.member("copies"),
        &Value::List(vec![text("east"), text("west")])
    );
    assert_eq!(
        ["size", "place", "labels", "zones"].map(|name| plan.planned.member(name).clone()),
        [
            number(1),
            text("No rth"),
            map([("x", text("1"))]),
            Value::Null
        ]
    );
}

#[tokio::test]
async fn what_is_unmanaged_stays_null_whatever_the_object_says() {
    let core = Core::new().await;
    let (_, kept) = thing(&core).await;
    core.change_object("things/a", |object| {
        object["version"] = json!("9");
        object["network"]["range"] = json!("10.9.0.0/16");
    });

    let read = core.read("thing", &kept).await.kept.unwrap();

    assert_eq!(differing(&kept.state, &read.state), ["current_version"]);
    assert_eq!(read.state.member("current_version"), &text("9"));
}

#[tokio::test]
async fn what_was_unmanaged_and_is_set_shows_its_drift() {
    let core = Core::new().await;
    let config = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("version", text("8")),
        ],
    );
    let kept = core.create("thing", &config).await;
    core.change_object("things/a", |object| object["version"] = json!("9"));

    let read = core.read("thing", &kept).await.kept.unwrap();

    assert_eq!(
        differing(&kept.state, &read.state),
        ["current_version", "version"]
    );
}

#[tokio::test]
async fn a_word_the_provider_does_not_know_is_read_all_the_same() {
    let core = Core::new().await;
    let (_, kept) = thing(&core).await;
    core.change_object("things/a", |object| {
        object["make"] = json!("third");
        object["place"] = json!("up");
    });

    let read = core.read("thing", &kept).await;

    let state = read.kept.unwrap().state;
    assert_eq!(read.told, []);
    assert_eq!(
        (state.member("make"), state.member("place")),
        (&text("third"), &text("up"))
    );
}

#[tokio::test]
async fn each_verb_gets_the_time_the_user_gives_it() {
    let core = Core::new().await;
    let timeouts = object([
        ("create", text("1h30m")),
        ("read", text("5s")),
        ("update", text("90m")),
        ("delete", text("500ms")),
    ]);
    let config = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("timeouts", timeouts),
        ],
    );
    let mut larger = config.clone();
    larger.set_member("size", number(2));

    let kept = core.create("thing", &config).await;
    let kept = core.read("thing", &kept).await.kept.unwrap();
    let plan = core.plan("thing", Some(&kept), &larger).await;
    let kept = core.apply("thing", &plan).await.kept.unwrap();
    core.delete("thing", &kept).await;

    let journal = core.server_journal();
    let within: Vec<&str> = journal
        .lines()
        .filter(|line| line.contains("within"))
        .collect();
    assert_eq!(
        within,
        [
            "plan within 5s",
            "create within 5400s",
            "read within 5s",
            "plan within 5s",
            "update within 5400s",
            "delete within 500ms",
        ]
    );
}

//! Old states: of this schema version with more and fewer attributes, and of older versions.

use secureaks::{
    framework::service::{Service as _, UpgradeRequest, ValueResponse},
    value::Value,
};

use crate::core::{Core, Kept, brief, full, map, number, object, text};

/// A state as an earlier release wrote it: some attributes were not there yet, others are gone.
const OLD: &str = include_str!("states/thing-1.json");

async fn upgrade(core: &Core, version: i64, json: &str) -> ValueResponse {
    let request = UpgradeRequest {
        type_name: full("thing"),
        version,
        json: json.as_bytes().to_vec(),
    };
    core.server.upgrade_resource(request).await
}

fn decoded(core: &Core, response: ValueResponse) -> Value {
    assert_eq!(response.diagnostics, []);
    response
        .value
        .unwrap()
        .decode(&core.block("thing").ty())
        .unwrap()
}

fn expected(core: &Core) -> Value {
    let network = object([
        ("kind", text("wire")),
        ("range", Value::Null),
        ("shown", Value::Null),
    ]);
    let layer = object([("material", text("oak")), ("thickness", Value::Null)]);
    core.config(
        "thing",
        [
            ("id", text("things/a")),
            ("name", text("a")),
            ("place", text("North")),
            ("size", number(3)),
            ("labels", map([("x", text("1"))])),
            ("zones", Value::set(vec![text("1"), text("2")])),
            ("network", network),
            ("layers", Value::List(vec![layer])),
            ("revision", number(4)),
            ("key", text("key of things/a")),
            ("allow_replacement", false.into()),
        ],
    )
}

#[tokio::test]
async fn a_state_with_missing_and_foreign_attributes_is_read() {
    let core = Core::new().await;

    let state = decoded(&core, upgrade(&core, 1, OLD).await);

    assert_eq!(state, expected(&core));
}

#[tokio::test]
async fn an_old_state_can_be_planned_with() {
    let core = Core::new().await;
    let state = decoded(&core, upgrade(&core, 1, OLD).await);
    let kept = Kept {
        state,
        private: Vec::new(),
        identity: None,
    };
    let layer = object([("material", text("oak")), ("thickness", Value::Null)]);
    let config = core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("size", number(3)),
            ("labels", map([("x", text("1"))])),
            ("zones", Value::set(vec![text("2"), text("1")])),
            ("layers", Value::List(vec![layer])),
        ],
    );

    let plan = core.plan("thing", Some(&kept), &config).await;

    assert_eq!((plan.told, plan.replaces), (Vec::new(), Vec::new()));
    assert_eq!(
        (plan.planned.member("id"), plan.planned.member("place")),
        (&text("things/a"), &text("North"))
    );
    assert_eq!(plan.identity, Some(object([("name", text("a"))])));
}

#[tokio::test]
async fn an_older_version_is_upgraded_by_its_resource() {
    let core = Core::new().await;
    let old = OLD.replace("\"name\"", "\"title\"");

    let state = decoded(&core, upgrade(&core, 0, &old).await);

    assert_eq!(state, expected(&core));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_told() {
    let core = Core::new().await;

    let unknown = upgrade(&core, 0, "{}").await;
    let misfit = upgrade(&core, 1, r#"{"size": "large"}"#).await;
    let broken = upgrade(&core, 1, "{").await;

    assert_eq!(
        brief(&unknown.diagnostics),
        ["Error : State is of an unknown version"]
    );
    assert_eq!(
        brief(&misfit.diagnostics),
        ["Error size: Cannot read the state"]
    );
    assert_eq!(
        brief(&broken.diagnostics),
        ["Error : Cannot read the state"]
    );
}

#[tokio::test]
async fn an_identity_is_brought_to_the_present_schema() {
    let core = Core::new().await;
    let request = UpgradeRequest {
        type_name: full("thing"),
        version: 0,
        json: br#"{"name": "a", "gone": true}"#.to_vec(),
    };

    let upgraded = core.server.upgrade_identity(request).await;

    assert_eq!(upgraded.diagnostics, []);
    assert_eq!(
        core.identity("thing", upgraded.value),
        Some(object([("name", text("a"))]))
    );
}

//! What is told about a configuration before anybody is asked.

use secureaks::{
    framework::service::{ClientCapabilities, Service as _, ValidateRequest},
    value::{Encoded, Value},
};

use crate::core::{Core, NEW_CLIENT, brief, map, number, object, text};

fn least(core: &Core) -> Value {
    core.config("thing", [("name", text("a")), ("place", text("north"))])
}

fn with(config: &Value, name: &str, value: Value) -> Value {
    let mut changed = config.clone();
    changed.set_member(name, value);
    changed
}

#[tokio::test]
async fn a_configuration_that_is_right_is_told_nothing() {
    let core = Core::new().await;

    let told = core.validate("thing", &least(&core)).await;

    assert_eq!(told, []);
}

#[tokio::test]
async fn a_required_attribute_that_is_null_is_told_at_any_depth() {
    let core = Core::new().await;
    let case = object([("material", Value::Null), ("thickness", Value::Null)]);
    let config = with(&least(&core), "case", case.clone());
    let config = with(&config, "layers", Value::List(vec![case]));

    let told = core
        .validate("thing", &with(&config, "name", Value::Null))
        .await;

    assert_eq!(
        brief(&told),
        [
            "Error name: Missing required attribute",
            "Error case.material: Missing required attribute",
            "Error layers[0].material: Missing required attribute",
        ]
    );
}

#[tokio::test]
async fn a_read_only_attribute_that_is_written_is_told() {
    let core = Core::new().await;

    let told = core
        .validate("thing", &with(&least(&core), "id", text("things/b")))
        .await;

    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "error: id: Read-only attribute\n`id` is set by the service and cannot be set in the configuration; remove it."
        ]
    );
}

#[tokio::test]
async fn a_write_only_attribute_needs_a_client_that_knows_them() {
    let core = Core::new().await;
    let config = with(&least(&core), "password", text("hunter2"));
    let old_client = ClientCapabilities {
        write_only_attributes_allowed: false,
        ..NEW_CLIENT
    };

    let new = core.validate_for(NEW_CLIENT, "thing", &config).await;
    let old = core.validate_for(old_client, "thing", &config).await;

    assert_eq!(new, []);
    assert_eq!(
        brief(&old),
        ["Error password: Client does not know write-only attributes"]
    );
    assert!(!format!("{old:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_deprecated_attribute_is_a_warning() {
    let core = Core::new().await;

    let told = core
        .validate("thing", &with(&least(&core), "remark", text("old")))
        .await;

    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["warning: remark: Deprecated attribute\n`remark` is deprecated: use `labels` instead."]
    );
}

#[tokio::test]
async fn every_mistake_is_told_and_each_once() {
    let core = Core::new().await;
    let conduct = object([
        ("plan", Value::Null),
        ("create", text("PANIC")),
        ("read", Value::Null),
        ("update", text("sleep")),
        ("delete", Value::Null),
    ]);
    let timeouts = object([
        ("create", text("soon")),
        ("read", text("0s")),
        ("update", Value::Null),
        ("delete", Value::Null),
    ]);
    let config = core.config(
        "thing",
        [
            ("name", text("a b")),
            ("place", text("up")),
            ("size", Value::Number("1.5".parse().unwrap())),
            (
                "copies",
                Value::List(vec![text("north"), text("down"), Value::Null]),
            ),
            ("zones", Value::set(vec![Value::Null])),
            ("labels", map([("x", Value::Null)])),
            ("conduct", conduct),
            ("timeouts", timeouts),
        ],
    );

    let told = core.validate("thing", &config).await;

    let told: Vec<String> = told
        .iter()
        .map(|told| format!("{}: {}", told.path, told.detail))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_provider_block_is_judged_as_any_other() {
    let core = Core::new().await;
    let config = object([("directory", text("")), ("key", number(1))]);
    let request = |config: &Value| ValidateRequest {
        config: Encoded::of(config, &core.server.schemas().provider.ty()),
        client: NEW_CLIENT,
        ..ValidateRequest::default()
    };

    let missing = core
        .server
        .validate_provider(request(&object([("directory", Value::Null)])))
        .await;
    let empty = core
        .server
        .validate_provider(request(&with(&config, "key", Value::Null)))
        .await;
    let misfit = core.server.validate_provider(request(&config)).await;
    let unknown = core
        .server
        .validate_provider(request(&object([("directory", Value::unknown())])))
        .await;

    assert_eq!(
        brief(&missing),
        ["Error directory: Missing required attribute"]
    );
    assert_eq!(brief(&empty), ["Error directory: Directory has no name"]);
    assert_eq!(brief(&misfit), ["Error key: Cannot read the configuration"]);
    assert_eq!(unknown, []);
}

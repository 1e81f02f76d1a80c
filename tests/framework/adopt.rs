//! Import by id and by identity, and states of another type that are taken over.

use secureaks::{
    framework::service::{ImportRequest, Imported, MoveRequest, Service as _},
    value::{Encoded, Type, Value},
};
use serde_json::json;

use crate::core::{Core, Kept, brief, full, map, object, text};

fn identity_ty() -> Type {
    Type::Object([("name".to_owned(), Type::String)].into())
}

fn kept(core: &Core, imported: Imported) -> Kept {
    assert_eq!(imported.diagnostics, []);
    Kept {
        state: imported
            .state
            .unwrap()
            .decode(&core.block("thing").ty())
            .unwrap(),
        private: imported.private,
        identity: core.identity("thing", imported.identity),
    }
}

async fn import(core: &Core, id: &str, identity: Option<Value>) -> Imported {
    let request = ImportRequest {
        type_name: full("thing"),
        id: id.to_owned(),
        identity: identity.map(|identity| Encoded::of(&identity, &identity_ty())),
    };
    core.server.import_resource(request).await
}

async fn take_over(core: &Core, source: &str, state: serde_json::Value) -> Imported {
    let request = MoveRequest {
        source_provider_address: "registry.terraform.io/secureaks/specimen".to_owned(),
        source_type_name: source.to_owned(),
        source_schema_version: 0,
        source_json: state.to_string().into_bytes(),
        source_private: Vec::new(),
        target_type_name: full("thing"),
    };
    core.server.move_resource(request).await
}

fn config(core: &Core) -> Value {
    let labels = map([("x", text("1"))]);
    core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("labels", labels),
        ],
    )
}

#[tokio::test]
async fn an_import_by_id_or_identity_leads_to_an_empty_plan() {
    let by_identity = Some(object([("name", text("a"))]));
    for (id, identity) in [("things/a", None), ("", by_identity)] {
        let core = Core::new().await;
        let created = core.create("thing", &config(&core)).await;

        let imported = kept(&core, import(&core, id, identity).await);
        let read = core.read("thing", &imported).await.kept.unwrap();
        let plan = core.plan("thing", Some(&read), &config(&core)).await;

        assert_eq!(imported.identity, created.identity);
        assert_eq!(read, created);
        assert_eq!((plan.planned, plan.told), (read.state, Vec::new()));
    }
}

#[tokio::test]
async fn an_import_of_what_is_not_there_finds_nothing() {
    let core = Core::new().await;

    let imported = kept(&core, import(&core, "things/b", None).await);
    let read = core.read("thing", &imported).await;

    assert_eq!((read.kept, read.told), (None, Vec::new()));
}

#[tokio::test]
async fn an_import_that_names_nothing_is_refused() {
    let core = Core::new().await;
    let nameless = Some(object([("name", Value::Null)]));

    let by_id = import(&core, "a", None).await;
    let by_identity = import(&core, "", nameless).await;

    assert_eq!(brief(&by_id.diagnostics), ["Error : Invalid import id"]);
    assert_eq!(
        brief(&by_identity.diagnostics),
        ["Error name: Missing required attribute"]
    );
}

#[tokio::test]
async fn a_state_of_another_type_is_taken_over() {
    let core = Core::new().await;
    let created = core.create("thing", &config(&core)).await;

    let moved = take_over(
        &core,
        "specimen_relic",
        json!({"id": "things/a", "name": "a"}),
    )
    .await;
    let read = core.read("thing", &kept(&core, moved)).await.kept.unwrap();

    assert_eq!(read, created);
}

#[tokio::test]
async fn a_state_that_cannot_become_one_is_refused() {
    let core = Core::new().await;

    let moved = take_over(&core, "null_resource", json!({"id": "1"})).await;

    let told: Vec<String> = moved.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "error: State cannot be moved\nA `null_resource` of `registry.terraform.io/secureaks/specimen` cannot become a `thing`. Remove it from the state with a `removed` block and import the object instead."
        ]
    );
    assert_eq!(moved.state, None);
}

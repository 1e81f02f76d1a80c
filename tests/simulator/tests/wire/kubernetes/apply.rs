//! Server-side apply: who owns what, and who may change it.

use serde_json::{Value, json};

use super::{Answer, Api, CONFIG_MAPS, cluster, config_map};

fn path() -> String {
    format!("{CONFIG_MAPS}/c")
}

fn apply(api: &Api, manager: &str, data: &Value) -> Answer {
    let query = format!("fieldManager={manager}");
    api.apply(&path(), &query, &config_map("c", data))
}

/// Manager, operation and fields of each entry.
fn owned(answer: &Answer) -> Value {
    let entries = answer.json()["metadata"]["managedFields"].clone();
    entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["manager"], entry["operation"], entry["fieldsV1"]]))
        .collect()
}

#[test]
fn an_apply_creates_then_changes_then_changes_nothing() {
    let (_simulator, _client, api) = cluster();

    let created = apply(&api, "one", &json!({ "a": "1" }));
    let changed = apply(&api, "one", &json!({ "a": "2" }));
    let same = apply(&api, "one", &json!({ "a": "2" }));

    assert_eq!((created.status, changed.status), (201, 200));
    assert_eq!(changed.json()["data"], json!({ "a": "2" }));
    assert_ne!(changed.version_of_object(), created.version_of_object());
    assert_eq!(same.json(), changed.json());
    assert_eq!(
        owned(&same),
        json!([["one", "Apply", { "f:data": { "f:a": {} } }]])
    );
}

#[test]
fn a_field_left_out_goes_unless_somebody_else_owns_it() {
    let (_simulator, _client, api) = cluster();
    apply(&api, "one", &json!({ "a": "1", "b": "1", "c": "1" }));
    apply(&api, "two", &json!({ "b": "1", "d": "1" }));

    let less = apply(&api, "one", &json!({ "c": "1" }));

    let expected = json!({ "b": "1", "c": "1", "d": "1" });
    assert_eq!(less.json()["data"], expected);
    assert_eq!(
        owned(&less),
        json!([
            ["one", "Apply", { "f:data": { "f:c": {} } }],
            ["two", "Apply", { "f:data": { "f:b": {}, "f:d": {} } }],
        ])
    );
}

#[test]
fn conflicts_name_the_other_managers_and_fields_and_change_nothing() {
    let (_simulator, _client, api) = cluster();
    apply(&api, "one", &json!({ "a": "1", "b": "1" }));
    let edited = config_map("c", &json!({ "a": "1", "b": "1", "c": "1" }));
    api.send("PUT", &format!("{}?fieldManager=editor", path()), &edited);

    let single = apply(&api, "two", &json!({ "a": "2" }));
    let several = apply(&api, "two", &json!({ "a": "2", "c": "2" }));

    let first = "Apply failed with 1 conflict: conflict with \"one\": .data.a";
    let both = "Apply failed with 2 conflicts: conflicts with \"editor\" using v1:\n- .data.c\n\
                conflicts with \"one\":\n- .data.a";
    assert_eq!(
        single.refusal(),
        (409, "Conflict".to_owned(), first.to_owned())
    );
    assert_eq!(several.text_at("/message"), both);
    // Their order is nobody's.
    let causes = several.json()["details"]["causes"].clone();
    let mut causes = causes.as_array().unwrap().clone();
    causes.sort_by_key(|cause| cause["field"].to_string());
    assert_eq!(
        causes,
        [
            json!({
                "reason": "FieldManagerConflict",
                "message": "conflict with \"one\"",
                "field": ".data.a",
            }),
            json!({
                "reason": "FieldManagerConflict",
                "message": "conflict with \"editor\" using v1",
                "field": ".data.c",
            }),
        ]
    );
    assert_eq!(api.get(&path()).json()["data"], edited["data"]);
}

#[test]
fn force_takes_the_fields_over() {
    let (_simulator, _client, api) = cluster();
    apply(&api, "one", &json!({ "a": "1", "b": "1" }));
    let body = config_map("c", &json!({ "a": "2" }));

    let forced = api.apply(&path(), "fieldManager=two&force=true", &body);

    assert_eq!(forced.json()["data"], json!({ "a": "2", "b": "1" }));
    assert_eq!(
        owned(&forced),
        json!([
            ["one", "Apply", { "f:data": { "f:b": {} } }],
            ["two", "Apply", { "f:data": { "f:a": {} } }],
        ])
    );
}

#[test]
fn equal_values_are_owned_together() {
    let (_simulator, _client, api) = cluster();
    apply(&api, "one", &json!({ "a": "1" }));

    let shared = apply(&api, "two", &json!({ "a": "1" }));

    assert_eq!(shared.status, 200);
    let fields = json!({ "f:data": { "f:a": {} } });
    // The second has changed nothing, and so has no time, and comes first.
    assert_eq!(
        owned(&shared),
        json!([["two", "Apply", fields], ["one", "Apply", fields]])
    );
}

#[test]
fn an_atomic_list_belongs_to_one_manager() {
    let (_simulator, _client, api) = cluster();
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/b";
    let binding = |group: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": "b" },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": group,
            }],
        })
    };

    let created = api.apply(path, "fieldManager=one", &binding("g"));
    let other = api.apply(path, "fieldManager=two", &binding("h"));

    assert_eq!(
        owned(&created),
        json!([["one", "Apply", { "f:roleRef": {}, "f:subjects": {} }]])
    );
    assert_eq!(
        other.text_at("/message"),
        "Apply failed with 1 conflict: conflict with \"one\": .subjects"
    );
}

#[test]
fn items_of_keyed_lists_belong_to_their_managers() {
    let (_simulator, _client, api) = cluster();
    let path = "/api/v1/namespaces/default/services/s";
    let service = |ports: Value| {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "s" },
            "spec": { "ports": ports },
        })
    };
    let http = json!({ "name": "http", "port": 80, "protocol": "TCP" });
    let tls = json!({ "name": "https", "port": 443, "protocol": "TCP" });
    api.apply(path, "fieldManager=one", &service(json!([http])));
    api.apply(path, "fieldManager=two", &service(json!([tls])));

    let less = api.apply(path, "fieldManager=one", &service(json!([])));

    let ports = less.json()["spec"]["ports"].clone();
    assert_eq!(ports.as_array().unwrap().len(), 1);
    assert_eq!(ports[0]["port"], 443);
}

#[test]
fn a_dry_run_finds_the_conflict_and_keeps_nothing() {
    let (_simulator, _client, api) = cluster();
    apply(&api, "one", &json!({ "a": "1" }));
    let body = config_map("c", &json!({ "a": "2" }));

    let refused = api.apply(&path(), "fieldManager=two&dryRun=All", &body);
    let tried = api.apply(&path(), "fieldManager=two&dryRun=All&force=true", &body);

    assert_eq!((refused.status, tried.status), (409, 200));
    assert_eq!(tried.json()["data"], json!({ "a": "2" }));
    assert_eq!(api.get(&path()).json()["data"], json!({ "a": "1" }));
}

#[test]
fn what_an_apply_must_and_must_not_say() {
    let (_simulator, _client, api) = cluster();
    let mut unknown = config_map("c", &json!({}));
    unknown["datum"] = json!("1");
    let mut managed = config_map("c", &json!({}));
    managed["metadata"]["managedFields"] = json!([]);

    let mut twice = config_map("c", &json!({}));
    twice["metadata"]["finalizers"] = json!(["a/b", "a/b"]);

    let answers = [
        api.apply(&path(), "", &config_map("c", &json!({}))),
        api.apply(&path(), "fieldManager=one", &twice),
        api.apply(&path(), "fieldManager=one", &unknown),
        api.apply(&path(), "fieldManager=one", &managed),
        api.apply(&path(), "fieldManager=one", &config_map("d", &json!({}))),
    ];

    let expected = [
        (
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required \
             for apply patch",
        ),
        (
            500,
            "failed to create typed patch object (/c; /v1, Kind=ConfigMap): \
             .metadata.finalizers: duplicate entries for key [=\"a/b\"]",
        ),
        (
            500,
            "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .datum: field \
             not declared in schema",
        ),
        (400, "metadata.managedFields must be nil"),
        (
            400,
            "the name of the object (d) does not match the name on the URL (c)",
        ),
    ];
    let found = answers.map(|answer| (answer.status, answer.text_at("/message")));
    assert_eq!(
        found,
        expected.map(|(status, text)| (status, text.to_owned()))
    );
}

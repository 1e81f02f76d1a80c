//! Objects: created, read, listed, replaced and deleted.

use serde_json::{Value, json};

use super::{Answer, CONFIG_MAPS, cluster, config_map};

fn names(list: &Answer) -> Vec<String> {
    list.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn empty_lists_and_maps_are_left_out() {
    let (_simulator, _client, api) = cluster();
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": { "name": "p", "labels": {} },
        "spec": {
            "podSelector": { "matchLabels": {} },
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": [{ "to": [] }],
        },
    });

    let path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
    let created = api.send("POST", path, &policy).json();

    assert_eq!(created["metadata"]["labels"], Value::Null);
    assert_eq!(
        created["spec"],
        json!({
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{}],
        })
    );
}

#[test]
fn an_object_is_created_read_replaced_and_deleted() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");

    let created = api.send("POST", CONFIG_MAPS, &config_map("c", &json!({ "a": "1" })));
    let read = api.get(&path);
    let replaced = api.send("PUT", &path, &config_map("c", &json!({ "a": "2" })));
    let deleted = api.delete(&path);
    let gone = api.get(&path);

    let expected = |value: &str| {
        json!({
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": { "name": "c", "namespace": "default" },
            "data": { "a": value },
        })
    };
    assert_eq!((created.status, created.object()), (201, expected("1")));
    assert_eq!(read.json(), created.json());
    assert_eq!((replaced.status, replaced.object()), (200, expected("2")));
    let uid = created.text_at("/metadata/uid");
    assert_eq!(
        deleted.json(),
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": { "name": "c", "kind": "configmaps", "uid": uid },
        })
    );
    let missing = "configmaps \"c\" not found".to_owned();
    assert_eq!(gone.refusal(), (404, "NotFound".to_owned(), missing));
}

#[test]
fn refusals_have_the_texts_of_the_api_server() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    let mut old = api
        .send("POST", CONFIG_MAPS, &config_map("c", &json!({})))
        .json();
    api.send("PUT", &path, &config_map("c", &json!({ "a": "1" })));
    old["data"] = json!({ "a": "2" });
    let elsewhere = json!({ "metadata": { "name": "d", "namespace": "kube-public" } });

    let answers = [
        api.send("POST", CONFIG_MAPS, &config_map("c", &json!({}))),
        api.send("PUT", &path, &old),
        api.send("POST", CONFIG_MAPS, &elsewhere),
        api.send(
            "POST",
            "/api/v1/namespaces/none/configmaps",
            &config_map("c", &json!({})),
        ),
        api.get("/apis/apps/v1/namespaces/default/horses"),
        api.delete("/api/v1/namespaces/kube-system"),
    ];

    let expected = [
        (409, "AlreadyExists", "configmaps \"c\" already exists"),
        (
            409,
            "Conflict",
            "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; \
             please apply your changes to the latest version and try again",
        ),
        (
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (404, "NotFound", "namespaces \"none\" not found"),
        (
            404,
            "NotFound",
            "the server could not find the requested resource",
        ),
        (
            403,
            "Forbidden",
            "namespaces \"kube-system\" is forbidden: this namespace may not be deleted",
        ),
    ];
    let expected =
        expected.map(|(status, reason, text)| (status, reason.to_owned(), text.to_owned()));
    assert_eq!(answers.map(|answer| answer.refusal()), expected);
}

#[test]
fn a_write_that_changes_nothing_keeps_the_version() {
    let (_simulator, _client, api) = cluster();
    let created = api.send("POST", CONFIG_MAPS, &config_map("c", &json!({ "a": "1" })));

    let same = api.send("PUT", &format!("{CONFIG_MAPS}/c"), &created.json());

    assert_eq!(same.json(), created.json());
}

#[test]
fn a_dry_run_answers_and_keeps_nothing() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}?dryRun=All");

    let tried = api.send("POST", &path, &config_map("c", &json!({})));
    let refused = api.send(
        "POST",
        &format!("{CONFIG_MAPS}?dryRun=x"),
        &config_map("c", &json!({})),
    );

    assert_eq!((tried.status, refused.status), (201, 422));
    assert_eq!(api.get(&format!("{CONFIG_MAPS}/c")).status, 404);
}

#[test]
fn lists_are_selected_and_come_in_parts() {
    let (_simulator, _client, api) = cluster();
    for (name, tier) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")] {
        let mut object = config_map(name, &json!({}));
        object["metadata"]["labels"] = json!({ "tier": tier });
        api.send("POST", CONFIG_MAPS, &object);
    }

    let chosen = api.get(&format!("{CONFIG_MAPS}?labelSelector=tier%3Dx"));
    let named = api.get("/api/v1/configmaps?fieldSelector=metadata.name%3Db");
    let first = api.get(&format!("{CONFIG_MAPS}?limit=4"));
    let token = first.text_at("/metadata/continue");
    let rest = api.get(&format!("{CONFIG_MAPS}?limit=4&continue={token}"));

    assert_eq!(names(&chosen), ["a", "c", "d"]);
    assert_eq!(names(&named), ["b"]);
    assert_eq!(names(&first), ["a", "b", "c", "d"]);
    assert_eq!(first.json()["metadata"]["remainingItemCount"], 1);
    assert_eq!(names(&rest), ["kube-root-ca.crt"]);
    assert_eq!(rest.json()["metadata"].get("continue"), None);
}

#[test]
fn a_finalizer_holds_a_deleted_object() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    let mut object = config_map("c", &json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    api.send("POST", CONFIG_MAPS, &object);

    let deleted = api.delete(&path).json();
    let held = api.get(&path).status;
    let release = json!({ "metadata": { "finalizers": null } }).to_string();
    api.try_send("PATCH", &path, "application/merge-patch+json", &release)
        .unwrap();
    let gone = api.get(&path).status;

    assert!(deleted["metadata"]["deletionTimestamp"].is_string());
    assert_eq!((held, gone), (200, 404));
}

#[test]
fn an_object_is_deleted_only_under_the_uid_that_was_meant() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    let uid = api
        .send("POST", CONFIG_MAPS, &config_map("c", &json!({})))
        .text_at("/metadata/uid");

    let other = api.send(
        "DELETE",
        &path,
        &json!({ "preconditions": { "uid": "other" } }),
    );
    let own = api.send("DELETE", &path, &json!({ "preconditions": { "uid": uid } }));

    let why = format!(
        "Operation cannot be fulfilled on ConfigMap \"c\": the UID in the precondition (other) does \
         not match the UID in record ({uid}). The object might have been deleted and then recreated"
    );
    assert_eq!(other.refusal(), (409, "Conflict".to_owned(), why));
    assert_eq!(own.status, 200);
}

/// `DeleteOptions` as client-go sends them in protobuf (`generated.proto` of `meta/v1` and of `runtime`): a `runtime.Unknown`
/// around the precondition of a uid.
fn options_in_protobuf(uid: &str) -> String {
    let field = |number: u8, contents: &str| {
        let length = u8::try_from(contents.len()).unwrap();
        format!(
            "{}{}{contents}",
            char::from(number << 3 | 2),
            char::from(length)
        )
    };
    let kind = field(1, "v1") + &field(2, "DeleteOptions");
    let options = field(2, &field(1, uid));
    format!("k8s\0{}{}", field(1, &kind), field(2, &options))
}

#[test]
fn what_a_deletion_says_in_protobuf_counts() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    let uid = api
        .send("POST", CONFIG_MAPS, &config_map("c", &json!({})))
        .text_at("/metadata/uid");
    let delete = |uid: &str| {
        let body = options_in_protobuf(uid);
        api.try_send(
            "DELETE",
            &path,
            "application/vnd.kubernetes.protobuf",
            &body,
        )
        .unwrap()
    };

    let other = delete("other");
    let own = delete(&uid);

    assert_eq!((other.status, own.status), (409, 200), "{}", own.text);
}

#[test]
fn unknown_fields_are_warned_of_or_refused_as_asked() {
    let (_simulator, _client, api) = cluster();
    let mut object = config_map("c", &json!({}));
    object["datum"] = json!({ "a": "1" });

    let strict = api.send(
        "POST",
        &format!("{CONFIG_MAPS}?fieldValidation=Strict"),
        &object,
    );
    let warned = api.send("POST", CONFIG_MAPS, &object);

    let text = "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding \
                error: unknown field \"datum\"";
    assert_eq!(
        strict.refusal(),
        (400, "BadRequest".to_owned(), text.to_owned())
    );
    assert_eq!(warned.warnings, ["299 - \"unknown field \\\"datum\\\"\""]);
    assert_eq!(warned.json().get("datum"), None);
}

#[test]
fn nodes_follow_from_the_pools() {
    let (_simulator, _client, api) = cluster();

    let nodes = api.get("/api/v1/nodes").json();

    let pools: Vec<&Value> = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["metadata"]["labels"]["agentpool"])
        .collect();
    assert_eq!(pools, ["system", "system", "system"]);
}

#[test]
fn a_table_shows_what_people_want_to_see() {
    let (_simulator, _client, api) = cluster();
    let path = "/apis/apps/v1/namespaces/kube-system/deployments";
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    let table: Value = api.block_on(async {
        let request = api.request("GET", path, "", "").header("accept", accept);
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    });

    let titles: Vec<&Value> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|column| column["priority"] == 0)
        .map(|column| &column["name"])
        .collect();
    assert_eq!(titles, ["Name", "Ready", "Up-to-date", "Available", "Age"]);
    assert_eq!(table["rows"][0]["cells"][0], "coredns");
    assert_eq!(table["rows"][0]["cells"][1], "2/2");
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[test]
fn tests_read_and_change_objects_behind_the_clients_back() {
    let (simulator, client, api) = cluster();
    let id = crate::client::cluster(&client);
    let path = format!("{CONFIG_MAPS}/c");

    let made = simulator.change_kubernetes_object(&id, &path, &json!({ "data": { "a": "1" } }));
    let changed = simulator.change_kubernetes_object(&id, &path, &json!({ "data": { "b": "2" } }));
    let seen = api.get(&path).json();
    let held = simulator.kubernetes_object(&id, &path);
    simulator.change_kubernetes_object(&id, &path, &Value::Null);

    assert!(made && changed);
    assert_eq!(seen["data"], json!({ "a": "1", "b": "2" }));
    assert_eq!(held, Some(seen));
    assert_eq!(api.get(&path).status, 404);
}

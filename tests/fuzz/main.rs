//! Bytes that clients, Azure and clusters might send, changed at random by a seed: nothing that reads them panics,
//! hangs or takes more than it was sent, and what is read is written again as it was.
//!
//! `make test` tries a few thousand of each; `make fuzz` goes on for a minute with each target
//! (`SECUREAKS_FUZZ_SECONDS`), and `SECUREAKS_TEST_SEED` replays a run.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]
#![expect(
    clippy::print_stdout,
    reason = "tests say which seed replays them, and what they tried"
)]

#[path = "../e2e/support/chance.rs"]
mod chance;
mod mutation;

use std::collections::BTreeMap;

use secureaks::{
    azure::{
        Method, Operation, Response,
        arm::{
            ResourceId, agent_pool::AgentPool, managed_cluster::ManagedCluster,
            role_assignment::RoleAssignment,
        },
        error::Refusal,
        segment,
    },
    kube::Access,
    value::{Number, Type, Value, from_json, from_msgpack, printable, to_json, to_msgpack},
};
use serde_json::json;

use crate::mutation::fuzz;

fn everything() -> Type {
    let pair = BTreeMap::from([
        ("any".to_owned(), Type::Dynamic),
        ("size".to_owned(), Type::Number),
    ]);
    Type::Object(BTreeMap::from([
        ("flag".to_owned(), Type::Bool),
        ("names".to_owned(), Type::Set(Box::new(Type::String))),
        ("pairs".to_owned(), Type::List(Box::new(Type::Object(pair)))),
        ("tags".to_owned(), Type::Map(Box::new(Type::String))),
        (
            "two".to_owned(),
            Type::Tuple(vec![Type::Number, Type::Bool]),
        ),
    ]))
}

fn sample() -> Value {
    let any = Value::Dynamic(
        Type::List(Box::new(Type::Bool)),
        Box::new(Value::List(vec![Value::Bool(true), Value::Null])),
    );
    let big = "123456789012345678901234567890.5"
        .parse()
        .expect("a number");
    let pair = Value::object([("any", any), ("size", Value::Number(big))]);
    Value::object([
        ("flag", Value::unknown()),
        ("names", Value::set(vec!["b".into(), "a".into()])),
        ("pairs", Value::List(vec![pair])),
        (
            "tags",
            Value::Map(BTreeMap::from([("team".to_owned(), "a".into())])),
        ),
        (
            "two",
            Value::Tuple(vec![Value::Number(7_i64.into()), Value::Bool(false)]),
        ),
    ])
}

#[test]
fn msgpack_is_read_or_refused() {
    let ty = everything();
    let samples = [
        to_msgpack(&sample(), &ty),
        to_msgpack(&Value::unknown(), &ty),
    ];

    fuzz("msgpack", &samples, |bytes| {
        if let Ok(value) = from_msgpack(bytes, &ty) {
            let written = to_msgpack(&value, &ty);
            let again = from_msgpack(&written, &ty).expect("what was written is read");
            assert_eq!(to_msgpack(&again, &ty), written);
        }
    });
}

#[test]
fn json_is_read_or_refused() {
    let ty = everything();
    let known = json!({
        "flag": true, "names": ["a", "b"], "tags": { "team": "a" }, "two": [7, false],
        "pairs": [{ "any": { "type": ["list", "bool"], "value": [true, null] }, "size": 2.5 }],
    });

    fuzz("json", &[known.to_string().into_bytes()], |bytes| {
        if let Ok(value) = from_json(bytes, &ty) {
            let written = to_json(&value);
            let read = from_json(written.to_string().as_bytes(), &ty);
            assert_eq!(read.as_ref(), Ok(&value));
        }
    });
}

#[test]
fn texts_are_read_or_refused() {
    let samples = [
        "123456789.5e-7",
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
        "\u{1b}[2J\u{202e}system:node",
    ];
    let samples = samples.map(|text| text.as_bytes().to_vec());

    fuzz("texts", &samples, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(number) = text.parse::<Number>() {
            let written = number.to_string();
            assert!(written.len() < 5000, "{} digits", written.len());
            assert_eq!(written.parse(), Ok(number));
        }
        if let Ok(id) = ResourceId::parse(&text) {
            let path = segment::path(id.as_str()).expect("a path");
            assert_eq!(path.matches('/').count(), id.as_str().matches('/').count());
        }
        if let Ok(one) = segment::segment(&text) {
            assert!(!one.contains(['/', '\\', '?', '#']), "{one}");
        }
        assert!(!printable(&text).contains(['\u{1b}', '\u{202e}']));
    });
}

#[test]
fn bodies_are_read_or_refused() {
    let kubeconfig = "YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCmNsdXN0ZXJzOiBbXQo=";
    let samples = [
        json!({
            "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
            "properties": {
                "provisioningState": "Succeeded", "kubernetesVersion": "1.35",
                "agentPoolProfiles": [{ "name": "system", "count": 3, "vmSize": "Standard_D4ds_v5" }],
                "apiServerAccessProfile": { "authorizedIPRanges": ["20.50.0.0/24"] },
            },
            "sku": { "name": "Base", "tier": "Standard" }, "tags": { "team": "a" },
        }),
        json!({ "properties": { "principalId": "p", "roleDefinitionId": "/x/y", "scope": "/s" } }),
        json!({
            "error": {
                "code": "RequestDisallowedByPolicy", "message": "no", "details": [{ "code": "c" }],
                "additionalInfo": [{ "type": "PolicyViolation", "info": {} }],
            },
        }),
        json!({ "kubeconfigs": [{ "name": "clusterUser", "value": kubeconfig }] }),
        json!({ "resource": "/subscriptions/s", "api_version": "1", "kind": "Write" }),
    ];
    let samples = samples.map(|body| body.to_string().into_bytes());

    fuzz("bodies", &samples, |bytes| {
        let status = if bytes.len() % 2 == 0 { 200 } else { 409 };
        let answer = Response::new("/subscriptions/s", status, [], bytes.to_vec());
        if let Ok(cluster) = answer.json::<ManagedCluster>() {
            let written = serde_json::to_value(&cluster).expect("JSON");
            let again: ManagedCluster = serde_json::from_value(written.clone()).expect("a cluster");
            assert_eq!(serde_json::to_value(&again).expect("JSON"), written);
        }
        drop(answer.json::<AgentPool>());
        drop(answer.json::<RoleAssignment>());
        drop(Access::from_answer(&answer));
        drop(Refusal::read(Method::Put, &answer).to_string());
        drop(Operation::resume(&String::from_utf8_lossy(bytes)));
    });
}

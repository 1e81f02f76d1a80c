//! What the provider declares: names that Terraform can write, and resources that cope with
//! whatever is not known yet.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

#[path = "framework/positions.rs"]
mod positions;
#[path = "framework/rules.rs"]
#[expect(dead_code, reason = "nothing is applied here")]
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use positions::{positions, unknowns};
use secureaks::{
    framework::{
        Diagnostic, PENDING, Server, Severity,
        schema::{Attribute, Block, Mode, Nesting, Schema, Schemas, Shape},
        service::{
            ClientCapabilities, ConfigureRequest, PlanRequest, Service as _, ValidateRequest,
        },
    },
    provider::{Environment, Secureaks},
    value::{Encoded, Type, Value, from_json},
};

/// A configuration of each resource with every kind of thing in it that can be written.
const CONFIGURATIONS: [(&str, &str); 4] = [
    (
        "secureaks_aad_binding",
        r#"{
      "cluster_id": "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo",
      "name": "developers", "cluster_role": "edit", "namespaces": ["team-a", "team-b"],
      "principals": [
        {"type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"},
        {"type": "User", "user_principal_name": "alice@contoso.com"},
        {"type": "ServicePrincipal", "display_name": "pipeline"}
      ]
    }"#,
    ),
    (
        "secureaks_cluster",
        r#"{
      "name": "aks-demo", "resource_group_name": "rg-demo", "location": "westeurope",
      "entra": {"admin_group_object_ids": ["7c2f8b0e-5f3a-4d59-9a43-1f3f6f0a9a11"]},
      "api_server": {"authorized_ip_ranges": ["20.50.0.0/24", "20.60.0.0/24"]},
      "system_pool": {"vm_size": "Standard_D4ds_v5", "node_count": 3},
      "tags": {"team": "platform"}
    }"#,
    ),
    (
        "secureaks_namespace",
        r#"{
      "cluster_id": "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo",
      "name": "team-a", "labels": {"team": "a"}, "annotations": {"contact": "a@example.com"},
      "pod_security": {"enforce": "baseline"},
      "quota": {"requests.cpu": "4", "pods": "20"},
      "limits": {"default": {"cpu": "500m"}, "max": {"cpu": "2"}},
      "network": {"default_deny_egress": false}
    }"#,
    ),
    (
        "secureaks_network_policy",
        r#"{
      "cluster_id": "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo",
      "namespace": "team-a", "name": "web", "pods": {"app": "web"}, "directions": ["ingress", "egress"],
      "allow_from": [{"namespace": "team-b", "pods": {"app": "client"}, "ports": [{"port": "8000", "end_port": 8100}]}],
      "allow_to": [{"cidr": "20.50.0.0/16", "except": ["20.50.1.0/24"]}, {"namespace_labels": {"team": "c"}}],
      "allow_dns": true
    }"#,
    ),
];

fn server() -> Server<Secureaks> {
    Server::new(Secureaks::new(Environment::of([], 7)))
}

/// A provider whose block is not known yet, so that it asks nobody.
async fn offline() -> Server<Secureaks> {
    let server = server();
    let schema = &server.schemas().provider;
    let mut block = schema.block.empty();
    block.set_member("subscription_id", Value::unknown());
    let config = Encoded::of(&block, &schema.ty());
    let told = server
        .configure(ConfigureRequest {
            client_version: "1.11.4".to_owned(),
            config,
        })
        .await;
    assert_eq!(told, []);
    server
}

#[tokio::test]
async fn no_position_of_a_configuration_has_to_be_known() {
    let server = offline().await;
    let configurations = BTreeMap::from(CONFIGURATIONS);
    for (name, schema) in &server.schemas().resources {
        let text = configurations.get(name.as_str());
        let text = text.unwrap_or_else(|| panic!("CONFIGURATIONS has none of {name}"));
        let config = from_json(text.as_bytes(), &schema.ty()).unwrap();
        let config = schema.block.whole(&config);
        let created = plan(&server, name, schema, &Value::Null, &config).await;
        let state = known(&created, &schema.ty());

        for position in positions(&schema.block, &config) {
            let told = validated(&server, name, schema, &position.config).await;
            assert_eq!(errors(&told), Vec::<String>::new(), "{}", position.path);
            for prior in [&Value::Null, &state] {
                // One process plans no object twice.
                let server = offline().await;
                let planned = plan(&server, name, schema, prior, &position.config).await;
                assert_eq!(
                    unknowns(&schema.block, &planned),
                    unknowns(&schema.block, &position.config),
                    "{}",
                    position.path
                );
            }
        }
    }
}

#[test]
fn every_name_can_be_written() {
    let mut wrong = Vec::new();

    for_each_attribute(server().schemas(), &mut |place, attribute, _| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !attribute.name.chars().all(plain)
            || !attribute.name.starts_with(|c: char| c.is_ascii_lowercase())
        {
            wrong.push(place.to_owned());
        }
    });

    assert_eq!(wrong, Vec::<String>::new());
}

/// A client drops a name that is mistyped in a nested attribute, and refuses it in a block.
#[test]
fn whatever_users_write_that_has_attributes_is_a_block() {
    let mut wrong = Vec::new();

    for_each_attribute(server().schemas(), &mut |place, attribute, _| {
        let is_structured = match &attribute.shape {
            Shape::Nested(..) => true,
            Shape::Value(ty) => has_attributes(ty),
        };
        if attribute.mode != Mode::Computed && is_structured && !attribute.is_block() {
            wrong.push(place.to_owned());
        }
    });

    assert_eq!(wrong, Vec::<String>::new());
}

fn has_attributes(ty: &Type) -> bool {
    match ty {
        Type::Object(_) => true,
        Type::List(element) | Type::Set(element) | Type::Map(element) => has_attributes(element),
        _ => false,
    }
}

#[test]
fn every_attribute_is_declared_once() {
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();

    for_each_attribute(server().schemas(), &mut |place, _, _| {
        if !seen.insert(place.to_owned()) {
            twice.push(place.to_owned());
        }
    });

    assert_eq!(twice, Vec::<String>::new());
}

#[test]
fn write_only_attributes_are_in_no_set_and_have_no_default() {
    let mut wrong = Vec::new();

    for_each_attribute(server().schemas(), &mut |place, attribute, in_set| {
        if attribute.write_only && (in_set || attribute.default.is_some()) {
            wrong.push(place.to_owned());
        }
    });

    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn outputs_follow_attributes_that_exist() {
    let schemas = server().schemas().clone();
    let mut wrong = Vec::new();

    for (name, schema) in &schemas.resources {
        for attribute in &schema.block.attributes {
            let follows = attribute.follows.unwrap_or_default().iter();
            for followed in follows.filter(|followed| **followed != PENDING) {
                let found = schema.block.attribute(followed);
                if found.is_none_or(|found| found.mode == Mode::Computed) {
                    wrong.push(format!("{name}.{} follows {followed}", attribute.name));
                }
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

/// Work that is left over shows in a plan only through an output that an update may change.
#[test]
fn work_that_is_left_over_can_show_in_a_plan() {
    let server = server();
    let resources = server.schemas().resources.iter();

    let silent: Vec<&String> = resources
        .filter(|(_, schema)| {
            let mut attributes = schema.block.attributes.iter();
            !attributes.any(|attribute| attribute.mode == Mode::Computed && !attribute.is_stable())
        })
        .map(|(name, _)| name)
        .collect();

    assert_eq!(silent, Vec::<&String>::new());
}

#[test]
fn identities_are_made_of_plain_values() {
    let plain = |ty: &Type| match ty {
        Type::List(element) => matches!(**element, Type::Bool | Type::Number | Type::String),
        ty => matches!(ty, Type::Bool | Type::Number | Type::String),
    };
    let schemas = server().schemas().clone();

    for (name, identity) in &schemas.identities {
        assert!(!identity.attributes.is_empty(), "{name}");
        assert!(
            identity
                .attributes
                .iter()
                .all(|attribute| plain(&attribute.ty)),
            "{name}"
        );
    }
}

async fn validated(
    server: &Server<Secureaks>,
    name: &str,
    schema: &Schema,
    config: &Value,
) -> Vec<Diagnostic> {
    let request = ValidateRequest {
        type_name: name.to_owned(),
        config: Encoded::of(config, &schema.ty()),
        client: ClientCapabilities {
            write_only_attributes_allowed: true,
            ..ClientCapabilities::default()
        },
    };
    server.validate_resource(request).await
}

async fn plan(
    server: &Server<Secureaks>,
    name: &str,
    schema: &Schema,
    prior: &Value,
    config: &Value,
) -> Value {
    let ty = schema.ty();
    let response = server
        .plan_resource(PlanRequest {
            type_name: name.to_owned(),
            prior_state: Encoded::of(prior, &ty),
            proposed_new_state: Encoded::of(config, &ty),
            config: Encoded::of(config, &ty),
            ..PlanRequest::default()
        })
        .await;
    assert_eq!(errors(&response.diagnostics), Vec::<String>::new());
    let planned = response.planned_state.decode(&ty).unwrap();
    rules::assert_plan_valid(&schema.block, prior, config, &planned);
    planned
}

fn errors(told: &[Diagnostic]) -> Vec<String> {
    told.iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(ToString::to_string)
        .collect()
}

/// The value with something of its type where it is unknown.
fn known(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Unknown(_), Type::Bool) => true.into(),
        (Value::Unknown(_), Type::Number) => 1.into(),
        (Value::Unknown(_), Type::String) => "1".into(),
        (Value::Unknown(_), Type::List(_)) => Value::List(Vec::new()),
        (Value::Unknown(_), Type::Set(_)) => Value::Set(Vec::new()),
        (Value::Unknown(_), Type::Map(_)) => Value::Map(BTreeMap::new()),
        (Value::Object(_) | Value::Unknown(_), Type::Object(types)) => {
            let inner = |name: &String| match value {
                Value::Unknown(_) => value.clone(),
                value => value.member(name).clone(),
            };
            Value::object(
                types
                    .iter()
                    .map(|(name, ty)| (name.clone(), known(&inner(name), ty))),
            )
        }
        (other, _) => other.clone(),
    }
}

/// Calls `visit` with the place of each attribute, itself, and whether it is in a set.
fn for_each_attribute(schemas: &Schemas, visit: &mut dyn FnMut(&str, &Attribute, bool)) {
    walk("provider", &schemas.provider.block, false, visit);
    let kinds = [
        &schemas.resources,
        &schemas.data_sources,
        &schemas.ephemeral_resources,
    ];
    for (kind, schemas) in ["resource", "data", "ephemeral"].iter().zip(kinds) {
        for (name, schema) in schemas {
            walk(&format!("{kind}.{name}"), &schema.block, false, visit);
        }
    }
}

fn walk(place: &str, block: &Block, in_set: bool, visit: &mut dyn FnMut(&str, &Attribute, bool)) {
    for attribute in &block.attributes {
        let place = format!("{place}.{}", attribute.name);
        visit(&place, attribute, in_set);
        if let Shape::Nested(nesting, inner) = &attribute.shape {
            walk(&place, inner, in_set || *nesting == Nesting::Set, visit);
        }
    }
}

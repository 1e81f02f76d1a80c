//! The configuration: the quickstart with a subnet of one's own, as it is first and as it is changed to.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use secureaks::{
    azure::Network,
    framework::{Server, schema::Block, service::Service as _},
    provider::{Environment, Secureaks},
    value::{Type, Value, from_json},
};
use serde_json::{Value as Json, json};

use crate::world::World;

/// The types, each after those it depends on.
pub(crate) const TYPES: [&str; 4] = [CLUSTER, NAMESPACE, BINDING, POLICY];

pub(crate) const CLUSTER: &str = "secureaks_cluster";
const NAMESPACE: &str = "secureaks_namespace";
const BINDING: &str = "secureaks_aad_binding";
const POLICY: &str = "secureaks_network_policy";

const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";
const LEE: &str = "lee@simulated.onmicrosoft.com";

/// What the configuration says at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    First,
    /// Tags, the control plane's identity, labels, principals and ports are other ones.
    Changed,
}

/// The types that `type_name` depends on.
pub(crate) fn depends_on(type_name: &str) -> &'static [&'static str] {
    match type_name {
        CLUSTER => &[],
        NAMESPACE => &[CLUSTER],
        _ => &[CLUSTER, NAMESPACE],
    }
}

/// The type of the values of `type_name`.
pub(crate) fn ty(type_name: &str) -> &'static Type {
    &declared(type_name).1
}

/// What may be written of `type_name`, and the type of its values.
fn declared(type_name: &str) -> &'static (Block, Type) {
    static DECLARED: LazyLock<BTreeMap<String, (Block, Type)>> = LazyLock::new(|| {
        let environment = Environment::of([], 1);
        let server = Server::new(Secureaks::over(environment, Arc::new(Network::default())));
        let schemas = server.schemas().resources.iter();
        schemas
            .map(|(name, schema)| (name.clone(), (schema.block.clone(), schema.ty())))
            .collect()
    });
    &DECLARED[type_name]
}

/// The configuration of an object, where the cluster's id is that of its plan or state.
pub(crate) fn config(type_name: &str, edition: Edition, world: &World, cluster: &Value) -> Value {
    let written = match type_name {
        CLUSTER => cluster_config(edition, world),
        NAMESPACE => namespace_config(edition),
        BINDING => binding_config(edition),
        _ => policy_config(edition),
    };
    let (block, ty) = declared(type_name);
    let config = from_json(written.to_string().as_bytes(), ty).expect("a configuration");
    let mut config = block.whole(&config);
    if type_name != CLUSTER {
        config.set_member("cluster_id", cluster.member("id").clone());
    }
    config
}

fn cluster_config(edition: Edition, world: &World) -> Json {
    let identity = |id: &str| json!({ "type": "UserAssigned", "identity_id": id });
    let [first, second] = &world.identities;
    let (identity, tags) = match edition {
        Edition::First if world.system_assigned => (Json::Null, Json::Null),
        Edition::First => (identity(first), Json::Null),
        Edition::Changed => (identity(second), json!({ "team": "shop" })),
    };
    json!({
        "name": "aks-demo",
        "resource_group_name": "rg-demo",
        "location": "westeurope",
        "entra": { "admin_group_object_ids": ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"] },
        "grant_applier_access": true,
        "api_server": { "authorized_ip_ranges": ["20.50.0.0/24"] },
        "identity": identity,
        "tags": tags,
        "system_pool": { "vm_size": "Standard_D4ds_v5", "node_count": 3, "subnet_id": world.subnet },
    })
}

fn namespace_config(edition: Edition) -> Json {
    let (labels, network) = match edition {
        Edition::First => (json!({ "team": "shop" }), Json::Null),
        Edition::Changed => (
            json!({ "team": "other", "stage": "test" }),
            json!({ "default_deny_egress": false }),
        ),
    };
    json!({ "name": "shop", "labels": labels, "network": network })
}

fn binding_config(edition: Edition) -> Json {
    let group = json!({ "type": "Group", "object_id": DEVELOPERS });
    let user = json!({ "type": "User", "user_principal_name": LEE });
    let principals = match edition {
        Edition::First => json!([group]),
        Edition::Changed => json!([user]),
    };
    json!({
        "name": "developers",
        "cluster_role": "edit",
        "namespaces": ["shop"],
        "principals": principals,
    })
}

fn policy_config(edition: Edition) -> Json {
    let port = match edition {
        Edition::First => "8080",
        Edition::Changed => "9090",
    };
    let source = json!({ "namespace": "app-routing-system", "ports": [{ "port": port }] });
    json!({
        "namespace": "shop",
        "name": "web-from-ingress",
        "pods": { "app": "web" },
        "directions": ["ingress"],
        "allow_from": [source],
    })
}

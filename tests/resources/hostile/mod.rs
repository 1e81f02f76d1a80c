//! Hostile texts in every string of everything that is offered: no request leaves the place that its configuration
//! names, whatever is written there.

mod positions;
mod requests;

use std::{collections::BTreeSet, sync::Arc};

use secureaks::{
    framework::{
        Severity,
        schema::{Attribute, Mode},
        service::{ImportRequest, Service as _},
    },
    value::{Encoded, Value, from_json},
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use self::{
    positions::{Step, at, positions, with},
    requests::{Noting, Texts, shapes},
};
use crate::{
    binding::{DEVELOPERS, start},
    chance::{choose, seed},
    support::{CLUSTER, Kept, Provider, assert_understood, cluster, identity, network, subnet},
};

const HOSTILE: [&str; 20] = [
    ".",
    "..",
    "../../secrets",
    "..\\..\\secrets",
    "a/b",
    "/etc",
    "//evil.example/x",
    "https://evil.example/x",
    "a?watch=true",
    "a#fragment",
    "a%2Fb",
    "%2e%2e",
    "a;b=c",
    "a b",
    "a\nb: c",
    "a\0b",
    "a\u{1b}[2J\u{202e}b",
    "a'or'1'eq'1",
    "\u{ff0e}\u{ff0e}\u{2215}x",
    "a&b=c",
];

/// How many of the hostile texts are put into each string; the seed chooses them.
const TRIED: usize = 3;

/// What is asked of a provider that notes whom it asks.
struct Stage {
    azure: Simulator,
    network: Noting,
    provider: Provider,
    seed: u64,
}

impl Stage {
    fn new() -> Self {
        let (azure, _) = start();
        let network = Noting::new(network(&azure));
        let (provider, told) = Provider::over(
            Arc::new(network.clone()),
            azure.environment(),
            json!({ "owner": "platform" }),
        );
        assert_eq!(told, []);
        azure.clear_journal();
        Self {
            azure,
            network,
            provider,
            seed: seed(),
        }
    }

    /// What was asked since the last time, where `texts` were put in.
    fn asked(&self, texts: &Texts) -> BTreeSet<String> {
        let mut texts = texts.clone();
        texts.add(CLUSTER);
        let environment = self.azure.environment();
        texts.add(&environment["ARM_TENANT_ID"]);
        shapes(&self.azure, &self.network, &texts)
    }

    /// Hostile texts for a string that says `usual`, other ones for each string.
    fn texts(&self, what: &str, usual: &str) -> Vec<String> {
        let chosen = (0..TRIED).map(|number| {
            let chance = |what: &str, count| choose(self.seed, &format!("{what} {number}"), count);
            let hostile = HOSTILE[chance(what, HOSTILE.len())];
            let id = usual.starts_with("/subscriptions/");
            match chance(&format!("place in {what}"), 3) {
                0 if !id => hostile.to_owned(),
                1 if id => format!("{usual}/{hostile}"),
                2 if id => {
                    usual.replace("/managedClusters/", &format!("/managedClusters/{hostile}"))
                }
                _ => format!("{usual}{hostile}"),
            }
        });
        chosen.collect()
    }

    /// Everything that can be asked about a resource with this configuration.
    fn live(&self, config: &Json) {
        let wanted = self.provider.value(config);
        self.provider.validate(&wanted);
        let plan = self.provider.plan(&Kept::nothing(), &wanted);
        if plan
            .diagnostics
            .iter()
            .any(|told| told.severity == Severity::Error)
        {
            return;
        }
        let (kept, _) = self.provider.carry_out(&Kept::nothing(), &wanted, &plan);
        let (kept, _) = self.provider.read(&kept);
        self.end(&kept);
    }

    /// Imports, by id or identity, and reads what that came to.
    fn import(&self, id: &str, identity: Option<&Json>) {
        let type_name = self.provider.type_name();
        let schema = &self.provider.server().schemas().identities[type_name];
        let identity = identity.map(|identity| {
            let value = from_json(identity.to_string().as_bytes(), &schema.ty());
            Encoded::of(&value.expect("an identity"), &schema.ty())
        });
        let request = ImportRequest {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            identity,
        };
        let imported = self
            .provider
            .wait_for(self.provider.server().import_resource(request));
        let Some(state) = imported.state else {
            assert_ne!(imported.diagnostics, []);
            return;
        };
        let value = state.decode(&self.provider.ty()).expect("a state");
        let private = imported.private;
        self.provider.read(&Kept { value, private });
    }

    fn end(&self, kept: &Kept) {
        if kept.value.is_null() {
            return;
        }
        let plan = self.provider.plan(kept, &Value::Null);
        let (left, told) = self.provider.carry_out(kept, &Value::Null, &plan);
        assert!(left.value.is_null(), "{told:#?}");
    }
}

fn is_written(attribute: &Attribute) -> bool {
    attribute.mode != Mode::Computed
}

/// Puts hostile texts into each string of the first of the `usual` configurations, into the id it is imported by and
/// into its identity, and compares what is asked with what is asked about usual ones.
fn attacked(stage: Stage, type_name: &'static str, usual: &[Json], named: &Named) {
    let stage = Stage {
        provider: stage.provider.about(type_name),
        ..stage
    };
    let base = usual.first().expect("a configuration").clone();
    let mut known = BTreeSet::new();
    for config in usual {
        stage.live(config);
        known.extend(stage.asked(&Texts::of(config)));
    }
    // Of a cluster that is not there the list of its group is asked, and then the group.
    if base.get("cluster_id").is_some() {
        let position = [Step::Member("cluster_id".to_owned())];
        let missing = [
            format!("{CLUSTER}-that-is-not-there"),
            CLUSTER.replace("rg-demo", "rg-that-is-not-there"),
        ];
        for id in missing {
            let config = with(&base, &position, &id);
            stage.live(&config);
            known.extend(stage.asked(&Texts::of(&config)));
        }
    }
    for (id, identity) in std::iter::once(&named.there).chain(&named.missing) {
        stage.import(id, None);
        stage.import("", Some(identity));
        let texts = json!([id, identity]);
        known.extend(stage.asked(&Texts::of(&texts)));
    }
    let check = |what: String, text: &str, config: &Json| {
        let asked = stage.asked(&Texts::of(config));
        let strange: BTreeSet<String> = asked.difference(&known).cloned().collect();
        assert!(
            strange.is_empty(),
            "{what} = {text:?}\nasked for {strange:#?}"
        );
    };

    let block = &stage.provider.server().schemas().resources[type_name].block;
    for position in positions(block, is_written) {
        let what = format!("{type_name} {position:?}");
        for text in stage.texts(&what, at(&base, &position)) {
            let config = with(&base, &position, &text);
            stage.live(&config);
            check(what.clone(), &text, &config);
        }
    }
    let (id, identity) = &named.there;
    for text in HOSTILE {
        for id in hostile_ids(id, text) {
            stage.import(&id, None);
            check(format!("the id of a {type_name}"), &id, &json!(id));
        }
        for (name, value) in identity.as_object().expect("an identity") {
            let mut identity = identity.clone();
            let value = value.as_str().expect("a text");
            let text = format!("{value}{text}");
            identity[name] = json!(text);
            stage.import("", Some(&identity));
            check(format!("{name} of a {type_name}"), &text, &identity);
        }
    }

    assert_understood(&stage.azure);
}

/// By what an object is imported: id and identity, of one that is there and of some that are not.
struct Named {
    there: (String, Json),
    missing: Vec<(String, Json)>,
}

/// The id with a hostile text behind each of its parts, and in the place of it.
fn hostile_ids(id: &str, text: &str) -> Vec<String> {
    let parts: Vec<&str> = id.split('/').collect();
    let changed = |number: usize, part: String| {
        let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        parts[number] = part;
        parts.join("/")
    };
    (1..parts.len())
        .flat_map(|number| {
            let behind = format!("{}{text}", parts[number]);
            [changed(number, behind), changed(number, text.to_owned())]
        })
        .collect()
}

/// The parts by which something inside [`CLUSTER`] is imported.
fn inside(path: &str, members: &Json) -> (String, Json) {
    let mut identity = members.clone();
    identity["cluster_id"] = json!(CLUSTER);
    (format!("{CLUSTER}/{path}"), identity)
}

#[test]
fn a_binding_leads_no_request_elsewhere() {
    let with_role = |role: Json| {
        let mut config = json!({
            "cluster_id": CLUSTER,
            "name": "developers",
            "namespaces": ["shop"],
            "principals": [{ "type": "Group", "object_id": DEVELOPERS }],
        });
        for (name, value) in role.as_object().expect("a role") {
            config[name] = value.clone();
        }
        config
    };
    let named = |name: &str, what: &str| json!([{ "type": name, what: "nobody@contoso.com" }]);
    let usual = [
        with_role(json!({ "cluster_role": "edit" })),
        with_role(json!({ "cluster_role": "missing" })),
        with_role(json!({ "role": "missing" })),
        with_role(json!({ "cluster_role": "edit", "namespaces": ["missing"] })),
        with_role(
            json!({ "cluster_role": "edit", "principals": named("User", "user_principal_name") }),
        ),
        with_role(json!({ "cluster_role": "edit", "principals": named("Group", "display_name") })),
        with_role(
            json!({ "mode": "azure_rbac", "azure_role": "Azure Kubernetes Service RBAC Reader" }),
        ),
    ];
    let named = |name: &str| inside(&format!("bindings/{name}"), &json!({ "name": name }));
    let named = Named {
        there: named("developers"),
        missing: vec![named("missing")],
    };

    attacked(Stage::new(), "secureaks_aad_binding", &usual, &named);
}

#[test]
fn a_namespace_leads_no_request_elsewhere() {
    let named = |name: &str| {
        json!({
            "cluster_id": CLUSTER,
            "name": name,
            "labels": { "team": "a" },
            "annotations": { "contact": "a@example.com" },
            "quota": { "requests.cpu": "4" },
            "limits": { "default": { "cpu": "500m" } },
        })
    };
    let by = |name: &str| inside(&format!("namespaces/{name}"), &json!({ "name": name }));

    attacked(
        Stage::new(),
        "secureaks_namespace",
        &[named("new"), named("shop")],
        &Named {
            there: by("shop"),
            missing: vec![by("missing")],
        },
    );
}

#[test]
fn a_network_policy_leads_no_request_elsewhere() {
    let in_namespace = |namespace: &str| {
        json!({
            "cluster_id": CLUSTER,
            "namespace": namespace,
            "name": "web",
            "pods": { "app": "web" },
            "allow_from": [{ "namespace": "ingress", "ports": [{ "port": "8080" }] }],
        })
    };
    let by = |name: &str| {
        let members = json!({ "namespace": "shop", "name": name });
        inside(&format!("namespaces/shop/networkPolicies/{name}"), &members)
    };

    attacked(
        Stage::new(),
        "secureaks_network_policy",
        &[in_namespace("shop"), in_namespace("missing")],
        &Named {
            there: by("web"),
            missing: vec![by("missing")],
        },
    );
}

#[test]
fn a_cluster_leads_no_request_elsewhere() {
    let stage = Stage::new();
    let own = identity(&stage.azure, "own");
    let nodes = subnet(&stage.azure, "vnet");
    let with = |changes: Json| {
        let mut config = cluster(&json!({
            "name": "aks-other",
            "kubernetes_version": "1.35",
            "tags": { "team": "a" },
            "identity": { "type": "UserAssigned", "identity_id": own },
        }));
        crate::support::lay_over(
            &mut config,
            &json!({ "system_pool": { "subnet_id": nodes } }),
        );
        crate::support::lay_over(&mut config, &changes);
        config
    };
    let missing = |id: &str| format!("{id}-missing");
    let usual = [
        with(json!({})),
        with(json!({ "resource_group_name": "missing" })),
        with(json!({ "location": "nowhere" })),
        with(json!({ "kubernetes_version": "1.99" })),
        with(json!({ "identity": { "identity_id": missing(&own) } })),
        with(json!({ "system_pool": { "subnet_id": missing(&nodes) } })),
    ];
    let by = |id: String| (id.clone(), json!({ "id": id }));

    attacked(
        stage,
        "secureaks_cluster",
        &usual,
        &Named {
            there: by(CLUSTER.to_owned()),
            missing: vec![
                by(missing(CLUSTER)),
                by(CLUSTER.replace("rg-demo", "missing")),
            ],
        },
    );
}

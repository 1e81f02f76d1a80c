//! Recorded clusters are imported, and changed in one thing alone: all else is sent as it came, but for what `losses.rs`
//! names.
//!
//! Pools are no resource yet and cannot be imported; they are written as members of their cluster, which is what
//! the recorded bodies of clusters hold (`agentPoolProfiles`). A pool's own recorded body is held to its type alone,
//! in `bodies.rs`.

use std::collections::BTreeMap;

use secureaks::{
    framework::{
        Diagnostic, Severity,
        schema::{Block, Mode, Shape},
        service::Service as _,
    },
    value::to_json,
};
use secureaks_simulator::{Action, Answer, Exchange, Fault, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::bodies::bodies;
use crate::figures::report;
use crate::losses::{Differences, LEFT_OUT, NOT_OURS_TO_SEND, differences};
use crate::recorded::without_nulls;
use crate::support::{CLUSTER, Kept, Plan, Provider, fast_azure, lay_over, make};

/// Something of a cluster that no configuration of this provider may say, and what its user writes instead.
struct Remedy {
    /// Attribute and summary of the refusal.
    refusal: &'static str,
    change: fn() -> Json,
    /// What of the body is meant to change by it, and how.
    means: &'static [(&'static str, &'static str)],
}

const REMEDIES: [Remedy; 4] = [
    // Azure takes a cluster from kubenet to overlay in place.
    Remedy {
        refusal: "network.mode: Invalid value",
        change: || json!({ "network": { "mode": "overlay" } }),
        means: &[
            (
                ".properties.networkProfile.networkPlugin",
                "\"kubenet\" becomes \"azure\"",
            ),
            (
                ".properties.networkProfile.networkPluginMode",
                "nothing becomes \"overlay\"",
            ),
            (
                ".properties.networkProfile.networkDataplane",
                "nothing becomes \"azure\"",
            ),
        ],
    },
    // And from a service principal to an identity.
    Remedy {
        refusal: "identity.type: Invalid value",
        change: || json!({ "identity": { "type": "SystemAssigned" } }),
        means: &[(".identity.type", "nothing becomes \"SystemAssigned\"")],
    },
    // `Paid` is what `Standard` was called before 2023.
    Remedy {
        refusal: "tier: Invalid value",
        change: || json!({ "tier": "Standard" }),
        means: &[(".sku.tier", "\"Paid\" becomes \"Standard\"")],
    },
    // A body of 2020 names no system. API 2026-05-01 does.
    Remedy {
        refusal: "system_pool.os_sku: Invalid value",
        change: || json!({ "system_pool": { "os_sku": "Ubuntu" } }),
        means: &[],
    },
];

/// What is refused although everything in it that has a remedy is remedied, and of how many clusters.
const REFUSED: [(&str, usize); 2] = [
    // A private cluster, which this resource does not manage yet.
    ("api_server: Anybody could reach the API server", 1),
    // The bodies of 2020: to write down which system their nodes have is to change it.
    ("system_pool.os_sku: Change needs a new cluster", 2),
];

#[test]
fn every_recorded_cluster_is_imported_and_keeps_what_is_not_ours_when_it_is_changed() {
    let stage = Stage::new();
    let (mut imported, mut changed, mut different) = (0, 0, Differences::new());
    let mut remedied: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();

    for (name, body) in bodies("Microsoft.ContainerService/managedClusters") {
        stage.put_in_place(&body);
        let (provider, kept) = stage.import(&name);
        imported += 1;
        // What is at work is waited for before it is changed.
        if body["properties"]["provisioningState"] != "Succeeded" {
            continue;
        }
        match stage.change(&name, &provider, &kept) {
            Ok(mut written) => {
                changed += 1;
                for remedy in &written.remedies {
                    *remedied.entry(remedy.refusal).or_default() += 1;
                }
                different.append(&mut written.different);
            }
            Err(reasons) => *refused.entry(reasons.join(", ")).or_default() += 1,
        }
    }

    assert_eq!(different, known());
    let expected = [
        ("identity.type: Invalid value", 3),
        ("network.mode: Invalid value", 42),
        ("tier: Invalid value", 1),
    ];
    assert_eq!(remedied, BTreeMap::from(expected));
    assert_eq!(
        refused,
        BTreeMap::from(REFUSED.map(|(why, count)| (why.to_owned(), count)))
    );
    assert_eq!((imported, changed), (143, 65));
    let told = |(why, count): (&str, usize)| format!("{count} `{why}`");
    report(
        "recorded-imports",
        &[
            format!(
                "recorded clusters: {imported} imported; of those at rest {changed} changed in their tags, and all else sent as it came, but for {} members that Azure alone writes, which are left out",
                NOT_OURS_TO_SEND.len()
            ),
            format!(
                "recorded clusters that are changed once an attribute is written as this provider takes it: {}",
                expected.map(told).join(", ")
            ),
            format!(
                "recorded clusters that cannot be changed: {}",
                REFUSED.map(told).join(", ")
            ),
        ],
        &[],
    );
}

#[test]
fn every_recorded_pool_is_kept_when_its_cluster_is_changed() {
    let stage = Stage::new();
    let (mut changed, mut different) = (0, Differences::new());

    for (name, body) in bodies("Microsoft.ContainerService/managedClusters/agentPools") {
        let mut cluster = stage.foundation.clone();
        let mut pool = body["properties"].clone();
        pool["name"] = "recorded".into();
        let pools = cluster["properties"]["agentPoolProfiles"].as_array_mut();
        pools.expect("pools").push(pool);
        stage.put_in_place(&cluster);
        let (provider, kept) = stage.import(&name);
        let written = stage.change(&name, &provider, &kept);
        let mut written = written.unwrap_or_else(|reasons| panic!("{name}: {reasons:?}"));

        changed += 1;
        different.append(&mut written.different);
    }

    let unknown: Vec<_> = different.difference(&known()).cloned().collect();
    // The simulated cluster has an issuer, which none of the recorded ones above has.
    let issuer = ".properties.oidcIssuerProfile.issuerURL";
    assert_eq!(unknown, [(issuer.to_owned(), LEFT_OUT.to_owned())]);
    assert_eq!(changed, 30);
    let line = format!(
        "recorded pools: {changed} put into a cluster, and sent as they came, but for the same members, when that is changed"
    );
    report("recorded-pools", &[line], &[]);
}

/// All that is known to be sent otherwise than it came.
fn known() -> Differences {
    let left_out = |path: &str| (path.to_owned(), LEFT_OUT.to_owned());
    NOT_OURS_TO_SEND.map(left_out).into_iter().collect()
}

/// A simulated Azure with one cluster, in whose place recorded ones are put.
struct Stage {
    azure: Simulator,
    foundation: Json,
}

/// What a change of a cluster's tags came to.
struct Written {
    remedies: Vec<&'static Remedy>,
    /// What of the body was not sent as it was, but for what the remedies mean.
    different: Differences,
}

impl Stage {
    fn new() -> Self {
        let azure = fast_azure();
        make(&azure, CLUSTER, foundation());
        let foundation = azure.resource(CLUSTER).expect("a cluster");
        Self { azure, foundation }
    }

    fn import(&self, name: &str) -> (Provider, Kept) {
        // A provider of its own: one asks about a cluster only once a second after the first sixty times.
        let provider = Provider::of(&self.azure);
        let (kept, diagnostics) = provider.read(&provider.import(CLUSTER));
        assert_eq!(errors(&diagnostics), [""; 0], "{name}: {diagnostics:?}");
        (provider, kept)
    }

    /// Changes the tags of an imported cluster, or says what is refused.
    fn change(&self, name: &str, provider: &Provider, kept: &Kept) -> Result<Written, Vec<String>> {
        let before = self.azure.resource(CLUSTER).expect("a cluster");
        let block = &provider.server().schemas().resources["secureaks_cluster"].block;
        let mut config = to_json(&kept.value);
        leave_out_outputs(&mut config, block);
        config["tags"] = json!({ "changed": "by us" });
        let (plan, config, remedies) = plan(provider, kept, config);
        let reasons = errors(&plan.diagnostics);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.azure.clear_journal();
        // Only what is sent counts: some of them were made by rules of their time.
        self.azure.add_fault(refusal());
        let _ = provider.carry_out(kept, &provider.value(&config), &plan);
        self.azure.clear_faults();
        let Some(sent) = sent(&self.azure) else {
            panic!("{name}: nothing was written");
        };

        let mut different = differences(&without_nulls(&before), &without_nulls(&sent));
        let meant = |path: &str, how: &str| {
            let mut means = remedies.iter().flat_map(|remedy| remedy.means);
            means.any(|known| *known == (path, how))
        };
        different.retain(|(path, how)| !meant(path, how));
        assert_eq!(sent["tags"], json!({ "changed": "by us" }), "{name}");
        Ok(Written {
            remedies,
            different,
        })
    }

    /// A recorded cluster at the address of ours, which is all that it must have of it.
    fn put_in_place(&self, body: &Json) {
        let there = self.azure.change(CLUSTER, |document| {
            *document = body.clone();
            for member in ["id", "name", "location"] {
                document[member] = self.foundation[member].clone();
            }
            // Members of a preview, which API 2026-05-01 does not answer.
            let driver = document.pointer_mut("/properties/storageProfile/diskCSIDriver");
            if let Some(driver) = driver.and_then(Json::as_object_mut) {
                driver.remove("version");
            }
            // The recorder writes a random id in place of this word.
            if document["identity"]["type"].is_string() {
                document["properties"]["servicePrincipalProfile"] = json!({ "clientId": "msi" });
            }
        });
        assert!(there, "no cluster to put a recorded one in place of");
    }
}

/// Plans, and as long as something is refused that has a remedy, takes it and plans again. Gives the plan, the
/// configuration it is of and the remedies.
fn plan(provider: &Provider, kept: &Kept, mut config: Json) -> (Plan, Json, Vec<&'static Remedy>) {
    let mut used: Vec<&Remedy> = Vec::new();
    loop {
        let plan = provider.plan(kept, &provider.value(&config));
        let refused = errors(&plan.diagnostics);
        let known = used.len();
        for remedy in &REMEDIES {
            let is_used = used.iter().any(|other| other.refusal == remedy.refusal);
            if refused.iter().any(|reason| reason == remedy.refusal) && !is_used {
                lay_over(&mut config, &(remedy.change)());
                used.push(remedy);
            }
        }
        if used.len() == known {
            return (plan, config, used);
        }
    }
}

/// Attributes and summaries of errors.
fn errors(diagnostics: &[Diagnostic]) -> Vec<String> {
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors
        .map(|error| format!("{}: {}", error.path, error.summary))
        .collect()
}

/// The cluster in whose place the recorded ones are put.
fn foundation() -> Json {
    let pool =
        json!({ "name": "nodepool1", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1 });
    json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": { "dnsPrefix": "recorded", "agentPoolProfiles": [pool] },
    })
}

fn leave_out_outputs(value: &mut Json, block: &Block) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    for attribute in &block.attributes {
        let Some(member) = members.get_mut(attribute.name) else {
            continue;
        };
        if attribute.mode == Mode::Computed {
            *member = Json::Null;
        } else if let Shape::Nested(_, inner) = &attribute.shape {
            match member {
                Json::Array(elements) => {
                    for element in elements {
                        leave_out_outputs(element, inner);
                    }
                }
                other => leave_out_outputs(other, inner),
            }
        }
    }
}

fn refusal() -> Fault {
    Fault {
        name: "refused".into(),
        matches: Matches {
            method: Some("PUT".into()),
            path_contains: Some("managedClusters".into()),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 400,
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({ "code": "BadRequest", "message": "not today" }),
        }),
    }
}

/// The body of the last write to the cluster.
fn sent(azure: &Simulator) -> Option<Json> {
    let is_write = |own: &Exchange| own.method == "PUT" && own.path.contains("managedClusters");
    azure.journal().into_iter().rfind(is_write)?.body
}

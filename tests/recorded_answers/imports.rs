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
use crate::support::{CLUSTER, Kept, Provider, fast_azure, kinds, make};

/// The recorded clusters whose generated configuration is not accepted, or not planned empty, and why.
const KEPT_OUT: [(&str, &str); 0] = [];

#[test]
fn every_recorded_cluster_is_imported_and_keeps_what_is_not_ours_when_it_is_changed() {
    let stage = Stage::new();
    let (mut imported, mut at_rest, mut changed) = (0, 0, 0);
    let mut different = Differences::new();
    let mut kept_out: BTreeMap<String, String> = BTreeMap::new();

    for (name, body) in bodies("Microsoft.ContainerService/managedClusters") {
        stage.put_in_place(&body);
        let (provider, kept) = stage.import(&name);
        imported += 1;
        // What is at work is waited for before it is changed.
        if body["properties"]["provisioningState"] != "Succeeded" {
            continue;
        }
        at_rest += 1;
        if let Err(reason) = generated(&provider, &kept) {
            kept_out.insert(name, reason);
            continue;
        }
        match stage.change(&name, &provider, &kept) {
            Ok(mut written) => {
                changed += 1;
                different.append(&mut written);
            }
            Err(reasons) => {
                kept_out.insert(name, reasons.join(", "));
            }
        }
    }

    let kinds = kinds::all(&stage.azure);
    let mut accepted = changed;
    for kind in &kinds {
        let id = kind.put(&stage.azure);
        let provider = Provider::of(&stage.azure);
        let (kept, _) = provider.read(&provider.import(&id));
        match generated(&provider, &kept) {
            Ok(()) => accepted += 1,
            Err(reason) => drop(kept_out.insert(kind.name.to_owned(), reason)),
        }
    }
    let all = at_rest + kinds.len();

    let expected = KEPT_OUT.map(|(name, why)| (name.to_owned(), why.to_owned()));
    assert_eq!(kept_out, BTreeMap::from(expected));
    assert_eq!(different, known());
    assert_eq!((imported, at_rest, changed), (143, 68, 68));
    report(
        "recorded-imports",
        &[
            format!(
                "generated configuration accepted and planned empty: {accepted} of {all} ({} %)",
                accepted * 100 / all
            ),
            format!(
                "those are {at_rest} recorded clusters that are at rest, of {imported} that were imported, and {} kinds that other tools make",
                kinds.len()
            ),
            format!(
                "of the recorded ones that are at rest, {changed} had one tag changed and all else sent as it came, but for {} members that Azure alone writes, which are left out",
                NOT_OURS_TO_SEND.len()
            ),
        ],
        &[],
    );
}

/// Plans an imported cluster by the configuration that a client generates of it: fails with what is refused, or with what
/// the plan changes.
fn generated(provider: &Provider, kept: &Kept) -> Result<(), String> {
    let schema = &provider.server().schemas().resources["secureaks_cluster"];
    let mut config = to_json(&kept.value);
    leave_out_outputs(&mut config, &schema.block);
    let wanted = provider.value(&config);
    let judged = provider.validate(&wanted);
    let plan = provider.plan(kept, &wanted);
    let refused: Vec<String> = errors(&judged)
        .into_iter()
        .chain(errors(&plan.diagnostics))
        .collect();
    if !refused.is_empty() {
        return Err(refused.join(", "));
    }
    if plan.value == kept.value {
        return Ok(());
    }
    let changes = secureaks::framework::plan::changes(&schema.block, &kept.value, &plan.value);
    let paths: Vec<String> = changes
        .iter()
        .map(|change| format!("{} changes", change.path))
        .collect();
    Err(paths.join(", "))
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
        different.append(&mut written);
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
    /// What of the body was not sent as it was is returned.
    fn change(
        &self,
        name: &str,
        provider: &Provider,
        kept: &Kept,
    ) -> Result<Differences, Vec<String>> {
        let before = self.azure.resource(CLUSTER).expect("a cluster");
        let block = &provider.server().schemas().resources["secureaks_cluster"].block;
        let mut config = to_json(&kept.value);
        leave_out_outputs(&mut config, block);
        config["tags"] = json!({ "changed": "by us" });
        let plan = provider.plan(kept, &provider.value(&config));
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

        let different = differences(&without_nulls(&before), &without_nulls(&sent));
        assert_eq!(sent["tags"], json!({ "changed": "by us" }), "{name}");
        Ok(different)
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

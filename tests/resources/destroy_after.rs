//! Destroy after every change of the world: a client refreshes and plans the configuration before it destroys, so
//! whatever has changed since, either the plans go through or each refusal names a way out that works.

use secureaks::{
    framework::{Diagnostic, Severity},
    value::Value,
};
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{self, DEVELOPERS, binding},
    inside::{change, made_cluster},
    namespace::{self, NAMESPACE, namespace},
    network_policy::{self, policy},
    support::{CLUSTER, Kept, Plan, Provider, cluster, fast_azure, lay_over},
};

const ROLE: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles/edit";
const BINDING: &str =
    "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings/developers";

/// What is managed, the cluster first: its name in the table, its type, and its configuration.
const MANAGED: [(&str, &str); 5] = [
    ("cluster", "secureaks_cluster"),
    ("namespace", namespace::TYPE),
    ("network policy", network_policy::TYPE),
    ("binding", binding::TYPE),
    ("binding of Azure's", binding::TYPE),
];

/// A way in which the world changes.
struct Change {
    name: &'static str,
    /// What happens in Azure or in the cluster.
    happens: fn(&Simulator),
    /// What is edited in the cluster's configuration.
    edited: Json,
}

fn happens(name: &'static str, happens: fn(&Simulator)) -> Change {
    Change {
        name,
        happens,
        edited: json!({}),
    }
}

fn edited(name: &'static str, edited: Json) -> Change {
    Change {
        name,
        happens: |_| {},
        edited,
    }
}

fn edit(azure: &Simulator, edit: impl FnMut(&mut Json)) {
    assert!(azure.change(CLUSTER, edit), "the cluster exists");
}

/// Every request of a kind is refused from now on.
fn refuse(azure: &Simulator, method: &str, path: &str, code: u16, error: &str) {
    azure.add_fault(Fault {
        name: error.to_owned(),
        matches: Matches {
            host: Some(Host::Arm),
            method: Some(method.to_owned()),
            path_contains: Some(path.to_owned()),
            times: Some(u64::MAX),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "error": { "code": error, "message": "as the test says" } }),
        }),
    });
}

fn changes() -> Vec<Change> {
    vec![
        happens("nothing", |_| {}),
        happens("cluster upgraded past its pin", |azure| {
            edit(azure, |cluster| {
                let properties = &mut cluster["properties"];
                properties["kubernetesVersion"] = json!("1.34.9");
                properties["currentKubernetesVersion"] = json!("1.34.9");
            });
        }),
        happens("cluster deleted", |azure| {
            assert!((200..300).contains(&azure.delete(CLUSTER)));
            azure.advance(std::time::Duration::from_hours(1));
        }),
        happens("cluster is another one", |azure| {
            edit(azure, |cluster| {
                cluster["properties"]["resourceUID"] = json!("66f1a2b3c4d5e6f708192a3b");
            });
        }),
        happens("cluster stopped", |azure| {
            edit(azure, |cluster| {
                cluster["properties"]["powerState"] = json!({ "code": "Stopped" });
            });
        }),
        happens("cluster failed", |azure| {
            edit(azure, |cluster| {
                cluster["properties"]["provisioningState"] = json!("Failed");
            });
        }),
        happens("tags drifted", |azure| {
            edit(azure, |cluster| cluster["tags"]["theirs"] = json!("1"));
        }),
        happens("API server unreachable", |azure| {
            azure.set_public_address("20.70.0.9".parse().expect("an address"));
        }),
        happens("group gone", |azure| {
            assert!(azure.delete_principal(DEVELOPERS));
        }),
        happens("role gone", |azure| change(azure, ROLE, &Json::Null)),
        happens("namespace gone", |azure| {
            change(azure, NAMESPACE, &Json::Null);
        }),
        happens("namespace made anew", |azure| {
            change(azure, NAMESPACE, &Json::Null);
            change(azure, NAMESPACE, &json!({}));
        }),
        happens("binding deleted", |azure| {
            change(azure, BINDING, &Json::Null);
        }),
        happens("reads of the cluster forbidden", |azure| {
            let path = "/managedClusters/aks-demo?";
            refuse(azure, "GET", path, 403, "AuthorizationFailed");
        }),
        happens("group locked", |azure| {
            refuse(
                azure,
                "DELETE",
                "/managedClusters/aks-demo",
                409,
                "ScopeLocked",
            );
        }),
        edited("location edited", json!({ "location": "northeurope" })),
        edited("older version", json!({ "kubernetes_version": "1.33" })),
        edited("version too far", json!({ "kubernetes_version": "1.36" })),
        edited(
            "version not offered",
            json!({ "kubernetes_version": "1.35.99" }),
        ),
        edited("locked out by ranges", {
            json!({ "api_server": { "authorized_ip_ranges": ["20.99.0.0/24"] } })
        }),
    ]
}

/// The configurations of all that is managed, as [`MANAGED`] has it.
fn configurations(of_cluster: &Json, mut provider: Provider) -> (Vec<Value>, Provider) {
    let of_azure = json!({
        "name": "deployers", "mode": "azure_rbac", "cluster_role": null, "namespaces": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
    });
    let mut all = Vec::new();
    for (name, type_name) in MANAGED {
        provider = provider.about(type_name);
        all.push(match name {
            "cluster" => provider.value(&cluster(of_cluster)),
            "namespace" => namespace(&provider, &json!({})),
            "network policy" => policy(&provider, &json!({ "directions": ["ingress"] })),
            "binding" => binding(&provider, &json!({ "namespaces": ["team-a"] })),
            _ => binding(&provider, &of_azure),
        });
    }
    (all, provider)
}

fn errors(told: &[Diagnostic]) -> Vec<&Diagnostic> {
    let errors = told.iter();
    errors
        .filter(|told| told.severity == Severity::Error)
        .collect()
}

/// What a client does before it destroys: each object as it is read, and the errors of its read and of its plan.
fn refreshed(
    azure: &Simulator,
    provider: &Provider,
    kept: &[Kept],
    wanted: &[Value],
) -> Vec<(Kept, Vec<Diagnostic>)> {
    let mut process = provider.restarted(azure);
    let mut found = Vec::new();
    for (((_, type_name), kept), wanted) in MANAGED.iter().zip(kept).zip(wanted) {
        process = process.about(type_name);
        let (read, mut told) = process.read(kept);
        if errors(&told).is_empty() {
            told.extend(process.plan(&read, wanted).diagnostics);
        }
        found.push((read, told));
    }
    process.end();
    found
}

/// Plans the destruction of everything, contents first, and carries it out in another process: what came of each, in
/// the order of [`MANAGED`].
fn destroyed(azure: &Simulator, provider: &Provider, kept: &[Kept]) -> Vec<String> {
    let gone = |kept: &Kept| kept.value == Value::Null;
    let mut process = provider.restarted(azure);
    let mut plans: Vec<Plan> = Vec::new();
    for ((_, type_name), kept) in MANAGED.iter().zip(kept).rev() {
        process = process.about(type_name);
        plans.push(process.plan(kept, &Value::Null));
    }
    process.end();
    let mut process = provider.restarted(azure);
    let mut outcomes = Vec::new();
    for (((name, type_name), kept), plan) in MANAGED.iter().zip(kept).rev().zip(&plans) {
        assert_eq!(
            errors(&plan.diagnostics),
            Vec::<&Diagnostic>::new(),
            "{name}"
        );
        process = process.about(type_name);
        let outcome = if gone(kept) {
            "left the state".to_owned()
        } else {
            match process.carry_out(kept, &Value::Null, plan) {
                (left, told) if gone(&left) => {
                    assert_eq!(errors(&told), Vec::<&Diagnostic>::new(), "{name}");
                    "destroyed".to_owned()
                }
                (_, told) => {
                    let error = errors(&told)[0];
                    let is_told = error.detail.contains("`terraform state rm`");
                    assert!(is_told, "no way out of {error}");
                    format!("refused: {}", error.summary)
                }
            }
        };
        outcomes.push(outcome);
    }
    outcomes.reverse();
    outcomes
}

/// What came of a destroy after one change of the world, a line an object.
fn outcome_of(change: &Change) -> String {
    let azure = fast_azure();
    let pinned = json!({ "grant_applier_access": true, "kubernetes_version": "1.34.8" });
    let of_cluster = made_cluster(
        &azure,
        &json!({ "automatic_upgrade_channel": "none", "kubernetes_version": "1.34.8" }),
    );
    let mut still = pinned;
    lay_over(&mut still, &json!({ "automatic_upgrade_channel": "none" }));
    let (wanted, mut provider) = configurations(&still, Provider::of(&azure));
    let mut kept = vec![of_cluster];
    for ((_, type_name), wanted) in MANAGED.iter().zip(&wanted).skip(1) {
        provider = provider.about(type_name);
        kept.push(provider.create(wanted));
    }
    provider.end();
    (change.happens)(&azure);
    lay_over(&mut still, &change.edited);
    let (wanted, provider) = configurations(&still, provider);

    let found = refreshed(&azure, &provider, &kept, &wanted);
    let refused: Vec<&Diagnostic> = found.iter().flat_map(|(_, told)| errors(told)).collect();
    for error in &refused {
        assert!(
            error.detail.contains("`terraform destroy -refresh=false`"),
            "{}: no way out of {error}",
            change.name
        );
    }
    // The way out leaves the refresh away, and what it found.
    let as_read = found.iter().map(|(read, _)| read.clone()).collect();
    let (how, from) = if refused.is_empty() {
        ("destroy", as_read)
    } else {
        ("destroy -refresh=false", kept)
    };
    let outcomes = destroyed(&azure, &provider, &from);

    let mut lines = vec![format!("# {}: {how}", change.name)];
    let told = refused.iter();
    lines.extend(told.map(|error| format!("refused at first: {}", error.summary)));
    let each = MANAGED.iter().zip(outcomes);
    lines.extend(each.map(|((name, _), outcome)| format!("{name}: {outcome}")));
    let stays = azure.resource(CLUSTER).is_some();
    let left = if stays { "stays" } else { "none" };
    lines.push(format!("the cluster that is in Azure now: {left}\n"));
    lines.join("\n")
}

#[test]
fn a_destroy_goes_through_or_is_refused_with_a_way_out_that_works() {
    let outcomes: Vec<String> = changes()
        .iter()
        .map(|change| {
            println!("{}", change.name);
            outcome_of(change)
        })
        .collect();

    insta::assert_snapshot!(outcomes.join("\n"));
}

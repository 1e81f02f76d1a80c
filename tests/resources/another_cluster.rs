//! A cluster whose place another one takes while the provider runs, as azurerm does it in the same apply; and one of
//! which Azure says once that it is gone.

use std::time::Duration;

use secureaks::framework::Severity;
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::json;

use crate::{
    inside::{attribute, made_cluster, object, reached},
    namespace::{NAMESPACE, namespace, start},
    support::{CLUSTER, Kept, Provider, assert_understood, writes},
    workspace_takeover::{self, kinds, made},
};

/// Another hand deletes the cluster and makes one of its name.
fn replace(azure: &Simulator) {
    assert!((200..300).contains(&azure.delete(CLUSTER)));
    azure.advance(Duration::from_hours(1));
    assert_eq!(azure.resource(CLUSTER), None);
    made_cluster(azure, &json!({}));
}

#[test]
fn what_is_made_after_a_cluster_was_replaced_is_made_in_the_new_one() {
    let (azure, provider) = start();
    let policies = namespace(&provider, &json!({ "name": "policies" }));
    reached(&provider, &Kept::nothing(), &policies);

    replace(&azure);
    let wanted = namespace(&provider, &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &wanted);

    let uid = object(&azure, NAMESPACE)["metadata"]["uid"].clone();
    assert!(uid.is_string());
    assert_eq!(attribute(&kept, "uid"), uid);
    assert_understood(&azure);
}

#[test]
fn what_is_handed_out_after_a_cluster_was_replaced_is_the_new_ones() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    let query = json!({ "cluster_id": CLUSTER });
    let before = provider.data("secureaks_kubeconfig", &query);

    let (gone, _) = provider.destroy(&kept);
    replace(&azure);
    let after = provider.data("secureaks_kubeconfig", &query);

    assert_eq!(gone.value, Kept::nothing().value);
    let fresh = Provider::of(&azure).data("secureaks_kubeconfig", &query);
    assert_ne!(after, before);
    assert_eq!(after, fresh);
    assert_understood(&azure);
}

/// A replica of Resource Manager that lags says once of a cluster that it is not there.
fn lie(azure: &Simulator, method: &str, path: &str) {
    azure.add_fault(Fault {
        name: "lie".to_owned(),
        matches: Matches {
            host: Some(Host::Arm),
            method: Some(method.to_owned()),
            path_contains: Some(path.to_owned()),
            times: Some(1),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 404,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "error": { "code": "ResourceNotFound", "message": "not found" } }),
        }),
    });
}

/// The way to a resource leads over one of these requests.
fn path_to(type_name: &str) -> (&'static str, &'static str) {
    match type_name {
        "secureaks_cluster" => ("GET", "managedClusters/aks-demo?"),
        _ => ("POST", "listClusterUserCredential"),
    }
}

#[test]
fn one_404_loses_everything() {
    for (type_name, config) in kinds() {
        let azure = workspace_takeover::start(type_name);
        let (provider, wanted, kept) = made(&azure, type_name, &config);
        let next = provider.restarted(&azure);
        let (method, path) = path_to(type_name);
        lie(&azure, method, path);

        let (after, diagnostics) = next.read(&kept);
        let (quiet, silent) = next.read(&after);

        assert_eq!(after.value, kept.value, "{type_name}");
        let errors = diagnostics
            .iter()
            .filter(|told| told.severity == Severity::Error);
        let summaries: Vec<_> = errors.map(|told| told.summary.as_str()).collect();
        assert_eq!(summaries, ["Azure contradicts itself"], "{type_name}");
        assert_eq!((quiet.value, silent), (kept.value.clone(), vec![]));
        azure.clear_journal();
        assert!(next.plan(&kept, &wanted).diagnostics.is_empty());
        assert_eq!(writes(&azure), Vec::<String>::new());
        assert_understood(&azure);
    }
}

/// Whoever may not list the group cannot say that a cluster is gone: it stays in the state, with the way out.
#[test]
fn a_second_look_that_may_not_be_made_confirms_nothing() {
    for (type_name, config) in kinds() {
        let azure = workspace_takeover::start(type_name);
        let (provider, _, kept) = made(&azure, type_name, &config);
        let next = provider.restarted(&azure);
        let (method, path) = path_to(type_name);
        lie(&azure, method, path);
        azure.add_fault(Fault {
            name: "no list".to_owned(),
            matches: Matches {
                host: Some(Host::Arm),
                method: Some("GET".to_owned()),
                path_contains: Some("/managedClusters?".to_owned()),
                ..Matches::default()
            },
            action: Action::Status(Answer {
                code: 403,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: json!({ "error": { "code": "AuthorizationFailed", "message": "may not list" } }),
            }),
        });

        let (after, diagnostics) = next.read(&kept);

        assert_eq!(after.value, kept.value, "{type_name}");
        let [told] = &diagnostics[..] else {
            panic!("{type_name}: {diagnostics:#?}");
        };
        assert_eq!(told.severity, Severity::Warning, "{type_name}");
        assert!(told.detail.contains("terraform state rm"), "{told:#?}");
        assert_understood(&azure);
    }
}

//! An object that a state holds is not taken by another one, whatever the object is and however the other state came
//! to its configuration; and what a run has half made is gone on with by its own state, which says so.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    inside::{applied, change, made_cluster},
    support::{CLUSTER, Kept, Plan, Provider, assert_understood, cluster, fast_azure},
};

const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";

/// Each resource, and a configuration of it.
pub(crate) fn kinds() -> [(&'static str, Json); 4] {
    let group = json!([{ "type": "Group", "object_id": DEVELOPERS }]);
    [
        ("secureaks_cluster", cluster(&json!({}))),
        (
            "secureaks_namespace",
            json!({ "cluster_id": CLUSTER, "name": "shop", "adopt": true }),
        ),
        (
            "secureaks_network_policy",
            json!({ "cluster_id": CLUSTER, "namespace": "team-a", "name": "web", "force_conflicts": true }),
        ),
        (
            "secureaks_aad_binding",
            json!({ "cluster_id": CLUSTER, "name": "developers", "cluster_role": "edit", "namespaces": ["team-a"], "principals": group, "force_conflicts": true }),
        ),
    ]
}

/// A simulated Azure with what an object of the type needs.
pub(crate) fn start(type_name: &str) -> Simulator {
    let azure = fast_azure();
    if type_name != "secureaks_cluster" {
        made_cluster(&azure, &json!({}));
        change(&azure, "/api/v1/namespaces/team-a", &json!({}));
    }
    azure
}

/// A run that makes the object and whose client has not ended it yet.
pub(crate) fn made(
    azure: &Simulator,
    type_name: &'static str,
    config: &Json,
) -> (Provider, Value, Kept) {
    let provider = Provider::of(azure).about(type_name);
    let wanted = provider.value(config);
    let (kept, told) = applied(&provider, &Kept::nothing(), &wanted);
    assert_eq!(told, []);
    (provider, wanted, kept)
}

fn summaries(plan: &Plan) -> Vec<(Severity, String)> {
    let mut told: Vec<_> = plan
        .diagnostics
        .iter()
        .map(|told| (told.severity, told.summary.clone()))
        .collect();
    told.sort();
    told
}

/// Fails unless `other` tells in its plan that the object is held, refuses to make it, and changes nothing.
#[track_caller]
fn assert_refused(azure: &Simulator, other: &Provider, wanted: &Value, words: &str) {
    let plan = other.plan(&Kept::nothing(), wanted);
    azure.clear_journal();
    let (kept, told) = other.carry_out(&Kept::nothing(), wanted, &plan);

    let warned = plan
        .diagnostics
        .iter()
        .any(|told| told.severity == Severity::Warning && told.detail.contains(words));
    assert!(warned, "{words}: {:#?}", plan.diagnostics);
    let refused = told
        .iter()
        .filter(|told| told.severity == Severity::Error)
        .any(|told| told.detail.contains(words) && told.detail.contains("terraform import "));
    assert!(refused, "{words}: {told:#?}");
    assert_eq!(kept.value, Value::Null);
    let changed: Vec<String> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method != "GET" && exchange.method != "CONNECT")
        .map(|exchange| format!("{} {}", exchange.method, exchange.path))
        .filter(|line| !line.contains("/token") && !line.contains("listClusterUserCredential"))
        .collect();
    assert_eq!(changed, Vec::<String>::new());
}

fn with_backend(provider: &Provider, key: &str) {
    let data = provider.folder().join(".terraform");
    let settings = json!({ "backend": { "type": "azurerm", "config": { "key": key } } });
    std::fs::create_dir_all(&data).expect("a folder");
    std::fs::write(data.join("terraform.tfstate"), settings.to_string()).expect("written");
}

#[test]
fn another_workspace_of_the_folder_is_refused() {
    for (type_name, config) in kinds() {
        println!("{type_name}");
        let azure = start(type_name);
        // Whether the first run was ended in order or killed, the object is not the second workspace's.
        for ended in [false, true] {
            let (first, wanted, kept) = made(&azure, type_name, &config);
            if ended {
                first.end();
            }

            let second = first.restarted_with(&azure, &[("TF_WORKSPACE", "second")]);
            assert_refused(&azure, &second, &wanted, "in the workspace `default`");

            applied(&first, &kept, &Value::Null);
        }
        assert_understood(&azure);
    }
}

/// Fails unless each kind of object that a first run has made is refused to `other`, with these words.
fn assert_each_is_refused(other: impl Fn(&Simulator, &Provider) -> Provider, words: &str) {
    for (type_name, config) in kinds() {
        println!("{type_name}");
        let azure = start(type_name);
        let (first, wanted, _) = made(&azure, type_name, &config);

        assert_refused(&azure, &other(&azure, &first), &wanted, words);
        assert_understood(&azure);
    }
}

#[test]
fn another_backend_of_the_folder_is_refused() {
    let other = |azure: &Simulator, first: &Provider| {
        first.end();
        let second = first.restarted(azure);
        with_backend(&second, "other.tfstate");
        second
    };

    assert_each_is_refused(other, "with another backend");
}

/// `-state=other.tfstate` and `terraform test` differ from the first run in nothing that a provider is told.
#[test]
fn another_state_file_and_a_test_run_of_the_folder_are_refused_once_the_first_run_has_ended() {
    let other = |azure: &Simulator, first: &Provider| {
        first.end();
        first.restarted(azure)
    };

    assert_each_is_refused(other, "by a run that began at");
}

#[test]
fn another_folder_is_refused() {
    let other = |azure: &Simulator, first: &Provider| Provider::of(azure).about(first.type_name());

    assert_each_is_refused(other, "from another folder or machine");
}

#[test]
fn a_machine_with_the_same_owner_is_refused_once_the_create_has_ended() {
    let secret = "known to all runs of the owner";
    for (type_name, config) in kinds() {
        for secret in [None, Some(secret)] {
            println!("{type_name} {secret:?}");
            let azure = start(type_name);
            let mut environment = azure.environment();
            environment.insert("SECUREAKS_OWNER".to_owned(), "platform".to_owned());
            if let Some(secret) = secret {
                environment.insert("SECUREAKS_OWNER_SECRET".to_owned(), secret.to_owned());
            }
            let run = || Provider::acting_in(&azure, environment.clone()).about(type_name);
            let first = run();
            let wanted = first.value(&config);
            let (_, told) = applied(&first, &Kept::nothing(), &wanted);
            assert_eq!(told, []);

            // No client has ended the first run: its own folder goes on, another one does not.
            let here = first.restarted(&azure).plan(&Kept::nothing(), &wanted);
            assert!(
                summaries(&here)[0].1.starts_with("Continues a "),
                "{:#?}",
                here.diagnostics
            );
            assert_refused(&azure, &run(), &wanted, "whose `owner` is \"platform\"");
            assert_understood(&azure);
        }
    }
}

#[test]
fn what_a_killed_run_has_made_is_gone_on_with_and_the_plan_says_so() {
    for (type_name, config) in kinds() {
        println!("{type_name}");
        let azure = start(type_name);
        let (first, wanted, made) = made(&azure, type_name, &config);

        let next = first.restarted(&azure);
        let plan = next.plan(&Kept::nothing(), &wanted);
        let (kept, _) = next.carry_out(&Kept::nothing(), &wanted, &plan);
        next.end();
        let (read, silent) = first.restarted(&azure).read(&kept);

        let what = type_name.trim_start_matches("secureaks_").replace('_', " ");
        let what = what.replace("aad ", "");
        assert_eq!(
            summaries(&plan),
            [(
                Severity::Warning,
                format!("Continues a {what} that an interrupted run began")
            )]
        );
        assert_eq!(kept.value.member("id"), made.value.member("id"));
        assert_eq!((read.value, silent), (kept.value, vec![]));
        assert_understood(&azure);
    }
}

/// A tenant who may create namespaces cannot make one that passes for ours.
#[test]
fn a_mark_that_somebody_else_has_written_is_not_believed() {
    let azure = start("secureaks_namespace");
    let mut environment = azure.environment();
    environment.insert("SECUREAKS_OWNER".to_owned(), "platform".to_owned());
    let provider = Provider::acting_in(&azure, environment).about("secureaks_namespace");
    let wanted = provider.value(&json!({ "cluster_id": CLUSTER, "name": "shop" }));
    let mark = "2f1f5c5e-8d0a-5b8e-9f3c-6d5a4b3c2d1e platform";
    let planted = json!({ "metadata": {
        "labels": { "app.kubernetes.io/managed-by": "terraform-provider-secureaks" },
        "annotations": { "secureaks/mark": mark },
    } });
    change(&azure, "/api/v1/namespaces/shop", &planted);

    assert_refused(&azure, &provider, &wanted, "whose `owner` is \"platform\"");
    assert_understood(&azure);
}

/// A note in the folder vouches for an object: who plants one there must not give the next run their own object.
#[test]
#[cfg(unix)]
fn a_planted_note_vouches_for_nothing() {
    for (type_name, config) in kinds() {
        let azure = start(type_name);
        let (provider, wanted, _) = made(&azure, type_name, &config);
        let journal = provider.folder().join(".terraform/secureaks");
        let elsewhere = provider.folder().join("planted");
        std::fs::create_dir(&elsewhere).expect("a folder");
        for note in std::fs::read_dir(&journal).expect("notes") {
            let note = note.expect("a note").path();
            let planted = elsewhere.join(note.file_name().expect("a name"));
            std::fs::rename(&note, &planted).expect("moved");
            std::os::unix::fs::symlink(&planted, &note).expect("a link");
        }

        let next = provider.restarted(&azure);

        let words = "is a symbolic link, which is not followed; remove it";
        assert_refused(&azure, &next, &wanted, words);
        assert_understood(&azure);
    }
}

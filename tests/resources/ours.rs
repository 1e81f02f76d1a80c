//! Whose a namespace is, and what is in it: what others made or manage is taken over only when told.

use std::time::Duration;

use secureaks::value::Value;
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    inside::{applied, attribute, change, object, provider as other_run, reached},
    namespace::{DENY, DNS, NAMESPACE, QUOTA, TYPE, full, namespace, start},
    support::{Kept, Provider, assert_understood, told},
};

#[test]
fn a_namespace_of_somebody_else_is_taken_over_only_when_told() {
    let (azure, provider) = start();
    change(
        &azure,
        NAMESPACE,
        &json!({ "metadata": { "labels": { "theirs": "1" } } }),
    );
    let refused = namespace(&provider, &json!({ "labels": { "team": "a" } }));
    let wanted = namespace(
        &provider,
        &json!({ "labels": { "team": "a" }, "adopt": true }),
    );

    let plan = provider.plan(&Kept::nothing(), &refused);
    let (nothing, error) = provider.carry_out(&Kept::nothing(), &refused, &plan);
    let provider = other_run(&azure, TYPE);
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let labels = object(&azure, NAMESPACE)["metadata"]["labels"].clone();
    let silent = provider.plan(&provider.read(&kept).0, &wanted);
    let (gone, warned) = applied(&provider, &kept, &Value::Null);

    assert_eq!(plan.diagnostics.len(), 1);
    assert_eq!(nothing.value, Value::Null);
    assert_eq!(attribute(&kept, "adopted"), json!(true));
    assert_eq!(
        (&labels["theirs"], &labels["team"]),
        (&json!("1"), &json!("a"))
    );
    assert_eq!(labels.get("app.kubernetes.io/managed-by"), None);
    assert_eq!(silent.diagnostics, []);
    assert_eq!(gone.value, Value::Null);
    insta::assert_snapshot!(format!(
        "{}\n\n{}\n\n{}",
        told(&plan.diagnostics),
        told(&error),
        told(&warned)
    ));
    assert_eq!(
        object(&azure, NAMESPACE)["metadata"]["labels"],
        json!({ "kubernetes.io/metadata.name": "team-a", "theirs": "1" })
    );
    assert_eq!(
        [DENY, DNS].map(|path| object(&azure, path)),
        [Json::Null, Json::Null]
    );
    assert_understood(&azure);
}

#[test]
fn a_quota_of_somebody_else_is_neither_merged_nor_deleted() {
    let (azure, provider) = start();
    let theirs = json!({ "spec": { "hard": { "secrets": "5" } } });
    change(&azure, NAMESPACE, &json!({}));
    change(&azure, QUOTA, &theirs);
    let wanted = namespace(
        &provider,
        &json!({ "adopt": true, "quota": { "pods": "20" } }),
    );

    let (kept, refused) = applied(&provider, &Kept::nothing(), &wanted);
    let (gone, _) = applied(&provider, &kept, &Value::Null);

    insta::assert_snapshot!(told(&refused));
    assert_eq!(gone.value, Value::Null);
    assert_eq!(object(&azure, QUOTA)["spec"], theirs["spec"]);
    assert_understood(&azure);
}

#[test]
fn a_namespace_of_another_configuration_is_taken_over_by_import_alone() {
    let (azure, provider) = start();
    let made = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    let block = json!({ "owner": "others" });
    let (others, _) = Provider::configured(&azure, azure.environment(), block);
    let others = others.about(TYPE);
    let wanted = namespace(&others, &json!({ "adopt": true }));

    let (nothing, refused) = applied(&others, &Kept::nothing(), &wanted);
    let id = attribute(&made, "id").as_str().expect("an id").to_owned();
    let (imported, silent) = others.read(&others.import(&id));

    assert_eq!(nothing.value, Value::Null);
    insta::assert_snapshot!(told(&refused));
    assert_eq!(silent, []);
    assert_eq!(attribute(&imported, "adopted"), json!(true));
    assert_understood(&azure);
}

/// Makes the namespace anew, as another hand.
fn make_anew(azure: &Simulator) {
    change(azure, NAMESPACE, &Json::Null);
    azure.advance(Duration::from_mins(1));
    change(azure, NAMESPACE, &json!({}));
}

#[test]
fn a_namespace_that_was_made_anew_by_another_hand_leaves_the_state_and_is_refused() {
    let (azure, first) = start();
    let wanted = namespace(&first, &json!({ "labels": { "team": "a" } }));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    let other_label = namespace(&first, &json!({ "labels": { "team": "b" } }));
    let planned = first.plan(&kept, &other_label);
    let theirs = json!({ "spec": { "containers": [{ "name": "web", "image": "web" }] } });
    make_anew(&azure);
    let anew = object(&azure, NAMESPACE);

    let next = other_run(&azure, TYPE);
    let (unchanged, too_late) = next.carry_out(&kept, &other_label, &planned);
    let (left, warned) = next.read(&kept);
    let (nothing, refused) = applied(&next, &left, &wanted);
    change(&azure, "/api/v1/namespaces/team-a/pods/theirs", &theirs);
    let (gone, spared) = applied(&next, &kept, &Value::Null);

    assert_eq!(unchanged.value, kept.value);
    assert_eq!((left.value, nothing.value), (Value::Null, Value::Null));
    assert_eq!(gone.value, Value::Null);
    insta::assert_snapshot!(format!(
        "update: {}\n\nread: {}\n\ncreate: {}\n\ndelete: {}",
        told(&too_late),
        told(&warned),
        told(&refused),
        told(&spared)
    ));
    assert_eq!(object(&azure, NAMESPACE), anew);
    assert_understood(&azure);
}

#[test]
fn a_part_that_has_the_mark_of_another_namespace_is_none_of_this_one() {
    let (azure, first) = start();
    let wanted = namespace(&first, &json!({ "quota": { "pods": "20" } }));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    let copied = json!({ "metadata": { "annotations": { "secureaks/mark": "of another" } } });
    change(&azure, QUOTA, &copied);

    let next = other_run(&azure, TYPE);
    let read = next.read(&kept).0;
    let (_, refused) = applied(&next, &read, &wanted);
    let without = namespace(&next, &json!({}));
    reached(&next, &read, &without);

    assert_eq!(attribute(&read, "quota"), Json::Null);
    let refused: Vec<&str> = refused.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(refused, ["Name is taken in the namespace"]);
    assert_eq!(object(&azure, QUOTA)["spec"]["hard"]["pods"], "20");
    assert_understood(&azure);
}

#[test]
fn a_label_that_somebody_else_manages_is_overwritten_only_when_told() {
    let (azure, provider) = start();
    let wanted = full(&provider);
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    change(
        &azure,
        NAMESPACE,
        &json!({ "metadata": { "labels": { "team": "b" } } }),
    );
    change(
        &azure,
        QUOTA,
        &json!({ "spec": { "hard": { "pods": "30" } } }),
    );
    let provider = other_run(&azure, TYPE);
    let drifted = provider.read(&kept).0;

    let (same, conflict) = applied(&provider, &drifted, &wanted);
    let forced = namespace(
        &provider,
        &json!({
            "labels": { "team": "a" },
            "annotations": { "contact": "a@example.com" },
            "quota": { "requests.cpu": "4000m", "pods": "20" },
            "limits": { "default": { "cpu": "0.5", "memory": "256Mi" }, "max": { "cpu": "2" } },
            "force_conflicts": true,
        }),
    );
    reached(&provider, &same, &forced);

    assert_eq!(same.value, drifted.value);
    insta::assert_snapshot!(told(&conflict));
    assert_eq!(object(&azure, NAMESPACE)["metadata"]["labels"]["team"], "a");
    assert_eq!(object(&azure, QUOTA)["spec"]["hard"]["pods"], "20");
    assert_understood(&azure);
}

//! A namespace that was there before it came into the state is never deleted, whoever made it.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    inside::{applied, attribute, change, object, provider as owned_by_platform, reached},
    namespace::{DENY, DNS, NAMESPACE, QUOTA, TYPE, namespace, start},
    support::{Kept, Provider, assert_understood, told},
};

const EVERYTHING: [&str; 4] = [NAMESPACE, QUOTA, DENY, DNS];

/// Another configuration, with an owner of its own.
fn other(azure: &Simulator) -> Provider {
    let block = json!({ "owner": "others" });
    let (provider, told) = Provider::configured(azure, azure.environment(), block);
    assert_eq!(told, []);
    provider.about(TYPE)
}

fn id(kept: &Kept) -> String {
    let id = attribute(kept, "id");
    id.as_str().expect("an id").to_owned()
}

/// As it is after `terraform import`.
fn imported(provider: &Provider, id: &str) -> Kept {
    let (kept, told) = provider.read(&provider.import(id));
    assert_eq!(told, []);
    kept
}

/// The objects, without what each write counts.
fn everything(azure: &Simulator) -> Vec<Json> {
    let objects = EVERYTHING.map(|path| object(azure, path));
    let meaning = |object: Json| {
        json!([
            object["metadata"]["labels"],
            object["metadata"]["annotations"],
            object["spec"]
        ])
    };
    objects.map(meaning).to_vec()
}

#[test]
fn one_of_another_configuration_stays_whole_when_the_import_is_destroyed() {
    let (azure, first) = start();
    let wanted = namespace(
        &first,
        &json!({ "labels": { "team": "a" }, "quota": { "pods": "20" } }),
    );
    let made = reached(&first, &Kept::nothing(), &wanted);
    let before = everything(&azure);
    let second = other(&azure);

    let kept = imported(&second, &id(&made));
    let (gone, warned) = applied(&second, &kept, &Value::Null);

    assert_eq!(attribute(&kept, "adopted"), json!(true));
    assert_eq!(gone.value, Value::Null);
    insta::assert_snapshot!(told(&warned));
    assert_eq!(everything(&azure), before);
    let again = owned_by_platform(&azure, TYPE);
    let (read, silent) = again.read(&made);
    assert_eq!((read.value, silent), (made.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn an_import_stays_adopted_through_reads_and_updates() {
    for made_by in ["another configuration", "kubectl"] {
        let (azure, first) = start();
        let made = if made_by == "kubectl" {
            change(&azure, NAMESPACE, &json!({}));
            format!("{}/namespaces/team-a", crate::support::CLUSTER)
        } else {
            let wanted = namespace(&first, &json!({}));
            id(&reached(&first, &Kept::nothing(), &wanted))
        };
        let second = other(&azure);
        let wanted = namespace(&second, &json!({ "labels": { "team": "b" } }));

        let taken = imported(&second, &made);
        let updated = reached(&second, &taken, &wanted);
        let read = second.read(&updated).0;
        let (gone, _) = applied(&second, &read, &Value::Null);

        let adopted = [&taken, &updated, &read].map(|kept| attribute(kept, "adopted"));
        assert_eq!(
            adopted,
            [json!(true), json!(true), json!(true)],
            "{made_by}"
        );
        assert_eq!(gone.value, Value::Null, "{made_by}");
        assert_ne!(object(&azure, NAMESPACE), Json::Null, "{made_by}");
        assert_understood(&azure);
    }
}

#[test]
fn one_that_the_state_says_was_made_here_is_deleted_without_its_mark() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    let unmarked = json!({ "metadata": { "annotations": { "secureaks/mark": null } } });
    change(&azure, NAMESPACE, &unmarked);

    let later = owned_by_platform(&azure, TYPE);
    let read = later.read(&kept).0;
    let (gone, silent) = applied(&later, &read, &Value::Null);

    assert_eq!(attribute(&read, "adopted"), json!(false));
    assert_eq!((gone.value, silent), (Value::Null, vec![]));
    assert_eq!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

#[test]
fn one_of_which_the_state_does_not_say_who_made_it_is_not_deleted() {
    let (azure, provider) = start();
    let mut kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    kept.value.set_member("adopted", Value::Null);

    let read = provider.read(&kept).0;
    let (gone, warned) = applied(&provider, &kept, &Value::Null);

    assert_eq!(attribute(&read, "adopted"), json!(true));
    assert_eq!(gone.value, Value::Null);
    let warned: Vec<_> = warned
        .iter()
        .map(|one| (one.severity, one.summary.as_str()))
        .collect();
    assert_eq!(warned, [(Severity::Warning, "Namespace was not deleted")]);
    assert_ne!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

#[test]
fn one_with_workloads_is_given_up_without_a_word_about_them() {
    let (azure, first) = start();
    let made = reached(&first, &Kept::nothing(), &namespace(&first, &json!({})));
    let data = json!({ "data": { "a": "b" } });
    change(
        &azure,
        "/api/v1/namespaces/team-a/configmaps/settings",
        &data,
    );
    let second = other(&azure);
    let kept = imported(&second, &id(&made));

    let plan = second.plan(&kept, &Value::Null);

    assert_eq!(plan.diagnostics, []);
    assert_understood(&azure);
}

//! A value that is not known in the plan replaces nothing: the object stays until it is known that it has to go.

use secureaks::{
    framework::Severity,
    value::{Path, Value},
};
use serde_json::{Value as Json, json};

use crate::{
    binding, namespace, network_policy,
    support::{Kept, Plan, Provider, assert_understood, azure, cluster, lay_over, subnet},
};

/// The same configuration with the attribute at `path` not known yet.
fn without_knowing(config: &Value, path: &[&str]) -> Value {
    let mut config = config.clone();
    let mut place = &mut config;
    for name in path {
        place = match place {
            Value::Object(members) => members.get_mut(*name).expect("the attribute"),
            other => panic!("{name} is in no object but {other:?}"),
        };
    }
    *place = Value::unknown();
    config
}

/// Plans with the attribute unknown, then as a client does once it knows that it is the same after all.
#[track_caller]
fn assert_stays(provider: &Provider, kept: &Kept, config: &Value, path: &[&str]) {
    let unknown = provider.plan(kept, &without_knowing(config, path));
    let known = provider.plan(kept, config);

    assert_eq!(refusals(&unknown), Vec::<String>::new(), "{path:?}");
    assert_eq!(unknown.replaces, Vec::<Path>::new(), "{path:?}");
    assert_eq!(
        (known.replaces, known.value),
        (vec![], kept.value.clone()),
        "{path:?}"
    );
}

fn refusals(plan: &Plan) -> Vec<String> {
    let errors = plan
        .diagnostics
        .iter()
        .filter(|told| told.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

fn made(provider: &Provider, config: &Value) -> Kept {
    let plan = provider.plan(&Kept::nothing(), config);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    provider.carry_out(&Kept::nothing(), config, &plan).0
}

/// Fails unless an object stays while it is not known which cluster it is in.
fn assert_stays_in_its_cluster(provider: &Provider, config: &Value) {
    assert_stays(provider, &made(provider, config), config, &["cluster_id"]);
}

#[test]
fn a_namespace_stays_while_its_cluster_id_is_unknown() {
    let (azure, provider) = namespace::start();

    assert_stays_in_its_cluster(&provider, &namespace::namespace(&provider, &json!({})));
    assert_understood(&azure);
}

#[test]
fn a_binding_stays_while_its_cluster_id_is_unknown() {
    let (azure, provider) = binding::start();
    for mode in [
        json!({}),
        json!({
            "name": "readers",
            "mode": "azure_rbac",
            "cluster_role": null,
            "azure_role": "Azure Kubernetes Service RBAC Reader",
            "verify": false,
        }),
    ] {
        assert_stays_in_its_cluster(&provider, &binding::binding(&provider, &mode));
    }
    assert_understood(&azure);
}

#[test]
fn a_policy_stays_while_its_cluster_id_is_unknown() {
    let (azure, provider) = network_policy::start();

    assert_stays_in_its_cluster(&provider, &network_policy::policy(&provider, &json!({})));
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_may_be_replaced_stays_while_its_place_is_unknown() {
    let azure = azure();
    let subnet = subnet(&azure, "v");
    let provider = Provider::of(&azure);
    let mut config: Json = cluster(&json!({ "allow_replacement": true }));
    lay_over(
        &mut config,
        &json!({ "system_pool": { "subnet_id": subnet } }),
    );
    let config = provider.value(&config);
    let kept = made(&provider, &config);

    for path in [
        ["location"].as_slice(),
        &["resource_group_name"],
        &["system_pool", "subnet_id"],
    ] {
        assert_stays(&provider, &kept, &config, path);
    }
    assert_understood(&azure);
}

//! States of the time when blocks were nested attributes: null where there is a group or no block now, and lists where
//! there are sets.

use secureaks::{
    framework::service::{Service as _, UpgradeRequest},
    value::{Value, to_json},
};
use serde_json::{Value as Json, json};

use crate::{
    inside::reached,
    support::{Kept, Provider, assert_understood, cluster, fast_azure},
};

/// The state as `UpgradeResourceState` gives it back.
fn upgraded(provider: &Provider, state: &Json) -> Value {
    let request = UpgradeRequest {
        type_name: provider.type_name().to_owned(),
        version: 0,
        json: state.to_string().into_bytes(),
    };
    let response = provider.wait_for(provider.server().upgrade_resource(request));
    assert_eq!(response.diagnostics, []);
    let value = response.value.expect("a state");
    value.decode(&provider.ty()).expect("a state of the type")
}

/// Reads an earlier state, and plans the configuration it was made with.
fn assert_settled(provider: &Provider, kept: &Kept, earlier: &Json, config: &Value) {
    let value = upgraded(provider, earlier);
    assert_eq!(value, kept.value);
    let kept = Kept {
        value,
        private: kept.private.clone(),
    };
    let (read, _) = provider.read(&kept);
    let plan = provider.plan(&read, config);
    assert_eq!((plan.value, plan.diagnostics), (kept.value, vec![]));
}

#[test]
fn a_cluster_reads() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({})));
    let kept = provider.create(&config);

    assert_settled(&provider, &kept, &to_json(&kept.value), &config);
    assert_understood(&azure);
}

#[test]
fn a_namespace_reads() {
    let (azure, provider) = crate::namespace::start();
    let config = crate::namespace::namespace(&provider, &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &config);

    assert_settled(&provider, &kept, &to_json(&kept.value), &config);
    assert_understood(&azure);
}

#[test]
fn a_policy_reads() {
    let (azure, provider) = crate::network_policy::start();
    let peers = json!([{ "namespace": "b" }, { "cidr": "20.50.0.0/16" }]);
    let config = crate::network_policy::policy(&provider, &json!({ "allow_from": peers }));
    let kept = reached(&provider, &Kept::nothing(), &config);
    let mut earlier = to_json(&kept.value);
    earlier["allow_to"] = Json::Null;
    for peer in earlier["allow_from"].as_array_mut().expect("peers") {
        peer["ports"] = Json::Null;
    }

    assert_settled(&provider, &kept, &earlier, &config);
    assert_understood(&azure);
}

#[test]
fn a_binding_reads_with_its_subjects_in_order() {
    let (azure, provider) = crate::binding::start();
    let principals = json!([
        { "type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13" },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
    ]);
    let config = crate::binding::binding(&provider, &json!({ "principals": principals }));
    let kept = reached(&provider, &Kept::nothing(), &config);
    let mut earlier = to_json(&kept.value);
    earlier["principals"] = json!([
        { "type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13",
          "display_name": null, "user_principal_name": null },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com",
          "display_name": null, "object_id": null },
    ]);
    earlier["subjects"]
        .as_array_mut()
        .expect("subjects")
        .reverse();

    assert_settled(&provider, &kept, &earlier, &config);
    assert_understood(&azure);
}

//! Time that is too short: told with what to do, and what was begun stays in the state.

use secureaks::value::Value;
use serde_json::json;

use crate::support::{CLUSTER, Kept, Provider, assert_understood, cluster, slow_azure, told};

#[test]
fn a_cluster_that_takes_longer_than_allowed_stays_in_the_state() {
    let azure = slow_azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({ "timeouts": { "create": "900ms" } })));

    let (kept, late) = provider.apply(&Kept::nothing(), &config);

    insta::assert_snapshot!(told(&late));
    assert_eq!(kept.value.member("id"), &Value::from(CLUSTER));
    assert_eq!(
        azure.resource(CLUSTER).expect("the cluster")["properties"]["provisioningState"],
        "Creating"
    );
    assert_understood(&azure);
}

#[test]
fn an_update_and_a_deletion_that_take_longer_are_told_and_keep_the_state() {
    let azure = slow_azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    let config = provider.value(&cluster(
        &json!({ "tier": "Free", "timeouts": { "update": "500ms", "delete": "500ms" } }),
    ));

    let (updated, late) = provider.apply(&kept, &config);
    azure.advance(std::time::Duration::from_hours(1));
    let (read, _) = provider.read(&updated);
    let plan = provider.plan(&read, &config);
    let (changed, silent) = provider.carry_out(&read, &config, &plan);
    let (left, later) = provider.destroy(&changed);

    assert_eq!(updated.value, kept.value);
    assert_eq!(silent, [], "what was begun is done by now");
    assert_eq!(left.value, changed.value);
    insta::assert_snapshot!(format!("{}\n\n{}", told(&late), told(&later)));
    assert_understood(&azure);
}

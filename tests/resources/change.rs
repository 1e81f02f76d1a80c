//! Changes in place: what is asked of Azure, and what is left alone.

use serde_json::json;

use crate::support::{Provider, assert_understood, azure, cluster};

#[test]
fn a_cluster_that_is_as_wanted_is_planned_without_a_change() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({})));
    let kept = provider.create(&config);

    let (read, told) = provider.read(&kept);
    let plan = provider.plan(&read, &config);

    assert_eq!((told, plan.diagnostics), (vec![], vec![]));
    assert_eq!((&read.value, plan.value), (&kept.value, kept.value.clone()));
    assert_understood(&azure);
}

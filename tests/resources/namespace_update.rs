//! An update of a namespace that failed halfway: what it has left undone is planned again.

use secureaks_simulator::{Action, Answer, Fault, Host, Matches};
use serde_json::{Value as Json, json};

use crate::{
    inside::{applied, object, reached},
    namespace::{DNS, namespace, start},
    support::{Kept, assert_understood},
};

#[test]
fn a_policy_that_a_failed_update_has_left_is_taken_away_by_the_next() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    let open = namespace(
        &provider,
        &json!({ "network": { "default_deny_egress": false } }),
    );
    azure.add_fault(Fault {
        name: "refused".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            method: Some("DELETE".to_owned()),
            path_contains: Some("networkpolicies/allow-dns".to_owned()),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 403,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "made up" }),
        }),
    });
    let (failed, told) = applied(&provider, &kept, &open);
    let left = object(&azure, DNS);

    let (found, _) = provider.read(&failed);
    let settled = reached(&provider, &found, &open);

    assert_eq!(told.len(), 1, "{told:#?}");
    assert_ne!(left, Json::Null);
    assert_eq!(object(&azure, DNS), Json::Null);
    assert_eq!(provider.plan(&settled, &open).value, settled.value);
    assert_understood(&azure);
}

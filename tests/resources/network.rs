//! A subnet of one's own: the cluster's identity gets its role there, and what was granted for it
//! goes with it, and only that.

use std::collections::BTreeMap;

use secureaks::value::Value;
use secureaks_simulator::{Action, Answer, Fault, Matches, Principal, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{
    CLUSTER, Kept, Provider, assert_understood, azure, cluster, clusters, identity, redacted,
    subnet, told,
};

const CONTRIBUTOR: &str = "7c0b3a54-2e6d-4f91-8a17-d03e5b9c6f28";
const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

fn in_subnet(provider: &Provider, subnet: &str, more: &Json) -> Value {
    let mut config = cluster(&json!({ "system_pool": { "subnet_id": subnet } }));
    crate::support::lay_over(&mut config, more);
    provider.value(&config)
}

fn with_identity(identity: &str) -> Json {
    json!({ "identity": { "type": "UserAssigned", "identity_id": identity } })
}

/// The role assignments on a subnet, by name: whose, and which role.
fn assignments(azure: &Simulator, subnet: &str) -> BTreeMap<String, (String, String)> {
    let under =
        format!("{subnet}/providers/Microsoft.Authorization/roleAssignments/").to_lowercase();
    let ids = azure
        .resource_ids()
        .into_iter()
        .filter(|id| id.to_lowercase().starts_with(&under));
    let read = ids.map(|id| {
        let assignment = azure.resource(&id).expect("the assignment");
        let text = |name: &str| {
            assignment["properties"][name]
                .as_str()
                .expect("text")
                .to_owned()
        };
        let role = text("roleDefinitionId")
            .rsplit('/')
            .next()
            .expect("a role")
            .to_owned();
        (
            id.rsplit('/').next().expect("a name").to_owned(),
            (text("principalId"), role),
        )
    });
    read.collect()
}

/// A principal that may do everything but grant roles.
fn contributor(azure: &Simulator) -> BTreeMap<String, String> {
    azure.put_principal(Principal {
        object_id: CONTRIBUTOR.to_owned(),
        app_id: Some(CONTRIBUTOR.to_owned()),
        secrets: vec!["a contributor's".to_owned()],
        ..Principal::default()
    });
    let mut environment = azure.environment();
    let subscription = format!("/subscriptions/{}", environment["ARM_SUBSCRIPTION_ID"]);
    assert!(azure.grant(CONTRIBUTOR, "Contributor", &subscription));
    azure.advance(std::time::Duration::from_hours(1));
    environment.insert("ARM_CLIENT_ID".to_owned(), CONTRIBUTOR.to_owned());
    environment.insert("ARM_CLIENT_SECRET".to_owned(), "a contributor's".to_owned());
    environment
}

#[test]
fn the_clusters_own_identity_gets_its_role_while_the_cluster_is_made_and_loses_it_with_it() {
    let azure = azure();
    let subnet = subnet(&azure, "v");
    let provider = Provider::of(&azure);

    let kept = provider.create(&in_subnet(&provider, &subnet, &json!({})));
    let granted = assignments(&azure, &subnet);
    let (_, told) = provider.destroy(&kept);

    let principal = kept
        .value
        .member("principal_id")
        .as_str()
        .expect("a principal")
        .to_owned();
    assert_eq!(
        granted.values().collect::<Vec<_>>(),
        [&(principal, NETWORK_CONTRIBUTOR.to_owned())]
    );
    assert_eq!(
        (told, assignments(&azure, &subnet)),
        (vec![], BTreeMap::new())
    );
    assert_understood(&azure);
}

#[test]
fn an_identity_of_ones_own_gets_its_role_first_and_the_time_azure_needs_to_spread_it() {
    let azure = azure();
    let (subnet, identity) = (subnet(&azure, "v"), identity(&azure, "i"));
    let provider = Provider::of(&azure);
    let principal =
        azure.resource(&identity).expect("the identity")["properties"]["principalId"].clone();
    let principal = principal.as_str().expect("text").to_owned();
    not_spread_yet(&azure, &principal);

    let kept = provider.create(&in_subnet(&provider, &subnet, &with_identity(&identity)));
    let granted = assignments(&azure, &subnet);
    let writes: Vec<(bool, Option<u16>)> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method == "PUT")
        .map(|exchange| (exchange.path.contains("roleAssignments"), exchange.status))
        .collect();
    let (_, told) = provider.destroy(&kept);

    let role = (principal, NETWORK_CONTRIBUTOR.to_owned());
    assert_eq!(granted.into_values().collect::<Vec<_>>(), [role]);
    let expected = [
        (true, Some(201)),
        (false, Some(403)),
        (false, Some(403)),
        (false, Some(201)),
    ];
    assert_eq!(writes, expected);
    assert_eq!(
        (told, assignments(&azure, &subnet)),
        (vec![], BTreeMap::new())
    );
    assert_understood(&azure);
}

/// Refuses the first two PUTs of a cluster as Azure does while it has not spread the role of
/// `principal`: the text of the simulator's own rule, which names the identity as the client.
fn not_spread_yet(azure: &Simulator, principal: &str) {
    let message = format!(
        "The client '{principal}' with object id '{principal}' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on the cluster; however, it does not have permission to perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s)."
    );
    azure.add_fault(Fault {
        name: "role not spread yet".to_owned(),
        matches: Matches {
            method: Some("PUT".to_owned()),
            path_contains: Some("managedClusters".to_owned()),
            times: Some(2),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 403,
            headers: vec![],
            body: json!({ "error": { "code": "LinkedAuthorizationFailed", "message": message } }),
        }),
    });
}

#[test]
fn a_cluster_whose_own_identity_cannot_get_its_role_stays_in_the_state() {
    let azure = azure();
    let subnet = subnet(&azure, "v");
    let provider = Provider::acting_in(&azure, contributor(&azure));

    let (kept, refused) =
        provider.apply(&Kept::nothing(), &in_subnet(&provider, &subnet, &json!({})));

    let principal = kept
        .value
        .member("principal_id")
        .as_str()
        .expect("a principal")
        .to_owned();
    insta::assert_snapshot!(redacted(&told(&refused)).replace(&principal, "PRINCIPAL"));
    assert_eq!(kept.value.member("id"), &Value::from(CLUSTER));
    assert_understood(&azure);
}

#[test]
fn a_subnet_that_does_not_exist_is_told_on_its_attribute() {
    let azure = azure();
    let subnet = format!(
        "{}/subnets/absent",
        subnet(&azure, "v").trim_end_matches("/subnets/nodes")
    );
    let provider = Provider::of(&azure);

    let (kept, refused) =
        provider.apply(&Kept::nothing(), &in_subnet(&provider, &subnet, &json!({})));

    insta::assert_snapshot!(redacted(&told(&refused)));
    assert_eq!((kept.value, clusters(&azure)), (Value::Null, vec![]));
    assert_understood(&azure);
}

//! The built-in roles (Azure docs, built-in-roles), as far as clusters have to do with them.

use serde_json::{Value, json};

use super::error::{ok, service_error};
use super::exchange::{Request, Response};
use super::kubernetes_actions;
use super::path::Address;

/// A built-in role.
pub(super) struct Role {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
    not_data_actions: &'static [&'static str],
}

impl Role {
    pub(super) fn permits(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action))
            && !self
                .not_actions
                .iter()
                .any(|pattern| matches(pattern, action))
    }

    /// Whether it lets somebody do something with the data of a resource, which is another matter
    /// than the resource itself.
    pub(super) fn permits_data(&self, action: &str) -> bool {
        let any = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, action));
        any(self.data_actions) && !any(self.not_data_actions)
    }

    fn document(&self, scope: &str) -> Value {
        let scope = scope
            .split_once("/resourceGroups/")
            .map_or(scope, |(subscription, _)| subscription);
        json!({
            "properties": {
                "roleName": self.name,
                "type": "BuiltInRole",
                "description": self.name,
                "assignableScopes": ["/"],
                "permissions": [{
                    "actions": self.actions,
                    "notActions": self.not_actions,
                    "dataActions": self.data_actions,
                    "notDataActions": self.not_data_actions,
                }],
                "createdOn": "2015-02-02T21:55:09.8806423Z",
                "updatedOn": "2021-11-11T20:13:47.8628684Z",
                "createdBy": null,
                "updatedBy": null,
            },
            "id": format!(
                "{}/providers/Microsoft.Authorization/roleDefinitions/{}",
                scope.trim_end_matches('/'),
                self.id
            ),
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": self.id,
        })
    }
}

/// Whether an action falls under a pattern: `*` stands for any text, case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        Some(part) => part.is_empty() || rest.is_empty() || action.ends_with(part),
    }
}

/// `GET roleDefinitions`, by id or filtered by name.
pub(super) fn handle(request: &Request, address: &Address) -> Option<Response> {
    if request.method != "GET" {
        return None;
    }
    if address.is_collection() {
        let wanted = request.query.get("$filter").and_then(|filter| {
            let value = filter.trim().strip_prefix("roleName eq ")?;
            Some(value.trim_matches('\'').to_owned())
        });
        let roles: Vec<Value> = BUILT_IN
            .iter()
            .filter(|role| {
                wanted
                    .as_ref()
                    .is_none_or(|name| role.name.eq_ignore_ascii_case(name))
            })
            .map(|role| role.document(&address.scope))
            .collect();
        return Some(ok(200, json!({ "value": roles })));
    }
    Some(match find(address.name(0)) {
        Some(role) => ok(200, role.document(&address.scope)),
        None => does_not_exist(address.name(0)),
    })
}

pub(super) fn find(id: &str) -> Option<&'static Role> {
    BUILT_IN
        .iter()
        .find(|role| role.id.eq_ignore_ascii_case(id))
}

pub(super) fn does_not_exist(id: &str) -> Response {
    let text = format!("The specified role definition with ID '{id}' does not exist.");
    service_error(404, "RoleDefinitionDoesNotExist", text)
}

const fn role(
    id: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
) -> Role {
    Role {
        id,
        name,
        actions,
        not_actions,
        data_actions,
        not_data_actions: &[],
    }
}

impl Role {
    const fn except(mut self, not_data_actions: &'static [&'static str]) -> Self {
        self.not_data_actions = not_data_actions;
        self
    }
}

const AUTHORIZATION_READ: &str = "Microsoft.Authorization/*/read";
const GROUP_READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments/*";
const USER_CREDENTIAL: &str =
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";
const CLUSTER_READ: &str = "Microsoft.ContainerService/managedClusters/read";
const KUBERNETES_READER: &[&str] = &[
    AUTHORIZATION_READ,
    "Microsoft.Resources/subscriptions/operationresults/read",
    "Microsoft.Resources/subscriptions/read",
    GROUP_READ,
];
const KUBERNETES_USER: &[&str] = &[
    AUTHORIZATION_READ,
    "Microsoft.Resources/subscriptions/operationresults/read",
    "Microsoft.Resources/subscriptions/read",
    GROUP_READ,
    USER_CREDENTIAL,
];

pub(super) static BUILT_IN: [Role; 20] = [
    role(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Owner",
        &["*"],
        &[],
        &[],
    ),
    role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
        ],
        &[],
    ),
    role(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Reader",
        &["*/read"],
        &[],
        &[],
    ),
    role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        &[],
        &[],
    ),
    role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        &[],
        &[],
    ),
    role(
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
        "Network Contributor",
        &[
            AUTHORIZATION_READ,
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            DEPLOYMENTS,
            GROUP_READ,
            "Microsoft.Support/*",
        ],
        &[],
        &[],
    ),
    role(
        "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
        "Private DNS Zone Contributor",
        &[
            AUTHORIZATION_READ,
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
            DEPLOYMENTS,
            GROUP_READ,
        ],
        &[],
        &[],
    ),
    role(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            AUTHORIZATION_READ,
            GROUP_READ,
            DEPLOYMENTS,
        ],
        &[],
        &[],
    ),
    role(
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "AcrPull",
        &["Microsoft.ContainerRegistry/registries/pull/read"],
        &[],
        &[],
    ),
    role(
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        "Azure Kubernetes Service Cluster Admin Role",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
            CLUSTER_READ,
            "Microsoft.ContainerService/managedClusters/runcommand/action",
        ],
        &[],
        &[],
    ),
    role(
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
        "Azure Kubernetes Service Cluster User Role",
        &[USER_CREDENTIAL, CLUSTER_READ],
        &[],
        &[],
    ),
    role(
        "1afdec4b-e479-420e-99e7-f82237c7c5e6",
        "Azure Kubernetes Service Cluster Monitoring User",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterMonitoringUserCredential/action",
            CLUSTER_READ,
        ],
        &[],
        &[],
    ),
    role(
        "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
        "Azure Kubernetes Service Contributor Role",
        &[
            "Microsoft.ContainerService/locations/*",
            "Microsoft.ContainerService/managedClusters/*",
            "Microsoft.ContainerService/managedclustersnapshots/*",
            "Microsoft.ContainerService/snapshots/*",
            AUTHORIZATION_READ,
            GROUP_READ,
            DEPLOYMENTS,
        ],
        &[],
        &[],
    ),
    role(
        "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
        "Azure Kubernetes Service RBAC Cluster Admin",
        KUBERNETES_USER,
        &[],
        &["Microsoft.ContainerService/managedClusters/*"],
    ),
    role(
        "3498e952-d568-435e-9b2c-8d77e338d7f7",
        "Azure Kubernetes Service RBAC Admin",
        KUBERNETES_USER,
        &[],
        &["Microsoft.ContainerService/managedClusters/*"],
    )
    .except(&[
        "Microsoft.ContainerService/managedClusters/resourcequotas/write",
        "Microsoft.ContainerService/managedClusters/resourcequotas/delete",
        "Microsoft.ContainerService/managedClusters/namespaces/write",
        "Microsoft.ContainerService/managedClusters/namespaces/delete",
    ]),
    role(
        "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
        "Azure Kubernetes Service RBAC Writer",
        KUBERNETES_READER,
        &[],
        kubernetes_actions::WRITER,
    ),
    role(
        "7f6c6a51-bcf8-42ba-9220-52d62157d7db",
        "Azure Kubernetes Service RBAC Reader",
        KUBERNETES_READER,
        &[],
        kubernetes_actions::READER,
    ),
    role(
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        "Key Vault Contributor",
        &[
            AUTHORIZATION_READ,
            "Microsoft.KeyVault/*",
            GROUP_READ,
            DEPLOYMENTS,
        ],
        &[],
        &[],
    ),
    role(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Crypto Service Encryption User",
        &[],
        &[],
        &[
            "Microsoft.KeyVault/vaults/keys/read",
            "Microsoft.KeyVault/vaults/keys/wrap/action",
            "Microsoft.KeyVault/vaults/keys/unwrap/action",
        ],
    ),
    role(
        "12338af0-0e69-4776-bea7-57ae8d297424",
        "Key Vault Crypto User",
        &[],
        &[],
        &["Microsoft.KeyVault/vaults/keys/*"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_actions_whatever_their_case() {
        let cases = [
            ("*", "a/b/write", true),
            ("*/read", "Microsoft.X/y/READ", true),
            ("*/read", "Microsoft.X/y/readers/write", false),
            ("*/read", "a/read/b/read", true),
            (
                "Microsoft.Network/*",
                "microsoft.network/virtualNetworks/subnets/join/action",
                true,
            ),
            (
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/roleAssignments/write",
                true,
            ),
            ("a/b/read", "a/b/read", true),
            ("a/b/read", "a/b/reads", false),
        ];

        for (pattern, action, expected) in cases {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }
}

//! `Microsoft.Authorization/roleAssignments`: named so that the same assignment always has the same name.

use uuid::Uuid;

use super::model::model;
use super::{InvalidResourceId, ResourceId};
use crate::azure::request::{Method, Request};

const API_VERSION: &str = "2022-04-01";

/// The namespace of the names below; any fixed UUID does, this one was drawn once.
const NAMES: Uuid = Uuid::from_u128(0x6f0c_1d6e_91f4_4a83_b7d5_2c8e_40a9_73b1);

/// The role that lets an identity join a subnet and write route tables.
pub const NETWORK_CONTRIBUTOR: Uuid = Uuid::from_u128(0x4d97_b98b_1d4f_4787_a291_c678_34d2_12e7);

/// The role that may do everything inside a cluster with Azure RBAC.
pub const AKS_RBAC_CLUSTER_ADMIN: Uuid = Uuid::from_u128(0xb1ff_04bb_8a4e_4dc4_8eb5_8693_973c_e19b);
/// The role that may do everything in a cluster's namespaces but make them.
pub const AKS_RBAC_ADMIN: Uuid = Uuid::from_u128(0x3498_e952_d568_435e_9b2c_8d77_e338_d7f7);
/// The role that may change most objects of a cluster's namespaces, but no roles and bindings.
pub const AKS_RBAC_WRITER: Uuid = Uuid::from_u128(0xa7ff_a36f_339b_4b5c_8bdf_e2c1_88b2_c0eb);
/// The role that may read most objects of a cluster's namespaces, but no secrets.
pub const AKS_RBAC_READER: Uuid = Uuid::from_u128(0x7f6c_6a51_bcf8_42ba_9220_52d6_2157_d7db);
/// The role that may ask for the way into a cluster.
pub const AKS_CLUSTER_USER: Uuid = Uuid::from_u128(0x4abb_cc35_e782_43d8_92c5_2d3f_1bd2_253f);

model! {
    /// A role assignment.
    RoleAssignment {
        id: String = "id",
        name: String = "name",
        properties: Properties = "properties",
    }
}

model! {
    /// Who may do what.
    Properties {
        role_definition_id: String = "roleDefinitionId",
        principal_id: String = "principalId",
        principal_type: String = "principalType",
        scope: String = "scope",
        description: String = "description",
    }
}

impl RoleAssignment {
    /// The role that it gives.
    pub fn role(&self) -> Option<Uuid> {
        role_in(self.properties.as_ref()?.role_definition_id.as_deref()?)
    }

    /// What it was made for, in lower case; its id says so where the scope is left out.
    pub fn scope(&self) -> Option<String> {
        let stated = self
            .properties
            .as_ref()
            .and_then(|properties| properties.scope.as_deref());
        if let Some(scope) = stated {
            return Some(scope.to_ascii_lowercase());
        }
        let id = self.id.as_deref()?.to_ascii_lowercase();
        let (scope, _) = id.split_once("/providers/microsoft.authorization/")?;
        Some(scope.to_owned())
    }

    /// Whether it gives one of `roles` at `scope`.
    pub fn gives_one_of(&self, roles: &[Uuid], scope: &ResourceId) -> bool {
        self.role().is_some_and(|role| roles.contains(&role))
            && self
                .scope()
                .is_some_and(|made_for| covers(&made_for, scope))
    }
}

/// Whether an assignment made for `made_for` counts at `scope`: it is that, or holds it. Azure lists what was
/// made below a scope too, which does not.
pub fn covers(made_for: &str, scope: &ResourceId) -> bool {
    let scope = scope.as_str().to_ascii_lowercase();
    let made_for = made_for.trim_end_matches('/').to_ascii_lowercase();
    scope
        .strip_prefix(&made_for)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || made_for.starts_with("/providers/microsoft.management/")
}

/// What kind of thing a principal is. Sent always: without it Azure looks the principal up and does not find
/// one that was created a moment ago (Azure RBAC troubleshooting, `PrincipalNotFound`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalType {
    /// An application or a managed identity.
    ServicePrincipal,
    /// A group.
    Group,
    /// A person.
    User,
}

impl PrincipalType {
    /// Azure's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServicePrincipal => "ServicePrincipal",
            Self::Group => "Group",
            Self::User => "User",
        }
    }
}

/// The id of the assignment of `role` to `principal` at `scope`.
///
/// The principal is part of the name: Azure refuses to change an assignment's principal, so an identity that
/// was created anew needs an assignment of another name.
pub fn id(
    scope: &ResourceId,
    principal: &str,
    role: Uuid,
) -> Result<ResourceId, InvalidResourceId> {
    let text = format!(
        "{}|{}|{role}",
        scope.as_str().to_ascii_lowercase(),
        principal.to_ascii_lowercase()
    );
    let name = Uuid::new_v5(&NAMES, text.as_bytes());
    scope.extension(
        "Microsoft.Authorization",
        "roleAssignments",
        &name.to_string(),
    )
}

/// Grants `role` to `principal` at `scope`.
pub fn put(
    scope: &ResourceId,
    principal: &str,
    principal_type: PrincipalType,
    role: Uuid,
) -> Result<Request, InvalidResourceId> {
    put_described(scope, principal, principal_type, role, None)
}

/// Grants `role` to `principal` at `scope`, and says what for.
pub fn put_described(
    scope: &ResourceId,
    principal: &str,
    principal_type: PrincipalType,
    role: Uuid,
    description: Option<&str>,
) -> Result<Request, InvalidResourceId> {
    let subscription = scope.subscription();
    let assignment = RoleAssignment {
        properties: Some(Properties {
            role_definition_id: Some(format!(
                "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
            )),
            principal_id: Some(principal.to_owned()),
            principal_type: Some(principal_type.as_str().to_owned()),
            description: description.map(str::to_owned),
            ..Properties::default()
        }),
        ..RoleAssignment::default()
    };
    Ok(Request::on(Method::Put, &id(scope, principal, role)?, API_VERSION).with_body(&assignment))
}

/// Reads an assignment.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}

/// Lists the assignments of `principal` at `scope`, above and below it; in pages.
pub fn list(scope: &ResourceId, principal: &str) -> Result<Request, InvalidResourceId> {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
    ResourceId::parse(&format!("{path}/any"))?;
    let filter = format!("principalId eq '{}'", principal.replace('\'', "''"));
    Ok(Request::path(Method::Get, path, API_VERSION).with_query("$filter", &filter))
}

/// Lists all assignments at `scope`, above and below it; in pages.
pub fn list_all(scope: &ResourceId) -> Request {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
    Request::path(Method::Get, path, API_VERSION)
}

/// Lists the assignments that `principal` has at `scope`, above and below it, by itself or through its groups;
/// in pages.
pub fn list_assigned_to(scope: &ResourceId, principal: &str) -> Result<Request, InvalidResourceId> {
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
    ResourceId::parse(&format!("{path}/any"))?;
    let filter = format!("assignedTo('{}')", principal.replace('\'', "''"));
    Ok(Request::path(Method::Get, path, API_VERSION).with_query("$filter", &filter))
}

/// The role that an assignment's `roleDefinitionId` names; it is sent with a subscription before it or
/// without.
fn role_in(role_definition_id: &str) -> Option<Uuid> {
    Uuid::parse_str(role_definition_id.rsplit('/').next()?).ok()
}

/// Takes an assignment away.
pub fn delete(id: &ResourceId) -> Request {
    Request::on(Method::Delete, id, API_VERSION)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::request::Target;

    const SUBNET: &str = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/aks";

    #[test]
    fn the_same_assignment_has_one_name_in_any_casing() {
        let scope = ResourceId::parse(SUBNET).unwrap();
        let shouted = ResourceId::parse(&SUBNET.to_ascii_uppercase()).unwrap();

        let ids = [
            id(&scope, "Abc", NETWORK_CONTRIBUTOR),
            id(&shouted, "aBC", NETWORK_CONTRIBUTOR),
        ];
        let other = id(&scope, "def", NETWORK_CONTRIBUTOR);

        assert_eq!(
            ids[0].as_ref().unwrap().name(),
            "26153b80-de26-5f5a-bedb-a72985d0d7a5"
        );
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], other);
    }

    #[test]
    fn a_grant_names_role_principal_and_its_type() {
        let scope = ResourceId::parse(SUBNET).unwrap();

        let request = put(
            &scope,
            "p-1",
            PrincipalType::ServicePrincipal,
            NETWORK_CONTRIBUTOR,
        )
        .unwrap();

        let body = json!({"properties": {
            "roleDefinitionId": "/subscriptions/s1/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
            "principalId": "p-1",
            "principalType": "ServicePrincipal"
        }});
        let id = id(&scope, "p-1", NETWORK_CONTRIBUTOR).unwrap();
        assert_eq!(
            request,
            Request::on(Method::Put, &id, "2022-04-01").with_body(&body)
        );
    }

    #[test]
    fn listing_filters_by_principal() {
        let scope = ResourceId::parse("/subscriptions/s1").unwrap();

        let request = list(&scope, "p-1").unwrap();

        let expected = Target::Path {
            path: "/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments".into(),
            api_version: "2022-04-01".into(),
            query: vec![("$filter".into(), "principalId eq 'p-1'".into())],
        };
        assert_eq!(request.target, expected);
    }

    #[test]
    fn a_role_counts_below_its_scope_and_not_beside_it() {
        let cluster = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
        let scope = ResourceId::parse(cluster).unwrap();
        let made_for = [
            cluster.to_owned(),
            "/subscriptions/S1/resourceGroups/RG".to_owned(),
            "/providers/Microsoft.Management/managementGroups/all".to_owned(),
            "/".to_owned(),
            "/subscriptions/s1/resourceGroups/r".to_owned(),
            format!("{cluster}/namespaces/shop"),
            format!("{cluster}2"),
        ];

        let counts = made_for.map(|made_for| {
            let assignment = json!({
                "id": format!("{made_for}/providers/Microsoft.Authorization/roleAssignments/1"),
                "properties": { "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{AKS_RBAC_READER}") }
            });
            let assignment: RoleAssignment = serde_json::from_value(assignment).unwrap();
            assignment.gives_one_of(&[AKS_RBAC_READER], &scope)
        });

        assert_eq!(counts, [true, true, true, true, false, false, false]);
    }
}

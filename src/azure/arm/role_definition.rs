//! Roles that Azure brings along, by their GUIDs, which are the same everywhere (Azure built-in roles,
//! "Containers").

use uuid::Uuid;

/// May ask for the kubeconfig that everybody may have: `Azure Kubernetes Service Cluster User Role`.
pub const CLUSTER_USER: Uuid = Uuid::from_u128(0x4abb_cc35_e782_43d8_92c5_2d3f_1bd2_253f);

/// Everything in a cluster: `Azure Kubernetes Service RBAC Cluster Admin`.
pub const RBAC_CLUSTER_ADMIN: Uuid = Uuid::from_u128(0xb1ff_04bb_8a4e_4dc4_8eb5_8693_973c_e19b);

/// Everything but quotas and namespaces themselves: `Azure Kubernetes Service RBAC Admin`.
pub const RBAC_ADMIN: Uuid = Uuid::from_u128(0x3498_e952_d568_435e_9b2c_8d77_e338_d7f7);

/// Reading and writing most objects, but no roles: `Azure Kubernetes Service RBAC Writer`.
pub const RBAC_WRITER: Uuid = Uuid::from_u128(0xa7ff_a36f_339b_4b5c_8bdf_e2c1_88b2_c0eb);

/// Reading most objects, but no secrets: `Azure Kubernetes Service RBAC Reader`.
pub const RBAC_READER: Uuid = Uuid::from_u128(0x7f6c_6a51_bcf8_42ba_9220_52d6_2157_d7db);

/// The role that an assignment's `roleDefinitionId` names; it is sent with a subscription before it or
/// without.
pub fn of_id(id: &str) -> Option<Uuid> {
    Uuid::parse_str(id.rsplit('/').next()?).ok()
}

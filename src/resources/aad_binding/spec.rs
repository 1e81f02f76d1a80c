//! What a user writes about a binding. The doc comments are the documentation.

use std::{cmp::Ordering, collections::BTreeSet};

use uuid::Uuid;

use crate::{
    azure::arm::role_assignment::{self, PrincipalType},
    framework::{Attr, Block, Blocks, Content, Slot, Timeouts, schema::Shape},
    resources::texts::{
        BindingName, ClusterId, NamespaceName, ObjectId, RoleName, UserPrincipalName,
    },
    value::Value,
    words,
};

/// Rights inside a cluster for users, groups, service principals and managed identities of Microsoft Entra.
///
/// Principals are named by object id, user principal name or display name and checked through
/// Microsoft Graph when it may be read; object ids of groups, service principals and managed
/// identities need no Graph. The rights come from a Kubernetes role, bound in the whole cluster
/// or in namespaces, or with `mode = "azure_rbac"` from a role of Azure. The Azure half, the
/// right to ask for the kubeconfig, is assigned too. Afterwards it is proved that the principals may
/// do what the role allows.
///
/// The signed-in identity needs the rights that are given, or `bind` on the role, inside the cluster, and
/// `Microsoft.Authorization/roleAssignments/write` on it for the Azure half. To name principals otherwise
/// than by object id takes `Directory.Read.All`, or `User.ReadBasic.All` and `GroupMember.Read.All`, in
/// Microsoft Graph.
#[derive(Block, Debug)]
pub struct Spec {
    /// Id of the cluster, in any casing: of a `secureaks_cluster` or any other.
    #[tf(replace = "a binding cannot move to another cluster")]
    pub(super) cluster_id: Attr<ClusterId>,
    /// Name of the binding; in Kubernetes mode the name of its
    /// `ClusterRoleBinding` or of its role bindings.
    /// No other binding of the cluster may have it.
    #[tf(replace = "a binding cannot be renamed")]
    pub(super) name: Attr<BindingName>,
    /// Who gets the rights.
    pub(super) principals: Attr<Blocks<Principal>>,
    /// Whether the rights are those of a Kubernetes role (`kubernetes`) or of a role of Azure
    /// (`azure_rbac`, for clusters with `entra.azure_rbac`).
    #[tf(default = Mode::Kubernetes, replace = "a binding is either Kubernetes' or Azure's")]
    pub(super) mode: Attr<Mode>,
    /// Name of a `ClusterRole`, such as `view`, `edit`, `admin` or `cluster-admin`.
    #[tf(replace = "Kubernetes cannot change the role of a binding")]
    pub(super) cluster_role: Attr<Option<RoleName>>,
    /// Name of a `Role`, which must exist in each of `namespaces`.
    #[tf(replace = "Kubernetes cannot change the role of a binding")]
    pub(super) role: Attr<Option<RoleName>>,
    /// Name of the role of Azure, with `mode = "azure_rbac"`.
    pub(super) azure_role: Attr<Option<AzureRole>>,
    /// Namespaces in which the rights are given; left out, the whole cluster. An empty set is refused.
    pub(super) namespaces: Attr<Option<Namespaces>>,
    /// Whether the principals get the role `Azure Kubernetes Service Cluster User Role` on the
    /// cluster, without which `az aks get-credentials` fails for them. The roles of `azure_rbac`
    /// include it.
    #[tf(default = true)]
    pub(super) cluster_user_role: Attr<bool>,
    /// Whether fields of the binding that belong to another field manager are taken over, and an object of its name
    /// that another tool or configuration has made is overwritten. What Kubernetes, AKS and add-ons made is never overwritten.
    #[tf(default = false, local)]
    pub(super) force_conflicts: Attr<bool>,
    /// Whether it is proved after a change that the principals may do what the role allows.
    #[tf(default = true, local)]
    pub(super) verify: Attr<bool>,
    /// How long it may take. Left out, 20 minutes to create, update and delete, and 5 to read.
    #[tf(local)]
    pub(super) timeouts: Attr<Option<Timeouts>>,
}

/// Some namespaces. Unlike elsewhere, no elements are not the same as nothing written: a set that a module filters until it
/// is empty would give the rights in the whole cluster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Namespaces(pub(super) BTreeSet<NamespaceName>);

impl Content for Namespaces {
    fn shape() -> Shape {
        BTreeSet::<NamespaceName>::shape()
    }

    fn same(left: &Value, right: &Value) -> bool {
        BTreeSet::<NamespaceName>::same(left, right)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let names = BTreeSet::read(value, slot)?;
        if names.is_empty() {
            slot.error(
                "No namespaces",
                "`namespaces` is an empty set, which names no place for the rights. Name a namespace, or leave it out (null) to give the rights in the whole cluster.",
            );
            return None;
        }
        Some(Self(names))
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

/// Who gets the rights.
#[derive(Block, Clone, Debug)]
pub(super) struct Principal {
    /// What it is. A managed identity is a service principal.
    pub(super) r#type: Attr<Kind>,
    /// Object id. Of a service principal it is not the client id of its application.
    pub(super) object_id: Attr<Option<ObjectId>>,
    /// Name a user of this tenant signs in with. Guests are named by object id.
    pub(super) user_principal_name: Attr<Option<UserPrincipalName>>,
    /// Display name of a group or service principal; it must be the only one of that name. Whom it
    /// names is found by the plan that binds it, which shows the object id in `subjects`. From then on
    /// that one is bound, whatever has the name later. Where another has come to have the name since a
    /// plan was saved, Terraform refuses to apply that plan (`inconsistent final plan`): make a new one.
    /// An `object_id` needs no Microsoft Graph.
    pub(super) display_name: Attr<Option<String>>,
}

impl Principal {
    /// Whether it is named by object id.
    pub(super) fn is_by_id(&self) -> bool {
        !matches!(self.object_id.if_known(), Some(None))
    }

    /// Which of `principals` keep their place whatever becomes known of the others. What is not known of one moves it
    /// among those of its type that are named as it is, by name or by object id.
    pub(super) fn in_place(principals: &[Self]) -> Vec<bool> {
        let among = |one: &Self| (one.is_by_id(), one.r#type.if_known().cloned());
        let is_known = |one: &Self| {
            one.object_id.if_known().is_some()
                && one.user_principal_name.if_known().is_some()
                && one.display_name.if_known().is_some()
        };
        if principals.iter().any(|one| one.r#type.if_known().is_none()) {
            return vec![false; principals.len()];
        }
        let is_in_place = |one: &Self| {
            let mut others = principals.iter().filter(|other| among(other) == among(one));
            others.all(is_known)
        };
        principals.iter().map(is_in_place).collect()
    }

    fn order(&self) -> impl Ord {
        (
            self.is_by_id(),
            self.r#type.if_known(),
            self.display_name.if_known(),
            self.user_principal_name.if_known(),
            self.object_id.if_known(),
        )
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Principal {}

impl PartialOrd for Principal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order in which `subjects` names them.
impl Ord for Principal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

words! {
    /// What a principal is.
    pub(super) enum Kind {
        /// A person.
        User = "User",
        /// A security group.
        Group = "Group",
        /// An application or a managed identity.
        ServicePrincipal = "ServicePrincipal",
    }
}

impl Kind {
    /// What Azure calls it.
    pub(super) fn principal_type(&self) -> PrincipalType {
        match self {
            Self::User => PrincipalType::User,
            Self::Group => PrincipalType::Group,
            Self::ServicePrincipal | Self::Other(_) => PrincipalType::ServicePrincipal,
        }
    }
}

words! {
    /// Whose role gives the rights.
    pub(super) enum Mode {
        /// Kubernetes'.
        Kubernetes = "kubernetes",
        /// Azure's.
        AzureRbac = "azure_rbac",
    }
}

words! {
    /// A role of Azure's for objects inside clusters.
    pub(super) enum AzureRole {
        /// Reads most objects, but no secrets and no roles.
        Reader = "Azure Kubernetes Service RBAC Reader",
        /// Reads and writes most objects, but no roles.
        Writer = "Azure Kubernetes Service RBAC Writer",
        /// Everything but quotas and the namespaces themselves.
        Admin = "Azure Kubernetes Service RBAC Admin",
        /// Everything.
        ClusterAdmin = "Azure Kubernetes Service RBAC Cluster Admin",
    }
}

impl AzureRole {
    /// The roles there are.
    pub(super) const ALL: [Self; 4] = [Self::Reader, Self::Writer, Self::Admin, Self::ClusterAdmin];

    /// Its GUID; `None` for a role this version does not know.
    pub(super) fn definition(&self) -> Option<Uuid> {
        match self {
            Self::Reader => Some(role_assignment::AKS_RBAC_READER),
            Self::Writer => Some(role_assignment::AKS_RBAC_WRITER),
            Self::Admin => Some(role_assignment::AKS_RBAC_ADMIN),
            Self::ClusterAdmin => Some(role_assignment::AKS_RBAC_CLUSTER_ADMIN),
            Self::Other(_) => None,
        }
    }
}

impl Spec {
    /// Whether Azure's role gives the rights.
    pub(super) fn is_azures(&self) -> bool {
        self.mode.if_known() == Some(&Mode::AzureRbac)
    }

    /// The namespaces, by their names; `None` for the whole cluster.
    pub(super) fn namespace_names(&self) -> Option<BTreeSet<String>> {
        let names = self.namespaces.if_set()?;
        let names = names.0.iter();
        Some(names.map(|name| name.as_ref().to_owned()).collect())
    }

    /// Where the rights are given: a namespace each, or `None` for the whole cluster.
    pub(super) fn places(&self) -> Vec<Option<String>> {
        let names = self.namespace_names();
        names.map_or_else(|| vec![None], |names| names.into_iter().map(Some).collect())
    }
}

//! Texts with rules: names, ids, addresses and versions, parsed where the user wrote them and
//! kept as they are when Azure says them.

mod access;
mod addresses;
mod kubernetes;
mod names;
mod version;

pub(crate) use access::{BindingName, ObjectId, RoleName, UserPrincipalName};
pub(crate) use addresses::{AuthorizedRange, Cidr, Ip};
pub(crate) use kubernetes::{
    LabelValue, NamespaceName, ObjectName, PodSecurityVersion, PortText, Quantity, check_key,
};
pub(crate) use names::{
    ClusterId, ClusterName, GroupId, IdentityId, PoolName, Region, ResourceGroupName, SubnetId,
    VmSize, Zone,
};
pub(crate) use version::KubernetesVersion;

//! What is common to all objects we apply.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

/// The field manager we apply under: Kubernetes notes it with each field that is ours.
pub const MANAGER: &str = "terraform-provider-secureaks";

/// The label, beside [`MANAGER`] as its value, of the objects we make: one LIST finds them all
/// (Kubernetes, "Recommended Labels").
pub const LABEL: &str = "app.kubernetes.io/managed-by";

/// A kind of object whose type is known.
pub trait Object:
    kube::Resource<DynamicType = ()>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
}

impl<K> Object for K where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

//! `Microsoft.ContainerService/locations/kubernetesVersions`: which versions a location offers.

use std::collections::BTreeMap;

use super::managed_cluster::API_VERSION;
use super::model::model;
use super::{InvalidResourceId, Location, ResourceId};
use crate::azure::request::{Method, Request};

model! {
    /// What a location offers.
    KubernetesVersions {
        values: Vec<KubernetesVersion> = "values",
    }
}

model! {
    /// One minor version.
    KubernetesVersion {
        version: String = "version",
        is_default: bool = "isDefault",
        is_preview: bool = "isPreview",
        capabilities: Capabilities = "capabilities",
        patch_versions: BTreeMap<String, Patch> = "patchVersions",
    }
}

model! {
    /// What holds for a minor version.
    Capabilities {
        support_plan: Vec<String> = "supportPlan",
    }
}

model! {
    /// One patch of a minor version.
    Patch {
        upgrades: Vec<String> = "upgrades",
    }
}

/// Lists the versions that `location` offers.
pub fn list(subscription: &str, location: &Location) -> Result<Request, InvalidResourceId> {
    let subscription = ResourceId::subscription_of(subscription)?;
    let location =
        subscription.extension("Microsoft.ContainerService", "locations", location.as_str())?;
    Ok(Request::path(
        Method::Get,
        format!("{location}/kubernetesVersions"),
        API_VERSION,
    ))
}

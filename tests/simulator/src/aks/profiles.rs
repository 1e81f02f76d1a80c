//! Upgrade profiles: what a cluster or pool could be upgraded to.

use serde_json::json;

use super::Engine;
use super::answer::{Problem, document};
use super::cluster::Cluster;
use super::defaults::pool::node_image;
use super::document::{owned, text};
use super::path::ClusterAddress;
use super::versions;
use crate::arm::exchange::{Moment, Response};

impl Engine {
    /// Recorded `create_default_2025`: the type and the id end in lower case, the pools are null.
    pub(super) fn upgrade_profile(&self, address: &ClusterAddress) -> Result<Response, Problem> {
        let cluster = self.cluster(address)?;
        let version = cluster.version();
        let current = version.as_ref().map(|chosen| chosen.current.to_string());
        let upgrades = version.map(|chosen| versions::upgrade_profile(chosen.current));
        let body = json!({
            "id": format!("{}/upgradeprofiles/default", cluster.address().id()),
            "name": "default",
            "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
            "properties": {
                "controlPlaneProfile": {
                    "kubernetesVersion": current,
                    "osType": "Linux",
                    "upgrades": upgrades,
                },
                "agentPoolProfiles": null,
            },
        });
        Ok(document(200, Vec::new(), body))
    }

    /// Recorded `nodepool_add_scale_delete`.
    pub(super) fn pool_upgrade_profile(
        &self,
        address: &ClusterAddress,
        name: &str,
        moment: &Moment<'_>,
    ) -> Result<Response, Problem> {
        let cluster = self.cluster(address)?;
        let pool = super::pools::existing(cluster, name)?;
        let minor = text(pool, "/currentOrchestratorVersion")
            .and_then(versions::parse)
            .map_or(0, |version| version.minor);
        let id = format!(
            "{}/agentPools/{}",
            Cluster::address(cluster).id(),
            owned(pool, "/name")
        );
        let body = json!({
            "id": format!("{id}/upgradeProfiles/default"),
            "name": "default",
            "type": "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles",
            "properties": {
                "kubernetesVersion": owned(pool, "/currentOrchestratorVersion"),
                "osType": owned(pool, "/osType"),
                "latestNodeImageVersion": node_image(&owned(pool, "/osSKU"), minor, moment.now),
            },
        });
        Ok(document(200, Vec::new(), body))
    }
}

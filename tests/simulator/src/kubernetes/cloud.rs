//! The API servers within the simulated cloud: which of them answer, and what they may see of it.

use std::net::IpAddr;

use ipnet::IpNet;
use rand::rngs::StdRng;
use serde_json::Value;

use super::Opening;
use super::api_server::OpeningError;
use super::authorization::Memory;
use super::exchange::{Answer, answer};
use super::store::{Store, text};
use super::view::Surroundings;
use crate::arm::exchange::Moment;
use crate::cloud::Setting;
use crate::message::Message;
use crate::shared::Inner;

impl Inner {
    /// Gives new clusters their API servers, and takes those of gone ones away.
    pub(crate) fn follow(&mut self, setting: &Setting) -> Result<Vec<Opening>, OpeningError> {
        let cloud = &mut self.cloud;
        let tenant_id = cloud.directory.tenant_id.clone();
        let mut moment = Moment {
            now: self.clock.now(),
            random: &mut self.random,
            resource_manager: &setting.origins.arm,
            tenant_id: &tenant_id,
        };
        let clusters = cloud.manager.aks.clusters(&mut moment);
        cloud.api_servers.follow(clusters, &mut moment)
    }

    /// Why the API server of a cluster does not answer, if it does not.
    pub(crate) fn silence(
        &mut self,
        instance: &str,
        setting: &Setting,
    ) -> Result<(), &'static str> {
        let cluster = self.cluster(instance, setting);
        let (cluster, _) = cluster.ok_or("the cluster is deleted")?;
        reachable(&cluster, self.cloud.public_address(setting))
    }

    /// Answers a request to the API server of a cluster, and tells who sent it; or why it gets no
    /// answer at all.
    pub(crate) fn kubernetes(
        &mut self,
        instance: &str,
        message: &Message,
        with_admin_certificate: bool,
        setting: &Setting,
    ) -> Result<(Answer, Option<String>), &'static str> {
        self.silence(instance, setting)?;
        let (answer, user) = self.within(instance, setting, |around, store, memory, random| {
            answer(
                message,
                with_admin_certificate,
                around,
                store,
                memory,
                random,
            )
        })?;
        if let Answer::Reply(reply) = &answer
            && reply.status == 501
        {
            let unknown = format!("{} {}", message.method, message.path);
            self.cloud.unknown.push(unknown);
        }
        Ok((answer, user.map(|user| user.name)))
    }

    /// Acts on what a cluster keeps, with the cloud around it.
    pub(super) fn within<T>(
        &mut self,
        instance: &str,
        setting: &Setting,
        act: impl FnOnce(Surroundings<'_>, &mut Store, &mut Memory, &mut StdRng) -> T,
    ) -> Result<T, &'static str> {
        let cluster = self.cluster(instance, setting);
        let (cluster, token) = cluster.ok_or("the cluster is deleted")?;
        let (now, token_time) = (self.clock.now(), self.clock.token_time());
        let cloud = &mut self.cloud;
        let server = cloud
            .api_servers
            .of_instance(instance)
            .ok_or("the cluster is deleted")?;
        let around = Surroundings {
            cluster: &cluster,
            cluster_id: &server.cluster_id,
            admin_token: &token,
            directory: &cloud.directory,
            access: &cloud.manager.access,
            setting,
            now,
            token_time,
        };
        Ok(act(
            around,
            &mut server.store,
            &mut server.memory,
            &mut self.random,
        ))
    }

    /// The managed cluster of an API server, with the token of its static credentials.
    pub(super) fn cluster(&mut self, instance: &str, setting: &Setting) -> Option<(Value, String)> {
        let tenant_id = self.cloud.directory.tenant_id.clone();
        let mut moment = Moment {
            now: self.clock.now(),
            random: &mut self.random,
            resource_manager: &setting.origins.arm,
            tenant_id: &tenant_id,
        };
        let clusters = self.cloud.manager.aks.clusters(&mut moment);
        clusters
            .into_iter()
            .find(|cluster| cluster.instance == instance)
            .map(|cluster| (cluster.object.clone(), cluster.token.clone()))
    }
}

/// Whether the API server of a cluster is there for a caller at an address to talk to.
fn reachable(cluster: &Value, caller: IpAddr) -> Result<(), &'static str> {
    if text(cluster, "/properties/powerState/code") == "Stopped" {
        return Err("the cluster is stopped");
    }
    if text(cluster, "/properties/provisioningState") == "Creating" {
        return Err("the cluster is being created");
    }
    let access = "/properties/apiServerAccessProfile";
    let access = cluster.pointer(access).unwrap_or(&Value::Null);
    if access.get("enablePrivateCluster") == Some(&Value::Bool(true)) {
        return Err("the cluster is private");
    }
    let ranges = access.get("authorizedIPRanges").and_then(Value::as_array);
    let mut ranges = ranges
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .peekable();
    if ranges.peek().is_none() || ranges.any(|range| holds(range, caller)) {
        Ok(())
    } else {
        Err("the caller's address is in no authorized range")
    }
}

/// Whether an authorized range, which may be a single address, has an address in it.
fn holds(range: &str, address: IpAddr) -> bool {
    let single = range.parse::<IpAddr>().map(IpNet::from);
    let range = range.parse::<IpNet>().or(single);
    range.is_ok_and(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn authorized_ranges_let_in_who_is_in_one_of_them() {
        let caller: IpAddr = "20.50.0.4".parse().unwrap();
        let cases = [
            (json!([]), true),
            (json!(["20.50.0.0/24"]), true),
            (json!(["30.0.0.0/8", "20.50.0.4"]), true),
            (json!(["0.0.0.0/32"]), false),
            (json!(["20.60.0.0/24"]), false),
        ];

        for (ranges, expected) in cases {
            let profile = json!({ "authorizedIPRanges": ranges });
            let cluster = json!({ "properties": { "apiServerAccessProfile": profile } });
            assert_eq!(reachable(&cluster, caller).is_ok(), expected, "{ranges}");
        }
    }
}

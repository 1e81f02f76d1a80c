//! Node pools as resources of their own.

use serde_json::{Value, json};

use super::answer::{Problem, document, empty};
use super::cluster::Cluster;
use super::defaults::pool::{self, node_image};
use super::document::{fill, integer, owned, put, remove, text};
use super::operation::Kind;
use super::path::ClusterAddress;
use super::refusals::{missing_parent, unknown};
use super::write::{pool_version, preconditions, resource_body};
use super::{Engine, World, immutable, merge, random, rules, versions};
use crate::arm::exchange::{Moment, Request, Response};

impl Engine {
    pub(super) fn list_pools(&self, address: &ClusterAddress) -> Result<Response, Problem> {
        let cluster = self.parent(address, "read")?;
        // The list is by name (recorded nodepool_stop_start), whatever order the cluster has.
        let mut names = merge::pool_names(&cluster.object);
        names.sort();
        let value: Vec<Value> = names
            .iter()
            .filter_map(|name| cluster.read_pool(name))
            .collect();
        Ok(document(200, Vec::new(), json!({ "value": value })))
    }

    pub(super) fn get_pool(
        &self,
        address: &ClusterAddress,
        name: &str,
    ) -> Result<Response, Problem> {
        let cluster = self.parent(address, "read")?;
        existing(cluster, name)?;
        let body = cluster.read_pool(name).unwrap_or_default();
        Ok(document(200, Vec::new(), body))
    }

    pub(super) fn put_pool(
        &mut self,
        address: &ClusterAddress,
        name: &str,
        request: &Request,
        moment: &mut Moment<'_>,
        world: &World<'_>,
    ) -> Result<Response, Problem> {
        let cluster = self.parent(address, "write")?;
        let before = cluster.pool(name).cloned();
        preconditions(request, before.as_ref())?;
        self.idle(address, Some(name))?;
        let sent = resource_body(request)?
            .get("properties")
            .cloned()
            .unwrap_or(json!({}));
        let mut draft = before.clone().unwrap_or(json!({}));
        merge::lay_pool(&mut draft, &merge::pool_wish(&sent));
        let name = before
            .as_ref()
            .map_or(name.to_owned(), |pool| owned(pool, "/name"));
        put(&mut draft, "name", name.as_str());
        fill(&mut draft, "mode", "User");
        if let Some(version) = cluster.version() {
            pool_version(&mut draft, before.as_ref(), &version)?;
            let network = |member: &str| {
                owned(
                    &cluster.object,
                    &format!("/properties/networkProfile/{member}"),
                )
            };
            let overlay = network("networkPluginMode") == "overlay";
            let pods = pool::pods_a_node(&network("networkPlugin"), overlay);
            pool::fill_in(&mut draft, pods, &version, moment.now, moment.random);
        }
        merge::tidy_pool(&mut draft);
        if let Some(before) = &before {
            immutable::check_pool(before, &draft, "properties")?;
        }
        let whole = with_pool(&cluster.object, &name, &draft);
        rules::pools::one(&draft, &whole)?;
        let context = rules::Context {
            cluster: &address.name,
            tenant: moment.tenant_id,
            caller: &request.caller,
            world,
        };
        rules::check(&whole, &context)?;
        let kind = kind_of(before.as_ref(), &draft);
        Ok(self.accept_pool(address, &name, draft, kind, moment))
    }

    fn accept_pool(
        &mut self,
        address: &ClusterAddress,
        name: &str,
        mut draft: Value,
        kind: Kind,
        moment: &mut Moment<'_>,
    ) -> Response {
        let key = address.key();
        let mut body = Value::Null;
        if let Some(cluster) = self.clusters.get_mut(&key) {
            // A stopped pool has no nodes and remembers how many it had (recorded
            // nodepool_stop_start).
            if kind == Kind::PoolStop {
                let count = integer(&draft, "/count").unwrap_or(0);
                cluster.parked.insert(name.to_owned(), count);
                put(&mut draft, "count", 0);
            } else if kind == Kind::PoolStart
                && let Some(count) = cluster.parked.remove(name)
            {
                put(&mut draft, "count", count);
            }
            put(&mut draft, "provisioningState", kind.state());
            put(&mut draft, "eTag", random::guid(moment.random));
            remove(&mut draft, "status");
            cluster.object = with_pool(&cluster.object, name, &draft);
            super::document::renew_etag(&mut cluster.object);
            body = cluster.read_pool(name).unwrap_or_default();
        }
        let headers = self.begin(&key, Some(name), kind, false, moment);
        let status = if kind == Kind::PoolCreate { 201 } else { 200 };
        document(status, headers, body)
    }

    /// A missing pool answers 204, as the `OpenAPI` description of the operation says.
    pub(super) fn delete_pool(
        &mut self,
        address: &ClusterAddress,
        name: &str,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let cluster = self.parent(address, "delete")?;
        let Some(pool) = cluster.pool(name) else {
            return Ok(empty(204, Vec::new()));
        };
        preconditions(request, Some(pool))?;
        let name = owned(pool, "/name");
        self.idle(address, Some(&name))?;
        let another = cluster.pools().iter().any(|pool| {
            text(pool, "/mode") == Some("System") && text(pool, "/name") != Some(&name)
        });
        if !another {
            return Err(Problem::provider(
                400,
                "BadRequest",
                "Must define at least one system pool.",
            ));
        }
        let key = address.key();
        self.mark(&key, &name, Kind::PoolDelete);
        Ok(empty(
            202,
            self.begin(&key, Some(&name), Kind::PoolDelete, true, moment),
        ))
    }

    pub(super) fn act_on_pool(
        &mut self,
        address: &ClusterAddress,
        name: &str,
        action: &str,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        if !["upgradenodeimageversion", "abort"].contains(&action) {
            return Err(unknown(request));
        }
        let cluster = self.parent(address, "action")?;
        let pool = existing(cluster, name)?;
        let name = owned(pool, "/name");
        if action == "abort" {
            return Ok(self.abort_pool(address, &name, moment));
        }
        let minor = text(pool, "/currentOrchestratorVersion")
            .and_then(versions::parse)
            .map_or(0, |version| version.minor);
        let image = node_image(&owned(pool, "/osSKU"), minor, moment.now);
        self.idle(address, Some(&name))?;
        let key = address.key();
        self.mark(&key, &name, Kind::PoolImage);
        // The answer still has the old image (recorded create_again_existing_cluster).
        let body = self
            .clusters
            .get(&key)
            .and_then(|cluster| cluster.read_pool(&name));
        if let Some(pool) = self
            .clusters
            .get_mut(&key)
            .and_then(|cluster| cluster.pool_mut(&name))
        {
            put(pool, "nodeImageVersion", image);
        }
        let headers = self.begin(&key, Some(&name), Kind::PoolImage, true, moment);
        Ok(document(202, headers, body.unwrap_or_default()))
    }

    fn mark(&mut self, key: &str, name: &str, kind: Kind) {
        if let Some(cluster) = self.clusters.get_mut(key) {
            if let Some(pool) = cluster.pool_mut(name) {
                put(pool, "provisioningState", kind.state());
                super::document::renew_etag(pool);
            }
            super::document::renew_etag(&mut cluster.object);
        }
    }

    fn parent(&self, address: &ClusterAddress, verb: &str) -> Result<&Cluster, Problem> {
        self.clusters
            .get(&address.key())
            .ok_or_else(|| missing_parent(address, verb, "agentPools"))
    }
}

/// A pool of a cluster, or the refusal recorded for one it does not have.
pub(super) fn existing<'a>(cluster: &'a Cluster, name: &str) -> Result<&'a Value, Problem> {
    let address = cluster.address();
    cluster.pool(name).ok_or_else(|| {
        let detail = "rpc error: code = NotFound desc = Agent Pool not found";
        Problem::provider(
            404,
            "NotFound",
            format!(
                "Could not find the agentpool: {name} in subscription: {}, resourceGroup: {}, \
                 resourceName: {}.",
                address.subscription, address.group, address.name
            ),
        )
        .with_subcode(
            "GetAgentPool_NotFound",
            json!([{ "code": "Unspecified", "message": detail }]),
        )
    })
}

fn with_pool(cluster: &Value, name: &str, pool: &Value) -> Value {
    let mut whole = cluster.clone();
    if let Some(pools) = whole
        .pointer_mut("/properties/agentPoolProfiles")
        .and_then(Value::as_array_mut)
    {
        match pools
            .iter_mut()
            .find(|own| text(own, "/name") == Some(name))
        {
            Some(own) => *own = pool.clone(),
            None => pools.push(pool.clone()),
        }
    }
    whole
}

/// Which operation a PUT of a pool is (recorded states Scaling, Upgrading, Updating, Stopping and
/// Starting).
fn kind_of(before: Option<&Value>, after: &Value) -> Kind {
    let Some(before) = before else {
        return Kind::PoolCreate;
    };
    let changed = |pointer: &str| before.pointer(pointer) != after.pointer(pointer);
    if changed("/powerState/code") {
        if text(after, "/powerState/code") == Some("Stopped") {
            Kind::PoolStop
        } else {
            Kind::PoolStart
        }
    } else if changed("/currentOrchestratorVersion") {
        Kind::PoolUpgrade
    } else if changed("/count") {
        Kind::PoolScale
    } else {
        Kind::PoolUpdate
    }
}

//! The AKS resource provider: clusters, pools and the operations on them, as functions of what is
//! stored, what is asked and the moment it is asked in.

mod actions;
mod answer;
mod api_version;
mod cluster;
mod credentials;
mod defaults;
mod document;
mod immutable;
mod maintenance;
mod merge;
mod operation;
mod order;
mod path;
mod polling;
mod pools;
mod profiles;
mod random;
mod refusals;
mod rules;
mod settle;
mod signature;
mod size;
#[cfg(test)]
mod tests;
mod versions;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arm::exchange::{Body, Moment, Request, Response};
use answer::{Problem, document};
pub(crate) use cluster::Cluster;
pub(crate) use credentials::Endpoint;
use operation::{Fault, Kind, Operation, Outcome};
use path::{ClusterAddress, Polled, Target};
use refusals::{busy, missing, stopped, unknown};
use signature::{Address, Signer};

/// Everything the AKS resource provider knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Engine {
    /// Rare behaviour to show in every exchange.
    pub quirks: Quirks,
    /// By lower-case id.
    clusters: BTreeMap<String, Cluster>,
    /// By lower-case id.
    operations: BTreeMap<String, Operation>,
    failures: Vec<Failure>,
    signer: Signer,
}

/// Behaviour recorded now and then, for tests that need it every time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// The first poll of every operation is a 404: the status store lags behind.
    pub operations_appear_late: bool,
    /// After every successful create and update the cluster goes back to `Updating` by itself
    /// for some minutes (recorded create_2026-05-01, where `extensionManager` was being added).
    pub reconciles_after_success: bool,
    /// Resource Manager too follows new and removed role assignments only after a while: up to a
    /// minute, a fifth of what the API servers of clusters take.
    pub role_assignments_take_effect_late: bool,
    /// The minor version of Kubernetes, such as 32, by whose default new clusters have an issuer or none, in place of
    /// their own's: for clusters of versions that are no longer on offer.
    pub defaults_of_minor: Option<u32>,
}

/// How an operation is going to fail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Error code of the operation, such as `CreateVMSSAgentPoolFailed`.
    pub code: String,
    /// Its message.
    pub message: String,
    /// `Failed`, or `Succeeded` for the known case that the operation fails and the cluster heals
    /// by itself later (Azure/AKS issue 1972).
    pub resource_state: String,
    /// Which operations it waits for: `create`, `update` or `delete`.
    pub on: String,
}

/// What AKS sees of the rest of Azure.
pub struct World<'a> {
    /// The subnet with an id, as GET answers it.
    pub subnet: &'a dyn Fn(&str) -> Option<Value>,
    /// The user-assigned identity with an id, as GET answers it.
    pub identity: &'a dyn Fn(&str) -> Option<Value>,
    /// Whether a principal (by object id) may do an action on a scope.
    pub has_role: &'a dyn Fn(&str, &str, &str) -> bool,
}

impl Engine {
    /// Answers a request whose subscription and resource group exist and whose caller may do what
    /// it asks; `None` when the path is not for AKS.
    pub fn handle(
        &mut self,
        request: &Request,
        moment: &mut Moment<'_>,
        world: &World<'_>,
    ) -> Option<Response> {
        let target = path::parse(&request.segments)?;
        self.signer.ready(moment.random);
        self.settle(moment, Some(world));
        let mut answer = self
            .route(&target, request, moment, world)
            .unwrap_or_else(Response::from);
        if let (200..=299, Body::Provider(body)) = (answer.status, &mut answer.body) {
            in_version(&target, request, body);
        }
        Some(answer)
    }

    /// Removes everything of a resource group that Resource Manager deleted.
    pub fn delete_resource_group(
        &mut self,
        subscription: &str,
        name: &str,
        moment: &mut Moment<'_>,
    ) {
        self.settle(moment, None);
        self.clusters.retain(|_, cluster| {
            let address = cluster.address();
            !(address.subscription.eq_ignore_ascii_case(subscription)
                && address.group.eq_ignore_ascii_case(name))
        });
        // A cluster made anew under the name must not meet them.
        for operation in self.operations.values_mut() {
            if operation.outcome.is_none() && !self.clusters.contains_key(&operation.cluster) {
                operation.outcome = Some(Outcome::Canceled);
                operation.ends = moment.now;
            }
        }
    }

    /// A cluster or pool as GET would answer it.
    pub fn resource(&mut self, id: &str, moment: &mut Moment<'_>) -> Option<Value> {
        self.settle(moment, None);
        match target_of(id)? {
            Target::Cluster(address) => Some(self.clusters.get(&address.key())?.read()),
            Target::Pool(address, pool) => self.clusters.get(&address.key())?.read_pool(&pool),
            _ => None,
        }
    }

    /// The clusters there are by now, for whoever runs their API servers.
    pub(crate) fn clusters(&mut self, moment: &mut Moment<'_>) -> Vec<&mut Cluster> {
        self.settle(moment, None);
        self.clusters.values_mut().collect()
    }

    /// Changes a stored cluster or pool behind every client's back; says whether there is one.
    pub fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        let Some(target) = target_of(id) else {
            return false;
        };
        let (Target::Cluster(address) | Target::Pool(address, _)) = &target else {
            return false;
        };
        let Some(cluster) = self.clusters.get_mut(&address.key()) else {
            return false;
        };
        match &target {
            Target::Pool(_, name) => {
                let Some(mut resource) = cluster.read_pool(name) else {
                    return false;
                };
                edit(&mut resource);
                let mut pool = resource.get("properties").cloned().unwrap_or(json!({}));
                document::put(&mut pool, "name", name.as_str());
                document::renew_etag(&mut pool);
                if let Some(own) = cluster.pool_mut(name) {
                    *own = pool;
                }
            }
            _ => edit(&mut cluster.object),
        }
        document::renew_etag(&mut cluster.object);
        true
    }

    /// Ids of all clusters and pools, as GET answers them.
    pub fn resource_ids(&self) -> Vec<String> {
        self.clusters
            .values()
            .flat_map(|cluster| {
                let id = cluster.address().id();
                let pools = merge::pool_names(&cluster.object)
                    .into_iter()
                    .map(|pool| format!("{id}/agentPools/{pool}"))
                    .collect::<Vec<_>>();
                std::iter::once(id).chain(pools)
            })
            .collect()
    }

    /// How long each operation takes or took, in simulated time.
    pub fn operation_durations(&self) -> Vec<Duration> {
        let operations = self.operations.values();
        operations
            .filter_map(|operation| operation.duration().try_into().ok())
            .collect()
    }

    /// Makes the next operation of a kind fail.
    pub fn fail_next_operation(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    fn route(
        &mut self,
        target: &Target,
        request: &Request,
        moment: &mut Moment<'_>,
        world: &World<'_>,
    ) -> Result<Response, Problem> {
        match (request.method.as_str(), target) {
            (
                "GET",
                Target::Clusters {
                    subscription,
                    group,
                },
            ) => Ok(self.list(subscription, group.as_deref())),
            ("GET", Target::Cluster(address)) => {
                Ok(document(200, Vec::new(), self.cluster(address)?.read()))
            }
            ("PUT", Target::Cluster(address)) => {
                let request = self.in_newest_version(target, request);
                self.put_cluster(address, &request, moment, world)
            }
            ("PATCH", Target::Cluster(address)) => self.patch_cluster(address, request, moment),
            ("DELETE", Target::Cluster(address)) => self.delete_cluster(address, request, moment),
            ("POST", Target::Action(address, action)) => self.act(address, action, request, moment),
            ("GET", Target::Pools(address)) => self.list_pools(address),
            ("GET", Target::Pool(address, pool)) => self.get_pool(address, pool),
            ("PUT", Target::Pool(address, pool)) => {
                let request = self.in_newest_version(target, request);
                self.put_pool(address, pool, &request, moment, world)
            }
            ("DELETE", Target::Pool(address, pool)) => {
                self.delete_pool(address, pool, request, moment)
            }
            ("POST", Target::PoolAction(address, pool, action)) => {
                self.act_on_pool(address, pool, action, request, moment)
            }
            ("GET", Target::UpgradeProfile(address)) => self.upgrade_profile(address),
            ("GET", Target::PoolUpgradeProfile(address, pool)) => {
                self.pool_upgrade_profile(address, pool, moment)
            }
            ("GET", Target::MaintenanceConfigurations(address)) => self.list_maintenance(address),
            (_, Target::MaintenanceConfiguration(address, name)) => {
                self.maintenance(address, name, request, moment)
            }
            ("GET", Target::KubernetesVersions) => {
                Ok(document(200, Vec::new(), versions::listing()))
            }
            ("GET", Target::Orchestrators(subscription, location)) => {
                let body = versions::orchestrators(subscription, location);
                Ok(document(200, Vec::new(), body))
            }
            ("GET", Target::Operation(polled)) => self.poll(polled, request, moment),
            ("GET", Target::OperationResult(polled)) => self.poll_result(polled, request, moment),
            _ => Err(unknown(request)),
        }
    }

    /// A write as the newest version of the API would have it.
    fn in_newest_version(&self, target: &Target, request: &Request) -> Request {
        let version = version_of(request);
        let mut request = request.clone();
        let (Some(body), Target::Cluster(address) | Target::Pool(address, _)) =
            (&mut request.body, target)
        else {
            return request;
        };
        let stored = self.clusters.get(&address.key());
        if let Target::Pool(_, pool) = target {
            if let Some(stored) = stored.and_then(|cluster| cluster.read_pool(pool)) {
                api_version::keep_hidden_of_pool(body, &stored, version);
            }
        } else {
            api_version::read_cluster(body, version);
            if let Some(stored) = stored {
                api_version::keep_hidden(body, &stored.object, version);
            }
        }
        request
    }

    fn list(&self, subscription: &str, group: Option<&str>) -> Response {
        let value: Vec<Value> = self
            .clusters
            .values()
            .filter(|cluster| {
                let address = cluster.address();
                address.subscription.eq_ignore_ascii_case(subscription)
                    && group.is_none_or(|group| address.group.eq_ignore_ascii_case(group))
            })
            .map(Cluster::read)
            .collect();
        document(200, Vec::new(), json!({ "value": value }))
    }

    fn cluster(&self, address: &ClusterAddress) -> Result<&Cluster, Problem> {
        self.clusters
            .get(&address.key())
            .ok_or_else(|| missing(address))
    }

    /// Starts an operation; answers the headers its acceptance carries.
    fn begin(
        &mut self,
        key: &str,
        pool: Option<&str>,
        kind: Kind,
        with_location: bool,
        moment: &mut Moment<'_>,
    ) -> Vec<(String, String)> {
        let Some(cluster) = self.clusters.get(key) else {
            return Vec::new();
        };
        let at = Polled {
            subscription: cluster.address().subscription,
            location: cluster.region(),
            id: random::guid(moment.random),
        };
        let nodes = cluster
            .pools()
            .iter()
            .filter_map(|pool| document::integer(pool, "/count"))
            .sum();
        let mut operation = Operation::start(kind, key, &at, nodes, moment.now, moment.random);
        operation.pool = pool.map(str::to_owned);
        if let Some(position) = self
            .failures
            .iter()
            .position(|failure| failure.on == kind.class())
        {
            let failure = self.failures.remove(position);
            let fault = Fault {
                code: failure.code,
                message: failure.message,
            };
            operation.failure = Some((fault, failure.resource_state));
        }
        let headers = self.addresses(&at, with_location, moment);
        self.operations.insert(at.id, operation);
        headers
    }

    fn addresses(
        &self,
        polled: &Polled,
        with_location: bool,
        moment: &Moment<'_>,
    ) -> Vec<(String, String)> {
        let status = self.signer.url(Address::Status, polled, moment);
        let mut headers = vec![("azure-asyncoperation".to_owned(), status)];
        if with_location {
            let result = self.signer.url(Address::Result, polled, moment);
            headers.push(("location".to_owned(), result));
        }
        headers
    }

    /// The operation that runs on a cluster, on the pool if one is given, or on any pool if not.
    fn running(&self, key: &str, pool: Option<&str>) -> Option<&Operation> {
        self.operations.values().find(|operation| {
            operation.outcome.is_none()
                && operation.cluster == key
                && match (pool, &operation.pool) {
                    (Some(asked), Some(own)) => own.eq_ignore_ascii_case(asked),
                    _ => true,
                }
        })
    }

    /// Refuses a change while another runs, or one of a stopped cluster.
    fn idle(&self, address: &ClusterAddress, pool: Option<&str>) -> Result<(), Problem> {
        let key = address.key();
        if let Some(operation) = self.running(&key, pool) {
            return Err(busy(operation));
        }
        match self.clusters.get(&key) {
            Some(cluster) if cluster.is_stopped() => Err(stopped(cluster, "this operation")),
            _ => Ok(()),
        }
    }
}

/// Leaves clusters and pools as the version of the API has them that was asked for.
fn in_version(target: &Target, request: &Request, body: &mut Value) {
    let version = version_of(request);
    let show = match target {
        Target::Clusters { .. } | Target::Cluster(_) => api_version::show_cluster,
        Target::Pools(_) | Target::Pool(..) | Target::PoolAction(..) => api_version::show_pool,
        _ => return,
    };
    match body.get_mut("value").and_then(Value::as_array_mut) {
        Some(listed) => listed.iter_mut().for_each(|one| show(one, version)),
        None => show(body, version),
    }
}

fn version_of(request: &Request) -> &str {
    request.query.get("api-version").map_or("", String::as_str)
}

fn target_of(id: &str) -> Option<Target> {
    let segments: Vec<String> = id
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect();
    path::parse(&segments)
}

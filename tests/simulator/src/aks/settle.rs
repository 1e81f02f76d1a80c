//! Time passing: operations that have ended by now take effect.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::document::{child, fill, integer, on, put, remove, renew_etag, text};
use super::operation::{Fault, Kind, Operation, Outcome, later};
use super::{Engine, World, random, rules};
use crate::arm::exchange::Moment;

impl Engine {
    /// Ends what has ended by now, oldest first. Without a view of the world, operations that wait
    /// for a role stay open.
    pub(super) fn settle(&mut self, moment: &mut Moment<'_>, world: Option<&World<'_>>) {
        self.reveal(moment);
        while let Some(operation) = self.due(moment.now, world.is_some()) {
            self.end(&operation, moment, world);
        }
        for cluster in self.clusters.values_mut() {
            if cluster.heals.is_some_and(|when| when <= moment.now) {
                cluster.heals = None;
                succeed(cluster, &|_| true);
            }
        }
    }

    /// What a cluster has once its node resource group exists: recorded 34 s into a create of five
    /// minutes, and not 2 s into it.
    fn reveal(&mut self, moment: &mut Moment<'_>) {
        for operation in self.operations.values() {
            let far = operation.outcome.is_none() && operation.progress(moment.now) >= 0.1;
            if operation.kind == Kind::Create
                && far
                && let Some(cluster) = self.clusters.get_mut(&operation.cluster)
            {
                provide(cluster, moment);
            }
        }
    }

    fn due(&self, now: Timestamp, with_world: bool) -> Option<Operation> {
        self.operations
            .values()
            .filter(|operation| operation.outcome.is_none() && operation.ends <= now)
            .filter(|operation| {
                with_world
                    || operation.kind != Kind::Create
                    || !self
                        .clusters
                        .get(&operation.cluster)
                        .is_some_and(|cluster| rules::waits_for_role(&cluster.object))
            })
            .min_by(|one, other| (one.ends, &one.id).cmp(&(other.ends, &other.id)))
            .cloned()
    }

    fn end(&mut self, operation: &Operation, moment: &mut Moment<'_>, world: Option<&World<'_>>) {
        let mut outcome = Outcome::Succeeded;
        if let Some(cluster) = self.clusters.get_mut(&operation.cluster) {
            let refused = match world {
                Some(world) if operation.kind == Kind::Create => {
                    rules::missing_role(&cluster.object, world)
                        .map(|fault| (fault, "Failed".to_owned()))
                }
                _ => None,
            };
            match operation.failure.clone().or(refused) {
                Some((fault, state)) => {
                    fail(cluster, operation, &fault);
                    if state == "Succeeded" {
                        let seconds = random::seconds(moment.random, &[(0.0, 60.0), (1.0, 180.0)]);
                        cluster.heals = Some(later(operation.ends, seconds));
                    }
                    outcome = Outcome::Failed(fault);
                }
                None => self.complete(operation, moment),
            }
            if let Some(cluster) = self.clusters.get_mut(&operation.cluster) {
                renew_etag(&mut cluster.object);
            }
        }
        if let Some(own) = self.operations.get_mut(&operation.id) {
            own.outcome = Some(outcome);
        }
    }

    fn complete(&mut self, operation: &Operation, moment: &mut Moment<'_>) {
        if operation.kind == Kind::Delete {
            self.clusters.remove(&operation.cluster);
            return;
        }
        let Some(cluster) = self.clusters.get_mut(&operation.cluster) else {
            return;
        };
        match operation.kind {
            Kind::Create | Kind::Update | Kind::Scale | Kind::Upgrade => {
                provide(cluster, moment);
                succeed(cluster, &|_| true);
            }
            Kind::Stop | Kind::Start | Kind::Reconcile => succeed(cluster, &|_| true),
            Kind::Abort => match operation.pool.as_deref() {
                Some(pool) => {
                    if let Some(pool) = cluster.pool_mut(pool) {
                        put(pool, "provisioningState", "Canceled");
                    }
                }
                None => cluster.set_state("Canceled", true),
            },
            Kind::PoolDelete => {
                let name = operation.pool.clone();
                if let Some(pools) = cluster.pools_mut() {
                    pools.retain(|pool| text(pool, "/name") != name.as_deref());
                }
            }
            _ => {
                let name = operation.pool.clone();
                succeed(cluster, &|pool| text(pool, "/name") == name.as_deref());
            }
        }
        let changed = matches!(
            operation.kind,
            Kind::Create | Kind::Update | Kind::Scale | Kind::Upgrade
        );
        if changed && self.quirks.reconciles_after_success {
            self.reconcile(operation, moment);
        }
    }

    fn reconcile(&mut self, after: &Operation, moment: &mut Moment<'_>) {
        if let Some(cluster) = self.clusters.get_mut(&after.cluster) {
            cluster.set_state(Kind::Reconcile.state(), true);
            let addons = child(child(&mut cluster.object, "properties"), "addonProfiles");
            let addon = json!({ "enabled": true, "config": null });
            fill(addons, "extensionManager", addon);
        }
        let mut at = after.polled();
        at.id = random::guid(moment.random);
        let operation = Operation::start(
            Kind::Reconcile,
            &after.cluster,
            &at,
            0,
            after.ends,
            moment.random,
        );
        self.operations.insert(at.id, operation);
    }
}

/// What Azure adds to a cluster while it is created.
fn provide(cluster: &mut Cluster, moment: &mut Moment<'_>) {
    let address = cluster.address();
    let instance = cluster.instance.clone();
    let properties = child(&mut cluster.object, "properties");
    let group = super::document::owned(properties, "/nodeResourceGroup");
    let resources = format!(
        "/subscriptions/{}/resourcegroups/{group}/providers",
        address.subscription
    );
    addon_identities(properties, &resources, &address.name, &instance);
    // A cluster with a service principal uses that on its nodes (recorded network_byo_subnet_role_assignment).
    let own_identity = text(properties, "/servicePrincipalProfile/clientId") == Some("msi");
    let identities = child(properties, "identityProfile");
    if !own_identity {
        remove(properties, "identityProfile");
    } else if identities.get("kubeletidentity").is_none() {
        let kubelet = json!({
            "resourceId": format!(
                "{resources}/Microsoft.ManagedIdentity/userAssignedIdentities/{}-agentpool",
                address.name
            ),
            "clientId": random::guid(moment.random),
            "objectId": random::guid(moment.random),
        });
        put(identities, "kubeletidentity", kubelet);
    }
    // Azure's own addresses, of whichever makes the way out (recorded for both).
    let (profile, counts) = match text(properties, "/networkProfile/outboundType") {
        Some("loadBalancer") => ("loadBalancerProfile", "/managedOutboundIPs/count"),
        Some("managedNATGateway") => ("natGatewayProfile", "/managedOutboundIPProfile/count"),
        _ => return,
    };
    let way_out = child(child(properties, "networkProfile"), profile);
    if way_out.get("effectiveOutboundIPs").is_none() {
        let resources = resources.replace("/resourcegroups/", "/resourceGroups/");
        let count = integer(way_out, counts).unwrap_or(0);
        let addresses: Vec<Value> = (0..count)
            .map(|_| {
                let name = random::guid(moment.random);
                json!({ "id": format!("{resources}/Microsoft.Network/publicIPAddresses/{name}") })
            })
            .collect();
        put(way_out, "effectiveOutboundIPs", addresses);
    }
}

/// The identities of addons: they come after the operation, and an addon that is changed is answered without its own
/// until then (recorded `addon_keyvault_secrets_provider`, `addon_azure_policy_safeguards` and `error_429_identity`).
fn addon_identities(properties: &mut Value, resources: &str, cluster: &str, instance: &str) {
    let identity = |name: &str| {
        let id = |purpose: &str| {
            let seed = format!("{instance}/{name}/{purpose}");
            random::next_etag(&seed)
        };
        json!({
            "resourceId": format!(
                "{resources}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}-{cluster}"
            ),
            "clientId": id("client"),
            "objectId": id("object"),
        })
    };
    for addon in ["azurepolicy", "azureKeyvaultSecretsProvider", "omsagent"] {
        if let Some(profile) = properties.pointer_mut(&format!("/addonProfiles/{addon}"))
            && on(profile, "/enabled")
        {
            fill(profile, "identity", identity(&addon.to_lowercase()));
        }
    }
    if let Some(routing) = properties.pointer_mut("/ingressProfile/webAppRouting")
        && on(routing, "/enabled")
    {
        fill(routing, "identity", identity("webapprouting"));
    }
}

fn succeed(cluster: &mut Cluster, worked_on: &dyn Fn(&Value) -> bool) {
    cluster.set_state("Succeeded", false);
    remove(child(&mut cluster.object, "properties"), "status");
    for pool in cluster.pools_mut().into_iter().flatten() {
        if !worked_on(pool) {
            continue;
        }
        put(pool, "provisioningState", "Succeeded");
        remove(pool, "status");
        renew_etag(pool);
        // The autoscaler brings a pool to its lower bound (recorded: 0 became 1 with minCount 1).
        let running = text(pool, "/powerState/code") == Some("Running");
        if let Some(least) = integer(pool, "/minCount")
            && running
            && on(pool, "/enableAutoScaling")
            && integer(pool, "/count").unwrap_or(0) < least
        {
            put(pool, "count", least);
        }
    }
}

/// A failure stays visible in `status.provisioningError` (schema of 2026-05-01) until a later
/// operation succeeds.
fn fail(cluster: &mut Cluster, operation: &Operation, fault: &Fault) {
    let status = json!({ "provisioningError": fault.body() });
    if let Some(name) = operation.pool.as_deref() {
        if let Some(pool) = cluster.pool_mut(name) {
            put(pool, "provisioningState", "Failed");
            put(pool, "status", status);
            renew_etag(pool);
        }
        return;
    }
    cluster.set_state("Failed", true);
    put(child(&mut cluster.object, "properties"), "status", status);
}

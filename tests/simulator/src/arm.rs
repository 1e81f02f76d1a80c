//! Resource Manager: the front door every request passes, and the services behind it.

pub mod exchange;

mod access;
mod error;
mod front_door;
mod kubernetes_actions;
mod metadata;
mod network;
mod path;
mod policy;
mod region;
mod registration;
mod resource_group;
mod resource_type;
mod role;
mod role_assignment;
mod subnet;
mod subscription;
mod user_assigned_identity;

pub use policy::PolicyDenial;

pub(crate) use access::Access;
pub(crate) use front_door::{authenticate, open, wire};
pub(crate) use metadata::endpoints;
pub(crate) use subscription::Subscription;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aks::{Engine, World};
use crate::entra::Directory;
use exchange::{Moment, Request, Response};
use network::Networks;
use path::Address;
use registration::Registrations;
use resource_group::ResourceGroups;
use resource_type::Resources;
use user_assigned_identity::Identities;

/// Everything Resource Manager and the services behind it know.
#[derive(Serialize, Deserialize)]
pub(crate) struct ResourceManager {
    pub(crate) subscription: Subscription,
    pub(crate) access: Access,
    pub(crate) registrations: Registrations,
    pub(crate) policy: Option<PolicyDenial>,
    pub(crate) aks: Engine,
    groups: ResourceGroups,
    identities: Identities,
    networks: Networks,
    /// Not in states of before they were kept.
    #[serde(default)]
    resources: Resources,
}

impl ResourceManager {
    pub(crate) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            access: Access::default(),
            registrations: Registrations::default(),
            policy: None,
            aks: Engine::default(),
            groups: ResourceGroups::default(),
            identities: Identities::default(),
            networks: Networks::default(),
            resources: Resources::default(),
        }
    }

    /// Puts a resource group there without asking anyone.
    pub(crate) fn seed_resource_group(&mut self, name: &str, location: &str) {
        self.groups.seed(&self.subscription.id, name, location);
    }

    /// Answers a request that passed authentication. `None`: nothing here knows the path.
    pub(crate) fn handle(
        &mut self,
        request: &Request,
        directory: &mut Directory,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        self.settle(moment);
        let address = Address::of(&request.method, &request.segments);
        if let Some(refusal) = self.refuse(request, &address, directory) {
            return Some(refusal);
        }
        let path = path::lowered(&request.segments);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["subscriptions" | "tenants"]
            | ["subscriptions", _]
            | ["subscriptions", _, "locations"] => self.subscription.handle(request, &path, moment),
            ["subscriptions", _, "resourcegroups", ..] if !path.contains(&"providers") => {
                let contents = self.contents(&address);
                self.groups.handle(request, &path, &contents, moment)
            }
            ["subscriptions", _, "operationresults", token] => {
                self.groups.operation_result(request, token, moment)
            }
            ["subscriptions", _, "providers"]
            | ["subscriptions", _, "providers", _]
            | [
                "subscriptions",
                _,
                "providers",
                _,
                "register" | "unregister",
            ] => self.registrations.handle(request, &path, moment),
            _ => self.service(request, &address, directory, moment),
        }
    }

    fn service(
        &mut self,
        request: &Request,
        address: &Address,
        directory: &mut Directory,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        match address.namespace.to_lowercase().as_str() {
            "microsoft.authorization" => {
                let clusters = self.cluster_documents(moment);
                self.access
                    .handle(request, address, directory, &clusters, moment)
            }
            "microsoft.managedidentity" => {
                self.identities.handle(request, address, directory, moment)
            }
            "microsoft.network" => {
                let clusters = self.cluster_documents(moment);
                self.networks
                    .handle(request, address, &clusters, moment)
                    .or_else(|| self.ordinary(request, address, moment))
            }
            "microsoft.containerservice" => self.clusters(request, directory, moment),
            _ => self.ordinary(request, address, moment),
        }
    }

    fn ordinary(
        &mut self,
        request: &Request,
        address: &Address,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        let networks = &mut self.networks;
        self.resources.handle(request, address, networks, moment)
    }

    fn clusters(
        &mut self,
        request: &Request,
        directory: &Directory,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        let Self {
            aks,
            access,
            networks,
            identities,
            ..
        } = self;
        let world = World {
            subnet: &|id| networks.subnet(id),
            identity: &|id| identities.document(id),
            has_role: &|principal, action, scope| {
                access.allows(directory, principal, action, scope)
            },
        };
        aks.handle(request, moment, &world)
    }

    /// Carries out what time has brought about since the last request.
    fn settle(&mut self, moment: &mut Moment<'_>) {
        let late = self.aks.quirks.role_assignments_take_effect_late;
        self.access.settle(moment.now, late);
        self.registrations.settle(moment.now);
        self.networks.settle(moment.now);
        self.resources.settle(moment.now);
        for group in self.groups.settle(moment.now) {
            let id = format!(
                "/subscriptions/{}/resourceGroups/{group}",
                self.subscription.id
            );
            self.aks
                .delete_resource_group(&self.subscription.id, &group, moment);
            self.networks.delete_under(&id);
            self.resources.delete_under(&id);
            self.identities.delete_under(&id);
            self.access.delete_under(&id);
        }
    }

    /// What lies in the address's resource group: ids of top-level resources.
    fn contents(&self, address: &Address) -> Vec<String> {
        let Some(group) = &address.resource_group else {
            return Vec::new();
        };
        let prefix = format!(
            "/subscriptions/{}/resourcegroups/{group}/",
            self.subscription.id
        );
        self.resource_ids()
            .into_iter()
            .filter(|id| id.to_lowercase().starts_with(&prefix.to_lowercase()))
            // subscriptions/S/resourceGroups/G/providers/N/T/X: deeper ones are children.
            .filter(|id| id.split('/').filter(|part| !part.is_empty()).count() == 8)
            .collect()
    }

    fn cluster_documents(&mut self, moment: &mut Moment<'_>) -> Vec<Value> {
        let ids = self.aks.resource_ids();
        ids.iter()
            .filter_map(|id| self.aks.resource(id, moment))
            .collect()
    }

    /// A resource as GET answers it.
    pub(crate) fn resource(&mut self, id: &str, moment: &mut Moment<'_>) -> Option<Value> {
        self.settle(moment);
        self.groups
            .document(id)
            .or_else(|| self.identities.document(id))
            .or_else(|| self.networks.document(id))
            .or_else(|| self.resources.document(id))
            .or_else(|| self.access.assignment(id))
            .or_else(|| self.aks.resource(id, moment))
    }

    /// Edits a resource behind its owner's back.
    pub(crate) fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        self.groups.change(id, edit)
            || self.identities.change(id, edit)
            || self.networks.change(id, edit)
            || self.resources.change(id, edit)
            || self.aks.change(id, edit)
    }

    /// The ids of all resources, resource groups first, role assignments on them last.
    pub(crate) fn resource_ids(&self) -> Vec<String> {
        let mut ids = self.groups.ids();
        ids.extend(self.identities.ids());
        ids.extend(self.networks.ids());
        ids.extend(self.resources.ids());
        ids.extend(self.aks.resource_ids());
        ids.extend(self.access.assignment_ids());
        ids
    }
}

//! The data source `secureaks_cluster`: any cluster there is, whoever made it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{
    live,
    outputs::{CurrentNetwork, KubeletIdentity},
    ownership,
    work::Work,
};
use crate::{
    azure::arm::{
        ResourceId,
        managed_cluster::{self, ManagedCluster, Properties},
    },
    framework::{
        Attr, Block, Call, Computed, DataSource, Diagnostic, Diagnostics, Failure, Text as _, Verb,
    },
    resources::{
        Session, refusals,
        texts::{ClusterId, ClusterName, ResourceGroupName},
    },
    value::Path,
};

/// An Azure Kubernetes Service cluster that exists, whether this provider, azurerm, the portal or
/// another tool made it.
///
/// It is named by `cluster_id`, or by `name` and `resource_group_name` in the subscription of the
/// provider. Reading it needs the role Reader, and nothing of it is secret. Its `id` is what
/// the resources inside a cluster take as their `cluster_id`.
#[derive(Block, Debug)]
pub struct Query {
    /// Resource id of the cluster, in any casing, and in any subscription that can be read.
    cluster_id: Attr<Option<ClusterId>>,
    /// Name of the cluster, instead of `cluster_id`. Where `cluster_id` names the cluster it is read.
    name: Attr<Option<ClusterName>>,
    /// Name of the resource group the cluster is in, together with `name`. Where `cluster_id` names the cluster it is
    /// read.
    resource_group_name: Attr<Option<ResourceGroupName>>,
}

/// What Azure says about a cluster.
#[derive(Block, Debug)]
pub struct Found {
    /// Resource id of the cluster.
    id: Computed<String>,
    /// Name of the cluster.
    name: Computed<String>,
    /// Name of the resource group the cluster is in.
    resource_group_name: Computed<String>,
    /// Azure region.
    location: Computed<String>,
    /// Pricing tier of the control plane.
    tier: Computed<String>,
    /// How long versions of Kubernetes are supported: `KubernetesOfficial` or `AKSLongTermSupport`.
    support_plan: Computed<String>,
    /// State of the last operation, such as `Succeeded`.
    provisioning_state: Computed<String>,
    /// Whether the cluster is `Running` or `Stopped`.
    power_state: Computed<String>,
    /// Version of Kubernetes that runs.
    current_kubernetes_version: Computed<String>,
    /// Public name of the API server in DNS; none where a private cluster has none.
    fqdn: Computed<String>,
    /// Name of the API server within the networks that reach a private cluster.
    private_fqdn: Computed<String>,
    /// Name of the API server in DNS that the Azure portal uses.
    portal_fqdn: Computed<String>,
    /// Who reaches the API server, before anyone signs in.
    api_server: Computed<ApiServer>,
    /// Sign-in of people and pipelines with Microsoft Entra ID.
    entra: Computed<Entra>,
    /// Whether the static administrator certificate works.
    local_accounts: Computed<bool>,
    /// How pods are connected and kept apart.
    network: Computed<Network>,
    /// Address ranges that are in use.
    current_network: Computed<CurrentNetwork>,
    /// Issuer of the tokens of service accounts, for federated credentials; none where it is off.
    oidc_issuer_url: Computed<String>,
    /// Whether pods can sign in to Azure with the tokens of their service accounts.
    workload_identity: Computed<bool>,
    /// Name of the resource group with the nodes, which Azure makes and deletes.
    node_resource_group: Computed<String>,
    /// Identity the nodes act as, for roles such as `AcrPull`.
    kubelet_identity: Computed<KubeletIdentity>,
    /// Object id of the identity the control plane acts as, for roles on networks and disks.
    principal_id: Computed<String>,
    /// Tags.
    tags: Computed<BTreeMap<String, String>>,
}

/// Who reaches the API server.
#[derive(Block, Debug)]
pub(super) struct ApiServer {
    /// Whether it has an address inside a virtual network only.
    private: Computed<bool>,
    /// Ranges of public addresses that reach it; empty where all do, or where it is private.
    authorized_ip_ranges: Computed<BTreeSet<String>>,
}

/// Sign-in with Microsoft Entra ID.
#[derive(Block, Debug)]
pub(super) struct Entra {
    /// Whether it is on.
    enabled: Computed<bool>,
    /// Id of the tenant whose people and pipelines sign in.
    tenant_id: Computed<String>,
    /// Object ids of the groups whose members administer the cluster.
    admin_group_object_ids: Computed<BTreeSet<String>>,
    /// Whether roles of Azure give rights inside the cluster.
    azure_rbac: Computed<bool>,
}

/// How pods are connected and kept apart.
#[derive(Block, Debug)]
pub(super) struct Network {
    /// Network plugin, such as `azure`; `none` where the cluster brings its own.
    plugin: Computed<String>,
    /// Mode of the plugin: `overlay`, or none where pods are in the subnet of their nodes.
    plugin_mode: Computed<String>,
    /// Engine that enforces network policies: `cilium`, `azure`, `calico`, or `none`, with which
    /// network policies are accepted and do nothing.
    policy: Computed<String>,
}

/// The data source.
#[derive(Debug)]
pub struct ExistingCluster;

#[async_trait]
impl DataSource for ExistingCluster {
    const NAME: &'static str = "cluster";
    type Client = Session;
    type Query = Query;
    type Outputs = Found;

    fn check(&self, query: &Query, diagnostics: &mut Diagnostics) {
        let wanted = "Write `cluster_id`, or both `name` and `resource_group_name`.";
        let id = &query.cluster_id;
        let missing = |path: &Path, what: &str| {
            Diagnostic::error("Cluster is not named", format!("{what}. {wanted}")).at(path)
        };
        let (name, group) = (&query.name, &query.resource_group_name);
        let absent = (is_absent(id), is_absent(name), is_absent(group));
        match absent {
            (true, true, true) => {
                diagnostics.push(missing(id.path(), "Nothing says which cluster is meant"));
            }
            (true, false, true) if name.if_set().is_some() => {
                diagnostics.push(missing(group.path(), "`resource_group_name` is left out"));
            }
            (true, true, false) if group.if_set().is_some() => {
                diagnostics.push(missing(name.path(), "`name` is left out"));
            }
            _ => {}
        }
        if id.if_set().is_some() && (name.if_set().is_some() || group.if_set().is_some()) {
            diagnostics.push(id.error(
                "Cluster is named twice",
                format!("`cluster_id` is written beside `name` or `resource_group_name`. {wanted}"),
            ));
        }
    }

    async fn read(&self, call: &Call<Session>, query: &Query) -> Result<Found, Failure> {
        let id = query.id(call.client.azure()?.subscription_id())?;
        let work = Work::begin(call, id, Verb::Read)?;
        let answer = work
            .azure
            .read(&managed_cluster::get(&work.id), &work.limits)
            .await;
        match answer.and_then(|response| response.json()) {
            Ok(cluster) => Ok(found(&work.id, &cluster)),
            Err(error) if error.is_not_found() => Err(query.not_there(&work.id).into()),
            Err(error) => Err(refusals::tell(&error, Verb::Read, "cluster", query)),
        }
    }
}

/// Whether an attribute is known to be left out.
fn is_absent<T>(attribute: &Attr<Option<T>>) -> bool {
    attribute.if_known().is_some_and(Option::is_none)
}

impl Query {
    fn id(&self, subscription: &str) -> Result<ResourceId, Diagnostic> {
        let refuse = |error: String| Diagnostic::error("Invalid id", error).at(self.place());
        if let Some(id) = self.cluster_id.if_set() {
            return ResourceId::parse(&id.text()).map_err(|error| refuse(error.to_string()));
        }
        let name = self.name.known()?.as_ref().map(AsRef::as_ref);
        let group = self.resource_group_name.known()?.as_ref();
        ResourceId::managed_cluster(
            subscription,
            group.map(AsRef::as_ref).unwrap_or_default(),
            name.unwrap_or_default(),
        )
        .map_err(|error| refuse(error.to_string()))
    }

    /// The attribute that names the cluster.
    fn place(&self) -> &Path {
        if self.cluster_id.if_set().is_some() {
            self.cluster_id.path()
        } else {
            self.name.path()
        }
    }

    fn not_there(&self, id: &ResourceId) -> Diagnostic {
        let detail = format!(
            "Azure knows no cluster {id}. `az aks list --subscription {} --query [].id` lists those that can be seen. If the cluster is made by this configuration, refer to the resource that makes it, so that it is read afterwards.",
            id.subscription()
        );
        Diagnostic::error("Cluster does not exist", detail).at(self.place())
    }
}

impl refusals::Places for Query {
    fn place(&self, _target: Option<&str>, _code: Option<&str>) -> Path {
        self.place().clone()
    }
}

/// What the data source answers about a cluster.
fn found(id: &ResourceId, cluster: &ManagedCluster) -> Found {
    let empty = Properties::default();
    let properties = cluster.properties.as_ref().unwrap_or(&empty);
    let known = live::outputs(id, cluster, properties);
    let security = properties.security_profile.clone().unwrap_or_default();
    let tier = cluster.sku.as_ref().and_then(|sku| sku.tier.clone());
    let tags = cluster.tags.clone().unwrap_or_default();
    // Names as they were given when the cluster was made, whatever casing it is asked for in.
    let own = cluster.id.as_deref().map(ResourceId::parse);
    let spelled = own.and_then(Result::ok).unwrap_or_else(|| id.clone());
    Found {
        id: spelled.as_str().to_owned().into(),
        name: spelled.name().to_owned().into(),
        resource_group_name: spelled.resource_group().map(str::to_owned).into(),
        location: cluster.location.clone().into(),
        tier: tier.into(),
        support_plan: properties.support_plan.clone().into(),
        provisioning_state: properties.provisioning_state.clone().into(),
        power_state: known.power_state,
        current_kubernetes_version: known.current_kubernetes_version,
        fqdn: known.fqdn,
        private_fqdn: properties.private_fqdn.clone().into(),
        portal_fqdn: known.portal_fqdn,
        api_server: api_server(properties).into(),
        entra: entra(properties).into(),
        local_accounts: (properties.disable_local_accounts != Some(true)).into(),
        network: network(properties).into(),
        current_network: known.current_network,
        oidc_issuer_url: known.oidc_issuer_url,
        workload_identity: security
            .workload_identity
            .and_then(|switch| switch.enabled)
            .unwrap_or(false)
            .into(),
        node_resource_group: known.node_resource_group,
        kubelet_identity: known.kubelet_identity,
        principal_id: known.principal_id,
        tags: tags
            .into_iter()
            .filter(|(name, _)| !ownership::is_mark(name))
            .collect::<BTreeMap<_, _>>()
            .into(),
    }
}

fn api_server(properties: &Properties) -> ApiServer {
    let profile = properties.api_server_access_profile.clone();
    let profile = profile.unwrap_or_default();
    let ranges = profile.authorized_ip_ranges.unwrap_or_default();
    ApiServer {
        private: (profile.enable_private_cluster == Some(true)).into(),
        authorized_ip_ranges: ranges.into_iter().collect::<BTreeSet<_>>().into(),
    }
}

fn entra(properties: &Properties) -> Entra {
    let profile = properties.aad_profile.clone();
    let enabled = profile.is_some();
    let profile = profile.unwrap_or_default();
    let groups = profile.admin_group_object_ids.unwrap_or_default();
    Entra {
        enabled: enabled.into(),
        tenant_id: profile.tenant_id.into(),
        admin_group_object_ids: groups.into_iter().collect::<BTreeSet<_>>().into(),
        azure_rbac: (profile.enable_azure_rbac == Some(true)).into(),
    }
}

fn network(properties: &Properties) -> Network {
    let profile = properties.network_profile.clone().unwrap_or_default();
    let policy = profile.network_policy.filter(|policy| !policy.is_empty());
    Network {
        plugin: profile.network_plugin.into(),
        plugin_mode: profile.network_plugin_mode.into(),
        policy: policy.unwrap_or_else(|| "none".to_owned()).into(),
    }
}

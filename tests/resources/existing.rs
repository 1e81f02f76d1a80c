//! The data source `secureaks_cluster`: clusters that somebody else made, found by id and by name.

use secureaks::{
    framework::{
        Diagnostic,
        service::{Service as _, ValidateRequest},
    },
    value::{Encoded, from_json, to_json},
};
use secureaks_simulator::{Credential, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{
    CLUSTER, Provider, assert_understood, fast_azure, make, redacted, told, writes,
};

impl Provider {
    /// `ReadDataSource`: the answer as JSON, null when there is none, and what there is to tell.
    pub(crate) fn read_data(&self, name: &str, query: &Json) -> (Json, Vec<Diagnostic>) {
        let ty = self.server().schemas().data_sources[name].ty();
        let config = from_json(query.to_string().as_bytes(), &ty).expect("a query");
        let request = ValidateRequest {
            type_name: name.to_owned(),
            config: Encoded::of(&config, &ty),
            ..ValidateRequest::default()
        };
        let response = self.wait_for(self.server().read_data_source(request));
        let value = response
            .value
            .map(|value| to_json(&value.decode(&ty).expect("an answer")));
        (value.unwrap_or(Json::Null), response.diagnostics)
    }

    /// The answer to a query that nothing is wrong with.
    #[track_caller]
    pub(crate) fn data(&self, name: &str, query: &Json) -> Json {
        let (value, diagnostics) = self.read_data(name, query);
        assert_eq!(diagnostics, []);
        value
    }
}

/// Makes a cluster as azurerm or the portal would; what Azure says about it.
pub(crate) fn foreign_cluster(azure: &Simulator) -> Json {
    let pool = json!({
        "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1,
    });
    let properties = json!({
        "dnsPrefix": "foreign",
        "aadProfile": { "managed": true, "enableAzureRBAC": true },
        "disableLocalAccounts": true,
        "agentPoolProfiles": [pool],
        "networkProfile": { "networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "calico" },
        "oidcIssuerProfile": { "enabled": true },
        "securityProfile": { "workloadIdentity": { "enabled": true } },
    });
    let body = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "sku": { "name": "Base", "tier": "Standard" },
        "tags": { "made-by": "the portal" },
        "properties": properties,
    });
    make(azure, CLUSTER, body);
    azure.resource(CLUSTER).expect("a cluster")
}

#[test]
fn a_foreign_cluster_is_found_by_its_id_in_any_casing_and_by_its_name() {
    let azure = fast_azure();
    let cluster = foreign_cluster(&azure);
    let provider = Provider::acting_in(&azure, azure.environment_with(Credential::ReaderSecret));
    let id = CLUSTER
        .to_uppercase()
        .replacen("SUBSCRIPTIONS", "subscriptions", 1);
    let by_id = json!({ "cluster_id": id });
    let by_name = json!({ "name": "AKS-Demo", "resource_group_name": "RG-demo" });

    let answers = [&by_id, &by_name].map(|query| provider.data("secureaks_cluster", query));

    let properties = &cluster["properties"];
    let kubelet = &properties["identityProfile"]["kubeletidentity"];
    let network = &properties["networkProfile"];
    let known = json!({
        "id": CLUSTER,
        "location": "westeurope",
        "tier": "Standard",
        "support_plan": "KubernetesOfficial",
        "provisioning_state": "Succeeded",
        "power_state": "Running",
        "current_kubernetes_version": properties["currentKubernetesVersion"],
        "fqdn": properties["fqdn"],
        "private_fqdn": null,
        "portal_fqdn": properties["azurePortalFQDN"],
        "api_server": { "private": false, "authorized_ip_ranges": [] },
        "entra": {
            "enabled": true,
            "tenant_id": properties["aadProfile"]["tenantID"],
            "admin_group_object_ids": [],
            "azure_rbac": true,
        },
        "local_accounts": false,
        "network": { "plugin": "azure", "plugin_mode": "overlay", "policy": "calico" },
        "current_network": {
            "pod_cidr": network["podCidr"],
            "service_cidr": network["serviceCidr"],
            "dns_service_ip": network["dnsServiceIP"],
        },
        "oidc_issuer_url": properties["oidcIssuerProfile"]["issuerURL"],
        "workload_identity": true,
        "node_resource_group": properties["nodeResourceGroup"],
        "kubelet_identity": {
            "client_id": kubelet["clientId"],
            "object_id": kubelet["objectId"],
            "user_assigned_identity_id": canonical(&kubelet["resourceId"]),
        },
        "principal_id": cluster["identity"]["principalId"],
        "tags": { "made-by": "the portal" },
    });
    let empty = json!({ "cluster_id": null, "name": "aks-demo", "resource_group_name": "rg-demo" });
    let expected = [by_id, by_name].map(|query| laid_over(&laid_over(&empty, &query), &known));
    assert_eq!(answers, expected);
    assert!(properties["fqdn"].is_string() && kubelet["objectId"].is_string());
    assert_eq!(writes(&azure), Vec::<String>::new());
    assert_understood(&azure);
}

/// An id as azurerm takes it; AKS answers another casing.
fn canonical(id: &Json) -> Json {
    let id = id.as_str().expect("an id");
    json!(id.replace("/resourcegroups/", "/resourceGroups/"))
}

/// The members of two objects; those of the second count.
fn laid_over(first: &Json, second: &Json) -> Json {
    let members = [first, second].map(|object| object.as_object().expect("an object").clone());
    members.into_iter().flatten().collect()
}

#[test]
fn a_private_cluster_tells_both_its_names() {
    let azure = fast_azure();
    foreign_cluster(&azure);
    azure.change(CLUSTER, |cluster| {
        cluster["properties"]["privateFQDN"] = json!("aks.privatelink.westeurope.azmk8s.io");
        cluster["properties"]["apiServerAccessProfile"] = json!({ "enablePrivateCluster": true });
    });
    let provider = Provider::of(&azure);

    let answer = provider.data("secureaks_cluster", &json!({ "cluster_id": CLUSTER }));

    let fqdn = &azure.resource(CLUSTER).expect("a cluster")["properties"]["fqdn"];
    assert_eq!(
        (
            &answer["fqdn"],
            &answer["private_fqdn"],
            &answer["api_server"]["private"]
        ),
        (
            fqdn,
            &json!("aks.privatelink.westeurope.azmk8s.io"),
            &json!(true)
        )
    );
}

#[test]
fn a_query_that_names_no_cluster_is_told_what_is_missing() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let queries = [
        json!({}),
        json!({ "name": "aks" }),
        json!({ "resource_group_name": "rg" }),
        json!({ "cluster_id": CLUSTER, "name": "aks" }),
        json!({ "cluster_id": "aks" }),
        json!({ "cluster_id": CLUSTER }),
        json!({ "name": "aks", "resource_group_name": "rg-elsewhere" }),
    ];

    let texts = queries.map(|query| {
        let (value, diagnostics) = provider.validated("secureaks_cluster", &query);
        assert_eq!(value, Json::Null);
        redacted(&told(&diagnostics))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}

impl Provider {
    /// `ValidateDataResourceConfig`, and `ReadDataSource` where that finds nothing wrong.
    pub(crate) fn validated(&self, name: &str, query: &Json) -> (Json, Vec<Diagnostic>) {
        let ty = self.server().schemas().data_sources[name].ty();
        let config = from_json(query.to_string().as_bytes(), &ty).expect("a query");
        let request = ValidateRequest {
            type_name: name.to_owned(),
            config: Encoded::of(&config, &ty),
            ..ValidateRequest::default()
        };
        let wrong = self.wait_for(self.server().validate_data_source(request));
        if wrong.is_empty() {
            self.read_data(name, query)
        } else {
            (Json::Null, wrong)
        }
    }
}

//! The networking parts of a managed cluster.

use super::model::model;

model! {
    /// How pods and services reach each other and the world.
    NetworkProfile {
        network_plugin: String = "networkPlugin",
        network_plugin_mode: String = "networkPluginMode",
        network_policy: String = "networkPolicy",
        network_dataplane: String = "networkDataplane",
        pod_cidr: String = "podCidr",
        pod_cidrs: Vec<String> = "podCidrs",
        service_cidr: String = "serviceCidr",
        service_cidrs: Vec<String> = "serviceCidrs",
        dns_service_ip: String = "dnsServiceIP",
        ip_families: Vec<String> = "ipFamilies",
        outbound_type: String = "outboundType",
        load_balancer_sku: String = "loadBalancerSku",
        load_balancer_profile: LoadBalancerProfile = "loadBalancerProfile",
        nat_gateway_profile: NatGatewayProfile = "natGatewayProfile",
    }
}

model! {
    /// The cluster's load balancer; its settings stay as they are.
    LoadBalancerProfile {
        effective_outbound_ips: serde_json::Value = "effectiveOutboundIPs",
    }
}

model! {
    /// The cluster's NAT gateway; its settings stay as they are.
    NatGatewayProfile {
        effective_outbound_ips: serde_json::Value = "effectiveOutboundIPs",
    }
}

model! {
    /// Who may reach the API server.
    ApiServerAccessProfile {
        authorized_ip_ranges: Vec<String> = "authorizedIPRanges",
        enable_private_cluster: bool = "enablePrivateCluster",
        private_dns_zone: String = "privateDNSZone",
        enable_private_cluster_public_fqdn: bool = "enablePrivateClusterPublicFQDN",
        disable_run_command: bool = "disableRunCommand",
        enable_vnet_integration: bool = "enableVnetIntegration",
        subnet_id: String = "subnetId",
    }
}

impl NetworkProfile {
    pub(super) fn strip_read_only(&mut self) {
        if let Some(balancer) = &mut self.load_balancer_profile {
            balancer.effective_outbound_ips = None;
        }
        if let Some(gateway) = &mut self.nat_gateway_profile {
            gateway.effective_outbound_ips = None;
        }
    }
}

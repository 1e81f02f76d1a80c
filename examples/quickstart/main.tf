terraform {
  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

# The same ARM_* environment variables as azurerm.
provider "secureaks" {}

variable "admin_group_object_id" {
  description = "Object id of the Entra group whose members administer the cluster."
  type        = string
  default     = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"
}

variable "developers_group_object_id" {
  description = "Object id of the Entra group whose members work in the namespace."
  type        = string
  default     = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"
}

variable "node_count" {
  description = "Number of nodes for the cluster's own pods."
  type        = number
  default     = 3
}

resource "secureaks_cluster" "main" {
  name                = "aks-demo"
  resource_group_name = "rg-demo"
  location            = "westeurope"

  entra {
    admin_group_object_ids = [var.admin_group_object_id]
  }

  # The signed-in identity works inside the cluster below; Owner in Azure does not include that.
  grant_applier_access = true

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = var.node_count
  }
}

# Closed unless opened: restricted pods, and no traffic but DNS.
resource "secureaks_namespace" "shop" {
  cluster_id = secureaks_cluster.main.id
  name       = "shop"
}

# The developers may work in the namespace, and nowhere else.
resource "secureaks_aad_binding" "developers" {
  cluster_id   = secureaks_cluster.main.id
  name         = "developers"
  cluster_role = "edit"
  namespaces   = [secureaks_namespace.shop.name]

  principals {
    type      = "Group"
    object_id = var.developers_group_object_id
  }
}

# The one exception: the web pods take requests from the ingress controller.
resource "secureaks_network_policy" "web" {
  cluster_id = secureaks_cluster.main.id
  namespace  = secureaks_namespace.shop.name
  name       = "web-from-ingress"
  pods       = { app = "web" }
  directions = ["ingress"]

  allow_from {
    namespace = "app-routing-system"

    ports {
      port = "8080"
    }
  }
}

output "cluster_id" {
  description = "For role assignments, diagnostics and policies."
  value       = secureaks_cluster.main.id
}

output "api_server" {
  description = "Name of the API server."
  value       = secureaks_cluster.main.fqdn
}

output "kubernetes_version" {
  description = "Version of Kubernetes that runs."
  value       = secureaks_cluster.main.current_kubernetes_version
}

output "oidc_issuer_url" {
  description = "For the federated credentials of workloads."
  value       = secureaks_cluster.main.oidc_issuer_url
}

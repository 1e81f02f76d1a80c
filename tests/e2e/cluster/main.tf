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

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = var.node_count
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

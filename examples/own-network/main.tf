# A cluster in a subnet of your own, with an identity that exists by itself. The ids may come from
# azurerm_subnet and azurerm_user_assigned_identity, or from whoever runs the network.
terraform {
  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

provider "secureaks" {}

variable "subnet_id" {
  description = "Id of the subnet for the nodes; pods get addresses of their own."
  type        = string
}

variable "identity_id" {
  description = "Id of the user-assigned identity the control plane acts as."
  type        = string
}

variable "admin_group_object_id" {
  description = "Object id of the Entra group whose members administer the cluster."
  type        = string
}

resource "secureaks_cluster" "main" {
  name                = "aks-own-network"
  resource_group_name = "rg-demo"
  location            = "westeurope"

  entra {
    admin_group_object_ids = [var.admin_group_object_id]
  }

  # Only from the network's own way out.
  api_server {
    authorized_ip_ranges = ["20.50.0.4/32"]
  }

  # The identity is given the role Network Contributor on the subnet.
  identity {
    type        = "UserAssigned"
    identity_id = var.identity_id
  }

  # Ranges that nothing in the network uses.
  network {
    pod_cidr       = "10.244.0.0/16"
    service_cidr   = "10.245.0.0/16"
    dns_service_ip = "10.245.0.10"
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
    subnet_id  = var.subnet_id
  }
}

output "network" {
  description = "Address ranges in use."
  value       = secureaks_cluster.main.current_network
}

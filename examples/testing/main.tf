terraform {
  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

provider "secureaks" {}

variable "admin_group_object_id" {
  description = "Object id of the Entra group whose members administer the cluster."
  type        = string
  default     = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"
}

variable "teams" {
  description = "Object id of the Entra group of each team, by the name of its namespace."
  type        = map(string)
  default     = { shop = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13" }
}

resource "secureaks_cluster" "main" {
  name                 = "aks-teams"
  resource_group_name  = "rg-demo"
  location             = "westeurope"
  grant_applier_access = true

  entra {
    admin_group_object_ids = [var.admin_group_object_id]
  }

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}

resource "secureaks_namespace" "team" {
  for_each = var.teams

  cluster_id = secureaks_cluster.main.id
  name       = each.key
}

resource "secureaks_aad_binding" "team" {
  for_each = var.teams

  cluster_id   = secureaks_cluster.main.id
  name         = each.key
  cluster_role = "edit"
  namespaces   = [secureaks_namespace.team[each.key].name]

  principals {
    type      = "Group"
    object_id = each.value
  }
}

data "secureaks_kubeconfig" "main" {
  cluster_id = secureaks_cluster.main.id
}

output "kubeconfig" {
  description = "terraform output -raw kubeconfig > kubeconfig.yaml"
  value       = data.secureaks_kubeconfig.main.kubeconfig
}

# The flow of "Secure AKS at deployment" in today's form: sign-in with Entra, an administrator by
# name, a group of administrators, an administrator of one namespace, and a namespace in which
# nothing is allowed but what is said.

terraform {
  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

provider "secureaks" {}

variable "resource_group_name" {
  description = "Name of the resource group, which exists."
  type        = string
}

variable "administrator" {
  description = "User principal name of the person who administers the cluster."
  type        = string
}

variable "administrators_group" {
  description = "Object id of the Entra group whose members administer the cluster."
  type        = string
}

variable "namespace_administrator" {
  description = "User principal name of the person who administers the namespace."
  type        = string
}

# Entra needs no applications and no secret of yours any more: sign-in is on unless told otherwise.
resource "secureaks_cluster" "main" {
  name                 = "aks-slides"
  resource_group_name  = var.resource_group_name
  location             = "westeurope"
  grant_applier_access = true

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}

# Two ClusterRoleBindings to cluster-admin: for a user, and for a group.
resource "secureaks_aad_binding" "administrator" {
  cluster_id   = secureaks_cluster.main.id
  name         = "cluster-administrator"
  cluster_role = "cluster-admin"

  principals {
    type                = "User"
    user_principal_name = var.administrator
  }
}

resource "secureaks_aad_binding" "administrators" {
  cluster_id   = secureaks_cluster.main.id
  name         = "cluster-administrators"
  cluster_role = "cluster-admin"

  principals {
    type      = "Group"
    object_id = var.administrators_group
  }
}

# A namespace with default deny in both directions, DNS kept.
resource "secureaks_namespace" "demo" {
  cluster_id = secureaks_cluster.main.id
  name       = "demo"
}

# A RoleBinding to admin, in that namespace only.
resource "secureaks_aad_binding" "namespace_administrator" {
  cluster_id   = secureaks_cluster.main.id
  name         = "namespace-administrator"
  cluster_role = "admin"
  namespaces   = [secureaks_namespace.demo.name]

  principals {
    type                = "User"
    user_principal_name = var.namespace_administrator
  }
}

# First everything is denied, then one thing is allowed: the front end may call the back end.
resource "secureaks_network_policy" "backend" {
  cluster_id = secureaks_cluster.main.id
  namespace  = secureaks_namespace.demo.name
  name       = "backend-from-frontend"
  pods       = { app = "backend" }
  directions = ["ingress"]

  allow_from {
    pods = { app = "frontend" }

    ports {
      port = "8080"
    }
  }
}

resource "secureaks_network_policy" "frontend" {
  cluster_id = secureaks_cluster.main.id
  namespace  = secureaks_namespace.demo.name
  name       = "frontend-to-backend"
  pods       = { app = "frontend" }
  directions = ["egress"]

  allow_to {
    pods = { app = "backend" }

    ports {
      port = "8080"
    }
  }
}

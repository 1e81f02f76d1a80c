# A group works in one namespace. Members come and go in Entra; the binding stays.
resource "secureaks_aad_binding" "example" {
  cluster_id   = secureaks_cluster.example.id
  name         = "developers"
  cluster_role = "edit"
  namespaces   = [secureaks_namespace.example.name]

  principals {
    type      = "Group"
    object_id = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"
  }
}

# A person and a pipeline read the whole cluster, by a role of Azure.
resource "secureaks_aad_binding" "readers" {
  cluster_id = secureaks_cluster.example.id
  name       = "readers"
  mode       = "azure_rbac"
  azure_role = "Azure Kubernetes Service RBAC Reader"

  principals {
    type                = "User"
    user_principal_name = "lee@simulated.onmicrosoft.com"
  }
  principals {
    type         = "ServicePrincipal"
    display_name = "machine"
  }
}

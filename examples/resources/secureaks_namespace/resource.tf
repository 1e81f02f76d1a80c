resource "secureaks_namespace" "example" {
  cluster_id = secureaks_cluster.example.id
  name       = "team-a"

  labels = {
    team = "a"
  }

  quota = {
    "requests.cpu"  = "4"
    "limits.memory" = "8Gi"
    pods            = "20"
  }

  limits {
    default = {
      cpu    = "500m"
      memory = "256Mi"
    }
    default_request = {
      cpu    = "100m"
      memory = "128Mi"
    }
  }
}

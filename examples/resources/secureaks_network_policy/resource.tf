# The web pods may be called by the ingress controller, and call the database and DNS.
resource "secureaks_network_policy" "example" {
  cluster_id = secureaks_cluster.example.id
  namespace  = secureaks_namespace.example.name
  name       = "web"

  pods = {
    app = "web"
  }

  allow_from {
    namespace = "ingress-nginx"
    pods      = { "app.kubernetes.io/name" = "ingress-nginx" }

    ports {
      port = 8080
    }
  }

  allow_to {
    pods = { app = "database" }

    ports {
      port = 5432
    }
  }

  allow_dns = true
}

# Whatever the short form cannot say.
resource "secureaks_network_policy" "raw" {
  cluster_id = secureaks_cluster.example.id
  namespace  = secureaks_namespace.example.name
  name       = "batch"

  raw = jsonencode({
    podSelector = {
      matchExpressions = [{ key = "batch.kubernetes.io/job-name", operator = "Exists" }]
    }
    policyTypes = ["Ingress"]
  })
}

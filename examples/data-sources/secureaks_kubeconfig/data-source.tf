data "secureaks_cluster" "example" {
  name                = "aks-example"
  resource_group_name = "rg-demo"
}

data "secureaks_kubeconfig" "example" {
  cluster_id = data.secureaks_cluster.example.id
}

# It holds no secret: whoever uses it signs in as themselves.
output "kubeconfig" {
  description = "terraform output -raw kubeconfig > kubeconfig.yaml"
  value       = data.secureaks_kubeconfig.example.kubeconfig
}

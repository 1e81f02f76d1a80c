data "secureaks_cluster" "example" {
  name                = "aks-example"
  resource_group_name = "rg-demo"
}

# For a provider block or a provisioner, such as `token = ephemeral.secureaks_credentials.example.token`.
ephemeral "secureaks_credentials" "example" {
  cluster_id = data.secureaks_cluster.example.id
}

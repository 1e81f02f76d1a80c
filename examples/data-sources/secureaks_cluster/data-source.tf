# A cluster that azurerm, the portal or another configuration made.
data "secureaks_cluster" "example" {
  name                = "aks-example"
  resource_group_name = "rg-demo"
}

output "oidc_issuer_url" {
  description = "For the federated credentials of workloads."
  value       = data.secureaks_cluster.example.oidc_issuer_url
}

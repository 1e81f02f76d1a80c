import {
  to = secureaks_cluster.example
  identity = {
    subscription_id     = "c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365"
    resource_group_name = "rg-demo"
    name                = "aks-example"
  }
}

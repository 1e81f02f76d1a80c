import {
  to = secureaks_aad_binding.example
  id = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-example/aadBindings/developers"
}

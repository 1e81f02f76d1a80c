mock_provider "secureaks" {
  mock_resource "secureaks_cluster" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-mock/providers/Microsoft.ContainerService/managedClusters/aks-mock"
    }
  }

  mock_data "secureaks_cluster" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-mock/providers/Microsoft.ContainerService/managedClusters/aks-mock"
    }
  }
}

run "each_team_works_in_its_own_namespace" {
  assert {
    condition = alltrue([
      for team, binding in secureaks_aad_binding.team : binding.namespaces == toset([team])
    ])
    error_message = "A binding reaches beyond the namespace of its team."
  }

  assert {
    condition     = secureaks_namespace.team["shop"].cluster_id == secureaks_cluster.main.id
    error_message = "The namespace is in another cluster."
  }
}

run "a_second_team_is_added" {
  variables {
    teams = {
      billing = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"
      shop    = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"
    }
  }

  assert {
    condition     = keys(secureaks_namespace.team) == ["billing", "shop"]
    error_message = "Not every team has a namespace."
  }
}

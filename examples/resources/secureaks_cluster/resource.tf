resource "secureaks_cluster" "example" {
  name                = "aks-example"
  resource_group_name = "rg-demo"
  location            = "westeurope"
  kubernetes_version  = "1.35"

  entra {
    admin_group_object_ids = ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"]
  }

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size = "Standard_D4ds_v5"

    autoscale {
      min_count = 3
      max_count = 6
    }
  }

  tags = {
    environment = "production"
  }
}

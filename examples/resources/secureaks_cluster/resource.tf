resource "secureaks_cluster" "example" {
  name                = "aks-example"
  resource_group_name = "rg-demo"
  location            = "westeurope"
  kubernetes_version  = "1.35"

  entra {
    admin_group_object_ids = ["5e1f0b5c-6d0a-4e8f-9a51-3f2f6f4b7a10"]
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

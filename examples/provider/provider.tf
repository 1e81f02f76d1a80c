terraform {
  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

# Who signs in, and to which subscription, comes from the same ARM_* variables as azurerm's.
provider "secureaks" {
  # Name of this configuration's state: a cluster whose creation was killed is then seen through
  # from any machine.
  owner = "platform/production"
}

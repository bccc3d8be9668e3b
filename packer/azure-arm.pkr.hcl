source "azure-arm" "image" {
  subscription_id = var.azure_subscription
  tenant_id       = var.azure_tenant
  client_id       = var.azure_client
  client_secret   = var.azure_secret

  managed_image_name                = var.name
  managed_image_resource_group_name = var.azure_resource_group
  azure_tags                        = local.tags
  location                          = var.azure_location
  vm_size                           = var.azure_vm_size

  os_type         = "Linux"
  image_publisher = "Debian"
  image_offer     = "debian-12"
  image_sku       = "12-gen2"
  ssh_username    = "packer"
}

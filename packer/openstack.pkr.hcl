source "openstack" "image" {
  image_name          = var.name
  metadata            = local.tags
  source_image_name   = var.openstack_source_image
  flavor              = var.openstack_flavor
  networks            = var.openstack_networks
  security_groups     = var.openstack_security_groups
  floating_ip_network = var.openstack_floating_ip_network
  instance_name       = "build-${var.name}"
  ssh_username        = "debian"
}

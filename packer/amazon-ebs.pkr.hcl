source "amazon-ebs" "image" {
  region        = var.aws_region
  instance_type = var.aws_instance_type
  subnet_id     = var.aws_subnet
  ami_name      = var.name
  tags          = local.tags
  snapshot_tags = local.tags
  run_tags      = { Name = "build-${var.name}" }
  ssh_username  = "admin"
  ena_support   = true

  source_ami_filter {
    owners      = [var.aws_debian_owner]
    most_recent = true
    filters = {
      name                = "debian-12-amd64-*"
      virtualization-type = "hvm"
      root-device-type    = "ebs"
    }
  }
}

# One build for all clouds; each source is in a file of its own. packer/build TYPE SOURCE runs it.

locals {
  version = regex_replace(var.name, "^.*-[0-9]{8}-", "")
  # What an image is found by: the role of each cloud looks for vmm-image-type (cloud_images), the manifest says the name.
  tags = {
    "vmm-image-type" = var.type
    "vmm-image-name" = var.name
  }
}

build {
  name = "image"
  sources = [
    "source.openstack.image",
    "source.amazon-ebs.image",
    "source.azure-arm.image",
    "source.qemu.image",
  ]

  # Ansible does all there is to do, so that an image is what its roles say on every cloud.
  provisioner "ansible" {
    command       = "${path.root}/ansible-playbook"
    playbook_file = "${path.root}/../provisioning/ansible/image.yml"
    groups        = ["image"]
    use_proxy     = false
    ansible_env_vars = [
      "ANSIBLE_CONFIG=${path.root}/../provisioning/ansible/ansible.cfg",
      # A machine that is made and deleted by this build; there is nothing to compare its key with.
      "ANSIBLE_HOST_KEY_CHECKING=False",
    ]
    extra_arguments = concat([
      "-e", "image_type=${var.type} image_name=${var.name} image_version=${local.version} image_created=${var.created}",
      "-e", "image_identity_copy_to=${var.output}",
    ], var.cloud == "" ? [] : ["-e", "cloud=${var.cloud}"], var.qemu_apt_proxy == "" ? [] : ["-e", "image_build_proxy=${var.qemu_apt_proxy}"], var.ansible)
  }

  post-processor "manifest" {
    output = "${var.output}/packer.json"
    custom_data = {
      name    = var.name
      type    = var.type
      created = var.created
    }
  }
}

# What a build is told. packer/build sets the first four; the rest is each cloud's own, in a file of yours or with -var. Credentials come from the
# environment, as each cloud's own tools read them.

variable "type" {
  type        = string
  description = "Type of image: base, jupyter, desktop, mantid-like or gpu."
  validation {
    condition     = contains(["base", "jupyter", "desktop", "mantid-like", "gpu"], var.type)
    error_message = "The type is one of base, jupyter, desktop, mantid-like, gpu."
  }
}

variable "name" {
  type        = string
  description = "Name of the image everywhere, of type, date and git revision, as packer/image-name says it."
  validation {
    condition     = regex_replace(var.name, "^[a-z][a-z-]*-[0-9]{8}-[0-9a-f]{7}(-dirty)?$", "") == ""
    error_message = "The name is type-date-revision, such as jupyter-20261122-abc1234."
  }
}

variable "created" {
  type        = string
  description = "When, in UTC, such as 2026-11-22T04:46:02Z."
  validation {
    condition     = can(formatdate("YYYY", var.created))
    error_message = "The time is as in 2026-11-22T04:46:02Z."
  }
}

variable "output" {
  type        = string
  description = "Folder that the manifest, the lists of packages and, with qemu, the disk go to."
}

variable "cloud" {
  type        = string
  default     = ""
  description = "Site whose proxies are baked in (group_vars/<cloud>.yml); none if empty, and the image fits any site."
}

variable "ansible" {
  type        = list(string)
  default     = []
  description = "More arguments for ansible-playbook."
}

# --- openstack: OS_AUTH_URL and the rest of an openrc file from the environment ---------------------------------------------------
variable "openstack_source_image" {
  type        = string
  default     = "debian-12"
  description = "Name of the cloud's own Debian 12."
}

variable "openstack_flavor" {
  type        = string
  default     = "m1.small"
  description = "Flavor of the machine that builds."
}

variable "openstack_networks" {
  type        = list(string)
  default     = []
  description = "Ids of its networks, from which the packages can be reached."
}

variable "openstack_floating_ip_network" {
  type        = string
  default     = ""
  description = "Network that a floating address is taken from, where it is not reached otherwise."
}

variable "openstack_security_groups" {
  type        = list(string)
  default     = []
  description = "Security groups that let in ssh from here; the project's default if empty."
}

# --- amazon-ebs: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, from the environment ------------------------------------
variable "aws_region" {
  type        = string
  default     = "eu-west-1"
  description = "Region to build in and keep the image in."
}

variable "aws_instance_type" {
  type        = string
  default     = "t3.medium"
  description = "Type of the machine that builds."
}

variable "aws_subnet" {
  type        = string
  default     = ""
  description = "Subnet to build in; the default VPC's if empty."
}

variable "aws_debian_owner" {
  type        = string
  default     = "136693071363"
  description = "Account that publishes Debian's images."
}

# --- azure-arm: packer/build takes AZURE_SUBSCRIPTION_ID, AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET from the environment ----------
variable "azure_subscription" {
  type        = string
  default     = ""
  description = "Subscription."
}

variable "azure_tenant" {
  type        = string
  default     = ""
  description = "Tenant."
}

variable "azure_client" {
  type        = string
  default     = ""
  description = "Application that builds."
}

variable "azure_secret" {
  type        = string
  default     = ""
  sensitive   = true
  description = "Its secret."
}

variable "azure_resource_group" {
  type        = string
  default     = "vmm-images"
  description = "Resource group that images are kept in; it exists."
}

variable "azure_location" {
  type        = string
  default     = "uksouth"
  description = "Region."
}

variable "azure_vm_size" {
  type        = string
  default     = "Standard_B2s"
  description = "Size of the machine that builds."
}

# --- qemu: on this machine, without a cloud ----------------------------------------------------------------------------------------
variable "qemu_source_image" {
  type        = string
  default     = "debian-12-genericcloud-amd64.qcow2"
  description = "Disk to begin from, as a path or URL: Debian's genericcloud image, or any with cloud-init."
}

variable "qemu_source_checksum" {
  type        = string
  default     = "none"
  description = "Its checksum, such as sha512:…; none is for disks made on this machine."
}

variable "qemu_disk_size" {
  type        = string
  default     = "8G"
  description = "Size of the disk; cloud-init grows the file system to it."
}

variable "qemu_memory" {
  type        = number
  default     = 2048
  description = "MiB of memory of the machine that builds."
}

variable "qemu_accelerator" {
  type        = string
  default     = "kvm"
  description = "kvm, or tcg where there is none; then a build takes minutes longer."
  validation {
    condition     = contains(["kvm", "tcg"], var.qemu_accelerator)
    error_message = "The accelerator is kvm or tcg."
  }
}

variable "qemu_kernel" {
  type        = string
  default     = ""
  description = "Kernel to boot the disk with, beside qemu_initrd, where it has no boot loader."
}

variable "qemu_initrd" {
  type        = string
  default     = ""
  description = "Initial file system for qemu_kernel."
}

variable "qemu_apt_proxy" {
  type        = string
  default     = ""
  description = "A cache of packages as the guest reaches it (this machine is 10.0.2.2), used while building only."
}

# A disk made on this machine. The guest is let in as root with a key of this build, by a seed that cloud-init reads; image_hygiene removes both.
source "qemu" "image" {
  vm_name          = "${var.name}.qcow2"
  output_directory = "${var.output}/disk"
  disk_image       = true
  iso_url          = var.qemu_source_image
  iso_checksum     = var.qemu_source_checksum
  disk_size        = var.qemu_disk_size
  format           = "qcow2"
  disk_compression = true
  accelerator      = var.qemu_accelerator
  memory           = var.qemu_memory
  headless         = true
  boot_wait        = "1s"

  communicator         = "ssh"
  ssh_username         = "root"
  ssh_private_key_file = "${var.output}/seed/key"
  ssh_timeout          = "20m"
  shutdown_command     = "systemctl poweroff"

  # Giving any -drive here replaces the plugin's own, so the disk is named again.
  qemuargs = concat([
    ["-drive", "file=${var.output}/disk/${var.name}.qcow2,if=virtio,format=qcow2,cache=unsafe,discard=unmap"],
    ["-drive", "file=${var.output}/seed/seed.iso,if=virtio,format=raw,readonly=on"],
    ["-cpu", var.qemu_accelerator == "kvm" ? "host" : "max"],
    ["-smp", "2"],
    ], var.qemu_kernel == "" ? [] : [
    ["-kernel", var.qemu_kernel],
    ["-initrd", var.qemu_initrd],
    ["-append", "root=/dev/vda rw console=ttyS0"],
  ])
}

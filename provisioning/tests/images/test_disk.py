"""A baked image as a disk, booted by qemu without hardware's help: kernel, cloud-init, first boot and guest agent, as a cloud would have them."""

import json
import re
import subprocess
import time
from contextlib import contextmanager

import pytest
from conftest import CHECKOUT, LAB, look_into
from guest_service import Service, free_port

TOKEN = "0190b0a0-0000-7000-8000-000000000001.of-the-disk"
# The guest's view of this machine, by qemu's user network.
HOST = "10.0.2.2"


@contextmanager
def machine(folder, port: int, user_data: dict):
    """Runs until the block ends; its port 22 is `port` here. What its console says is in console.log."""
    (folder / "meta-data").write_text("instance-id: disk\nlocal-hostname: disk\n")
    (folder / "user-data").write_text("#cloud-config\n" + json.dumps(user_data))
    seed = ["genisoimage", "-quiet", "-output", "seed.iso", "-volid", "cidata", "-joliet", "-rock", "user-data", "meta-data"]
    subprocess.run(seed, cwd=folder, check=True)
    running = subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "1024", "-display", "none", "-no-reboot", "-serial", "file:console.log"]
        + ["-kernel", "vmlinuz", "-initrd", "initrd.img", "-append", "root=/dev/vda rw console=ttyS0"]
        + ["-drive", "file=disk.qcow2,if=virtio,format=qcow2,cache=unsafe", "-drive", "file=seed.iso,if=virtio,format=raw,readonly=on"]
        + ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", "virtio-net-pci,netdev=net"],
        cwd=folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@pytest.fixture(scope="module")
def booted(base, tmp_path_factory):
    folder, service, port = tmp_path_factory.mktemp("disk"), Service(), free_port()
    made = subprocess.run(
        [LAB, "apt", CHECKOUT / "provisioning/tests/images/make-disk", folder, base], capture_output=True, text=True, timeout=600, check=False
    )
    assert made.returncode == 0, made.stderr
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    guest = {"vmId": TOKEN.split(".")[0], "url": service.url.replace("127.0.0.1", HOST), "token": TOKEN, "secret": "a-secret-of-the-owner-01"}
    keys = [(folder / "key.pub").read_text().strip()]
    user_data = {
        "ssh_authorized_keys": keys,
        # As a cloud's own image has an account to build by.
        "users": ["default", {"name": "builder", "sudo": "ALL=(ALL) NOPASSWD:ALL", "ssh_authorized_keys": keys, "shell": "/bin/sh"}],
        "write_files": [{"path": "/etc/vmm/guest.json", "owner": "root:root", "permissions": "0600", "content": json.dumps(guest)}],
    }
    try:
        with machine(folder, port, user_data) as running:
            until = time.monotonic() + 400
            while "/api/v1/guest/ready" not in service.paths:
                assert running.poll() is None and time.monotonic() < until, (folder / "console.log").read_text(errors="replace")[-3000:]
                time.sleep(0.5)
            yield folder, service, port, running
    finally:
        service.close()


def ssh(folder, port: int, user: str, command: str, given: str = "") -> subprocess.CompletedProcess:
    asked = ["ssh", "-F", "none", "-i", folder / "key", "-p", str(port), "-o", f"UserKnownHostsFile={folder}/known", "-o", "ConnectTimeout=60"]
    asked += ["-o", "StrictHostKeyChecking=accept-new", "-o", "BatchMode=yes", f"{user}@127.0.0.1", command]
    return subprocess.run(asked, input=given, capture_output=True, text=True, timeout=180, check=False)


def test_a_baked_image_boots_from_a_disk_and_says_that_it_is_ready(booted):
    _, service, _, _ = booted
    path, headers, report = service.asked[0]
    assert path == "/api/v1/guest/ready" and headers["Authorization"] == f"Bearer {TOKEN}"
    assert re.fullmatch(r"base-20261118-[0-9a-f]{7}(-dirty)?", report["imageName"])
    assert "10.0.2.15" in report["addresses"]


def test_its_owner_gets_in_and_meets_the_host_key_that_it_reported(booted):
    folder, service, port, _ = booted
    inside = ssh(folder, port, "scientist", "cat /etc/machine-id; systemctl --failed --plain --no-legend")
    assert inside.returncode == 0, inside.stderr
    assert re.fullmatch(r"[0-9a-f]{32}\n", inside.stdout), "a machine-id of its own, and nothing failed"
    met = {" ".join(line.split()[1:3]) for line in (folder / "known").read_text().splitlines()}
    assert met and met <= set(service.asked[0][2]["hostKeys"])
    assert ssh(folder, port, "root", "true").returncode == 255


def test_what_it_writes_until_it_is_off_is_in_no_image_made_of_it(booted):
    """The end of a build: image_hygiene on a machine that runs, which is then shut down by systemd."""
    folder, _, port, running = booted
    cleans = (CHECKOUT / "provisioning/ansible/roles/image_hygiene/files/clean").read_text()
    ended = ssh(folder, port, "builder", "sudo sh -c 'cat >/run/clean && sh /run/clean 1000 && systemctl poweroff'", given=cleans)
    assert "account builder" in ended.stdout, ended.stderr
    assert running.wait(180) == 0
    looked = look_into(folder / "disk.qcow2", folder, '"$check" "$root"')
    assert looked.returncode == 0, looked.stdout + looked.stderr

"""check-image finds each thing that has no place in an image, and that alone."""

import json
import runpy
import subprocess
from pathlib import Path

import pytest
from conftest import PACKER, checked

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n-----END OPENSSH PRIVATE KEY-----\n"


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def image(tmp_path):
    """The least that is an image."""
    write(tmp_path / "etc/passwd", "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n")
    write(tmp_path / "etc/shadow", "root:*:20000:0:99999:7:::\nnobody:!:20000:0:99999:7:::\n")
    write(tmp_path / "etc/machine-id")
    write(tmp_path / "etc/hostname", "localhost\n")
    write(tmp_path / "etc/resolv.conf")
    write(tmp_path / "etc/apt/apt.conf.d/80site-proxy", 'Acquire::http::Proxy "http://10.60.10.12:3128";\n')
    write(tmp_path / "etc/vmm/image.json", json.dumps({"name": "base-20261122-abc1234", "version": "abc1234", "type": "base"}))
    write(tmp_path / "usr/share/vmm-image/sbom.spdx.json", json.dumps({"packages": [{"name": "bash"}]}))
    write(tmp_path / "var/log/wtmp")
    for folder in ("home", "root", "tmp", "var/tmp", "var/lib/cloud"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    return tmp_path


def test_a_clean_image_has_nothing_to_name(image):
    assert checked(image) == []


def test_a_folder_that_is_no_image_is_an_error_and_not_clean(tmp_path):
    assert subprocess.run([PACKER / "check-image", tmp_path], capture_output=True, check=False).returncode == 2


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


BREAKS = {
    "a host key": ({"host-keys"}, lambda i: write(i / "etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA")),
    "a machine id": ({"machine-id"}, lambda i: write(i / "etc/machine-id", "4a2507800fef4969b93079f4170b6584\n")),
    "no machine id at all": ({"machine-id"}, lambda i: (i / "etc/machine-id").unlink()),
    "a machine id of dbus": ({"machine-id"}, lambda i: write(i / "var/lib/dbus/machine-id", "4a25\n")),
    "a history of root": ({"histories"}, lambda i: write(i / "root/.bash_history", "ls\n")),
    "a history of Python": ({"histories"}, lambda i: write(i / "root/.python_history", "1\n")),
    "an authorized key of root": ({"authorized-keys"}, lambda i: write(i / "root/.ssh/authorized_keys", "ssh-ed25519 AAAA\n")),
    "an account": ({"accounts"}, lambda i: append(i / "etc/passwd", "ann:x:1000:1000::/home/ann:/bin/bash\n")),
    "a home": ({"accounts"}, lambda i: write(i / "home/ann/notes")),
    "a history in a home": ({"accounts", "histories"}, lambda i: write(i / "home/ann/.bash_history", "ls\n")),
    "rights of the builder": ({"accounts"}, lambda i: write(i / "etc/sudoers.d/90-cloud-init-users", "debian ALL=(ALL) ALL\n")),
    "a password": ({"passwords"}, lambda i: append(i / "etc/shadow", "daemon:$y$j9T$abc$def:20000::::::\n")),
    "an empty password": ({"passwords"}, lambda i: append(i / "etc/shadow", "daemon::20000::::::\n")),
    "a locked password": ({"passwords"}, lambda i: append(i / "etc/shadow", "daemon:!$y$j9T$abc$def:20000::::::\n")),
    "a private key in etc": ({"private-keys"}, lambda i: write(i / "etc/ssl/private/server.pem", "text\n" + KEY)),
    "a private key of root": ({"private-keys"}, lambda i: write(i / "root/.ssh/id_ed25519", KEY)),
    "a private key in var": ({"private-keys"}, lambda i: write(i / "var/lib/thing/deep/key", KEY.replace("OPENSSH", "EC"))),
    "a private key of xrdp": ({"private-keys"}, lambda i: write(i / "etc/xrdp/rsakeys.ini", "[keys]\npri_exp=0xd1,0x02\n")),
    "an instance of cloud-init": ({"cloud-init"}, lambda i: write(i / "var/lib/cloud/instance/user-data.txt")),
    "a seed of cloud-init": ({"cloud-init"}, lambda i: write(i / "var/lib/cloud/seed/nocloud/meta-data")),
    "a network of the builder": ({"cloud-init"}, lambda i: write(i / "etc/netplan/50-cloud-init.yaml", "network: {}\n")),
    "a VM's token": ({"guest"}, lambda i: write(i / "etc/vmm/guest.json", "{}")),
    "a state of the agent": ({"guest"}, lambda i: write(i / "var/lib/vmm/ready.json", "{}")),
    "a proxy of the builder": ({"proxies"}, lambda i: write(i / "etc/apt/apt.conf.d/00lab", 'Acquire::http::Proxy "http://10.0.2.2:3142";\n')),
    "name servers of the builder": ({"names"}, lambda i: write(i / "etc/resolv.conf", "search x\nnameserver 192.0.2.1\n")),
    "a name of the builder": ({"names"}, lambda i: write(i / "etc/hostname", "builder\n")),
    "a random seed": ({"seeds"}, lambda i: write(i / "var/lib/systemd/random-seed", "x")),
    "a file in tmp": ({"leftovers"}, lambda i: write(i / "tmp/.ansible/x")),
    "a file in var/tmp": ({"leftovers"}, lambda i: write(i / "var/tmp/x")),
    "a log": ({"leftovers"}, lambda i: write(i / "var/log/apt/term.log", "x")),
    "a package": ({"leftovers"}, lambda i: write(i / "var/cache/apt/archives/a.deb", "x")),
    "a ban on services": ({"leftovers"}, lambda i: write(i / "usr/sbin/policy-rc.d", "exit 101")),
    "no name": ({"identity"}, lambda i: (i / "etc/vmm/image.json").unlink()),
    "a broken list": ({"identity"}, lambda i: write(i / "usr/share/vmm-image/sbom.spdx.json", "{")),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_has_no_place_is_named_by_its_check_alone(image, what):
    expected, put = BREAKS[what]
    put(image)
    assert {line.split(":")[0] for line in checked(image)} == expected


def test_every_check_is_broken_by_some_test():
    checks = runpy.run_path(str(PACKER / "check-image"), run_name="check_image")["CHECKS"]
    assert set(checks) == set().union(*(expected for expected, _ in BREAKS.values()))


def test_a_link_does_not_lead_out_of_the_image(image, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    write(outside / "key", KEY)
    (image / "etc/outside").symlink_to(outside)
    (image / "etc/key").symlink_to(outside / "key")
    assert checked(image) == []

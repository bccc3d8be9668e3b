"""Images that are booted as a cloud would: cloud-init is given user data, and writes guest.json from it."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from conftest import LAB

SECRETS = {"analysis": "first-secret-0123456789A", "movement2": "second-secret-012345678B", "bastion": "", "home": "fourth-secret-012345678D"}
ADDRESS = {"analysis": "10.60.0.51", "movement2": "198.51.100.30", "bastion": "10.60.0.10", "home": "198.51.100.20"}


class Vms:
    """Booted hosts of a lab, each with the image it was launched from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "LAB": f"images{os.getpid()}"}

    def lab(self, *arguments: object, timeout: float = 150) -> subprocess.CompletedProcess:
        return subprocess.run(
            [LAB, *map(str, arguments)], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )

    def launch(self, name: str, tree: Path, key: str) -> None:
        data = self.folder / f"{name}.yml"
        guest = {"vmId": "0190b0a0-0000-7000-8000-000000000001", "url": "http://10.60.0.1:9", "token": f"token-of-{name}", "secret": SECRETS[name]}
        document = {
            "ssh_authorized_keys": [key],
            "write_files": [{"path": "/etc/vmm/guest.json", "owner": "root:root", "permissions": "0600", "content": json.dumps(guest)}],
        }
        data.write_text("#cloud-config\n" + json.dumps(document))
        done = self.lab("launch", name, tree, data)
        assert done.returncode == 0, done.stderr
        ended = self.lab("exec", name, "cloud-init", "status", "--wait", "--long")
        assert ended.returncode == 0, ended.stdout

    def run(self, name: str, *command: str) -> str:
        done = self.lab("exec", name, *command)
        assert done.returncode == 0, done.stderr or done.stdout
        return done.stdout

    def http(self, name: str, path: str, *arguments: str) -> str:
        """The status that a scientist outside gets, 000 if there is no answer."""
        url = f"https://{ADDRESS[name]}:8888{path}"
        return self.lab("exec", "admin", "curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", *arguments, url).stdout

    def desktop(self, name: str, query: str) -> str:
        """What a browser outside gets that asks for the desktop by a web socket: the answer's head, and how VNC greets."""
        upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        ask = ["curl", "-sk", "-N", "-i", "-m", "4", "--http1.1", *(part for header in upgrade for part in ("-H", header))]
        done = subprocess.run(
            [LAB, "exec", "admin", *ask, f"https://{ADDRESS[name]}/websockify{query}"], env=self.env, capture_output=True, timeout=60, check=False
        )
        return done.stdout.decode(errors="replace")

    def answers(self, name: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while self.http(name, "/api") == "000":
            assert time.monotonic() < until, self.run(name, "journalctl", "-u", "vmm-jupyter", "-n", "20", "--no-pager")
            time.sleep(0.3)


@pytest.fixture(scope="module")
def vms(jupyter, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vms")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    booted = Vms(folder)
    try:
        for name in ("analysis", "movement2", "bastion"):
            booted.launch(name, jupyter, (folder / "key.pub").read_text().strip())
        booted.answers("analysis")
        booted.answers("movement2")
        yield booted
    finally:
        down = booted.lab("down")
        assert down.returncode == 0, down.stderr


def test_nothing_fails_in_a_booted_image(vms):
    for name in ("analysis", "movement2"):
        assert vms.run(name, "systemctl", "--failed", "--plain", "--no-legend") == ""


def test_jupyter_answers_with_its_token(vms):
    for name in ("analysis", "movement2"):
        assert vms.http(name, f"/api/kernels?token={SECRETS[name]}") == "200"
        assert vms.http(name, "/api/kernels", "-H", f"Authorization: token {SECRETS[name]}") == "200"


def test_jupyter_refuses_without_a_token_or_with_a_wrong_one(vms):
    other = SECRETS["movement2"]
    for path in ("", "?token=", "?token=wrong", f"?token={other}", f"?token={SECRETS['analysis'][:-1]}", "?token=token-of-analysis"):
        assert vms.http("analysis", f"/api/kernels{path}") == "403", path
    assert vms.http("analysis", "/tree") == "302"  # to where a token is asked for


def test_without_a_secret_there_is_no_jupyter(vms):
    assert "no secret" in vms.run("bastion", "journalctl", "-u", "vmm-guest-setup", "--no-pager")
    assert vms.run("bastion", "systemctl", "show", "vmm-jupyter", "-p", "ActiveState", "--value").strip() == "inactive"
    assert vms.http("bastion", "/api") == "000"


def test_jupyter_is_its_owners_and_knows_no_token_of_the_vm(vms):
    pid = vms.run("analysis", "systemctl", "show", "vmm-jupyter", "-p", "MainPID", "--value").strip()
    assert vms.run("analysis", "stat", "-c", "%U", f"/proc/{pid}").strip() == "scientist"
    said = vms.run("analysis", "cat", f"/proc/{pid}/environ", f"/proc/{pid}/cmdline")
    assert "token-of-analysis" not in said and SECRETS["analysis"] not in said
    refused = vms.lab("exec", "analysis", "runuser", "-u", "scientist", "--", "cat", "/etc/vmm/guest.json")
    assert refused.returncode != 0 and "Permission denied" in refused.stderr
    assert vms.lab("exec", "analysis", "runuser", "-u", "nobody", "--", "cat", "/run/vmm/secret").returncode != 0
    assert vms.lab("exec", "analysis", "runuser", "-u", "nobody", "--", "cat", "/etc/vmm/tls.key").returncode != 0


def test_only_keys_let_in_over_ssh_and_only_the_owner(vms):
    def ssh(user: str, *options: str) -> subprocess.CompletedProcess:
        return vms.lab(
            "exec", "admin", "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10",
            "-o", "BatchMode=yes", *options, f"{user}@{ADDRESS['analysis']}", "id -un; sudo -n true 2>/dev/null && echo root",
        )  # fmt: skip

    key = ("-i", str(vms.folder / "key"), "-o", "IdentitiesOnly=yes")
    assert ssh("scientist", *key).stdout.split() == ["scientist"]
    assert ssh("root", *key).stdout == ""
    refused = ssh("scientist", "-o", "IdentityFile=none")
    assert refused.returncode == 255 and "Permission denied (publickey)" in refused.stderr
    assert "passwordauthentication no" in vms.run("analysis", "sshd", "-T").splitlines()


def test_only_the_ports_of_vms_are_let_in(vms):
    rules = vms.run("analysis", "nft", "list", "chain", "inet", "baseline", "input")
    assert "policy drop" in rules and "8888" in rules
    vms.run("analysis", "systemd-run", "--quiet", "--unit=web", "python3", "-m", "http.server", "8000")
    until = time.monotonic() + 20
    reach = ("curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}")
    while vms.lab("exec", "analysis", *reach, "http://127.0.0.1:8000/").stdout != "200":
        assert time.monotonic() < until
        time.sleep(0.2)
    assert vms.lab("exec", "admin", *reach, f"http://{ADDRESS['analysis']}:8000/").stdout == "000"
    vms.run("analysis", "nft", "flush", "chain", "inet", "baseline", "input")
    vms.run("analysis", "nft", "add chain inet baseline input { policy accept; }")
    assert vms.lab("exec", "admin", *reach, f"http://{ADDRESS['analysis']}:8000/").stdout == "200"
    vms.run("analysis", "nft", "-f", "/etc/nftables.conf")


def test_each_boot_has_a_machine_id_keys_and_a_certificate_of_its_own(vms):
    for file in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub", "/etc/ssh/ssh_host_rsa_key.pub", "/etc/vmm/tls.crt"):
        first, second = (vms.run(name, "cat", file) for name in ("analysis", "movement2"))
        assert len(first) > 30 and len(second) > 30
        assert first != second, file


def test_an_owners_home_begins_empty(vms):
    left = vms.run("bastion", "sh", "-c", "ls -A /home/scientist | grep -vxE '\\.(bash_logout|bashrc|profile|ssh)' || true")
    assert left == ""


def test_a_desktop_is_shown_to_who_has_the_secret_and_to_nobody_else(bakery, base, vms):
    vms.launch("home", bakery.image("desktop", begin=base), (vms.folder / "key.pub").read_text().strip())
    secret = SECRETS["home"]
    until = time.monotonic() + 60
    while "RFB 003" not in vms.desktop("home", f"?token={secret}"):
        assert time.monotonic() < until, vms.run("home", "systemctl", "status", "--no-pager", "vmm-desktop", "vmm-desktop-web")
    for query in ("", "?token=", "?token=wrong", f"?token={secret[:8]}", f"?token={SECRETS['analysis']}"):
        assert "RFB" not in vms.desktop("home", query) and "101" not in vms.desktop("home", query)
    assert vms.run("home", "ps", "-C", "icewm", "-o", "user=").split() == ["scientist"]
    assert vms.run("home", "systemctl", "is-active", "xrdp", "xrdp-sesman").split() == ["active", "active"]
    assert secret not in vms.run("home", "journalctl", "--no-pager")

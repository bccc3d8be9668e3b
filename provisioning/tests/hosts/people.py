"""What tests of the bastion need: people with certificates of all kinds, and their way in."""

import functools
import os
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from machines import at

BASTION = "10.60.0.10"
SQUID = "10.60.10.12"
BANNER = "SSH-2.0-"
OTHER = "198.51.100.67"  # a second address of the namespace attacker


def secrets() -> Path:
    return Path(os.environ["VMM_SITE_SECRETS"])


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def denied(self) -> bool:
        """sshd was reached, and did not let in."""
        return self.status == 255 and "Permission denied" in self.err

    @property
    def unreachable(self) -> bool:
        """The packet filter let nothing through: no answer, not even a refusal."""
        return self.status == 255 and "timed out" in self.err


class People:
    """Keys and certificates in a folder, each with one thing that is wrong with it, or nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ca = secrets() / "ssh_ca"
        self.key("another-ca")
        self.issue("alice", ca)
        self.issue("admin", ca, principals="admin")
        self.issue("expired", ca, valid="-2h:-1h")
        self.issue("wrong-principal", ca, principals="somebody")
        self.issue("of-another-ca", folder / "another-ca")
        self.issue("mallory", ca)
        self.key("without")

    def key(self, name: str) -> None:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.folder / name], check=True)

    def issue(self, name: str, ca: Path, principals: str = "jump", valid: str = "-5m:+1h") -> None:
        self.key(name)
        sign = ["ssh-keygen", "-q", "-s", ca, "-I", name, "-n", principals, "-V", valid, self.folder / f"{name}.pub"]
        subprocess.run(sign, check=True)

    def ssh(self, who: str, *arguments: str, place: str = "admin") -> Said:
        """ssh as that person, from a namespace of the lab; what an earlier run knew of host keys does not matter here."""
        known = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null"]
        plain = ["-F", "none", "-oBatchMode=yes", "-oIdentitiesOnly=yes", "-oIdentityAgent=none", "-oConnectTimeout=4"]
        done = at(place, "ssh", *plain, *known, "-i", str(self.folder / who), *arguments, timeout=40)
        return Said(done.returncode, done.stdout, done.stderr)

    def jump(self, who: str, to: str = f"{SQUID}:22", *options: str, place: str = "admin") -> Said:
        """Through the bastion to some port; whoever gets to an sshd sees its banner."""
        done = self.ssh(who, *options, "-W", to, f"jump@{BASTION}", place=place)
        return Said(done.status, done.out, done.err)


@functools.cache
def people() -> People:
    return People(Path(tempfile.mkdtemp(prefix="people-")))


def operator(*command: str) -> Said:
    """ssh as the site's own ssh_config has it for who runs the playbooks."""
    done = at("admin", "ssh", "-F", str(secrets() / "ssh_config"), "-oBatchMode=yes", *command, timeout=60)
    return Said(done.returncode, done.stdout, done.stderr)


def opened(tries: list[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Which of these (place, address, port) are taken; at once, as what is dropped is waited for."""
    with ThreadPoolExecutor(len(tries)) as pool:
        taken = pool.map(lambda one: opens(*one, seconds=2), tries)
        return {one for one, took in zip(tries, taken, strict=True) if took}


def opens(place: str, address: str, port: int, seconds: int = 3) -> bool:
    """Whether a connection is taken, from a namespace of the lab."""
    connect = f"exec 3<>/dev/tcp/{shlex.quote(address)}/{port}"
    return at(place, "timeout", str(seconds), "bash", "-c", connect).returncode == 0

"""A site on Azure, as the stub plays it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from arm_stub import LOGIN, MANAGEMENT, Arm, Stub  # noqa: E402
from playbook import Played, play  # noqa: E402

SITE = """
cloud_kind: azure
cloud_azure_location: uksouth
infra_flavor: Standard_B2s
admin_cidrs: [198.51.100.0/28]
vm_client_cidrs: [198.51.100.0/24, 198.51.100.128/25] # the second is in the first, which Azure would refuse in one rule
home_cidrs: [172.20.5.0/24, 172.20.9.0/24]
site_secrets: {secrets}
configure_hosts: false
infra_hosts:
  - {{name: bastion, group: bastion, subnet: public, address: 10.60.0.10}}
  - {{name: vpn, group: vpn, subnet: private, address: 10.60.10.11}}
  - {{name: squid, group: squid, subnet: private, address: 10.60.10.12}}
"""


@dataclass
class Site:
    """Plays the playbooks for the site cumulus against the stub."""

    arm: Arm
    environment: dict[str, str]
    file: Path

    def play(self, playbook: str, *arguments: str, warm: bool = True, **environment: str) -> Played:
        where = ["-e", "cloud=cumulus", "-e", f"site_file={self.file}"]
        return play(playbook, *where, *arguments, env={**self.environment, **environment}, warm=warm)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("azure")
    names = f"subjectAltName=DNS:{MANAGEMENT},DNS:{LOGIN}"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=stub of Azure", "-addext", names]
    subprocess.run([*request, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    stub = Stub(folder, folder / "cert.pem", folder / "key.pem")
    (folder / "cumulus.yml").write_text(SITE.format(secrets=folder / "secrets"))
    yield Site(stub.arm, stub.environment, folder / "cumulus.yml")
    stub.close()
    assert stub.arm.strange == [], "the stub was asked for what it does not know"

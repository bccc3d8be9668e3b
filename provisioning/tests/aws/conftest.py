"""A site on a stub of EC2, and what plays its playbooks there."""

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from ec2_stub import KEY, REGION, SECRET, Account, Stub  # noqa: E402
from playbook import ANSIBLE, Played, play  # noqa: E402

SITE = """\
cloud_kind: aws
cloud_aws_region: eu-west-2
cloud_aws_look_seconds: 1
admin_cidrs: [198.51.100.0/28]
vm_client_cidrs: [203.0.113.0/24]
home_cidrs: [172.20.0.0/16, 172.30.0.0/24]
infra_flavor: t3.small
configure_hosts: false
"""


class Site:
    """A site of its own in an account on the stub."""

    def __init__(self, name: str, folder: Path, account: Account, url: str):
        self.name, self.folder, self.account, self.url = name, folder, account, url
        self.file = folder / f"{name}.yml"
        self.file.write_text(SITE)
        self.env = {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "VMM_SITE_SECRETS": str(folder / f"{name}.secrets"),
            "ANSIBLE_HOME": str(folder / f"{name}.ansible"),
        }

    def play(self, playbook: str, *arguments: str, env: dict[str, str] | None = None, warm: bool = True) -> Played:
        where = ["-i", str(ANSIBLE / "inventory" / "site.aws_ec2.yml"), "-e", f"cloud={self.name}", "-e", f"site_file={self.file}"]
        return play(playbook, *where, *arguments, env={**self.env, **(env or {})}, warm=warm)

    def say(self, text: str) -> None:
        """Adds a line to the site's file."""
        self.file.write_text(self.file.read_text() + text + "\n")

    def all(self, kind: str, **tags: str) -> list[dict]:
        return self.account.all(kind, vmm_site=self.name, **tags)

    def one(self, kind: str, **tags: str) -> dict:
        (thing,) = self.all(kind, **tags)
        return thing


@pytest.fixture(scope="session")
def new_site(tmp_path_factory):
    """Makes sites, each with an account that is served until the end."""
    with ExitStack() as served:

        def site(name: str, account: Account) -> Site:
            return Site(name, tmp_path_factory.mktemp(name), account, served.enter_context(Stub(account)).url)

        yield site

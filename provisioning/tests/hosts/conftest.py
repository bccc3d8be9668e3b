"""
One lab for all tests of hosts, configured once by the playbook. Run with this machine's Python, as root. While writing tests, LAB_KEEP=1 leaves
the lab up and takes one that is up as it is; then LAB and VMM_SITE_SECRETS say which.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

from playbook import CONTROLLER, Played, play  # noqa: E402
from web import FACILITY, name_all, origin  # noqa: E402

LAB = TESTS / "lab" / "lab"
KEEP = bool(os.environ.get("LAB_KEEP"))
Run = Callable[..., Played]


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Run:
    """Runs hosts.yml as an administrator of the lab would, from the namespace admin."""
    os.environ.setdefault("LAB", "hosts")
    os.environ.setdefault("VMM_SITE_SECRETS", str(tmp_path_factory.mktemp("secrets")))

    def hosts(*arguments: str, warm: bool = True) -> Played:
        site = ("-e", "cloud=lab", "-e", "site_file=../tests/lab/site.yml")
        return play("hosts.yml", *site, *arguments, through=(str(LAB), "exec", "admin", str(CONTROLLER)), warm=warm)

    return hosts


@pytest.fixture(scope="session", autouse=True)
def site(run):
    """The lab with all that hosts.yml makes of it."""
    up = subprocess.run(["ip", "netns", "pids", os.environ["LAB"] + "-bastion"], capture_output=True, text=True, check=False)
    if not (KEEP and up.stdout.strip()):
        subprocess.run([CONTROLLER], check=True)
        subprocess.run([LAB, "down"], check=True)
        subprocess.run([LAB, "up"], check=True)
        name_all("squid", "cvmfs", "movement", "movement2")
        played = run(warm=False)
        assert played.ok, "\n".join(played.failures) or played.said[-3000:]
        assert played.changed > 100, "the first run made the hosts"
    yield
    if not KEEP:
        subprocess.run([LAB, "down"], check=True)


@pytest.fixture(scope="session", autouse=True)
def facility(site):
    """A web server at the facility, which VMs reach by the tunnel only."""
    with origin("facility", FACILITY, "8080"):
        yield

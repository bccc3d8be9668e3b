"""Cloud b of `make openstack-up`, started if it is not there and left running; and two sites in it, removed before and after.

Run by the machine's own Python (/usr/bin/python3 -m pytest provisioning/tests/openstack): the controller cannot start an OpenStack."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from rig import CHECKOUT, NAME, NEIGHBOUR, Site, connect, credentials  # noqa: E402


def answers() -> bool:
    try:
        place = urlsplit(credentials()["OS_AUTH_URL"])
        with socket.create_connection((place.hostname, place.port), timeout=2):
            return True
    except OSError:
        return False


@pytest.fixture(scope="session")
def cloud():
    if not answers():
        if os.getuid() != 0:
            pytest.skip("no OpenStack: `make openstack-up` starts it, as root on Debian 12")
        print("\nopenstack: not running, so it is started (three minutes the first time) and left running", file=sys.__stderr__)
        subprocess.run(["make", "openstack-up"], cwd=CHECKOUT, check=True, timeout=900)
    return connect()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sites")


def site_that_is_removed(cloud, site):
    def remove():
        if any(n.description == site.mark for n in cloud.network.networks()):
            for server in list(cloud.compute.servers(name="^vmm-other-")):
                cloud.delete_server(server.id, wait=True)
            for port in list(cloud.network.ports(name="of-a-person")):
                cloud.network.delete_port(port)
            gone = site.play("teardown.yml", "-e", f"teardown={site.name}")
            assert gone.ok, gone.failures

    remove()
    yield site
    remove()


@pytest.fixture(scope="session")
def site(cloud, folder):
    yield from site_that_is_removed(cloud, Site(NAME, folder))


@pytest.fixture(scope="session")
def neighbour(cloud, folder):
    """Another site of the same project, with the same addresses and only one machine besides the bastion."""
    hosts = [
        {"name": "bastion", "group": "bastion", "subnet": "public", "address": "10.60.0.10"},
        {"name": "vpn", "group": "vpn", "subnet": "private", "address": "10.60.10.11"},
    ]
    yield from site_that_is_removed(cloud, Site(NEIGHBOUR, folder, infra_hosts=hosts))

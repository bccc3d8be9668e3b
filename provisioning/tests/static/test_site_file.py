"""What a site's file must not say is told before anything is made. (tests/onboard: how it is told.)"""

import importlib.util

import pytest
from tree import ANSIBLE

SPEC = importlib.util.spec_from_file_location("site_filters", ANSIBLE / "roles/site/filter_plugins/site.py")
site = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(site)

GOOD = {
    **site.ONE,
    "cloud_kind": "existing",
    "admin_cidrs": ["198.51.100.0/28", "192.0.2.9", "2001:db8::/64"],
    "vm_client_cidrs": ["0.0.0.0/0"],
    "home_cidrs": ["172.20.0.0/16"],
    "movement_peer_cidrs": [],
    "vm_ports": [22, 443],
    "squid_allowed_domains": [".debian.org", "pypi.org"],
    "cvmfs_allowed_servers": ["cvmfs-stratum-one.cern.ch"],
}


def test_a_good_file_has_no_faults():
    assert site.site_faults(GOOD) == []


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"cloud_kind": "opnstack"}, "cloud_kind is one of openstack, aws, azure, existing."),
        ({"cloud_kind": ""}, "cloud_kind is one of"),
        ({"admin_cidrs": []}, "it is empty"),
        ({"admin_cidrs": None}, "admin_cidrs is a list"),
        ({"admin_cidrs": "198.51.100.0/28"}, "admin_cidrs is a list"),
        ({"admin_cidrs": ["198.51.100.1/28"]}, "the network is 198.51.100.0/28"),
        ({"admin_cidrs": ["0.0.0.0/0"]}, "the whole internet"),
        ({"admin_cidrs": ["::0/0"]}, "the whole internet"),
        ({"admin_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "the whole internet"),
        ({"admin_cidrs": ["198.51.100.0/255.255.255.240"]}, "is no network"),
        ({"admin_cidrs": ["１98.51.100.0/28"]}, "is no network"),
        ({"admin_cidrs": [3325256704]}, "is no network"),
        ({"vm_client_cidrs": ["300.1.1.1/8"]}, "is no network"),
        ({"home_cidrs": ["172.20.0.1"]}, "is no network"),
        ({"home_cidrs": ["fd00::/8"]}, "networks of IPv4"),
        ({"home_cidrs": ["10.0.0.0/8"]}, "home_cidrs and network_cidr overlap"),
        ({"tunnel_cidr": "10.60.3.0/29"}, "tunnel_cidr and network_cidr overlap"),
        ({"network_cidr": "fd00::/8"}, "network_cidr is a network of IPv4"),
        ({"public_subnet_cidr": "10.61.0.0/24"}, "lie inside network_cidr"),
        ({"public_subnet_cidr": "10.60.0.0/20"}, "public_subnet_cidr and private_subnet_cidr overlap"),
        ({"vm_ports": []}, "vm_ports is a list"),
        ({"vm_ports": ["22"]}, "vm_ports is a list"),
        ({"vm_ports": [99999]}, "vm_ports is a list"),
        ({"squid_allowed_domains": ["org"]}, "squid_allowed_domains holds names"),
        ({"cvmfs_allowed_servers": [".cern.ch other"]}, "cvmfs_allowed_servers holds names"),
    ],
)
def test_each_fault_is_one_sentence(setting, says):
    (fault,) = site.site_faults({**GOOD, **setting})
    assert says in fault and "\n" not in fault


def test_all_faults_are_told_at_once():
    assert len(site.site_faults({**GOOD, "admin_cidrs": ["x", "y/8"], "network_cidr": "", "vm_ports": None})) == 4

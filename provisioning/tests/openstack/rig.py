"""A site of the tests in cloud b of the test OpenStack: its file, its playbooks, and what the cloud itself says that there is of it."""

import os
import shlex
import sys
from pathlib import Path

import openstack
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from playbook import CONTROLLER, Played, play  # noqa: E402

CHECKOUT = Path(__file__).resolve().parents[3]
TESTBED_HOME = Path(os.environ.get("VMM_OS_HOME", "/var/lib/vmm-openstack"))
CLOUD = "b"
# The second name begins with the first one's prefix.
NAME = os.environ.get("VMM_TEST_SITE", "rig")
NEIGHBOUR = NAME + "-two"


def credentials() -> dict[str, str]:
    """The OS_* variables of the testbed's openrc file, and none of the caller's."""
    exports = shlex.split((TESTBED_HOME / CLOUD / "openrc-vmm").read_text().replace("export ", ""))
    return dict(word.split("=", 1) for word in exports)


def environment(**changes: str | None) -> dict[str, str]:
    """What a run sees; None takes a variable away (an empty one is none to keystoneauth)."""
    return {"OS_CLOUD": "", **credentials(), **{name: value or "" for name, value in changes.items()}}


def connect() -> openstack.connection.Connection:
    auth = credentials()
    return openstack.connect(
        load_envvars=False,
        auth_url=auth["OS_AUTH_URL"],
        username=auth["OS_USERNAME"],
        password=auth["OS_PASSWORD"],
        project_name=auth["OS_PROJECT_NAME"],
        user_domain_name=auth["OS_USER_DOMAIN_NAME"],
        project_domain_name=auth["OS_PROJECT_DOMAIN_NAME"],
        region_name=auth["OS_REGION_NAME"],
    )


class Site:
    """A site file in `folder`, and playbooks on it."""

    def __init__(self, name: str, folder: Path, **settings):
        self.name = name
        self.mark = f"vmm-site: {name}"
        self.secrets = folder / f"{name}-secrets"
        self.file = folder / f"{name}.yml"
        self.settings = {
            "cloud_kind": "openstack",
            "network_cidr": "10.60.0.0/16",
            "admin_cidrs": ["198.51.100.0/28", "192.0.2.9", "2001:db8::/64"],  # one as people write a single address
            "vm_client_cidrs": ["0.0.0.0/0"],
            "home_cidrs": ["172.20.6.0/24", "172.20.5.0/24"],
            "movement_peer_cidrs": ["198.51.100.30/32"],
            "dns_servers": ["192.0.2.53"],
            "infra_image": "tiny",
            "infra_flavor": "m1.tiny",
            "site_secrets": str(self.secrets),
            "configure_hosts": False,  # nothing boots there
            **settings,
        }
        self.file.write_text(yaml.safe_dump(self.settings))

    def play(self, playbook: str, *arguments: str, warm: bool = True, **changes: str | None) -> Played:
        named = ["-e", f"cloud={self.name}", "-e", f"site_file={self.file}", "-e", "configure_hosts=false"]
        return play(playbook, *named, *arguments, through=(str(CONTROLLER),), env=environment(**changes), warm=warm)


def everything(cloud) -> set[str]:
    """All that the project has, of every type that there is a quota for."""
    network, compute = cloud.network, cloud.compute
    listed = {
        "server": compute.servers(),
        "key pair": compute.keypairs(),
        "network": network.networks(),
        "subnet": network.subnets(),
        "router": network.routers(),
        "port": network.ports(),
        "floating address": network.ips(),
        "security group": network.security_groups(),
        "rule": network.security_group_rules(),
        "image": cloud.image.images(),
    }
    return {f"{kind} {thing.id} {thing.name or ''}" for kind, things in listed.items() for thing in things}


def image(cloud, name: str, **properties: str):
    """An image that is there and holds nothing."""
    made = cloud.create_image(name, data=bytes(4096), disk_format="raw", container_format="bare", wait=True, **properties)
    assert made.status == "active"
    return made


def rule(direction, family, protocol="any", port=None, source=None) -> tuple:
    return (direction, family, protocol, port, source)


def rules(cloud, group: str) -> list[tuple]:
    found = cloud.network.find_security_group(group, ignore_missing=False)
    return sorted(
        (
            rule(r.direction, r.ether_type, r.protocol or "any", r.port_range_min, r.remote_ip_prefix)
            for r in cloud.network.security_group_rules(security_group_id=found.id)
        ),
        key=str,
    )


def state(cloud, site: Site) -> dict:
    """What the cloud says of a site, by names and addresses, so that two looks can be compared."""
    network = cloud.network
    groups = {g.id: g.name for g in network.security_groups()}
    ports = {p.id: p for p in network.ports(description=site.mark)}
    router = network.find_router(f"{site.name}-router", ignore_missing=False)
    subnets = {s.id: s for s in network.subnets(description=site.mark)}
    legs = [p for p in network.ports(device_id=router.id) if p.device_owner == "network:router_interface"]
    return {
        "rules": {name: rules(cloud, name) for name in sorted(g.name for g in network.security_groups() if g.description.endswith(site.mark))},
        "subnets": {
            s.name: (s.cidr, s.gateway_ip, s.dns_nameservers, s.allocation_pools, sorted((r["destination"], r["nexthop"]) for r in s.host_routes))
            for s in subnets.values()
        },
        "router": {
            "connects": sorted(subnets[p.fixed_ips[0]["subnet_id"]].name for p in legs),
            "outside": network.get_network(router.external_gateway_info["network_id"]).name,
            "nat": router.external_gateway_info["enable_snat"],
            "routes": sorted((r["destination"], r["nexthop"]) for r in router.routes),
        },
        "ports": {
            p.name: (
                p.fixed_ips[0]["ip_address"],
                sorted(groups[g] for g in p.security_group_ids),
                sorted(pair["ip_address"] for pair in p.allowed_address_pairs),
            )
            for p in ports.values()
        },
        "machines": {
            s.name: (s.status, s.metadata, s.key_name, [p.name for p in ports.values() if p.device_id == s.id])
            for s in cloud.compute.servers(name=f"^{site.name}-")
            if s.metadata.get("vmm-site") == site.name
        },
        "public": sorted((a.floating_ip_address, ports[a.port_id].name) for a in network.ips(description=site.mark) if a.port_id in ports),
    }

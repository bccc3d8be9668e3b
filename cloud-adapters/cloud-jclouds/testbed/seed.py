"""seed.py CLOUD PREFIX VERB …: fills a cloud with what a client needs, and asks it as its administrator.

Every step makes only what is not there yet. PREFIX is the first digit of the cloud's ports; the password is
$TESTBED_PASSWORD. Verbs: identity, resources, quota N, servers, delete-servers."""
import os
import sys
import time

import requests

CLOUD, PREFIX, VERB, *ARGUMENTS = sys.argv[1:]
PASSWORD = os.environ["TESTBED_PASSWORD"]
REGION = "RegionOne"


def address(port):
    return f"http://127.0.0.1:{PREFIX}{port}"


KEYSTONE = address(5000) + "/v3"
GLANCE = address(9292)
PLACEMENT = address(8778)
NOVA = address(8774) + "/v2.1"
NEUTRON = address(9696)
SERVICES = {"image": ("glance", GLANCE), "placement": ("placement", PLACEMENT),
            "compute": ("nova", NOVA), "network": ("neutron", NEUTRON)}
ZONES = ("1", "2")  # zone-1 has CLOUD-compute-1
GPU = {"trait:CUSTOM_HAS_GPU": "required"}
FLAVORS = (  # name, vCPUs, MB of memory, GB of disk, GPUs; ids count from 1
    ("m1.tiny", 1, 512, 1, 0), ("m1.small", 1, 2048, 10, 0), ("m1.large", 4, 8192, 40, 0), ("c1.xlarge", 16, 32768, 100, 0),
    ("g1.h100x1", 12, 131072, 200, 1), ("g1.h100x8", 96, 1048576, 1600, 8),
    ("l3.micro", 4, 16384, 20, 0), ("l3.tiny", 8, 30720, 40, 0), ("l2.tiny", 8, 30720, 40, 0), ("l2.xsmall", 16, 61440, 80, 0),
    ("l2.small", 30, 125952, 150, 0), ("l2.medium", 60, 250880, 300, 0),
    ("g-rtx4000.x1", 12, 92160, 200, 1), ("g-rtx4000.x2", 28, 184320, 200, 2), ("g-rtx4000.x4", 60, 358400, 200, 4),
)
# Of no use to anybody: its private half was never kept.
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 42 + "E vmm"


class Client:
    """One user's requests. A server error is asked again: daemons are still starting."""

    def __init__(self, user, project):
        self.http = requests.Session()
        self.http.trust_env = False
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        who = {"name": user, "domain": {"id": "default"}, "password": PASSWORD}
        answer = self.answer("POST", KEYSTONE + "/auth/tokens", json={
            "auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}})
        self.http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        self.project = answer.json()["token"]["project"]["id"]

    def answer(self, method, url, missing_is_fine=False, **request):
        for attempt in range(120):
            try:
                answer = self.http.request(method, url, timeout=60, **request)
            except requests.ConnectionError as failure:
                problem = failure
            except requests.Timeout as failure:
                problem = failure
                break
            else:
                if answer.ok or missing_is_fine and answer.status_code == 404:
                    return answer
                problem = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500:
                    break
            time.sleep(0.5)
        sys.exit(f"cloud {CLOUD}: {method} {url}: {problem}")

    def get(self, url, **request):
        return self.answer("GET", url, **request).json()

    def post(self, url, body, **request):
        answer = self.answer("POST", url, json=body, **request)
        return answer.json() if answer.content else None

    def put(self, url, body=None, **request):
        return self.answer("PUT", url, json=body, **request)

    def make(self, url, kind, name, **fields):
        """The entry of that name, made when it is not there."""
        plural = {"security_group": "security_groups"}.get(kind, kind + "s")
        for entry in self.get(url)[plural]:
            if entry["name"] == name:
                return entry
        return self.post(url, {kind: {"name": name, **fields}})[kind]


def identity():
    admin = Client("admin", "admin")
    roles = {name: admin.make(KEYSTONE + "/roles", "role", name)["id"] for name in ("admin", "service", "member", "reader")}
    projects = {name: admin.make(KEYSTONE + "/projects", "project", name, domain_id="default")["id"]
                for name in ("admin", "service", "vmm", "other")}
    services = [name for name, _ in SERVICES.values()]
    users = {name: admin.make(KEYSTONE + "/users", "user", name, domain_id="default", password=PASSWORD)["id"]
             for name in ("admin", "vmm", "other", *services)}
    grants = [("vmm", "vmm", "member"), ("other", "other", "member"), ("admin", "vmm", "admin")]
    grants += [(service, "service", role) for service in services for role in ("admin", "service")]
    for user, project, role in grants:
        admin.put(f"{KEYSTONE}/projects/{projects[project]}/users/{users[user]}/roles/{roles[role]}")
    endpoints = {(endpoint["service_id"], endpoint["interface"]) for endpoint in admin.get(KEYSTONE + "/endpoints")["endpoints"]}
    for kind, (name, url) in SERVICES.items():
        service = admin.make(KEYSTONE + "/services", "service", name, type=kind)["id"]
        for interface in ("public", "internal"):
            if (service, interface) not in endpoints:
                admin.post(KEYSTONE + "/endpoints", {"endpoint": {
                    "service_id": service, "interface": interface, "region_id": REGION, "url": url}})


def resources():
    admin, vmm = Client("admin", "admin"), Client("vmm", "vmm")
    flavors(admin)
    image(admin)
    network(admin, vmm)
    if not vmm.get(NOVA + "/os-keypairs")["keypairs"]:
        vmm.post(NOVA + "/os-keypairs", {"keypair": {"name": "vmm", "public_key": PUBLIC_KEY}})
    await_computes(admin)
    zones(admin)


def flavors(admin):
    there = {flavor["name"] for flavor in admin.get(NOVA + "/flavors")["flavors"]}
    for number, (name, vcpus, memory, disk, gpus) in enumerate(FLAVORS, start=1):
        if name in there:
            continue
        flavor = {"id": str(number), "name": name, "vcpus": vcpus, "ram": memory, "disk": disk}
        admin.post(NOVA + "/flavors", {"flavor": flavor})
        if gpus:
            admin.post(f"{NOVA}/flavors/{number}/os-extra_specs", {"extra_specs": {"resources:CUSTOM_GPU": str(gpus), **GPU}})


def image(admin):
    if any(image["status"] == "active" for image in admin.get(GLANCE + "/v2/images?name=tiny")["images"]):
        return
    made = admin.post(GLANCE + "/v2/images", {"name": "tiny", "disk_format": "raw", "container_format": "bare", "visibility": "public"})
    admin.put(f"{GLANCE}/v2/images/{made['id']}/file", data=bytes(4096), headers={"Content-Type": "application/octet-stream"})


def network(admin, vmm):
    networks, subnets = NEUTRON + "/v2.0/networks", NEUTRON + "/v2.0/subnets"
    inside = vmm.make(networks, "network", "vmm-net")["id"]
    vmm.make(subnets, "subnet", "vmm-subnet", network_id=inside, ip_version=4, cidr="10.64.0.0/18", enable_dhcp=False)
    # Routers and floating addresses exist for the API only.
    outside = admin.make(networks, "network", "public", **{"router:external": True})["id"]
    admin.make(subnets, "subnet", "public", network_id=outside, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
    group = vmm.make(NEUTRON + "/v2.0/security-groups", "security_group", "vmm")
    if not any(rule["port_range_min"] == 22 for rule in group["security_group_rules"]):
        vmm.post(NEUTRON + "/v2.0/security-group-rules", {"security_group_rule": {
            "security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4",
            "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}})


def await_computes(admin):
    """Both hosts have reported, belong to the cell, and placement knows what they have."""
    wanted = {f"{CLOUD}-compute-{zone}" for zone in ZONES}
    end = time.monotonic() + 120
    while True:
        up = {service["host"] for service in admin.get(NOVA + "/os-services?binary=nova-compute")["services"] if service["state"] == "up"}
        mapped = {host["hypervisor_hostname"] for host in admin.get(NOVA + "/os-hypervisors")["hypervisors"]}
        counted = {provider["name"] for provider in admin.get(PLACEMENT + "/resource_providers")["resource_providers"]}
        late = wanted - (up & mapped & counted)
        if not late:
            return
        if time.monotonic() > end:
            sys.exit(f"cloud {CLOUD}: not ready: {', '.join(sorted(late))}")
        time.sleep(0.3)


def zones(admin):
    for zone in ZONES:
        aggregate = admin.make(NOVA + "/os-aggregates", "aggregate", "zone-" + zone, availability_zone="zone-" + zone)
        if not aggregate.get("hosts"):
            admin.post(f"{NOVA}/os-aggregates/{aggregate['id']}/action", {"add_host": {"host": f"{CLOUD}-compute-{zone}"}})


def quota():
    admin = Client("admin", "vmm")
    admin.put(f"{NOVA}/os-quota-sets/{admin.project}", {"quota_set": {"instances": int(ARGUMENTS[0]), "force": True}})


def all_servers(client, query):
    servers, marker = [], ""
    while page := client.get(f"{NOVA}/servers/detail?limit=500{query}{marker}")["servers"]:
        servers += page
        marker = "&marker=" + page[-1]["id"]
    return servers


def servers():
    for server in all_servers(Client("admin", "admin"), "&all_tenants=1"):
        print(server["id"], server["status"], server["name"])


def delete_servers():
    vmm = Client("vmm", "vmm")
    end = time.monotonic() + 600
    while found := vmm.get(NOVA + "/servers")["servers"]:
        if time.monotonic() > end:
            sys.exit(f"cloud {CLOUD}: {len(found)} servers stay")
        for server in found:
            vmm.answer("DELETE", f"{NOVA}/servers/{server['id']}", missing_is_fine=True)
        time.sleep(0.5)


{"identity": identity, "resources": resources, "quota": quota, "servers": servers, "delete-servers": delete_servers}[VERB]()

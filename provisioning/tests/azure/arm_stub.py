"""A small Azure Resource Manager in memory, for the playbooks of the role cloud_azure.

It is asked through a proxy (HTTPS_PROXY), so modules and SDK are unmodified and use Microsoft's own host names: CONNECT to
management.azure.com or login.microsoftonline.com is answered here, with a certificate of the test's; to anything else it is refused.

What it does as Azure does: PUT makes (201) or replaces (200), GET of what is not there is 404, DELETE 202 or 204; network and compute answer
first and work after, so a resource is Updating until its operation was polled twice, and one that is deleted is there until then (but for a NAT
gateway, for which its module would wait 20 s). Ids and defaults are filled in as far as modules compare them, and so are references the other
way. What is referred to must be there; what is in use is not removed. Addresses are checked against subnets. A machine makes its disk, without
tags. A PUT of a network or a table replaces its subnets or routes. Tags of a resource may be written by themselves. Client secrets and tokens
are checked.

What it does not: it takes properties that it does not know as they are, knows no quotas, roles, locations, policies or API versions, and does
not page. It proves arguments, order and repetition, not that Azure accepts them."""

import copy
import ipaddress
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"
MANAGEMENT, LOGIN = "management.azure.com", "login.microsoftonline.com"
NET, COMPUTE = "Microsoft.Network", "Microsoft.Compute"
# Parts of others that have URLs of their own, and the property of the parent that shows them.
PARTS = {
    f"{NET}/virtualNetworks/subnets": "subnets",
    f"{NET}/routeTables/routes": "routes",
    f"{NET}/networkSecurityGroups/securityRules": "securityRules",
}
KINDS = {
    kind.lower(): kind
    for kind in [
        *PARTS,
        *(f"{NET}/{kind}" for kind in "virtualNetworks routeTables networkSecurityGroups publicIPAddresses natGateways networkInterfaces".split()),
        *(f"{COMPUTE}/{kind}" for kind in "virtualMachines disks images galleries galleries/images galleries/images/versions".split()),
    ]
}
# Property that refers to another resource, and the property in which that one shows it, with the error when it is to be removed nevertheless.
BACK = {
    "natGateway": ("subnets", "InUseNatGatewayCannotBeDeleted"),
    "routeTable": ("subnets", "InUseRouteTableCannotBeDeleted"),
    "networkSecurityGroup": ("networkInterfaces", "InUseNetworkSecurityGroupCannotBeDeleted"),
    "subnet": ("ipConfigurations", "InUseSubnetCannotBeDeleted"),
    "publicIPAddress": ("ipConfiguration", "PublicIPAddressCannotBeDeleted"),
    "publicIpAddresses": ("natGateway", "PublicIPAddressCannotBeDeleted"),
    "networkInterfaces": ("virtualMachine", "NicInUse"),
    "managedDisk": (None, "OperationNotAllowed"),
}
DEFAULT_RULES = [("AllowVnetInBound", 65000, "Inbound", "Allow"), ("DenyAllInBound", 65500, "Inbound", "Deny")]


class Refused(Exception):
    """An error as ARM writes it."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code


class Arm:
    """What there is. Resources are kept under their id in small letters; parts of others as well, whose parents show them when asked."""

    def __init__(self, secret: str):
        self.secret = secret
        self.lock = threading.RLock()
        self.groups: dict[str, dict] = {}
        self.resources: dict[str, dict] = {}
        self.operations: dict[str, list] = {}
        self.tokens: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.strange: list[str] = []
        self.given = 0

    # --- for tests -------------------------------------------------------------------------------------------------------------------

    def group_id(self, group: str) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"

    def put(self, group: str, kind: str, name: str, **body) -> dict:
        """Makes a resource as another client would, at once. `name` of a part is parent/part."""
        with self.lock:
            if group.lower() not in self.groups:
                self.put_group(group, {"location": "uksouth"})
            made = self.write(self.id_of(group, kind, name), {"location": "uksouth", **body})
            made["properties"]["provisioningState"] = "Succeeded"
            return made

    def drop(self, group: str, kind: str, name: str):
        with self.lock:
            self.remove(self.id_of(group, kind, name))

    def get(self, group: str, kind: str, name: str) -> dict:
        with self.lock:
            return self.shown(self.resources[self.id_of(group, kind, name).lower()])

    def names(self, group: str | None = None) -> set[str]:
        """All there is, as kind/name; parts of others too."""
        with self.lock:
            return {
                f"{thing['type'].rpartition('.')[2]} {thing['name']}"
                for thing in self.resources.values()
                if group is None or thing["id"].split("/")[4].lower() == group.lower()
            }

    def id_of(self, group: str, kind: str, name: str) -> str:
        provider, *kinds = kind.split("/")
        return f"{self.group_id(group)}/providers/{provider}/" + "/".join(f"{k}/{n}" for k, n in zip(kinds, name.split("/"), strict=True))

    # --- resources -------------------------------------------------------------------------------------------------------------------

    def put_group(self, name: str, body: dict) -> tuple[int, dict]:
        status = 200 if name.lower() in self.groups else 201
        group = {"id": self.group_id(name), "name": name, "type": "Microsoft.Resources/resourceGroups", "location": body["location"]}
        group |= {"tags": body.get("tags") or {}, "properties": {"provisioningState": "Succeeded"}}
        self.groups[name.lower()] = group
        return status, group

    def write(self, path: str, body: dict) -> dict:
        """One resource, as it is kept: filled in, and refused if what it refers to is not there."""
        kind, name = kind_and_name(path)
        if path.split("/")[4].lower() not in self.groups:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{path.split('/')[4]}' could not be found.")
        before = self.resources.get(path.lower())
        thing = {"id": before["id"] if before else path, "name": name.rpartition("/")[2], "type": kind}
        thing |= {key: copy.deepcopy(body[key]) for key in ("location", "tags", "sku", "zones", "identity", "plan") if body.get(key)}
        thing["properties"] = properties = copy.deepcopy(body.get("properties") or {})
        if kind in PARTS:
            parent = path.rsplit("/", 2)[0].lower()
            if parent not in self.resources:
                raise Refused(404, "ParentResourceNotFound")
            thing.pop("location", None)
        elif not thing.get("location"):
            raise Refused(400, "LocationRequired")
        elif before and before["location"] != thing["location"]:
            raise Refused(409, "InvalidResourceLocation")
        for reference, _ in references(thing):
            if reference.lower() not in self.resources:
                raise Refused(400, "InvalidResourceReference", f"Resource {reference} referenced by {thing['id']} was not found.")
        parts = {part: properties.pop(shown, None) or [] for part, shown in PARTS.items() if part.rpartition("/")[0] == kind}
        fill = getattr(self, f"fill_{kind.rpartition('/')[2]}", None)
        if fill:
            fill(thing, properties, before)
        properties["provisioningState"] = "Updating"
        thing["etag"] = f'W/"{uuid4()}"'
        self.resources[path.lower()] = thing
        self.write_parts(thing, parts)
        return thing

    def write_parts(self, thing: dict, parts: dict[str, list]):
        """A PUT of the whole says all of its parts; those that it does not say are removed."""
        for kind, said in parts.items():
            wanted = {f"{thing['id']}/{PARTS[kind]}/{part['name']}": part for part in said}
            for there in [one["id"] for one in self.children(thing["id"], kind)]:
                if there.lower() not in map(str.lower, wanted):
                    self.remove(there)
            for path, part in wanted.items():
                self.write(path, part)["properties"]["provisioningState"] = "Succeeded"

    def children(self, path: str, kind: str) -> list[dict]:
        return [one for key, one in self.resources.items() if one["type"] == kind and key.startswith(f"{path}/".lower())]

    def users(self, path: str) -> list[tuple[str, str]]:
        """Who refers to it, and by which property."""
        path = path.lower()
        found = []
        for thing in self.resources.values():
            for reference, prop in references(thing):
                if reference.lower() == path:
                    found.append((thing["id"] if prop not in ("subnet", "publicIPAddress") else f"{thing['id']}/ipConfigurations/main", prop))
        return found

    def remove(self, path: str):
        thing = self.resources[path.lower()]
        inside = [one["id"] for part in PARTS for one in self.children(thing["id"], part)]
        for one in [thing["id"], *inside]:
            for user, prop in self.users(one):
                raise Refused(400, BACK[prop][1], f"{one} is in use by {user}.")
        for one in [thing["id"], *inside]:
            del self.resources[one.lower()]

    def shown(self, thing: dict, instance_view: bool = False) -> dict:
        """A resource as GET answers: with its parts, and with those that refer to it."""
        answer = copy.deepcopy(thing)
        properties = answer["properties"]
        for part, shown in PARTS.items():
            if part.rpartition("/")[0] == thing["type"]:
                properties[shown] = [self.shown(one) for one in self.children(thing["id"], part)]
        for user, prop in self.users(thing["id"]):
            back = BACK[prop][0]
            if back in ("ipConfiguration", "natGateway", "virtualMachine"):
                properties[back] = {"id": user}
            elif back:
                properties.setdefault(back, []).append({"id": user})
        if instance_view:
            properties["instanceView"] = INSTANCE_VIEW
        return answer

    # --- what each kind fills in -----------------------------------------------------------------------------------------------------

    def fill_virtualNetworks(self, thing, properties, before):
        properties.setdefault("dhcpOptions", {"dnsServers": []})

    def fill_subnets(self, thing, properties, before):
        network = self.resources[thing["id"].rsplit("/", 2)[0].lower()]
        spaces = [ipaddress.ip_network(space) for space in network["properties"]["addressSpace"]["addressPrefixes"]]
        if not any(ipaddress.ip_network(properties["addressPrefix"]).subnet_of(space) for space in spaces):
            raise Refused(400, "NetcfgSubnetRangeOutsideVnet")

    def fill_networkSecurityGroups(self, thing, properties, before):
        properties["defaultSecurityRules"] = [
            {"name": name, "properties": {"protocol": "*", "priority": priority, "direction": direction, "access": access}}
            for name, priority, direction, access in DEFAULT_RULES
        ]
        seen = [(rule["properties"]["direction"], rule["properties"]["priority"]) for rule in properties.get("securityRules") or []]
        if len(seen) != len(set(seen)):
            raise Refused(400, "SecurityRuleConflict")

    def fill_securityRules(self, thing, properties, before):
        if not properties.get("sourceAddressPrefix") and not properties.get("sourceAddressPrefixes"):
            raise Refused(400, "SecurityRuleInvalidAddressPrefix")
        sources = [ipaddress.ip_network(source) for source in properties.get("sourceAddressPrefixes") or []]
        if any(a.overlaps(b) for a in sources for b in sources if a is not b):
            raise Refused(400, "SecurityRuleParameterContainsOverlappingAddressPrefixes")
        for several in ("sourceAddressPrefixes", "destinationAddressPrefixes", "sourcePortRanges", "destinationPortRanges"):
            properties.setdefault(several, [])

    def fill_routeTables(self, thing, properties, before):
        properties.setdefault("disableBgpRoutePropagation", False)

    def fill_publicIPAddresses(self, thing, properties, before):
        if properties.get("publicIPAllocationMethod") == "Dynamic" and thing.get("sku", {}).get("name") == "Standard":
            raise Refused(400, "StandardSkuPublicIPAddressesMustBeStatic")
        if before:
            properties["ipAddress"] = before["properties"]["ipAddress"]
        else:
            self.given += 1
            properties["ipAddress"] = f"203.0.113.{self.given}"
        properties.setdefault("publicIPAddressVersion", "IPv4")
        properties.setdefault("idleTimeoutInMinutes", 4)

    def fill_natGateways(self, thing, properties, before):
        properties.setdefault("idleTimeoutInMinutes", 4)

    def fill_networkInterfaces(self, thing, properties, before):
        properties.setdefault("dnsSettings", {"dnsServers": [], "appliedDnsServers": []})
        properties.setdefault("enableIPForwarding", False)
        properties["macAddress"] = "00-0D-3A-00-00-00"
        for config in properties["ipConfigurations"]:
            config["id"] = f"{thing['id']}/ipConfigurations/{config['name']}"
            inner = config["properties"]
            inner.setdefault("privateIPAddressVersion", "IPv4")
            for reference in ("subnet", "publicIPAddress"):
                if inner.get(reference):
                    inner[reference] = {"id": inner[reference]["id"]}
            subnet = self.resources[inner["subnet"]["id"].lower()]
            network = ipaddress.ip_network(subnet["properties"]["addressPrefix"])
            taken = {
                other["properties"]["privateIPAddress"]
                for nic in self.resources.values()
                if nic["type"] == thing["type"] and nic["id"] != thing["id"]
                for other in nic["properties"]["ipConfigurations"]
            }
            if inner.get("privateIPAllocationMethod") == "Dynamic":
                inner["privateIPAddress"] = next(str(host) for host in list(network)[4:] if str(host) not in taken)
            # Azure keeps the first four and the last of a subnet.
            elif ipaddress.ip_address(inner["privateIPAddress"]) not in list(network)[4:-1]:
                raise Refused(400, "PrivateIPAddressNotInSubnet")
            elif inner["privateIPAddress"] in taken:
                raise Refused(400, "PrivateIPAddressInUse")
            public = (inner.get("publicIPAddress") or {}).get("id")
            if public and any(user.rsplit("/", 2)[0] != thing["id"] for user, _ in self.users(public)):
                raise Refused(400, "PublicIPAddressInUse")
        if properties.get("networkSecurityGroup"):
            properties["networkSecurityGroup"] = {"id": properties["networkSecurityGroup"]["id"]}

    def fill_virtualMachines(self, thing, properties, before):
        if properties["hardwareProfile"]["vmSize"] not in SIZES:
            raise Refused(400, "InvalidParameter", "vmSize")
        for nic in properties["networkProfile"]["networkInterfaces"]:
            if any(user != thing["id"] for user, prop in self.users(nic["id"]) if prop == "networkInterfaces"):
                raise Refused(400, "NicInUse")
        properties["vmId"] = before["properties"]["vmId"] if before else str(uuid4())
        properties["storageProfile"].setdefault("dataDisks", [])
        disk = properties["storageProfile"]["osDisk"]
        disk["osType"] = "Linux"
        path = f"{thing['id'].partition('/providers/')[0]}/providers/{COMPUTE}/disks/{disk['name']}"
        if not before:
            linux = properties["osProfile"]["linuxConfiguration"]
            if not linux.get("disablePasswordAuthentication") or not linux["ssh"]["publicKeys"]:
                raise Refused(400, "InvalidParameter", "linuxConfiguration")
            if path.lower() in self.resources:
                raise Refused(409, "ConflictingUserInput", f"Disk {disk['name']} already exists")
            self.write(path, {"location": thing["location"], "sku": {"name": "StandardSSD_LRS"}, "properties": dict(DISK)})
            self.resources[path.lower()]["properties"]["provisioningState"] = "Succeeded"
        disk["managedDisk"] = (disk.get("managedDisk") or {}) | {"id": path}

    # --- requests --------------------------------------------------------------------------------------------------------------------

    def answer(self, method: str, url: str, body: dict | None, headers) -> tuple[int, dict | None, dict]:
        """Status, body and headers for a request to management.azure.com."""
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = parts.path.rstrip("/")
        with self.lock:
            self.asked.append((method, path))
            if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                raise Refused(401, "InvalidAuthenticationToken")
            if path.startswith("/operations/"):
                return self.poll(path.rpartition("/")[2])
            if "api-version" not in query:
                raise Refused(400, "MissingApiVersionParameter")
            if path == "/batch" and method == "POST":
                return 200, {"responses": [self.one_of_batch(one, headers) for one in body["requests"]]}, {}
            if not path.lower().startswith(f"/subscriptions/{SUBSCRIPTION}/"):
                raise Refused(404, "SubscriptionNotFound", f"The subscription '{path.split('/')[2]}' could not be found.")
            return self.route(method, path, query, body)

    def one_of_batch(self, one: dict, headers) -> dict:
        try:
            status, content, _ = self.answer(one["httpMethod"], one["url"], None, headers)
        except Refused as refused:
            status, content = refused.status, error(refused)
        return {"name": one["name"], "httpStatusCode": status, "content": content}

    def route(self, method: str, path: str, query: dict, body: dict | None) -> tuple[int, dict | None, dict]:
        below = path.split("/")[3:]
        lower = [part.lower() for part in below]
        if lower[0] == "resourcegroups" and len(below) in (1, 2):
            return self.group(method, below[1] if len(below) == 2 else None, body)
        if method == "GET" and lower[0] == "resourcegroups" and lower[2:] == ["resources"]:
            things = [thing for thing in self.resources.values() if thing["type"] not in PARTS and self.is_in(thing, below[1])]
            return 200, {"value": [listed(thing) for thing in things]}, {}
        if path.lower().endswith("/providers/microsoft.resources/tags/default"):
            return self.tag(method, path.rsplit("/providers/", 1)[0], body)
        if method == "GET" and lower[-1] == "vmsizes":
            return 200, {"value": [{"name": size} for size in SIZES]}, {}
        if method == "GET" and lower[-1] == "versions" and "/publishers/debian/" in path.lower():
            return 200, [{"name": version, "location": "uksouth", "id": f"{path}/{version}"} for version in VERSIONS], {}
        if method == "GET" and lower[-1] == "instanceview":
            self.there(path.rpartition("/")[0])
            return 200, INSTANCE_VIEW, {}
        after = path.split("/providers/", 1)
        if len(after) == 2 and len(after[1].split("/")) % 2 == 0 and method == "GET":
            kind = KINDS.get("/".join(after[1].split("/")[:1] + after[1].split("/")[1::2]).lower())
            if kind:
                things = [thing for key, thing in self.resources.items() if thing["type"] == kind and key.startswith(f"{after[0]}/".lower())]
                if "resourcegroups" in lower:
                    self.the_group(below[1])
                return 200, {"value": [self.shown(thing) for thing in things]}, {}
        elif len(after) == 2 and kind_and_name(path)[0]:
            return self.resource(method, path, query, body)
        self.strange.append(f"{method} {path}")
        raise Refused(404, "InvalidResourceType", path)

    def the_group(self, name: str) -> dict:
        if name.lower() not in self.groups:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
        return self.groups[name.lower()]

    def there(self, path: str) -> dict:
        self.the_group(path.split("/")[4])
        if path.lower() not in self.resources:
            raise Refused(404, "ResourceNotFound", f"{path} was not found.")
        return self.resources[path.lower()]

    def is_in(self, thing: dict, group: str) -> bool:
        return thing["id"].split("/")[4].lower() == self.the_group(group)["name"].lower()

    def group(self, method: str, name: str | None, body: dict | None) -> tuple[int, dict | None, dict]:
        if name is None:
            return 200, {"value": list(self.groups.values())}, {}
        if method == "HEAD":
            return (204 if name.lower() in self.groups else 404), None, {}
        if method == "PUT":
            return *self.put_group(name, body), {}
        group = self.the_group(name)
        if method == "DELETE":

            def gone():
                del self.groups[name.lower()]
                self.resources = {key: thing for key, thing in self.resources.items() if not key.startswith(f"{group['id']}/".lower())}

            return 202, None, self.begin(gone)
        return 200, group, {}

    def tag(self, method: str, path: str, body: dict | None) -> tuple[int, dict | None, dict]:
        thing = self.there(path)
        if method == "PUT":
            thing["tags"] = body["properties"]["tags"]
        elif method == "PATCH":
            assert body["operation"] == "Merge", body
            thing["tags"] = thing.get("tags", {}) | body["properties"]["tags"]
        return 200, {"id": f"{path}/providers/Microsoft.Resources/tags/default", "name": "default", "properties": {"tags": thing.get("tags", {})}}, {}

    def resource(self, method: str, path: str, query: dict, body: dict | None) -> tuple[int, dict | None, dict]:
        if method == "PUT":
            status = 200 if path.lower() in self.resources else 201
            thing = self.write(path, body)

            def done():
                if path.lower() in self.resources:
                    self.resources[path.lower()]["properties"]["provisioningState"] = "Succeeded"

            return status, self.shown(thing), self.begin(done)
        if method == "DELETE":
            if path.lower() not in self.resources:
                return 204, None, {}
            now = "/natgateways/" in path.lower()
            kept = dict(self.resources)
            self.remove(path)  # refused now, if at all
            if now:
                return 202, None, self.begin(lambda: None)
            self.resources = kept
            return 202, None, self.begin(lambda: self.remove(path))
        thing = self.there(path)
        return 200, self.shown(thing, instance_view="instanceview" in query.get("$expand", "").lower()), {}

    def begin(self, work) -> dict:
        """Something that goes on: it is done when it was asked for the second time."""
        operation = str(uuid4())
        self.operations[operation] = [2, work]
        url = f"https://{MANAGEMENT}/operations/{operation}?api-version=2024-01-01"
        return {"Azure-AsyncOperation": url, "x-ms-retry-after-ms": "20"}

    def poll(self, operation: str) -> tuple[int, dict, dict]:
        if operation not in self.operations:
            raise Refused(404, "OperationNotFound")
        left, work = self.operations[operation]
        if left > 1:
            self.operations[operation][0] = left - 1
            return 200, {"status": "InProgress"}, {"x-ms-retry-after-ms": "20"}
        self.operations[operation] = [0, work]
        if left == 1:
            work()
        return 200, {"status": "Succeeded"}, {}

    def login(self, method: str, url: str, form: dict) -> tuple[int, dict]:
        """Entra ID: a token for the right secret."""
        path = urlsplit(url).path
        base = f"https://{LOGIN}/{TENANT}"
        if path.endswith("/.well-known/openid-configuration"):
            oauth = f"{base}/oauth2/v2.0"
            return 200, {"issuer": f"{base}/v2.0", "authorization_endpoint": f"{oauth}/authorize", "token_endpoint": f"{oauth}/token"}
        if path.endswith("/discovery/instance"):
            return 200, {"tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration", "metadata": []}
        if path == f"/{TENANT}/oauth2/v2.0/token" and method == "POST":
            if form.get("client_secret") != self.secret:
                return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
            token = str(uuid4())
            self.tokens.add(token)
            return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token}
        self.strange.append(f"{method} {url}")
        return 404, {"error": "not_found"}


DISK = {"osType": "Linux", "diskSizeGB": 30, "diskState": "Attached", "creationData": {"createOption": "FromImage"}, "encryption": {}}
INSTANCE_VIEW = {"statuses": [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}]}
SIZES = ["Standard_B1s", "Standard_B2s", "Standard_D4s_v5"]
VERSIONS = ["0.20260316.2053", "0.20261101.2284"]


def kind_and_name(path: str) -> tuple[str | None, str]:
    provider, *rest = path.split("/providers/", 1)[1].split("/")
    return KINDS.get("/".join([provider, *rest[::2]]).lower()), "/".join(rest[1::2])


def listed(thing: dict) -> dict:
    """A resource as the list of a group has it: no properties; the name of a part has its parents' before."""
    return {key: thing[key] for key in ("id", "type", "location", "tags", "sku") if key in thing} | {"name": kind_and_name(thing["id"])[1]}


def references(thing) -> list[tuple[str, str]]:
    """All that a resource refers to, and by which property."""
    found = []
    if isinstance(thing, dict):
        for key, value in thing.items():
            for one in value if isinstance(value, list) else [value]:
                if key in BACK and isinstance(one, dict) and "id" in one:
                    found.append((one["id"], key))
                else:
                    found += references(one)
    elif isinstance(thing, list):
        found = [reference for one in thing for reference in references(one)]
    return found


def error(refused: Refused) -> dict:
    return {"error": {"code": refused.code, "message": refused.message}}


class Handler(BaseHTTPRequestHandler):
    """A proxy that is itself whom it connects to."""

    protocol_version = "HTTP/1.1"
    host = ""

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:  # a module that has ended
            self.close_connection = True

    def do_CONNECT(self):
        self.host = self.path.partition(":")[0]
        if self.host not in (MANAGEMENT, LOGIN):
            self.server.arm.strange.append(f"CONNECT {self.path}")
            self.send_error(403)
            return
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.close_connection = False

    def do_any(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {}
        try:
            if self.host == LOGIN:
                form = {key: values[0] for key, values in parse_qs(sent).items()}
                status, answer = self.server.arm.login(self.command, self.path, form)
            else:
                status, answer, headers = self.server.arm.answer(self.command, self.path, json.loads(sent) if sent else None, self.headers)
        except Refused as refused:
            status, answer = refused.status, error(refused)
        raw = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_any

    def log_message(self, *_):
        pass


class Stub:
    """The server. `environment` is what a playbook needs to get here."""

    def __init__(self, folder: Path, certificate: Path, key: Path):
        self.arm = Arm(secret="s3cret-of-the-tests")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.arm = self.arm
        self.server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.tls.load_cert_chain(certificate, key)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.server.server_port}",
            "NO_PROXY": "",
            "REQUESTS_CA_BUNDLE": str(certificate),
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_TENANT": TENANT,
            "AZURE_CLIENT_ID": str(uuid4()),
            "AZURE_SECRET": self.arm.secret,
            "AZURE_CONFIG_DIR": str(folder),
            "PYTHONPATH": str(Path(__file__).parent / "absent"),
        }

    def close(self):
        self.server.shutdown()
        self.server.server_close()

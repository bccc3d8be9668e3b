"""A stub of Amazon EC2: an account in memory behind EC2's query API, for playbooks to be tried on.

What it is true to. Requests are signed with version 4 by a key that it knows. Parameters and answers are checked against botocore's model of EC2
(ec2_wire). It stores what it is sent and answers from that. It refuses as EC2 does: unknown ids, unknown filters, CIDRs that
overlap or lie outside, doubled groups, rules and routes, addresses in use, and deletes of what is still needed, so that an order in which
things cannot be made or removed shows. NAT gateways and instances take `looks` describes to get anywhere; deleted and terminated ones
stay in sight. Listings come in pages.

What it is not. Nothing boots and no packet flows. Rights, quotas, prices, IPv6, network ACLs, peerings, endpoints, spot and launch templates
are not there; actions that it does not know are refused, never guessed. EC2 is eventually consistent and shows things late; this is not. That a
playbook passes here proves order, arguments and repetition, not that the cloud has room or lets you.
"""

import fnmatch
import hashlib
import threading
from collections import Counter, defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv4Network
from urllib.parse import parse_qsl

from ec2_wire import EC2, Defect, Refused, answer, check_signature, read, refusal

ACCOUNT = "123456789012"
DEBIAN = "136693071363"
KEY, SECRET = "AKIASTUBSTUBSTUBSTUB", "not/a/secret/of/anybody"
REGION = "eu-west-2"

# kind (and prefix of ids): how a listing and an id are called, the type in tag specifications, the error for an unknown id.
KINDS = {
    "vpc": ("Vpcs", "VpcId", "vpc", "InvalidVpcID.NotFound"),
    "subnet": ("Subnets", "SubnetId", "subnet", "InvalidSubnetID.NotFound"),
    "igw": ("InternetGateways", "InternetGatewayId", "internet-gateway", "InvalidInternetGatewayID.NotFound"),
    "nat": ("NatGateways", "NatGatewayId", "natgateway", "NatGatewayNotFound"),
    "eipalloc": ("Addresses", "AllocationId", "elastic-ip", "InvalidAllocationID.NotFound"),
    "sg": ("SecurityGroups", "GroupId", "security-group", "InvalidGroup.NotFound"),
    "rtb": ("RouteTables", "RouteTableId", "route-table", "InvalidRouteTableID.NotFound"),
    "eni": ("NetworkInterfaces", "NetworkInterfaceId", "network-interface", "InvalidNetworkInterfaceID.NotFound"),
    "i": ("Instances", "InstanceId", "instance", "InvalidInstanceID.NotFound"),
    "vol": ("Volumes", "VolumeId", "volume", "InvalidVolume.NotFound"),
    "key": ("KeyPairs", "KeyPairId", "key-pair", "InvalidKeyPair.NotFound"),
    "ami": ("Images", "ImageId", "image", "InvalidAMIID.NotFound"),
}
# Filters that are not simply a member of that name: where in a thing their values are.
FILTERS = {
    "cidr": "CidrBlock", "group-id": "GroupId", "key-name": "KeyName", "instance-state-name": "State.Name",
    "attachment.vpc-id": "Attachments.VpcId", "attachment.instance-id": "Attachment.InstanceId",
    "association.subnet-id": "Associations.SubnetId", "association.main": "Associations.Main",
    "network-interface.network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
    "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock", "attachment.status": "Attachment.Status",
}  # fmt: skip
SIMPLE_FILTERS = {
    "vpc-id", "subnet-id", "cidr-block", "state", "network-interface-id", "private-ip-address", "internet-gateway-id", "nat-gateway-id",
    "group-name", "route-table-id", "instance-id", "image-id", "name", "architecture", "status", "domain", "allocation-id", "is-default",
    "owner-id", "interface-type", "public-ip", "resource-id", "resource-type", "virtualization-type", "root-device-type",
}  # fmt: skip


def _values(thing, path: str) -> list[str]:
    """What a thing says at a path such as Attachments.VpcId, however many times."""
    found = [thing]
    for step in path.split("."):
        found = [value for at in found for value in (at if isinstance(at, list) else [at])]
        found = [at[step] for at in found if isinstance(at, dict) and at.get(step) is not None]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def tags_of(thing: dict) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", thing.get("TagSet", []))}


def _matches(thing: dict, filters: list[dict]) -> bool:
    for wanted in filters:
        name = wanted["Name"]
        if name.startswith("tag:"):
            found = [tags_of(thing)[name[4:]]] if name[4:] in tags_of(thing) else []
        elif name in ("tag-key", "key"):
            found = list(tags_of(thing)) or _values(thing, "Key")
        elif name in FILTERS:
            found = _values(thing, FILTERS[name])
        elif name in SIMPLE_FILTERS:
            found = _values(thing, "".join(part.capitalize() for part in name.split("-")))
        else:
            raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")
        if not any(fnmatch.fnmatchcase(value, pattern) for value in found for pattern in wanted.get("Values", [])):
            return False
    return True


def _network(cidr: str) -> IPv4Network:
    try:
        return IPv4Network(cidr)
    except ValueError:
        raise Refused("InvalidParameterValue", f"Value ({cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.") from None


def _now() -> datetime:
    return datetime.now(UTC)


class Account:
    """What one account has in one region. Actions are methods named as EC2 names them."""

    def __init__(self, looks: int = 1, page: int = 3):
        self.looks, self.page = looks, page
        self.things: dict[str, dict] = {}
        self.requests: list[tuple[str, dict]] = []
        self.defects: list[str] = []
        self.faults: list[dict] = []
        self.lock = threading.RLock()
        self._count: Counter[str] = Counter()
        self._ahead: dict[str, tuple[int, str]] = {}  # looks until a thing gets to its next state
        self._rules: dict[str, set[tuple]] = defaultdict(set)  # of groups: (way, protocol, from, to, source, description)
        self._tokens: dict[str, dict] = {}
        self._protected: set[str] = set()
        self._dns: dict[tuple[str, str], bool] = {}
        for day in ("20260601-2130", "20261005-2257"):
            self.image(f"debian-12-amd64-{day}", DEBIAN, day[:8])
            self.image(f"debian-12-arm64-{day}", DEBIAN, day[:8], architecture="arm64")

    # --- for tests ---------------------------------------------------------------------------------------------------------------

    def all(self, kind: str, **tags: str) -> list[dict]:
        """Things of a kind that carry these tags (dashes as underscores)."""
        wanted = {key.replace("_", "-"): value for key, value in tags.items()}
        return [each for name, each in self.things.items() if name.startswith(kind + "-") and wanted.items() <= tags_of(each).items()]

    def left(self) -> list[str]:
        """Everything that is there, but images and what EC2 itself forgets after an hour."""
        return sorted(
            name for name, thing in self.things.items()
            if not name.startswith("ami-") and not (name[:2] == "i-" and thing["State"]["Name"] == "terminated")
            and not (name.startswith("nat-") and thing["State"] == "deleted")
        )  # fmt: skip

    def rules(self, group: str) -> set[tuple]:
        """What comes in: (protocol, from, to, source) of each rule."""
        return {rule[1:5] for rule in self._rules[group] if rule[0] == "in"}

    def egress(self, group: str) -> set[tuple]:
        return {rule[1:5] for rule in self._rules[group] if rule[0] == "out"}

    def image(self, name: str, owner: str, day: str, architecture: str = "x86_64", **tags: str) -> str:
        return self._add(
            "ami", [], Name=name, OwnerId=owner, State="available", Architecture=architecture, RootDeviceName="/dev/xvda",
            RootDeviceType="ebs", VirtualizationType="hvm", CreationDate=f"{day[:4]}-{day[4:6]}-{day[6:8]}T21:30:00.000Z",
            Tags=[{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()],
        )["ImageId"]  # fmt: skip

    def fault(self, action: str, code: str, status: int = 403, skip: int = 0, times: int = 1, after: bool = False) -> None:
        """Answers `times` calls of an action with an error, not counting the first `skip`; `after`: what was asked for is done."""
        self.faults.append({"action": action, "code": code, "status": status, "skip": skip, "times": times, "after": after})

    def sent(self, action: str) -> list[dict]:
        return [parameters for name, parameters in self.requests if name == action]

    # --- for all actions ---------------------------------------------------------------------------------------------------------

    def act(self, action: str, form: dict[str, str]) -> bytes:
        with self.lock:
            parameters = read(action, form)
            self.requests.append((action, parameters))
            fault = self._fault(action)
            if fault and not fault["after"]:
                raise Refused(fault["code"], "the stub was told to", fault["status"])
            if not hasattr(self, action):
                raise Refused("InvalidAction", f"The stub has no {action}")
            done = answer(action, getattr(self, action)(parameters) or {})
            if fault:
                raise Refused(fault["code"], "the stub was told to", fault["status"])
            return done

    def _fault(self, action: str) -> dict | None:
        for fault in self.faults:
            if fnmatch.fnmatchcase(action, fault["action"]) and fault["times"] > 0:
                if fault["skip"] > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] -= 1
                return fault
        return None

    def _add(self, kind: str, specifications: list[dict], **thing) -> dict:
        self._count[kind] += 1
        name = f"{kind}-0{hashlib.sha256(f'{kind}{self._count[kind]}'.encode()).hexdigest()[:16]}"
        tags = [tag for each in specifications if each.get("ResourceType") == KINDS[kind][2] for tag in each.get("Tags", [])]
        if any(each.get("ResourceType") not in (KINDS[kind][2], *(["volume"] if kind == "i" else [])) for each in specifications):
            raise Refused("InvalidParameterValue", f"{specifications} is not valid for {KINDS[kind][2]}")
        self.things[name] = {KINDS[kind][1]: name, **({"TagSet" if kind == "eni" else "Tags": tags} | thing)}
        return self.things[name]

    def _get(self, kind: str, name: str) -> dict:
        if not name.startswith(kind + "-"):
            raise Refused(f"Invalid{KINDS[kind][1]}.Malformed", f'Invalid id: "{name}" (expecting "{kind}-...")')
        if name not in self.things:
            raise Refused(KINDS[kind][3], f"The {KINDS[kind][1]} '{name}' does not exist")
        return self.things[name]

    def _in_vpc(self, kind: str, vpc: str) -> list[dict]:
        return [each for each in self.all(kind) if each.get("VpcId") == vpc]

    def _list(self, kind: str, p: dict, ids: str, filters: str = "Filters", also=lambda _: True) -> dict:
        for name in p.get(ids, []):
            self._get(kind, name)
        for name in [name for name in self._ahead if name.startswith(kind + "-")]:
            if not p.get(ids) or name in p[ids]:
                self._look(name)
        found = [
            each for each in self.all(kind)
            if (not p.get(ids) or each[KINDS[kind][1]] in p[ids]) and _matches(each, p.get(filters, [])) and also(each)
        ]  # fmt: skip
        return self._page(KINDS[kind][0], found, p)

    def _page(self, listing: str, found: list, p: dict) -> dict:
        first = int(p.get("NextToken", 0))
        size = min(p.get("MaxResults", self.page), self.page)
        paged = f"Describe{listing}" in EC2.operation_names and "NextToken" in EC2.operation_model(f"Describe{listing}").output_shape.members
        if not paged or first + size >= len(found):
            return {listing: found[first:]}
        return {listing: found[first : first + size], "NextToken": str(first + size)}

    def _look(self, name: str) -> None:
        looks, state = self._ahead[name]
        if looks > 0:
            self._ahead[name] = (looks - 1, state)
            return
        del self._ahead[name]
        thing = self.things[name]
        if name.startswith("nat-"):
            thing["State"] = state
            if state == "deleted":
                for each in thing["NatGatewayAddresses"]:
                    self.things.pop(each["NetworkInterfaceId"], None)
                    self._disassociate(self.things[each["AllocationId"]])
        else:
            self._instance_state(thing, state)

    def _dry_run(self, p: dict) -> None:
        if p.get("DryRun"):
            raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)

    # --- tags --------------------------------------------------------------------------------------------------------------------

    def CreateTags(self, p):
        for name in p["Resources"]:
            thing = self._get(name.split("-")[0], name)
            kept = {**tags_of(thing), **{tag["Key"]: tag.get("Value", "") for tag in p["Tags"]}}
            thing["TagSet" if name.startswith("eni-") else "Tags"] = [{"Key": k, "Value": v} for k, v in kept.items()]

    def DeleteTags(self, p):
        for name in p["Resources"]:
            thing = self._get(name.split("-")[0], name)
            gone = {tag["Key"] for tag in p.get("Tags", [])}
            thing["TagSet" if name.startswith("eni-") else "Tags"] = [{"Key": k, "Value": v} for k, v in tags_of(thing).items() if k not in gone]

    def DescribeTags(self, p):
        told = [
            {"ResourceId": name, "ResourceType": KINDS[name.split("-")[0]][2], "Key": key, "Value": value}
            for name, thing in self.things.items() for key, value in tags_of(thing).items()
        ]  # fmt: skip
        return self._page("Tags", [each for each in told if _matches(each, p.get("Filters", []))], p)

    # --- VPCs, subnets, gateways ---------------------------------------------------------------------------------------------------

    def CreateVpc(self, p):
        network = _network(p["CidrBlock"])
        if not 16 <= network.prefixlen <= 28:
            raise Refused("InvalidVpc.Range", f"The CIDR '{network}' is invalid.")
        vpc = self._add(
            "vpc", p.get("TagSpecifications", []), CidrBlock=str(network), State="available", OwnerId=ACCOUNT, IsDefault=False,
            InstanceTenancy=p.get("InstanceTenancy", "default"), DhcpOptionsId="dopt-00000001",
            CidrBlockAssociationSet=[{"AssociationId": "vpc-cidr-assoc-1", "CidrBlock": str(network), "CidrBlockState": {"State": "associated"}}],
        )  # fmt: skip
        self._add_group(vpc["VpcId"], "default", "default VPC security group", [])
        self._add_table(vpc["VpcId"], [], main=True)
        return {"Vpc": vpc}

    def DescribeVpcs(self, p):
        return self._list("vpc", p, "VpcIds")

    def ModifyVpcAttribute(self, p):
        vpc = self._get("vpc", p["VpcId"])
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            if name in p:
                self._dns[vpc["VpcId"], name] = p[name]["Value"]

    def DescribeVpcAttribute(self, p):
        vpc = self._get("vpc", p["VpcId"])["VpcId"]
        name = p["Attribute"][0].upper() + p["Attribute"][1:]
        return {"VpcId": vpc, name: {"Value": self._dns.get((vpc, name), name == "EnableDnsSupport")}}

    def DeleteVpc(self, p):
        vpc = self._get("vpc", p["VpcId"])["VpcId"]
        rest = [each for kind in ("subnet", "eni") for each in self._in_vpc(kind, vpc)]
        rest += [each for each in self.all("igw") if vpc in _values(each, "Attachments.VpcId")]
        rest += [each for each in self._in_vpc("sg", vpc) if each["GroupName"] != "default"]
        rest += [each for each in self._in_vpc("rtb", vpc) if "true" not in _values(each, "Associations.Main")]
        if rest:
            raise Refused("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
        for each in [*self._in_vpc("sg", vpc), *self._in_vpc("rtb", vpc)]:
            del self.things[each.get("GroupId") or each["RouteTableId"]]
        del self.things[vpc]

    def CreateSubnet(self, p):
        vpc = self._get("vpc", p["VpcId"])
        network = _network(p["CidrBlock"])
        if not network.subnet_of(IPv4Network(vpc["CidrBlock"])) or network.prefixlen > 28:
            raise Refused("InvalidSubnet.Range", f"The CIDR '{network}' is invalid.")
        if any(network.overlaps(IPv4Network(each["CidrBlock"])) for each in self._in_vpc("subnet", vpc["VpcId"])):
            raise Refused("InvalidSubnet.Conflict", f"The CIDR '{network}' conflicts with another subnet")
        zone = p.get("AvailabilityZone", REGION + "a")
        if zone not in [REGION + letter for letter in "abc"]:
            raise Refused("InvalidParameterValue", f"Value ({zone}) for parameter availabilityZone is invalid.")
        return {
            "Subnet": self._add(
                "subnet", p.get("TagSpecifications", []), VpcId=vpc["VpcId"], CidrBlock=str(network), State="available", AvailabilityZone=zone,
                MapPublicIpOnLaunch=False, AssignIpv6AddressOnCreation=False, DefaultForAz=False, Ipv6CidrBlockAssociationSet=[], OwnerId=ACCOUNT,
            )
        }  # fmt: skip

    def DescribeSubnets(self, p):
        return self._list("subnet", p, "SubnetIds")

    def ModifySubnetAttribute(self, p):
        subnet = self._get("subnet", p["SubnetId"])
        for name in set(p) - {"SubnetId"}:
            if name not in ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation"):
                raise Refused("InvalidParameterValue", name)
            subnet[name] = p[name]["Value"]

    def DeleteSubnet(self, p):
        subnet = self._get("subnet", p["SubnetId"])["SubnetId"]
        if any(each["SubnetId"] == subnet for each in self.all("eni")):
            raise Refused("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
        for table in self.all("rtb"):
            table["Associations"] = [each for each in table["Associations"] if each.get("SubnetId") != subnet]
        del self.things[subnet]

    def CreateInternetGateway(self, p):
        return {"InternetGateway": self._add("igw", p.get("TagSpecifications", []), Attachments=[], OwnerId=ACCOUNT)}

    def DescribeInternetGateways(self, p):
        return self._list("igw", p, "InternetGatewayIds")

    def AttachInternetGateway(self, p):
        gateway, vpc = self._get("igw", p["InternetGatewayId"]), self._get("vpc", p["VpcId"])["VpcId"]
        if gateway["Attachments"] or any(vpc in _values(each, "Attachments.VpcId") for each in self.all("igw")):
            raise Refused("Resource.AlreadyAssociated", f"{gateway['InternetGatewayId']} or {vpc} is attached already")
        gateway["Attachments"] = [{"VpcId": vpc, "State": "available"}]

    def DetachInternetGateway(self, p):
        gateway = self._get("igw", p["InternetGatewayId"])
        if p["VpcId"] not in _values(gateway, "Attachments.VpcId"):
            raise Refused("Gateway.NotAttached", f"resource {p['InternetGatewayId']} is not attached to network {p['VpcId']}")
        mapped = {each.get("NetworkInterfaceId") for each in self.all("eipalloc")}
        if any(each["NetworkInterfaceId"] in mapped for each in self._in_vpc("eni", p["VpcId"])):
            raise Refused("DependencyViolation", f"Network {p['VpcId']} has some mapped public address(es).")
        gateway["Attachments"] = []

    def DeleteInternetGateway(self, p):
        if self._get("igw", p["InternetGatewayId"])["Attachments"]:
            raise Refused("DependencyViolation", f"The internetGateway '{p['InternetGatewayId']}' has dependencies and cannot be deleted.")
        del self.things[p["InternetGatewayId"]]

    # --- addresses and NAT ---------------------------------------------------------------------------------------------------------

    def AllocateAddress(self, p):
        address = str(IPv4Address("203.0.113.0") + 1 + self._count["eipalloc"])
        made = self._add("eipalloc", p.get("TagSpecifications", []), PublicIp=address, Domain="vpc", PublicIpv4Pool="amazon")
        return {"AllocationId": made["AllocationId"], "PublicIp": address, "Domain": "vpc"}

    def DescribeAddresses(self, p):
        for public in p.get("PublicIps", []):
            if public not in [each["PublicIp"] for each in self.all("eipalloc")]:
                raise Refused("InvalidAddress.NotFound", f"Address '{public}' not found.")
        return self._list("eipalloc", p, "AllocationIds", also=lambda address: address["PublicIp"] in p.get("PublicIps", [address["PublicIp"]]))

    def AssociateAddress(self, p):
        address = self._get("eipalloc", p["AllocationId"])
        if "InstanceId" in p:
            interface = self.things[self._get("i", p["InstanceId"])["NetworkInterfaces"][0]["NetworkInterfaceId"]]
        else:
            interface = self._get("eni", p["NetworkInterfaceId"])
        vpc = interface["VpcId"]
        if not any(vpc in _values(each, "Attachments.VpcId") for each in self.all("igw")):
            raise Refused("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")
        if "AssociationId" in address and not p.get("AllowReassociation"):
            raise Refused("Resource.AlreadyAssociated", f"resource {p['AllocationId']} is already associated")
        return {"AssociationId": self._associate(address, interface)}

    def _associate(self, address, interface) -> str:
        for other in self.all("eipalloc"):
            if other.get("NetworkInterfaceId") == interface["NetworkInterfaceId"]:
                self._disassociate(other)
        self._count["eipassoc"] += 1
        address["AssociationId"] = f"eipassoc-0{self._count['eipassoc']:016x}"
        address["NetworkInterfaceId"] = interface["NetworkInterfaceId"]
        address["PrivateIpAddress"] = interface["PrivateIpAddress"]
        instance = interface.get("Attachment", {}).get("InstanceId")
        if instance:
            address["InstanceId"] = instance
            self.things[instance]["PublicIpAddress"] = address["PublicIp"]
        interface["Association"] = {key: address[key] for key in ("AllocationId", "AssociationId", "PublicIp")}
        return address["AssociationId"]

    def _disassociate(self, address) -> None:
        self.things.get(address.pop("NetworkInterfaceId", ""), {}).pop("Association", None)
        self.things.get(address.pop("InstanceId", ""), {}).pop("PublicIpAddress", None)
        address.pop("AssociationId", None)
        address.pop("PrivateIpAddress", None)

    def DisassociateAddress(self, p):
        for address in self.all("eipalloc"):
            if address.get("AssociationId") == p.get("AssociationId", ""):
                if self.things[address["NetworkInterfaceId"]]["InterfaceType"] == "natGateway":
                    raise Refused("AuthFailure", "You do not have permission to access the specified resource.")
                self._disassociate(address)
                return
        raise Refused("InvalidAssociationID.NotFound", f"The association ID '{p.get('AssociationId')}' does not exist")

    def ReleaseAddress(self, p):
        if "AssociationId" in self._get("eipalloc", p["AllocationId"]):
            raise Refused("InvalidIPAddress.InUse", f"Address {p['AllocationId']} is in use.")
        del self.things[p["AllocationId"]]

    def CreateNatGateway(self, p):
        if p.get("ClientToken") in self._tokens:
            return {"NatGateway": self._tokens[p["ClientToken"]]}
        subnet, address = self._get("subnet", p["SubnetId"]), self._get("eipalloc", p["AllocationId"])
        if not any(subnet["VpcId"] in _values(each, "Attachments.VpcId") for each in self.all("igw")):
            raise Refused("Gateway.NotAttached", f"Network {subnet['VpcId']} has no Internet gateway attached")
        if "AssociationId" in address:
            raise Refused("Resource.AlreadyAssociated", f"Elastic IP address [{p['AllocationId']}] is already associated")
        interface = self._add_interface(subnet, [], self._free(subnet), "Interface for NAT Gateway", [], type="natGateway")
        interface.update(Status="in-use", RequesterManaged=True)
        self._associate(address, interface)
        where = {"AllocationId": p["AllocationId"], "NetworkInterfaceId": interface["NetworkInterfaceId"], "PublicIp": address["PublicIp"]}
        gateway = self._add(
            "nat", p.get("TagSpecifications", []), SubnetId=subnet["SubnetId"], VpcId=subnet["VpcId"], State="pending", CreateTime=_now(),
            ConnectivityType=p.get("ConnectivityType", "public"), NatGatewayAddresses=[{**where, "PrivateIp": interface["PrivateIpAddress"]}],
        )  # fmt: skip
        self._ahead[gateway["NatGatewayId"]] = (self.looks, "available")
        self._tokens[p.get("ClientToken", gateway["NatGatewayId"])] = gateway
        return {"NatGateway": gateway}

    def DescribeNatGateways(self, p):
        return self._list("nat", p, "NatGatewayIds", "Filter")

    def DeleteNatGateway(self, p):
        gateway = self._get("nat", p["NatGatewayId"])
        if gateway["State"] not in ("deleting", "deleted"):
            gateway["State"] = "deleting"
            self._ahead[p["NatGatewayId"]] = (self.looks, "deleted")
        return {"NatGatewayId": p["NatGatewayId"]}

    # --- routes --------------------------------------------------------------------------------------------------------------------

    def _add_table(self, vpc: str, specifications: list, main: bool = False) -> dict:
        local = {"DestinationCidrBlock": self.things[vpc]["CidrBlock"], "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
        table = self._add("rtb", specifications, VpcId=vpc, OwnerId=ACCOUNT, PropagatingVgws=[], Associations=[], Routes=[local])
        if main:
            self._associate_table(table, Main=True)
        return table

    def _associate_table(self, table: dict, **what) -> str:
        self._count["rtbassoc"] += 1
        name = f"rtbassoc-0{self._count['rtbassoc']:016x}"
        said = {"RouteTableAssociationId": name, "RouteTableId": table["RouteTableId"], "AssociationState": {"State": "associated"}}
        table["Associations"].append({"Main": False, **said, **what})
        return name

    def CreateRouteTable(self, p):
        return {"RouteTable": self._add_table(self._get("vpc", p["VpcId"])["VpcId"], p.get("TagSpecifications", []))}

    def DescribeRouteTables(self, p):
        for table in self.all("rtb"):
            for route in table["Routes"]:
                self._see(route)
        return self._list("rtb", p, "RouteTableIds")

    def _see(self, route: dict) -> None:
        """A route is a black hole when what it points to is gone or does not run."""
        name = route.get("GatewayId") or route.get("NatGatewayId") or route.get("NetworkInterfaceId")
        thing = self.things.get(name, {})
        instance = self.things.get(thing.get("Attachment", {}).get("InstanceId", ""), {}) if name.startswith("eni-") else {}
        route.pop("InstanceId", None)
        if instance:
            route.update(InstanceId=instance["InstanceId"], InstanceOwnerId=ACCOUNT)
        well = name == "local" or (
            instance.get("State", {}).get("Name") == "running" if name.startswith("eni-") else thing and thing.get("State") not in ("deleting", "deleted")
        )  # fmt: skip
        route["State"] = "active" if well else "blackhole"

    def _route(self, table: dict, p: dict) -> dict:
        target = {key: p[key] for key in ("GatewayId", "NatGatewayId", "NetworkInterfaceId") if key in p}
        if len(target) != 1:
            raise Refused("InvalidParameterCombination", "A route has exactly one target")
        (name,) = target.values()
        thing = self._get(name.split("-")[0], name)
        if table["VpcId"] not in _values(thing, "VpcId") + _values(thing, "Attachments.VpcId"):
            raise Refused("InvalidParameterValue", f"{name} and {table['RouteTableId']} belong to different networks")
        if str(_network(p["DestinationCidrBlock"])) == table["Routes"][0]["DestinationCidrBlock"]:
            raise Refused("InvalidParameterValue", "The destination CIDR block is that of the VPC.")
        return {"DestinationCidrBlock": p["DestinationCidrBlock"], **target, "Origin": "CreateRoute", "State": "active"}

    def CreateRoute(self, p):
        table = self._get("rtb", p["RouteTableId"])
        route = self._route(table, p)
        if p["DestinationCidrBlock"] in _values(table, "Routes.DestinationCidrBlock"):
            raise Refused("RouteAlreadyExists", f"The route identified by {p['DestinationCidrBlock']} already exists.")
        table["Routes"].append(route)
        return {"Return": True}

    def ReplaceRoute(self, p):
        table = self._get("rtb", p["RouteTableId"])
        table["Routes"][self._at(table, p)] = self._route(table, p)

    def DeleteRoute(self, p):
        table = self._get("rtb", p["RouteTableId"])
        del table["Routes"][self._at(table, p)]

    def _at(self, table: dict, p: dict) -> int:
        known = [route["DestinationCidrBlock"] for route in table["Routes"]]
        if p["DestinationCidrBlock"] not in known[1:]:
            raise Refused("InvalidRoute.NotFound", f"no route with destination-cidr-block {p['DestinationCidrBlock']}")
        return known.index(p["DestinationCidrBlock"])

    def AssociateRouteTable(self, p):
        table, subnet = self._get("rtb", p["RouteTableId"]), self._get("subnet", p["SubnetId"])["SubnetId"]
        if any(subnet in _values(each, "Associations.SubnetId") for each in self.all("rtb")):
            raise Refused("Resource.AlreadyAssociated", f"the specified association for {subnet} conflicts with an existing one")
        return {"AssociationId": self._associate_table(table, SubnetId=subnet), "AssociationState": {"State": "associated"}}

    def DisassociateRouteTable(self, p):
        for table in self.all("rtb"):
            for each in table["Associations"]:
                if each["RouteTableAssociationId"] == p["AssociationId"]:
                    table["Associations"].remove(each)
                    return
        raise Refused("InvalidAssociationID.NotFound", f"The association ID '{p['AssociationId']}' does not exist")

    def DeleteRouteTable(self, p):
        if self._get("rtb", p["RouteTableId"])["Associations"]:
            raise Refused("DependencyViolation", f"The routeTable '{p['RouteTableId']}' has dependencies and cannot be deleted.")
        del self.things[p["RouteTableId"]]

    # --- security groups -------------------------------------------------------------------------------------------------------------

    def _add_group(self, vpc: str, name: str, description: str, specifications: list) -> dict:
        group = self._add("sg", specifications, GroupName=name, Description=description, VpcId=vpc, OwnerId=ACCOUNT)
        self._rules[group["GroupId"]] = {("out", "-1", None, None, "0.0.0.0/0", None)}
        return group

    def CreateSecurityGroup(self, p):
        vpc = self._get("vpc", p["VpcId"])["VpcId"]
        if any(each["GroupName"] == p["GroupName"] for each in self._in_vpc("sg", vpc)):
            raise Refused("InvalidGroup.Duplicate", f"The security group '{p['GroupName']}' already exists for VPC '{vpc}'")
        group = self._add_group(vpc, p["GroupName"], p["Description"], p.get("TagSpecifications", []))
        return {"GroupId": group["GroupId"], "Tags": group["Tags"]}

    def DescribeSecurityGroups(self, p):
        told = self._list("sg", p, "GroupIds")
        told["SecurityGroups"] = [
            {**each, "IpPermissions": self._permissions(each["GroupId"], "in"), "IpPermissionsEgress": self._permissions(each["GroupId"], "out")}
            for each in told["SecurityGroups"]
        ]  # fmt: skip
        return told

    def _permissions(self, group: str, way: str) -> list[dict]:
        by_ports: dict[tuple, dict] = {}
        for _, protocol, first, last, source, description in sorted(filter(lambda rule: rule[0] == way, self._rules[group]), key=str):
            empty = {"IpProtocol": protocol, "FromPort": first, "ToPort": last, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
            said = by_ports.setdefault((protocol, first, last), empty)
            if source.startswith("sg-"):
                said["UserIdGroupPairs"].append({"GroupId": source, "UserId": ACCOUNT, "Description": description})
            else:
                said["IpRanges"].append({"CidrIp": source, "Description": description})
        return list(by_ports.values())

    def _asked(self, p: dict, way: str) -> list[tuple]:
        asked = []
        for each in p.get("IpPermissions", []):
            protocol = each["IpProtocol"]
            ports = (None, None) if protocol == "-1" else (each["FromPort"], each["ToPort"])
            sources = [(one["CidrIp"], one.get("Description")) for one in each.get("IpRanges", [])]
            sources += [(self._get("sg", one["GroupId"])["GroupId"], one.get("Description")) for one in each.get("UserIdGroupPairs", [])]
            if not sources or each.get("Ipv6Ranges") or each.get("PrefixListIds"):
                raise Refused("InvalidParameterValue", f"The stub knows CIDRs and groups only: {each}")
            for source, description in sources:
                if not source.startswith("sg-"):
                    _network(source)
                asked.append((way, protocol, *ports, source, description))
        if not asked:
            raise Refused("MissingParameter", "The request must contain the parameter ipPermissions")
        return asked

    def _authorize(self, p: dict, way: str) -> dict:
        group = self._get("sg", p["GroupId"])["GroupId"]
        asked = self._asked(p, way)
        known = {rule[:5] for rule in self._rules[group]}
        if len({rule[:5] for rule in asked}) < len(asked) or any(rule[:5] in known for rule in asked):
            raise Refused("InvalidPermission.Duplicate", "the specified rule already exists")
        self._rules[group] |= set(asked)
        return {"Return": True}

    def _revoke(self, p: dict, way: str) -> dict:
        group = self._get("sg", p["GroupId"])["GroupId"]
        for asked in self._asked(p, way):
            known = {rule for rule in self._rules[group] if rule[:5] == asked[:5]}
            if not known:
                raise Refused("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
            self._rules[group] -= known
        return {"Return": True}

    def AuthorizeSecurityGroupIngress(self, p):
        return self._authorize(p, "in")

    def AuthorizeSecurityGroupEgress(self, p):
        return self._authorize(p, "out")

    def RevokeSecurityGroupIngress(self, p):
        return self._revoke(p, "in")

    def RevokeSecurityGroupEgress(self, p):
        return self._revoke(p, "out")

    def DeleteSecurityGroup(self, p):
        group = self._get("sg", p["GroupId"])
        if group["GroupName"] == "default":
            raise Refused("CannotDelete", f"the specified group: \"{p['GroupId']}\" name: \"default\" cannot be deleted by a user")
        used = any(p["GroupId"] in _values(each, "Groups.GroupId") for each in self.all("eni"))
        named = any(rule[4] == p["GroupId"] for name, rules in self._rules.items() if name != p["GroupId"] for rule in rules)
        if used or named:
            raise Refused("DependencyViolation", f"resource {p['GroupId']} has a dependent object")
        del self.things[p["GroupId"]], self._rules[p["GroupId"]]
        return {"Return": True, "GroupId": p["GroupId"]}

    # --- interfaces ------------------------------------------------------------------------------------------------------------------

    def _free(self, subnet: dict) -> str:
        taken = {each["PrivateIpAddress"] for each in self.all("eni")}
        return next(str(each) for each in list(IPv4Network(subnet["CidrBlock"]))[100:-1] if str(each) not in taken)

    def _add_interface(self, subnet, groups, address, description, specifications, type="interface") -> dict:
        network = IPv4Network(subnet["CidrBlock"])
        if IPv4Address(address) not in list(network)[4:-1]:
            raise Refused("InvalidParameterValue", f"Address {address} does not fall within the subnet's address range")
        if any(each["SubnetId"] == subnet["SubnetId"] and each["PrivateIpAddress"] == address for each in self.all("eni")):
            raise Refused("InvalidIPAddress.InUse", f"Address {address} is in use.")
        return self._add(
            "eni", specifications, SubnetId=subnet["SubnetId"], VpcId=subnet["VpcId"], AvailabilityZone=subnet["AvailabilityZone"],
            PrivateIpAddress=address, PrivateIpAddresses=[{"PrivateIpAddress": address, "Primary": True}], Description=description, InterfaceType=type,
            Groups=self._groups(groups, subnet["VpcId"]), SourceDestCheck=type == "interface", Status="available", RequesterManaged=False, OwnerId=ACCOUNT,
        )  # fmt: skip

    def _groups(self, names: list[str], vpc: str) -> list[dict]:
        groups = [self._get("sg", name) for name in names]
        if any(each["VpcId"] != vpc for each in groups):
            raise Refused("InvalidGroup.NotFound", f"a group of {names} does not exist in {vpc}")
        return [{"GroupId": each["GroupId"], "GroupName": each["GroupName"]} for each in groups]

    def CreateNetworkInterface(self, p):
        subnet = self._get("subnet", p["SubnetId"])
        address = p.get("PrivateIpAddress") or self._free(subnet)
        made = self._add_interface(subnet, p.get("Groups", []), address, p.get("Description", ""), p.get("TagSpecifications", []))
        return {"NetworkInterface": made}

    def DescribeNetworkInterfaces(self, p):
        return self._list("eni", p, "NetworkInterfaceIds")

    def ModifyNetworkInterfaceAttribute(self, p):
        interface = self._get("eni", p["NetworkInterfaceId"])
        if "SourceDestCheck" in p:
            interface["SourceDestCheck"] = p["SourceDestCheck"]["Value"]
        if "Groups" in p:
            interface["Groups"] = self._groups(p["Groups"], interface["VpcId"])
        if set(p) - {"NetworkInterfaceId", "SourceDestCheck", "Groups"}:
            raise Refused("InvalidParameterCombination", f"The stub does not know {sorted(p)}")

    def DeleteNetworkInterface(self, p):
        if self._get("eni", p["NetworkInterfaceId"])["Status"] != "available":
            raise Refused("InvalidNetworkInterface.InUse", f"Network interface '{p['NetworkInterfaceId']}' is currently in use.")
        for address in self.all("eipalloc"):
            if address.get("NetworkInterfaceId") == p["NetworkInterfaceId"]:
                self._disassociate(address)
        del self.things[p["NetworkInterfaceId"]]

    # --- machines --------------------------------------------------------------------------------------------------------------------

    def ImportKeyPair(self, p):
        if any(each["KeyName"] == p["KeyName"] for each in self.all("key")):
            raise Refused("InvalidKeyPair.Duplicate", f"The keypair '{p['KeyName']}' already exists.")
        material = p["PublicKeyMaterial"].decode().strip()
        kind = {"ssh-rsa": "rsa", "ssh-ed25519": "ed25519"}.get(material.split()[0])
        if not kind:
            raise Refused("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
        made = self._add(
            "key", p.get("TagSpecifications", []), KeyName=p["KeyName"], KeyType=kind, PublicKey=material, CreateTime=_now(),
            KeyFingerprint=hashlib.md5(material.encode()).hexdigest(),
        )  # fmt: skip
        return {"KeyName": made["KeyName"], "KeyPairId": made["KeyPairId"], "KeyFingerprint": made["KeyFingerprint"], "Tags": made["Tags"]}

    def DescribeKeyPairs(self, p):
        for name in p.get("KeyNames", []):
            if name not in [each["KeyName"] for each in self.all("key")]:
                raise Refused("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
        told = self._list("key", p, "KeyPairIds", also=lambda key: key["KeyName"] in p.get("KeyNames", [key["KeyName"]]))["KeyPairs"]
        return {"KeyPairs": told if p.get("IncludePublicKey") else [{k: v for k, v in each.items() if k != "PublicKey"} for each in told]}

    def DeleteKeyPair(self, p):
        for each in self.all("key"):
            if each["KeyName"] == p.get("KeyName") or each["KeyPairId"] == p.get("KeyPairId"):
                del self.things[each["KeyPairId"]]
        return {"Return": True}

    def DescribeImages(self, p):
        owners = [ACCOUNT if owner == "self" else owner for owner in p.get("Owners", [])]
        return self._list("ami", p, "ImageIds", also=lambda image: not owners or image["OwnerId"] in owners)

    def RunInstances(self, p):
        self._dry_run(p)
        if p.get("ClientToken") in self._tokens:
            return {"Instances": [self._tokens[p["ClientToken"]]]}
        image = self._get("ami", p.get("ImageId", ""))
        if p["MinCount"] != 1 or p["MaxCount"] != 1:
            raise Refused("InvalidParameterValue", "The stub runs one instance at a time")
        if not fnmatch.fnmatchcase(p.get("InstanceType", ""), "?*.?*"):
            raise Refused("InvalidParameterValue", f"Invalid value '{p.get('InstanceType')}' for InstanceType.")
        if "KeyName" in p and p["KeyName"] not in [each["KeyName"] for each in self.all("key")]:
            raise Refused("InvalidKeyPair.NotFound", f"The key pair '{p['KeyName']}' does not exist")
        interfaces = []
        for each in p.get("NetworkInterfaces", [{"SubnetId": p.get("SubnetId", ""), "DeviceIndex": 0}]):
            if "NetworkInterfaceId" not in each:
                subnet = self._get("subnet", each["SubnetId"])
                groups = each.get("Groups") or p.get("SecurityGroupIds", [])
                interface = self._add_interface(subnet, groups, each.get("PrivateIpAddress") or self._free(subnet), "", [])
            else:
                interface = self._get("eni", each["NetworkInterfaceId"])
                if interface["Status"] != "available":
                    raise Refused("InvalidNetworkInterface.InUse", f"{each['NetworkInterfaceId']} is currently in use.")
            interfaces.append((interface, "NetworkInterfaceId" not in each))
        first = interfaces[0][0]
        options = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, **p.get("MetadataOptions", {})}
        instance = self._add(
            "i", p.get("TagSpecifications", []), ImageId=image["ImageId"], InstanceType=p["InstanceType"], State={"Name": "pending", "Code": 0},
            LaunchTime=_now(), Placement={"AvailabilityZone": first["AvailabilityZone"]}, Architecture=image["Architecture"], AmiLaunchIndex=0,
            PrivateIpAddress=first["PrivateIpAddress"], SubnetId=first["SubnetId"], VpcId=first["VpcId"], PrivateDnsName="", PublicDnsName="",
            SourceDestCheck=first["SourceDestCheck"], SecurityGroups=first["Groups"], RootDeviceName=image["RootDeviceName"], RootDeviceType="ebs",
            MetadataOptions={"State": "applied", **options}, EbsOptimized=p.get("EbsOptimized", False), Monitoring={"State": "disabled"},
            **({"KeyName": p["KeyName"]} if "KeyName" in p else {}),
        )  # fmt: skip
        name = instance["InstanceId"]
        for number, (interface, ours) in enumerate(interfaces):
            interface["Status"] = "in-use"
            attachment = {"AttachmentId": f"eni-attach-{name}", "DeviceIndex": number, "Status": "attached", "DeleteOnTermination": ours}
            interface["Attachment"] = {**attachment, "InstanceId": name, "InstanceOwnerId": ACCOUNT}
            for address in self.all("eipalloc"):
                if address.get("NetworkInterfaceId") == interface["NetworkInterfaceId"]:
                    self._associate(address, interface)
        instance["NetworkInterfaces"] = [
            {"NetworkInterfaceId": each["NetworkInterfaceId"], "PrivateIpAddress": each["PrivateIpAddress"], "Groups": each["Groups"],
             "SubnetId": each["SubnetId"], "VpcId": each["VpcId"], "Attachment": {"DeviceIndex": n, "AttachmentId": f"eni-attach-{name}"}}
            for n, (each, _) in enumerate(interfaces)
        ]  # fmt: skip
        instance["BlockDeviceMappings"] = [self._root(p, image, instance)]
        if p.get("DisableApiTermination"):
            self._protected.add(name)
        self._ahead[name] = (self.looks, "running")
        self._tokens[p.get("ClientToken", name)] = instance
        return {"Instances": [instance], "ReservationId": f"r-{name[2:]}", "OwnerId": ACCOUNT}

    def _root(self, p: dict, image: dict, instance: dict) -> dict:
        said = next((each for each in p.get("BlockDeviceMappings", []) if each["DeviceName"] == image["RootDeviceName"]), {}).get("Ebs", {})
        tags = [each for each in p.get("TagSpecifications", []) if each["ResourceType"] == "volume"]
        attachment = {
            "InstanceId": instance["InstanceId"], "Device": image["RootDeviceName"], "State": "attached", "AttachTime": _now(),
            "DeleteOnTermination": said.get("DeleteOnTermination", True),
        }  # fmt: skip
        volume = self._add(
            "vol", tags, Size=said.get("VolumeSize", 8), VolumeType=said.get("VolumeType", "gp2"), Encrypted=said.get("Encrypted", False),
            State="in-use", AvailabilityZone=instance["Placement"]["AvailabilityZone"], CreateTime=_now(), SnapshotId="snap-0123456789abcdef0",
            Iops=said.get("Iops", 3000), Throughput=said.get("Throughput", 125), Attachments=[attachment],
        )  # fmt: skip
        return {"DeviceName": image["RootDeviceName"], "Ebs": {"VolumeId": volume["VolumeId"], "Status": "attached", "DeleteOnTermination": True}}

    def _instance_state(self, instance: dict, state: str) -> None:
        codes = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
        instance["State"] = {"Name": state, "Code": codes[state]}
        if state != "terminated":
            return
        for interface in [each for each in self.all("eni") if each.get("Attachment", {}).get("InstanceId") == instance["InstanceId"]]:
            for address in self.all("eipalloc"):  # the address stays with an interface that stays
                if address.get("NetworkInterfaceId") == interface["NetworkInterfaceId"]:
                    address.pop("InstanceId", None)
            interface["Status"] = "available"
            if interface.pop("Attachment")["DeleteOnTermination"]:
                self.DeleteNetworkInterface(interface)
        for volume in self.all("vol"):
            if instance["InstanceId"] in _values(volume, "Attachments.InstanceId"):
                del self.things[volume["VolumeId"]]
        for key in ("VpcId", "SubnetId", "PrivateIpAddress", "PublicIpAddress"):
            instance.pop(key, None)
        instance["NetworkInterfaces"], instance["BlockDeviceMappings"], instance["SecurityGroups"] = [], [], []

    def DescribeInstances(self, p):
        told = self._list("i", p, "InstanceIds")
        told["Reservations"] = [
            {"ReservationId": f"r-{each['InstanceId'][2:]}", "OwnerId": ACCOUNT, "Groups": [], "Instances": [each]} for each in told.pop("Instances")
        ]  # fmt: skip
        return told

    def DescribeInstanceStatus(self, p):
        told = self._list("i", p, "InstanceIds")["Instances"]
        return {"InstanceStatuses": [{"InstanceId": each["InstanceId"], "InstanceState": each["State"]} for each in told]}

    def DescribeInstanceAttribute(self, p):
        instance, name = self._get("i", p["InstanceId"]), p["Attribute"]
        told = {
            "disableApiTermination": {"DisableApiTermination": {"Value": p["InstanceId"] in self._protected}},
            "ebsOptimized": {"EbsOptimized": {"Value": instance["EbsOptimized"]}},
            "instanceType": {"InstanceType": {"Value": instance["InstanceType"]}},
        }
        if name not in told:
            raise Refused("InvalidParameterValue", f"The stub has no attribute {name}")
        return {"InstanceId": p["InstanceId"], **told[name]}

    def ModifyInstanceAttribute(self, p):
        instance = self._get("i", p["InstanceId"])
        if "DisableApiTermination" in p:
            (self._protected.add if p["DisableApiTermination"]["Value"] else self._protected.discard)(p["InstanceId"])
        elif "InstanceType" in p and instance["State"]["Name"] == "stopped":
            instance["InstanceType"] = p["InstanceType"]["Value"]
        else:
            raise Refused("IncorrectInstanceState", f"The instance '{p['InstanceId']}' cannot be changed so: {sorted(p)}")

    def StartInstances(self, p):
        return {"StartingInstances": [self._change(name, ("stopped",), "pending", "running") for name in p["InstanceIds"]]}

    def StopInstances(self, p):
        return {"StoppingInstances": [self._change(name, ("running",), "stopping", "stopped") for name in p["InstanceIds"]]}

    def TerminateInstances(self, p):
        for name in p["InstanceIds"]:
            if self._get("i", name) and name in self._protected:
                raise Refused("OperationNotPermitted", f"The instance '{name}' may not be terminated. Modify its 'disableApiTermination' instance attribute")
        return {"TerminatingInstances": [self._change(name, None, "shutting-down", "terminated") for name in p["InstanceIds"]]}

    def _change(self, name: str, states: tuple | None, now: str, later: str) -> dict:
        instance = self._get("i", name)
        before = instance["State"]
        if before["Name"] != "terminated":
            if states and before["Name"] not in states:
                raise Refused("IncorrectInstanceState", f"The instance '{name}' is {before['Name']}")
            self._instance_state(instance, now)
            self._ahead[name] = (self.looks, later)
        return {"InstanceId": name, "PreviousState": before, "CurrentState": instance["State"]}

    def DescribeVolumes(self, p):
        return self._list("vol", p, "VolumeIds")

    def DescribeRegions(self, p):
        return {"Regions": [{"RegionName": REGION, "Endpoint": f"ec2.{REGION}.amazonaws.com", "OptInStatus": "opt-in-not-required"}]}


IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/vmm</Arn><UserId>AIDASTUB</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>stub</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Stub:
    """An account, served on a port of 127.0.0.1 while a `with` lasts."""

    def __init__(self, account: Account):
        self.account = account
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, told = stub.handle(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(status)
                self.send_header("Content-Type", "text/xml;charset=UTF-8")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def handle(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        action = form.get("Action", "")
        try:
            region, service = check_signature(path, headers, body, {KEY: SECRET})
            if service == "sts":
                return 200, IDENTITY.encode()
            if (region, service) != (REGION, "ec2"):
                raise Refused("SignatureDoesNotMatch", f"Credential should be scoped to {REGION} and ec2", 403)
            return 200, self.account.act(action, form)
        except Refused as refused:
            return refused.status, refusal(refused)
        except (Defect, KeyError, TypeError, ValueError, IndexError) as defect:
            self.account.defects.append(f"{action}: {type(defect).__name__}: {defect}")
            return 400, refusal(Refused("DefectOfTheStub", self.account.defects[-1]))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

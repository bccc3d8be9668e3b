"""What the role would say in long expressions: rules in the words of Azure, and what was found in the words of the contract."""

import ipaddress
import re

# Azure's own rules, from 65000 on, let in whatever comes from the network itself; these two come before, so that the data is all that holds.
LAST = [
    {"name": "deny-the-rest", "description": "What is not listed", "priority": 4096, "direction": "Inbound", "access": "Deny", "protocol": "*"},
    {"name": "allow-out", "description": "All may speak to the outside", "priority": 4096, "direction": "Outbound", "access": "Allow", "protocol": "*"},
]


def azure_rules(group):
    """Rules of one group. Networks that overlap are joined, as Azure refuses them in one rule. What comes from nowhere is
    left out, and IPv6, which the site's network has not."""
    rules = []
    for entry in group["ingress"]:
        networks = [ipaddress.ip_network(cidr) for cidr in entry["from"] if ":" not in cidr]
        sources = [str(network) for network in ipaddress.collapse_addresses(networks)]
        if not sources:
            continue
        name = entry["protocol"] if entry["protocol"] == "any" else f"{entry['protocol']}-{entry['port']}"
        again = sum(rule["name"].split("_")[0] == name for rule in rules)
        rules.append(
            {
                "name": f"{name}_{again + 1}" if again else name,
                "description": f"{name} of the site's file",
                "priority": 100 + 10 * len(rules),
                "direction": "Inbound",
                "access": "Allow",
                "protocol": "*" if entry["protocol"] == "any" else entry["protocol"].capitalize(),
                "source_address_prefix": sources if len(sources) > 1 else sources[0],
                "destination_port_range": "*" if entry["protocol"] in ("any", "icmp") else str(entry["port"]),
            }
        )
    return rules + LAST


def azure_hosts(things, cloud, interfaces, addresses):
    """Machines among the resources of a site. Its interface is called as a machine is, and has its address."""
    by_id = {address["id"]: address["ip_address"] or "" for address in addresses}
    at = {interface["name"]: interface["ip_configurations"][0] for interface in interfaces}
    return [
        {
            "name": thing["name"].removeprefix(f"{cloud}-"),
            "group": thing["tags"]["vmm-role"],
            "address": at[thing["name"]]["private_ip_address"],
            "public_address": by_id.get(at[thing["name"]]["public_ip_address"], ""),
        }
        for thing in sorted(things, key=lambda thing: thing["name"])
        if thing["type"] == "Microsoft.Compute/virtualMachines" and thing["name"] in at and "vmm-role" in thing["tags"]
    ]


def azure_names(things):
    """Names of resources by their type."""
    names = {}
    for thing in things:
        names.setdefault(thing["type"], {})[thing["name"]] = None
    return {kind: list(of_kind) for kind, of_kind in names.items()}


def azure_guests(interfaces, network, cloud):
    """What is in the site's network and not the site's: VMs of the VMM, which calls their interfaces <VM>-nic, or others'."""
    return sorted(
        interface["name"].removesuffix("-nic")
        for interface in interfaces
        if ((interface["virtual_network"] or {}).get("subnet_id") or "").lower().startswith(f"{network}/subnets/".lower())
        and (interface["tags"] or {}).get("vmm-site") != cloud
    )


def azure_images_of_ours(resources):
    """Managed images and versions of galleries that say of what type they are, newest of a type first, named as placements name them."""
    images = []
    for thing in resources:
        kind = (thing.get("tags") or {}).get("vmm-image-type")
        if kind and thing["type"] in ("Microsoft.Compute/images", "Microsoft.Compute/galleries/images/versions"):
            images.append({"name": thing["name"], "id": thing["id"], "type": kind})

    def day(image):
        """A name has the day (jupyter-20261122-abc1234), a version is numbers (2026.1122.0): both read as a row of numbers."""
        version = image["name"].rpartition("/")[2].removeprefix(f"{image['type']}-")
        return [int(number) for number in re.findall(r"^\d+|(?<=\.)\d+", version)], image["name"]

    images.sort(key=day, reverse=True)
    return sorted(images, key=lambda image: image["type"])


class FilterModule:
    """Registers them."""

    def filters(self):
        return {filter.__name__: filter for filter in (azure_rules, azure_hosts, azure_names, azure_guests, azure_images_of_ours)}

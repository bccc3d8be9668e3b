"""What is wrong with a site's file, in sentences for who wrote it. Clouds, sshd and packet filters each take other mistakes than the
others: what one of them mends silently shuts everybody out at the next."""

import ipaddress
import re

KINDS = ("openstack", "aws", "azure", "existing")
ONE = {"network_cidr": "10.60.0.0/16", "public_subnet_cidr": "10.60.0.0/24", "private_subnet_cidr": "10.60.10.0/24", "tunnel_cidr": "10.255.60.0/29"}
MANY = ("admin_cidrs", "vm_client_cidrs", "home_cidrs", "movement_peer_cidrs")
NAMES = (
    ("squid_allowed_domains", r"\.?([a-z0-9-]+\.)+[a-z]{2,}", "pypi.org or .debian.org (with all below it)"),
    ("cvmfs_allowed_servers", r"[a-z0-9-]+(\.[a-z0-9-]+)+", "cvmfs-stratum-one.cern.ch"),
)
WIDEST_OF_ADMINS = 8  # bits of the prefix: no administrators have more addresses than that


def network(name, text, faults, address_will_do=False):
    """None if it is none, and why is among the faults."""
    try:
        if not isinstance(text, str) or not re.fullmatch(r"[0-9a-fA-F.:]+(/\d{1,3})?", text, re.ASCII) or not ("/" in text or address_will_do):
            raise ValueError
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        faults.append(f"{text!r} in {name} is no network such as 198.51.100.0/28.")
        return None
    if "/" in text and ipaddress.ip_address(text.split("/")[0]) != found.network_address:
        # Clouds and nftables take it for the network; sshd takes it for a mistake, and lets nobody in.
        faults.append(f"{text} in {name} is an address with the size of a network: the network is {found}.")
        return None
    return found


def site_faults(said):
    """Of the kind of cloud, networks, ports and names that a site's file says, by their settings."""
    faults, one, many = [], {}, {}
    if said["cloud_kind"] not in KINDS:
        faults.append(f"cloud_kind is one of {', '.join(KINDS)}.")
    for name in ONE:
        one[name] = network(name, said[name], faults)
        if one[name] and one[name].version == 6:
            faults.append(f"{name} is a network of IPv4, such as {ONE[name]}.")
            one[name] = None
    for name in MANY:
        if not isinstance(said[name], list):
            faults.append(f"{name} is a list of networks, such as [198.51.100.0/28]; none is [].")
        else:
            found = [network(name, text, faults, address_will_do=name != "home_cidrs") for text in said[name]]
            many[name] = [each for each in found if each]
    if said["admin_cidrs"] == []:
        faults.append("admin_cidrs names who may reach the bastion, such as [198.51.100.0/28]; it is empty.")
    if any(each.prefixlen < WIDEST_OF_ADMINS for each in many.get("admin_cidrs", [])):
        faults.append("admin_cidrs holds the whole internet, or much of it. Name the networks of your administrators.")
    if any(each.version == 6 for each in many.get("home_cidrs", [])):
        faults.append("home_cidrs are networks of IPv4: the tunnel carries no other.")

    inside, subnets = one["network_cidr"], [one["public_subnet_cidr"], one["private_subnet_cidr"]]
    if inside and all(subnets):
        if not all(subnet.subnet_of(inside) for subnet in subnets):
            faults.append(f"public_subnet_cidr and private_subnet_cidr lie inside network_cidr ({inside}).")
        if subnets[0].overlaps(subnets[1]):
            faults.append(f"public_subnet_cidr and private_subnet_cidr overlap ({subnets[0]}, {subnets[1]}).")
    elsewhere = [("home_cidrs", each) for each in many.get("home_cidrs", [])] + [("tunnel_cidr", one["tunnel_cidr"])]
    for name, each in elsewhere:
        # The vpn machine would send into the tunnel what is for the bastion.
        if inside and each and each.version == 4 and each.overlaps(inside):
            faults.append(f"{name} and network_cidr overlap ({each}, {inside}): take another network_cidr, and subnets in it.")
    ports = said["vm_ports"]
    if not isinstance(ports, list) or not ports or not all(isinstance(port, int) and 0 < port < 65536 for port in ports):
        faults.append("vm_ports is a list of ports, such as [22, 443].")
    for name, pattern, such in NAMES:
        names = said[name]
        if not isinstance(names, list) or not names or not all(isinstance(each, str) and re.fullmatch(pattern, each) for each in names):
            faults.append(f"{name} holds names such as {such}.")
    return list(dict.fromkeys(faults))


class FilterModule:
    """Registers it."""

    def filters(self):
        return {"site_faults": site_faults}

#!/usr/bin/env python3
"""The machines of all sites in an OpenStack project, as an inventory of Ansible: in the groups of their site and of their role.

The collection's own plug-in would list every VM of the VMM in the project too, with all that nova says of it, and cannot be told not to.
Without credentials (OS_CLOUD or OS_AUTH_URL) there is nothing here, as sites of other clouds use the same folder; with wrong ones there is
nothing either, and why is said on stderr: a failure would have Ansible try to read this file as ini."""
import json
import os
import sys


def inventory(cloud):
    groups, hosts = {}, {}
    servers = [s for s in cloud.compute.servers(tags="vmm-site") if "vmm-site" in s.metadata]
    # Neutron's addresses, not nova's: nova hears of a floating address late, or not at all.
    ports = {p.device_id: p for p in cloud.network.ports(device_id=[s.id for s in servers])} if servers else {}
    public = {a.port_id: a.floating_ip_address for a in cloud.network.ips()} if servers else {}
    for server in sorted(servers, key=lambda s: s.name):
        port = ports.get(server.id)
        if port is None or not port.fixed_ips:
            continue
        site, role = server.metadata["vmm-site"], server.metadata.get("vmm-role", "")
        address = port.fixed_ips[0]["ip_address"]
        reached = public.get(port.id, address) if role == "bastion" else address
        hosts[server.name] = {"ansible_host": reached, "address": address}
        for group in (site.replace("-", "_"), role, "" if role == "bastion" else "private"):
            if group:
                groups.setdefault(group, {"hosts": []})["hosts"].append(server.name)
    return {**groups, "_meta": {"hostvars": hosts}}


def main():
    nothing = {"_meta": {"hostvars": {}}}
    if not (os.environ.get("OS_CLOUD") or os.environ.get("OS_AUTH_URL")):
        return nothing
    import keystoneauth1.exceptions
    import openstack

    try:
        return inventory(openstack.connect())
    except (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException) as failure:
        print(f"No machines of OpenStack are known: {str(failure).splitlines()[0]}", file=sys.stderr)
        return nothing


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))

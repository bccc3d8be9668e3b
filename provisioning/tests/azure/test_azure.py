"""A site on Azure from a half-made one to none. The tests are in order: each goes on from what the one before it left."""

import ipaddress
import json
import os
import subprocess

import yaml
from arm_stub import COMPUTE, NET, SUBSCRIPTION
from playbook import ANSIBLE

MINE = {"vmm-site": "cumulus"}
HOME = ["172.20.5.0/24", "172.20.9.0/24"]
# What the site's file and group_vars/all.yml say, written out: (protocol, ports, sources).
ANYONE_MAY = {
    "bastion": {("Tcp", "22", ("198.51.100.0/28",))},
    "services": {
        ("Tcp", "22", ("10.60.0.10/32",)),
        ("Tcp", "3128", ("10.60.0.0/24", "10.60.10.0/24", *HOME)),
        ("Tcp", "1094", ("10.60.0.0/24", *HOME)),
        ("Tcp", "1095", ("10.60.0.0/24", *HOME)),
        ("Tcp", "9100", tuple(HOME)),
    },
    "vms": {("Tcp", port, (*HOME, "198.51.100.0/24")) for port in ("22", "443", "3389", "8888")},
}
ANYONE_MAY["vpn"] = ANYONE_MAY["services"] | {("*", "*", ("10.60.0.0/24", "10.60.10.0/24"))}
ALL = {
    "Network/virtualNetworks cumulus",
    "Network/virtualNetworks/subnets public",
    "Network/virtualNetworks/subnets private",
    "Network/natGateways cumulus-nat",
    "Network/publicIPAddresses cumulus-nat",
    "Network/publicIPAddresses cumulus-bastion",
    *(f"Network/routeTables cumulus-{subnet}" for subnet in ("public", "private")),
    *(f"Network/networkSecurityGroups cumulus-{group}" for group in ("bastion", "services", "vpn", "vms")),
    *(f"Network/networkInterfaces cumulus-{host}" for host in ("bastion", "vpn", "squid")),
    *(f"Compute/virtualMachines cumulus-{host}" for host in ("bastion", "vpn", "squid")),
    *(f"Compute/disks cumulus-{host}-os" for host in ("bastion", "vpn", "squid")),
}


def things(site) -> set[str]:
    """All there is in the group, but rules and routes."""
    return {name for name in site.arm.names("cumulus") if "securityRules" not in name and "/routes " not in name}


def allowed(site, group: str) -> set[tuple]:
    """What a security group lets in, in order of its rules and to the first that denies all."""
    shown = site.arm.get("cumulus", f"{NET}/networkSecurityGroups", f"cumulus-{group}")["properties"]["securityRules"]
    rules = [rule["properties"] for rule in shown if rule["properties"]["direction"] == "Inbound"]
    found = set()
    for rule in sorted(rules, key=lambda rule: rule["priority"]):
        if rule["access"] == "Deny":
            assert (rule["protocol"], rule["sourceAddressPrefix"], rule["destinationPortRange"]) == ("*", "*", "*")
            return found
        sources = rule["sourceAddressPrefixes"] or [rule["sourceAddressPrefix"]]
        found.add((rule["protocol"], rule["destinationPortRange"], tuple(sorted(sources, key=ipaddress.ip_network))))
    raise AssertionError(f"{group} denies nothing, so Azure lets in the whole network")


def routes(site, table: str) -> set[tuple]:
    shown = site.arm.get("cumulus", f"{NET}/routeTables", f"cumulus-{table}")["properties"]["routes"]
    return {(r["properties"]["addressPrefix"], r["properties"]["nextHopType"], r["properties"]["nextHopIpAddress"]) for r in shown}


def changed(played) -> set[str]:
    assert played.ok, played.failures or played.said
    return {name.removeprefix("localhost: cloud_azure : ") for name in played.changed_tasks}


def space(cidr: str) -> dict:
    return {"addressSpace": {"addressPrefixes": [cidr]}}


def writes(site) -> list[tuple[str, str]]:
    """What was asked for but reading; the inventory is read with each playbook, by POSTs to /batch."""
    return [(method, path) for method, path in site.arm.asked if method != "GET" and path != "/batch"]


def test_things_of_others_that_have_our_names_are_refused_and_left(site):
    site.arm.put("cumulus", f"{NET}/networkSecurityGroups", "cumulus-vms", properties={})
    site.arm.asked.clear()
    played = site.play("network.yml")
    assert not played.ok and "without the tag vmm-site cumulus: cumulus-vms." in played.failures[0]
    assert writes(site) == []
    site.arm.drop("cumulus", f"{NET}/networkSecurityGroups", "cumulus-vms")


def test_a_half_made_site_is_made_whole(site):
    site.arm.put_group("cumulus", {"location": "uksouth", "tags": MINE})
    site.arm.put("cumulus", f"{NET}/virtualNetworks", "cumulus", tags=MINE, properties=space("10.60.0.0/16"))
    site.arm.put("cumulus", f"{NET}/virtualNetworks/subnets", "cumulus/private", properties={"addressPrefix": "10.60.10.0/24"})
    # Interrupted between its making and its tagging.
    static = {"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}}
    site.arm.put("cumulus", f"{NET}/publicIPAddresses", "cumulus-nat", tags=MINE, **static)
    address = {"id": site.arm.id_of("cumulus", f"{NET}/publicIPAddresses", "cumulus-nat")}
    site.arm.put("cumulus", f"{NET}/natGateways", "cumulus-nat", sku={"name": "Standard"}, properties={"publicIpAddresses": [address]})
    # Another site in the same subscription.
    site.arm.put("harwell", f"{NET}/virtualNetworks", "harwell", tags={"vmm-site": "harwell"}, properties=space("10.70.0.0/16"))
    site.arm.put("harwell", f"{NET}/natGateways", "cumulus-nat", tags={"vmm-site": "harwell"}, properties={})

    made = changed(site.play("site.yml"))
    assert "Make the network" not in made and "Make the NAT gateway" not in made
    assert {"Tag the NAT gateway", "Make the subnets", "Make machines"} <= made
    assert things(site) == ALL


def test_everything_carries_the_tags_of_the_site_and_machines_their_group(site):
    for thing in site.arm.resources.values():
        if "/resourceGroups/cumulus/" in thing["id"] and "location" in thing and thing["type"] != f"{COMPUTE}/disks":
            assert thing["tags"]["vmm-site"] == "cumulus", thing["id"]
            if thing["type"] == f"{COMPUTE}/virtualMachines":
                assert thing["tags"]["vmm-role"] == thing["name"].removeprefix("cumulus-")


def test_groups_let_in_what_the_data_says_and_nothing_else(site):
    for group, expected in ANYONE_MAY.items():
        assert allowed(site, group) == expected, group


def test_both_subnets_go_home_by_the_vpn_machine_and_only_the_private_one_by_nat(site):
    for subnet in ("public", "private"):
        assert routes(site, subnet) == {(cidr, "VirtualAppliance", "10.60.10.11") for cidr in HOME}
        properties = site.arm.get("cumulus", f"{NET}/virtualNetworks/subnets", f"cumulus/{subnet}")["properties"]
        assert properties["routeTable"]["id"].endswith(f"/cumulus-{subnet}")
        assert ("natGateway" in properties) == (subnet == "private")


def test_machines_have_the_addresses_and_groups_of_the_data_and_let_in_keys_only(site):
    for host, address in {"bastion": "10.60.0.10", "vpn": "10.60.10.11", "squid": "10.60.10.12"}.items():
        nic = site.arm.get("cumulus", f"{NET}/networkInterfaces", f"cumulus-{host}")["properties"]
        config = nic["ipConfigurations"][0]["properties"]
        assert (config["privateIPAddress"], config["privateIPAllocationMethod"]) == (address, "Static")
        assert ("publicIPAddress" in config) == (host == "bastion")
        assert nic["enableIPForwarding"] == (host == "vpn")
        assert nic["networkSecurityGroup"]["id"].endswith({"squid": "-services"}.get(host, f"-{host}"))
        machine = site.arm.get("cumulus", f"{COMPUTE}/virtualMachines", f"cumulus-{host}")["properties"]
        assert machine["osProfile"]["linuxConfiguration"]["disablePasswordAuthentication"] is True
        assert machine["storageProfile"]["imageReference"]["sku"] == "12-gen2"
        assert machine["hardwareProfile"]["vmSize"] == "Standard_B2s"


def test_a_second_run_changes_nothing(site):
    before = site.arm.names()
    assert changed(site.play("site.yml")) == set()
    assert site.arm.names() == before


def test_what_others_changed_is_put_right_and_nothing_else_is_touched(site):
    anything = dict.fromkeys(("protocol", "sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange"), "*")
    backdoor = {"priority": 190, "direction": "Inbound", "access": "Allow", **anything}
    site.arm.put("cumulus", f"{NET}/networkSecurityGroups/securityRules", "cumulus-services/backdoor", properties=backdoor)
    hop = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.60.0.66"}
    site.arm.put("cumulus", f"{NET}/routeTables/routes", "cumulus-public/detour", properties={"addressPrefix": "192.0.2.0/24", **hop})
    site.arm.put("cumulus", f"{NET}/routeTables/routes", "cumulus-private/home-172.20.9.0-24", properties={"addressPrefix": "172.20.9.0/24", **hop})
    for kind, name in ((f"{COMPUTE}/virtualMachines", "cumulus-squid"), (f"{COMPUTE}/disks", "cumulus-squid-os")):
        site.arm.drop("cumulus", kind, name)
    assert changed(site.play("site.yml")) == {
        "Make the security groups",
        "Remove routes that are not in the site's file",
        "Send what is for home to the vpn machine",
        "Make machines",
    }
    assert things(site) == ALL
    test_groups_let_in_what_the_data_says_and_nothing_else(site)
    test_both_subnets_go_home_by_the_vpn_machine_and_only_the_private_one_by_nat(site)


def test_check_mode_on_a_finished_site_is_clean_and_writes_nothing(site):
    site.arm.asked.clear()
    assert changed(site.play("site.yml", "--check")) == set()
    assert site.arm.asked and writes(site) == []


def test_the_inventory_puts_machines_into_their_groups(site):
    site.arm.put("cumulus", f"{NET}/networkInterfaces", "stray", properties={"ipConfigurations": [nic(site, "10.60.0.77")]})
    vm(site, "stray", {})
    done = subprocess.run(
        ["ansible-inventory", "-i", "inventory/site.azure_rm.yml", "--list"],
        cwd=ANSIBLE, env={**os.environ, **site.environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    site.arm.drop("cumulus", f"{COMPUTE}/virtualMachines", "stray")
    site.arm.drop("cumulus", f"{NET}/networkInterfaces", "stray")
    site.arm.drop("cumulus", f"{COMPUTE}/disks", "stray-os")
    found = json.loads(done.stdout)
    assert sorted(found["cumulus"]["hosts"]) == ["cumulus-bastion", "cumulus-squid", "cumulus-vpn"]
    assert sorted(found["private"]["hosts"]) == ["cumulus-squid", "cumulus-vpn"]
    assert [found[group]["hosts"] for group in ("bastion", "vpn", "squid")] == [["cumulus-bastion"], ["cumulus-vpn"], ["cumulus-squid"]]
    hosts = found["_meta"]["hostvars"]
    # What a cloud says is marked by Ansible as no template.
    reach = {name: [said[key]["__ansible_unsafe"] for key in ("ansible_host", "address")] for name, said in hosts.items()}
    public = site.arm.get("cumulus", f"{NET}/publicIPAddresses", "cumulus-bastion")["properties"]["ipAddress"]
    assert reach == {
        "cumulus-bastion": [public, "10.60.0.10"],
        "cumulus-vpn": ["10.60.10.11", "10.60.10.11"],
        "cumulus-squid": ["10.60.10.12", "10.60.10.12"],
    }


def test_the_entry_for_the_fleet_file_names_what_is_there(site, tmp_path):
    image = {"location": "uksouth", "properties": {}}
    for name in ("jupyter-20261101-abc1234", "jupyter-20261122-0001234", "base-20261122-abc1234"):
        site.arm.put("cumulus", f"{COMPUTE}/images", name, tags={"vmm-image-type": name.split("-")[0]}, **image)
    site.arm.put("cumulus", f"{COMPUTE}/images", "golden", **image)
    played = site.play(os.path.join(os.path.dirname(__file__), "fleet.yml"), "-e", f"result={tmp_path}/result.json")
    assert played.ok, played.failures or played.said
    told = json.loads((tmp_path / "result.json").read_text())
    for name in ("jupyter-20261101-abc1234", "jupyter-20261122-0001234", "base-20261122-abc1234", "golden"):
        site.arm.drop("cumulus", f"{COMPUTE}/images", name)

    network = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/cumulus/providers/{NET}/virtualNetworks/cumulus"
    assert (told["network"]["network"], told["network"]["public_subnet"]) == (network, f"{network}/subnets/public")
    assert {group: id.rpartition("/")[2] for group, id in told["network"]["security_groups"].items()} == {
        group: f"cumulus-{group}" for group in ("bastion", "services", "vpn", "vms")
    }
    public = site.arm.get("cumulus", f"{NET}/publicIPAddresses", "cumulus-bastion")["properties"]["ipAddress"]
    assert told["hosts"] == [
        {"name": "bastion", "group": "bastion", "address": "10.60.0.10", "public_address": public},
        {"name": "squid", "group": "squid", "address": "10.60.10.12", "public_address": ""},
        {"name": "vpn", "group": "vpn", "address": "10.60.10.11", "public_address": ""},
    ]
    assert [image["name"] for image in told["images"]] == ["base-20261122-abc1234", "jupyter-20261122-0001234", "jupyter-20261101-abc1234"]

    [entry] = yaml.safe_load(told["entry"])
    assert (entry["name"], entry["kind"], entry["region"]) == ("cumulus", "azure", "uksouth")
    assert entry["credentials"] == {"tenantId": "${CUMULUS_TENANT}", "clientId": "${CUMULUS_CLIENT_ID}", "clientSecret": "${CUMULUS_SECRET}"}
    assert entry["options"] == {
        "subscriptionId": SUBSCRIPTION,
        "resourceGroup": "cumulus",
        "network": "cumulus/public",
        "securityGroup": "cumulus-vms",
        "publicIp": "true",
        "address": "public",
    }
    assert entry["probes"] == [{"name": "squid", "tcp": "10.60.10.12:3128"}, {"name": "vpn", "tcp": "10.60.10.11:9100"}]
    assert "image: jupyter-20261122-0001234," in told["entry"] and "20261101" not in told["entry"]


def nic(site, address: str) -> dict:
    subnet = site.arm.id_of("cumulus", f"{NET}/virtualNetworks/subnets", "cumulus/public")
    return {"name": "main", "properties": {"privateIPAddress": address, "privateIPAllocationMethod": "Static", "subnet": {"id": subnet}}}


def vm(site, name: str, tags: dict):
    """A machine with an interface of its name, that is no machine of the site."""
    properties = {
        "hardwareProfile": {"vmSize": "Standard_B1s"},
        "networkProfile": {"networkInterfaces": [{"id": site.arm.id_of("cumulus", f"{NET}/networkInterfaces", name)}]},
        "storageProfile": {"osDisk": {"name": f"{name}-os"}},
        "osProfile": {"linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": {"publicKeys": ["ssh-ed25519 AAAA"]}}},
    }
    site.arm.put("cumulus", f"{COMPUTE}/virtualMachines", name, tags=tags, properties=properties)


def test_teardown_removes_nothing_unless_the_answer_is_its_name(site):
    site.arm.asked.clear()
    played = site.play("teardown.yml", "-e", "teardown=harwell")
    assert not played.ok and "Nothing was removed: the answer was not cumulus." in played.failures[0]
    assert writes(site) == []


def test_teardown_refuses_while_a_vm_of_the_vmm_is_in_the_network_and_names_it(site):
    theirs = {"tags": {"vmm-installation": "isis"}, "properties": {"ipConfigurations": [nic(site, "10.60.0.80")]}}
    site.arm.put("vmm", f"{NET}/networkInterfaces", "vmm-isis-1234-nic", **theirs)
    before = site.arm.names()
    played = site.play("teardown.yml", "-e", "teardown=cumulus")
    assert not played.ok and "vmm-isis-1234." in played.failures[0]
    assert site.arm.names() == before
    site.arm.drop("vmm", f"{NET}/networkInterfaces", "vmm-isis-1234-nic")


def test_teardown_leaves_nothing_of_the_site_and_all_of_others(site):
    # Half removed by hand: an interface and a disk without their machine.
    site.arm.drop("cumulus", f"{COMPUTE}/virtualMachines", "cumulus-squid")
    others = site.arm.names("harwell")
    played = site.play("teardown.yml", "-e", "teardown=cumulus")
    assert played.ok, played.failures or played.said
    assert site.arm.names("cumulus") == set()
    assert "cumulus" not in site.arm.groups
    assert site.arm.names("harwell") == others and {"harwell", "vmm"} <= set(site.arm.groups)


def test_teardown_of_nothing_is_well_and_changes_nothing(site):
    assert changed(site.play("teardown.yml", "-e", "teardown=cumulus")) == set()


def test_wrong_credentials_are_told_in_one_line(site):
    played = site.play("network.yml", AZURE_SECRET="wrong", warm=False)
    assert not played.ok
    [failure] = played.failures
    assert "AADSTS7000215" in failure and "\n" not in failure and len(failure) < 400
    assert "wrong" not in played.said.replace("went wrong", "")


def test_the_collection_imports_whole_but_for_what_debian_has_not(site):
    absent = site.environment["PYTHONPATH"]
    names = "kiota_authentication_azure kiota_authentication_azure.azure_identity_authentication_provider msgraph msgraph_core"
    program = (
        f"import sys; sys.path.append({absent!r})\n"
        "from ansible_collections.azure.azcollection.plugins.module_utils import azure_rm_common\n"
        f"here = {{n for n, m in sys.modules.items() if (getattr(m, '__file__', None) or '').startswith({absent!r})}}\n"
        f"assert azure_rm_common.HAS_AZURE and here == set({names!r}.split()), (azure_rm_common.HAS_AZURE_EXC, here)"
    )
    subprocess.run(["/usr/bin/python3", "-c", program], check=True, env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})

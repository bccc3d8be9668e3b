"""A site on a real control plane: made, made again, described, mended, and removed. The tests go on from each other, in this order."""

import ipaddress
import json
import os
import subprocess

import pytest
import yaml
from playbook import ANSIBLE, CONTROLLER
from rig import CHECKOUT, NAME, NEIGHBOUR, credentials, environment, everything, image, rule, rules, state

PRIVATE_TIER = ["squid", "cvmfs", "movement"]


@pytest.fixture(scope="session")
def before(cloud, site, neighbour):
    """What the project held before the tests."""
    return everything(cloud)


@pytest.fixture(scope="session")
def made(before, site):
    """The site, by its first run."""
    return site.play("site.yml", warm=False)


@pytest.fixture(scope="session")
def first_state(cloud, site, made):
    assert made.ok, made.failures
    return state(cloud, site)


def settings_of(site, name: str):
    """A setting as Ansible understands it, of all.yml and the site's file."""
    done = subprocess.run(
        [CONTROLLER, "ansible", "localhost", "-i", "localhost,", "--playbook-dir", ANSIBLE, "-e", f"cloud={site.name}", "-e", f"@{site.file}"]
        + ["-m", "ansible.builtin.debug", "-a", f"var={name}"],
        cwd=ANSIBLE,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "True"},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    return json.loads(done.stdout)["plays"][0]["tasks"][0]["hosts"]["localhost"][name]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"OS_PASSWORD": "wrong"}, "requires authentication"), ({"OS_AUTH_URL": None}, "auth_url"), ({"OS_CLOUD": "nowhere"}, "nowhere")],
    ids=["wrong password", "none", "unknown cloud"],
)
def test_credentials_that_do_not_work_are_one_clear_line(before, site, change, reason):
    played = site.play("network.yml", warm=False, **change)
    assert not played.ok and played.changed == 0
    assert "does not answer with these credentials" in played.failures[-1] and reason in played.failures[-1], played.failures
    assert "\n" not in played.failures[-1]
    assert credentials()["OS_PASSWORD"] not in played.said


def test_a_name_that_somebody_else_has_is_refused_before_anything_is_made(cloud, before, neighbour):
    theirs = cloud.network.create_security_group(name=f"{NEIGHBOUR}-vms", description="of a person")
    now = everything(cloud)
    played = neighbour.play("network.yml")
    assert "There already" in played.failures[-1] and f"{NEIGHBOUR}-vms ({theirs.id})" in played.failures[-1], played.failures
    assert everything(cloud) == now
    cloud.network.delete_security_group(theirs)


def test_a_check_of_a_site_that_is_not_there_makes_nothing(cloud, before, site):
    played = site.play("network.yml", "--check")
    assert played.ok and played.changed_tasks == ["localhost: cloud_openstack : Begin with nothing"], (played.failures, played.changed_tasks)
    assert everything(cloud) == before and not site.secrets.exists()


def test_a_site_is_made_from_nothing(made):
    assert made.ok, made.failures
    assert "localhost: cloud_openstack : Make the networks" in made.changed_tasks and "localhost: cloud_openstack : Make the machines" in made.changed_tasks


def test_every_rule_is_in_the_data_and_every_one_of_the_data_is_there(site, first_state):
    wanted = {}
    for name, group in settings_of(site, "security_groups").items():
        wanted[f"{NAME}-{name}"] = {rule("egress", "IPv4"), rule("egress", "IPv6")} | {
            rule("ingress", "IPv6" if ":" in source else "IPv4", r["protocol"], r.get("port"), str(ipaddress.ip_network(source)))
            for r in group["ingress"]
            for source in r["from"]
        }
    assert {name: set(found) for name, found in first_state["rules"].items()} == wanted
    assert rule("ingress", "IPv4", "tcp", 22, "192.0.2.9/32") in first_state["rules"][f"{NAME}-bastion"]
    assert sum(map(len, wanted.values())) > 20


def test_subnets_routes_and_the_way_out_are_as_the_data_say(first_state):
    home = [("172.20.5.0/24", "10.60.10.11"), ("172.20.6.0/24", "10.60.10.11")]
    pool = [{"start": "10.60.0.50", "end": "10.60.0.254"}]
    assert first_state["subnets"] == {
        f"{NAME}-public": ("10.60.0.0/24", "10.60.0.1", ["192.0.2.53"], pool, []),
        f"{NAME}-private": ("10.60.10.0/24", "10.60.10.1", ["192.0.2.53"], [{"start": "10.60.10.50", "end": "10.60.10.254"}], []),
    }
    both = [f"{NAME}-private", f"{NAME}-public"]
    assert first_state["router"] == {"connects": both, "outside": "public", "nat": True, "routes": home}


def test_machines_have_their_addresses_groups_and_names(first_state):
    services = {
        f"{NAME}-{name}": (f"10.60.10.{12 + number}", [f"{NAME}-services"], []) for number, name in enumerate(PRIVATE_TIER)
    }
    assert first_state["ports"] == {
        f"{NAME}-bastion": ("10.60.0.10", [f"{NAME}-bastion"], []),
        f"{NAME}-vpn": ("10.60.10.11", [f"{NAME}-services", f"{NAME}-vpn"], ["172.20.5.0/24", "172.20.6.0/24"]),
        **services,
    }
    assert first_state["machines"] == {
        f"{NAME}-{name}": ("ACTIVE", {"vmm-site": NAME, "vmm-role": name}, f"{NAME}-key", [f"{NAME}-{name}"])
        for name in ["bastion", "vpn", *PRIVATE_TIER]
    }
    assert [port for _, port in first_state["public"]] == [f"{NAME}-bastion"]


def test_a_second_run_changes_nothing(cloud, site, first_state):
    played = site.play("site.yml")
    assert played.ok and played.changed == 0, (played.failures, played.changed_tasks)
    assert state(cloud, site) == first_state


def test_a_check_of_a_finished_site_is_clean(site, first_state):
    played = site.play("site.yml", "--check")
    assert played.ok and played.changed == 0, (played.failures, played.changed_tasks)


def inventory(**changes) -> tuple[dict, str]:
    script = ANSIBLE / "inventory" / "site.openstack.py"
    command = [CONTROLLER, "ansible-inventory", "-i", script, "--playbook-dir", "/", "--list"]
    sees = {**os.environ, **environment(**changes)}
    done = subprocess.run(command, cwd=ANSIBLE, env=sees, capture_output=True, text=True, check=True, timeout=180)
    return json.loads(done.stdout), done.stderr


def test_the_inventory_has_the_machines_by_site_and_role(first_state):
    listed, _ = inventory()
    everyone = {f"{NAME}-{name}" for name in ["bastion", "vpn", *PRIVATE_TIER]}
    groups = {name: set(group.get("hosts", [])) for name, group in listed.items() if name not in ("all", "_meta")}
    assert groups[NAME] == everyone
    assert groups["private"] & everyone == everyone - {f"{NAME}-bastion"}
    for role in ["bastion", "vpn", *PRIVATE_TIER]:
        assert groups[role] & everyone == {f"{NAME}-{role}"}
    said = listed["_meta"]["hostvars"]
    assert said[f"{NAME}-bastion"] == {"ansible_host": first_state["public"][0][0], "address": "10.60.0.10"}
    assert said[f"{NAME}-squid"] == {"ansible_host": "10.60.10.12", "address": "10.60.10.12"}


def test_the_inventory_is_empty_without_credentials_and_says_why_with_wrong_ones(first_state):
    nothing, silence = inventory(OS_AUTH_URL=None)
    assert nothing["_meta"]["hostvars"] == {} and "OpenStack" not in silence
    nothing, said = inventory(OS_PASSWORD="wrong")
    assert nothing["_meta"]["hostvars"] == {} and "No machines of OpenStack are known: The request you have made" in said


def test_what_people_changed_is_mended_by_the_next_run(cloud, site, first_state):
    network = cloud.network
    group = {name: network.find_security_group(f"{NAME}-{name}").id for name in ("vpn", "vms", "bastion")}
    # The collection's module would take the first for the rule of the data that lets all of this source in, but for the descriptions.
    tcp = {"direction": "ingress", "ether_type": "IPv4", "protocol": "tcp"}
    network.create_security_group_rule(
        security_group_id=group["vpn"], remote_ip_prefix="10.60.0.0/24", port_range_min=25, port_range_max=25, **tcp
    )
    network.create_security_group_rule(
        security_group_id=group["bastion"], remote_ip_prefix="0.0.0.0/0", port_range_min=22, port_range_max=22, **tcp
    )
    lost = next(r for r in network.security_group_rules(security_group_id=group["vms"]) if r.port_range_min == 443)
    network.delete_security_group_rule(lost)
    router = network.find_router(f"{NAME}-router")
    network.update_router(router, routes=[{"destination": "192.0.2.128/25", "nexthop": "10.60.10.12"}])
    network.update_ip(next(network.ips(description=site.mark)), port_id=None)
    network.update_port(network.find_port(f"{NAME}-vpn"), allowed_address_pairs=[], security_group_ids=[])
    cloud.delete_server(cloud.compute.find_server(f"{NAME}-squid").id, wait=True)
    assert state(cloud, site) != first_state

    played = site.play("site.yml")
    assert played.ok, played.failures
    assert sorted(played.changed_tasks) == [
        "localhost: cloud_openstack : Give the bastion its public address",
        "localhost: cloud_openstack : Lead home by the vpn machine",
        "localhost: cloud_openstack : Make the machines",
        "localhost: cloud_openstack : Make the ports",
        "localhost: cloud_openstack : Make the security groups, with these rules and no others",
    ]
    assert state(cloud, site) == first_state
    assert rule("ingress", "IPv4", "tcp", 22, "0.0.0.0/0") not in rules(cloud, f"{NAME}-bastion")


def test_a_machine_in_error_is_named_with_its_fault(cloud, site, neighbour, first_state):
    """No hypervisor of the testbed takes an image for Xen, so nova finds no host for it."""
    bad = image(cloud, f"{NEIGHBOUR}-xen", img_hv_type="xen")
    try:
        played = neighbour.play("site.yml", "-e", f"infra_image={NEIGHBOUR}-xen")
        assert f"{NEIGHBOUR}-vpn is in ERROR: No valid host was found" in played.failures[-1], played.failures
        own = site.play("hosts.yml")
        assert own.ok and own.changed == 0, ("its name begins with ours, and it is none of ours", own.failures)
    finally:
        cloud.image.delete_image(bad)


def test_the_fleet_entry_is_taken_by_the_service(cloud, site, first_state, folder):
    named = [("jupyter-20261101-aaa1111", "jupyter"), ("base-20261101-aaa1111", "base"), ("jupyter-20261122-bbb2222", "jupyter")]
    images = [image(cloud, name, **{"vmm-image-type": kind}) for name, kind in named]
    played = site.play("fleet.yml")
    for made in images:
        cloud.image.delete_image(made)
    assert played.ok, played.failures
    assert credentials()["OS_PASSWORD"] not in played.said

    report = json.JSONDecoder().raw_decode(played.said[played.said.index("{\n") :])[0]
    written = next(t for t in report["plays"][0]["tasks"] if t["task"]["name"] == "Entry for the fleet file")["hosts"]["localhost"]["msg"]
    assert [line.rsplit("# ", 1)[1] for line in written.splitlines() if line.startswith("#     - ")] == [
        "base-20261101-aaa1111",
        "jupyter-20261122-bbb2222",
        "jupyter-20261101-aaa1111",
    ]
    entry = yaml.safe_load(written)[0]
    assert {p["name"]: p["tcp"] for p in entry["probes"]} == {
        "vpn": "10.60.10.11:9100",
        "squid": "10.60.10.12:3128",
        "cvmfs": "10.60.10.13:3128",
        "movement": "10.60.10.14:1094",
    }
    assert entry["options"]["network"] == cloud.network.find_network(f"{NAME}-public").id

    fleet = folder / "fleet.yaml"
    pool = {"name": "muon", "poolSize": 1, "maxSize": 2, "readyWhen": "instanceActive"}
    pool["placements"] = [{"cloud": NAME, "image": "tiny", "flavor": "l3.micro"}]
    fleet.write_text(f"installation: rig\nclouds:\n{written}\n{yaml.safe_dump({'pools': [pool]})}")
    variable = NAME.upper().replace("-", "_") + "_PASSWORD"
    checked = subprocess.run(
        ["make", "cloud-check", f"FLEET={fleet}"],
        cwd=CHECKOUT,
        env={**os.environ, variable: credentials()["OS_PASSWORD"]},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_teardown_without_an_answer_removes_nothing(cloud, site, first_state):
    now = everything(cloud)
    played = site.play("teardown.yml")
    assert "Nothing was removed" in played.failures[-1], played.failures
    assert everything(cloud) == now


def test_teardown_refuses_while_others_are_in_the_network_and_names_them(cloud, site, first_state):
    inside = cloud.network.find_network(f"{NAME}-public").id
    metadata = {"vmm-installation": "other", "vmm-id": "1", "vmm-store": "other"}
    vm = cloud.create_server("vmm-other-1", image="tiny", flavor="m1.tiny", network=inside, meta=metadata, auto_ip=False, wait=True)
    port = cloud.network.create_port(network_id=inside, name="of-a-person")
    now = everything(cloud)
    played = site.play("teardown.yml", "-e", f"teardown={NAME}")
    assert "vmm-other-1" in played.failures[-1] and port.id in played.failures[-1], played.failures
    assert f"{NAME}-" not in played.failures[-1], "it names its own"
    assert everything(cloud) == now
    cloud.network.delete_port(port)
    cloud.delete_server(vm.id, wait=True)


def test_teardown_leaves_nothing_of_what_is_half_gone_and_all_of_the_neighbour(cloud, site, neighbour, first_state, before):
    cloud.delete_server(cloud.compute.find_server(f"{NAME}-cvmfs").id, wait=True)
    cloud.network.delete_port(cloud.network.find_port(f"{NAME}-cvmfs"))
    cloud.network.delete_ip(next(cloud.network.ips(description=site.mark)))
    beside = state(cloud, neighbour)
    played = site.play("teardown.yml", "-e", f"teardown={NAME}")
    assert played.ok, played.failures
    left = everything(cloud) - before
    assert state(cloud, neighbour) == beside
    assert beside["machines"] and beside["public"]
    assert not [thing for thing in left if f" {NAME}-" in thing and f" {NEIGHBOUR}-" not in thing], left

    again = site.play("teardown.yml", "-e", f"teardown={NAME}")
    assert again.ok and again.changed == 0, (again.failures, again.changed_tasks)


def test_teardown_of_both_leaves_the_project_as_it_was(cloud, neighbour, before):
    played = neighbour.play("teardown.yml", "-e", f"teardown={NEIGHBOUR}")
    assert played.ok, played.failures
    assert everything(cloud) == before

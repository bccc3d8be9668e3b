"""A site's network and machines on AWS, made, made again, mended and removed: what the account has afterwards, compared with the data."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from ec2_stub import ACCOUNT, SECRET, Account, tags_of
from playbook import ANSIBLE

PUBLIC, PRIVATE = "10.60.0.0/24", "10.60.10.0/24"
HOME = ["172.20.0.0/16", "172.30.0.0/24"]
ADDRESSES = {"bastion": "10.60.0.10", "vpn": "10.60.10.11", "squid": "10.60.10.12", "cvmfs": "10.60.10.13", "movement": "10.60.10.14"}
ANY = ("-1", None, None)


def tcp(port, *sources):
    return {("tcp", port, port, source) for source in sources}


RULES = {
    "bastion": tcp(22, "198.51.100.0/28"),
    "services": tcp(22, "10.60.0.10/32") | tcp(3128, PUBLIC, PRIVATE, *HOME) | tcp(1094, PUBLIC, *HOME) | tcp(1095, PUBLIC, *HOME) | tcp(9100, *HOME),
    "vpn": {(*ANY, PUBLIC), (*ANY, PRIVATE)},
    "vms": {rule for port in (22, 443, 3389, 8888) for rule in tcp(port, "203.0.113.0/24", *HOME)},
}


def well(played, changed=None):
    assert played.ok, played.failures or played.said[-3000:]
    if changed is not None:
        assert (played.changed, played.changed_tasks) == (changed, [])
    return played


def routes(site, name) -> dict[str, str]:
    table = site.one("rtb", Name=f"{site.name}-{name}")
    (association,) = table["Associations"]
    assert association["SubnetId"] == site.one("subnet", Name=f"{site.name}-{name}")["SubnetId"]
    targets = {r["DestinationCidrBlock"]: r.get("GatewayId") or r.get("NatGatewayId") or r["NetworkInterfaceId"] for r in table["Routes"]}
    assert targets.pop("10.60.0.0/16") == "local"
    return targets


def check_whole(site):
    """The site is whole, nothing of it is there twice, and it is as the data say."""
    account = site.account
    assert len(site.all("vpc")) == len(site.all("igw")) == len(site.all("nat")) == len(site.all("key")) == 1
    assert sorted(tags_of(each)["Name"] for each in site.all("eipalloc")) == [f"{site.name}-bastion", f"{site.name}-nat"]
    assert {tags_of(each)["Name"]: (each["CidrBlock"], each["MapPublicIpOnLaunch"]) for each in site.all("subnet")} == {
        f"{site.name}-public": (PUBLIC, True),
        f"{site.name}-private": (PRIVATE, False),
    }
    assert account._dns[site.one("vpc")["VpcId"], "EnableDnsHostnames"] is True
    for name, rules in RULES.items():
        group = site.one("sg", Name=f"{site.name}-{name}")["GroupId"]
        assert account.rules(group) == rules
        assert account.egress(group) == {(*ANY, "0.0.0.0/0")}
    assert len(site.all("sg")) == len(RULES)

    interfaces = {tags_of(each)["vmm-role"]: each for each in site.all("eni")}
    assert {role: each["PrivateIpAddress"] for role, each in interfaces.items()} == ADDRESSES
    assert {role for role, each in interfaces.items() if not each["SourceDestCheck"]} == {"vpn"}
    groups = {role: {group["GroupName"].removeprefix(f"{site.name}-") for group in each["Groups"]} for role, each in interfaces.items()}
    assert groups == {"bastion": {"bastion"}, "vpn": {"services", "vpn"}} | {role: {"services"} for role in ("squid", "cvmfs", "movement")}

    machines = [each for each in site.all("i") if each["State"]["Name"] != "terminated"]
    assert sorted(tags_of(each)["Name"] for each in machines) == sorted(f"{site.name}-{role}" for role in ADDRESSES)
    for machine in machines:
        assert machine["State"]["Name"] == "running"
        assert machine["PrivateIpAddress"] == ADDRESSES[tags_of(machine)["vmm-role"]]
        assert machine["MetadataOptions"]["HttpTokens"] == "required"
        assert machine["KeyName"] == f"{site.name}-key"
        assert account.things[machine["ImageId"]]["Name"] == "debian-12-amd64-20261005-2257"
        assert machine["InstanceId"] in account._protected
        assert account.things[machine["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]]["Encrypted"] is True
    assert site.one("eipalloc", Name=f"{site.name}-bastion")["NetworkInterfaceId"] == interfaces["bastion"]["NetworkInterfaceId"]

    home = dict.fromkeys(HOME, interfaces["vpn"]["NetworkInterfaceId"])
    assert routes(site, "public") == {"0.0.0.0/0": site.one("igw")["InternetGatewayId"], **home}
    assert routes(site, "private") == {"0.0.0.0/0": site.one("nat")["NatGatewayId"], **home}


@pytest.fixture(scope="module", autouse=True)
def mended(new_site):
    """A site in an account of its own, made beside the other tests as they go on: its runs are killed, at points that leave most behind."""
    site = new_site("leeds-2", Account())
    account, runs = site.account, []

    def until_killed(playbook: str, action: str, **how) -> None:
        account.fault(action, "UnauthorizedOperation", **how)
        runs.append((action, site.play(playbook)))
        assert f"calling the {action} operation" in runs[-1][1].said, runs[-1][1].failures or runs[-1][1].said[-3000:]

    def make():
        until_killed("network.yml", "CreateNatGateway", after=True)  # one that nobody heard of
        until_killed("site.yml", "RunInstances", skip=1, after=True)  # a machine that nobody heard of; those before it have no address yet
        vpn, vms = site.one("sg", Name="leeds-2-vpn")["GroupId"], site.one("sg", Name="leeds-2-vms")["GroupId"]
        by_hand = {"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25}
        account.AuthorizeSecurityGroupIngress({"GroupId": vms, "IpPermissions": [{**by_hand, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]})
        account.AuthorizeSecurityGroupIngress({"GroupId": vpn, "IpPermissions": [{**by_hand, "UserIdGroupPairs": [{"GroupId": vms}]}]})
        account.RevokeSecurityGroupEgress({"GroupId": vms, "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]})
        table, gateway = site.one("rtb", Name="leeds-2-private")["RouteTableId"], site.one("igw")["InternetGatewayId"]
        account.CreateRoute({"RouteTableId": table, "DestinationCidrBlock": "8.8.8.0/24", "GatewayId": gateway})
        account.ReplaceRoute({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway})
        account.StopInstances({"InstanceIds": [site.all("i", vmm_role="bastion")[0]["InstanceId"]]})
        runs.append(("", site.play("site.yml")))

    with ThreadPoolExecutor(1) as beside:
        made = beside.submit(make)
        yield lambda: made.result() or (site, runs)


@pytest.fixture(scope="module")
def site(new_site):
    """A site that is made by one run, which EC2 throttles and fails now and then, beside another one of the account."""
    site = new_site("london", Account())
    account = site.account
    for day, tag in (("20261102", "jupyter"), ("20261119", "jupyter"), ("20261110", "desktop")):
        account.image(f"{tag}-{day}-abc1234", ACCOUNT, day, vmm_image_type=tag)
    other = {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "vmm-site", "Value": "leeds"}]}]}
    vpc = account.CreateVpc({"CidrBlock": "10.60.0.0/16", **other})["Vpc"]["VpcId"]
    account.CreateSubnet({"CidrBlock": PUBLIC, "VpcId": vpc})
    account.CreateSecurityGroup({"GroupName": "london-vms", "Description": "of the same name", "VpcId": vpc})
    account.AllocateAddress({})
    site.before = account.left()
    account.fault("DescribeVpcs", "RequestLimitExceeded", status=503, times=2)
    account.fault("CreateSubnet", "RequestLimitExceeded", status=503, skip=1)
    account.fault("CreateRouteTable", "InternalError", status=500)
    account.fault("Describe*", "RequestLimitExceeded", status=503, skip=30, times=3)
    site.made = site.play("site.yml")
    return site


def test_a_site_is_made_by_one_run_as_the_data_say(site):
    well(site.made)
    check_whole(site)


def test_throttling_and_failures_of_the_service_do_not_stop_it(site):
    assert site.account.faults and not any(fault["times"] for fault in site.account.faults)


def test_a_second_run_changes_nothing_in_any_order(site):
    for playbook in ("network.yml", "hosts.yml"):
        there = site.account.left()
        well(site.play(playbook), changed=0)
        assert site.account.left() == there
    check_whole(site)


def test_a_check_of_a_finished_site_is_clean_and_writes_nothing(site):
    before = len(site.account.requests)
    well(site.play("site.yml", "--check"), changed=0)
    assert [action for action, _ in site.account.requests[before:] if not action.startswith("Describe")] == []


def test_the_inventory_has_machines_in_the_groups_of_their_site_and_role(site):
    where = ["ansible-inventory", "-i", "inventory/site.aws_ec2.yml", "--list"]
    said = subprocess.run(where, cwd=ANSIBLE, env={**os.environ, **site.env}, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(said.stdout)
    names = {f"london-{role}" for role in ADDRESSES}
    assert set(told["london"]["hosts"]) == names
    assert set(told["private"]["hosts"]) == names - {"london-bastion"}
    public = site.one("eipalloc", Name="london-bastion")["PublicIp"]
    for role, address in ADDRESSES.items():
        assert told[role]["hosts"] == [f"london-{role}"]
        # What the plug-in says is marked as such; the rest is from group_vars.
        said_of = told["_meta"]["hostvars"][f"london-{role}"]
        known = {key: value["__ansible_unsafe"] for key, value in said_of.items()
                 if isinstance(value, dict) and "__ansible_unsafe" in value and not key.startswith("aws_")}
        assert known == {"ansible_host": public if role == "bastion" else address, "address": address}


def test_the_entry_for_the_fleet_file_names_what_was_made_and_no_secret(site):
    play_of = [{"hosts": "localhost", "gather_facts": False, "vars_files": [f"{ANSIBLE}/group_vars/all.yml", "{{ site_file }}"], "tasks": [
        {"ansible.builtin.include_role": {"name": "cloud_aws", "tasks_from": entry}} for entry in ("describe", "fleet")
    ] + [{"ansible.builtin.copy": {"content": "{{ {'text': cloud_fleet_entry, 'hosts': cloud_hosts, 'images': cloud_images} | to_json }}",
                                   "dest": str(site.folder / "entry.json"), "mode": "0600"}}]}]  # fmt: skip
    playbook = site.folder / "entry.yml"
    playbook.write_text(yaml.safe_dump(play_of))
    well(site.play(str(playbook)))
    told = json.loads((site.folder / "entry.json").read_text())
    (entry,) = yaml.safe_load(told["text"])
    assert entry == {
        "name": "london",
        "kind": "aws",
        "region": "eu-west-2",
        "endpoint": site.url,
        "credentials": {"accessKeyId": "${LONDON_ACCESS_KEY_ID}", "secretAccessKey": "${LONDON_SECRET_ACCESS_KEY}"},
        "options": {
            "network": site.one("subnet", Name="london-public")["SubnetId"],
            "securityGroups": site.one("sg", Name="london-vms")["GroupId"],
            "keyPair": "london-key",
            "address": "public",
        },
        "maxVms": 20,
        "probes": [
            {"name": "vpn", "tcp": "10.60.10.11:9100"},
            {"name": "squid", "tcp": "10.60.10.12:3128"},
            {"name": "cvmfs", "tcp": "10.60.10.13:3128"},
            {"name": "movement", "tcp": "10.60.10.14:1094"},
        ],
    }
    public = site.one("eipalloc", Name="london-bastion")["PublicIp"]
    assert told["hosts"] == [
        {"name": role, "group": role, "address": address, "public_address": public if role == "bastion" else ""}
        for role, address in ADDRESSES.items()
    ]
    assert [image["name"] for image in told["images"]] == ["jupyter-20261119-abc1234", "desktop-20261110-abc1234", "jupyter-20261102-abc1234"]
    assert SECRET not in told["text"]


def test_wrong_credentials_are_one_clear_line(site):
    played = site.play("network.yml", env={"AWS_SECRET_ACCESS_KEY": "wrong"}, warm=False)
    assert played.failed == 1 and played.changed == 0
    assert "AWS does not answer these credentials" in played.failures[-1] and "AuthFailure" in played.failures[-1]
    assert "\n" not in played.failures[-1].strip()


def test_another_region_than_the_sites_is_refused_before_anything_is_asked(site):
    before = len(site.account.requests)
    played = site.play("teardown.yml", "-e", "teardown=london", env={"AWS_REGION": "us-east-1"})
    assert "say AWS_REGION=eu-west-2" in played.failures[-1]
    assert len(site.account.requests) == before


def test_a_site_whose_runs_were_killed_is_mended_and_nothing_of_it_is_there_twice(mended):
    site, runs = mended()
    assert [action for action, _ in runs] == ["CreateNatGateway", "RunInstances", ""]
    well(runs[-1][1])
    check_whole(site)
    assert not site.account.defects


def test_teardown_without_an_answer_removes_nothing(site):
    before = site.account.left()
    for answer in ([], ["-e", "teardown=leeds"]):
        assert "Nothing was removed" in " ".join(site.play("teardown.yml", *answer).failures)
    assert site.account.left() == before


def test_teardown_refuses_while_a_machine_of_the_vmm_is_in_the_network_and_names_it(site):
    tags = [{"Key": "Name", "Value": "vmm-isis-7f3a"}, {"Key": "vmm-installation", "Value": "isis"}]
    vm = {"ImageId": site.account.all("ami")[0]["ImageId"], "InstanceType": "t3.large", "MinCount": 1, "MaxCount": 1,
          "SubnetId": site.one("subnet", Name="london-public")["SubnetId"], "SecurityGroupIds": [site.one("sg", Name="london-vms")["GroupId"]],
          "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]}  # fmt: skip
    name = site.account.RunInstances(vm)["Instances"][0]["InstanceId"]
    before = site.account.left()
    played = site.play("teardown.yml", "-e", "teardown=london")
    assert "vmm-isis-7f3a" in played.failures[-1] and "london-" not in played.failures[-1]
    assert site.account.left() == before
    site.account.TerminateInstances({"InstanceIds": [name]})
    while site.account.things[name]["State"]["Name"] != "terminated":
        site.account.DescribeInstances({"InstanceIds": [name]})


def test_teardown_leaves_nothing_of_the_site_and_all_of_others(site):
    """Also when groups name each other, and when a run of it was killed."""
    groups = [site.one("sg", Name=f"london-{name}")["GroupId"] for name in ("vms", "services")]
    for group, other in (groups, groups[::-1]):
        rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}
        site.account.AuthorizeSecurityGroupIngress({"GroupId": group, "IpPermissions": [rule]})
    site.account.fault("DeleteSubnet", "UnauthorizedOperation")
    assert not site.play("teardown.yml", "-e", "teardown=london").ok
    well(site.play("teardown.yml", "-e", "teardown=london"))
    assert site.account.left() == site.before
    well(site.play("teardown.yml", "-e", "teardown=london"), changed=0)
    assert not site.account.defects

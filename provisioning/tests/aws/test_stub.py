"""The stub refuses what EC2 refuses. All by boto3, so requests and answers are those of a client of AWS."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from ec2_stub import KEY, REGION, SECRET, Account, Stub


@pytest.fixture()
def account():
    account = Account()
    yield account
    assert account.defects == []


@pytest.fixture()
def ec2(account):
    with Stub(account) as stub:
        yield client(stub.url)


def client(url, secret=SECRET, region=REGION):
    once = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return boto3.client("ec2", endpoint_url=url, region_name=region, aws_access_key_id=KEY, aws_secret_access_key=secret, config=once)


def refused(call, **parameters) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"]


@pytest.fixture()
def network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return {"vpc": vpc, "gateway": gateway, "subnet": subnet}


def test_a_request_that_is_not_signed_by_a_known_key_is_refused(account):
    with Stub(account) as stub:
        assert refused(client(stub.url, secret="other").describe_vpcs) == "AuthFailure"
        assert refused(client(stub.url, region="us-east-1").describe_vpcs) == "SignatureDoesNotMatch"
        assert client(stub.url).describe_vpcs()["Vpcs"] == []


@pytest.mark.parametrize(
    ("action", "form", "code"),
    [
        ("CreateVpc", {"Cidr": "10.0.0.0/16"}, "UnknownParameter"),
        ("CreateSubnet", {"CidrBlock": "10.0.0.0/24"}, "MissingParameter"),
        ("AllocateAddress", {"Domain": "moon"}, "InvalidParameterValue"),
        ("DescribeVpcs", {"Filter.1.Name": "vpc-idd", "Filter.1.Value.1": "vpc-1"}, "InvalidParameterValue"),
        ("CreateMoon", {}, "InvalidAction"),
        ("CreateFleet", {"TargetCapacitySpecification.TotalTargetCapacity": "1", "LaunchTemplateConfigs.1.Overrides.1.InstanceType": "t3.small"}, "InvalidAction"),
    ],
)  # fmt: skip
def test_what_the_model_of_ec2_does_not_have_is_refused(account, action, form, code):
    from ec2_wire import Refused

    account.CreateVpc({"CidrBlock": "10.9.0.0/16"})
    with pytest.raises(Refused) as error:
        account.act(action, form)
    assert error.value.code == code


def test_networks_that_overlap_or_lie_outside_are_refused(ec2, network):
    assert refused(ec2.create_subnet, VpcId=network["vpc"], CidrBlock="10.0.0.128/25") == "InvalidSubnet.Conflict"
    assert refused(ec2.create_subnet, VpcId=network["vpc"], CidrBlock="10.1.0.0/24") == "InvalidSubnet.Range"
    assert refused(ec2.create_subnet, VpcId="vpc-0123", CidrBlock="10.0.1.0/24") == "InvalidVpcID.NotFound"
    assert refused(ec2.create_subnet, VpcId=network["vpc"], CidrBlock="ten") == "InvalidParameterValue"


def test_rules_groups_and_routes_are_not_there_twice(ec2, network):
    group = {"GroupName": "g", "Description": "d", "VpcId": network["vpc"]}
    made = ec2.create_security_group(**group)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
    table = ec2.create_route_table(VpcId=network["vpc"])["RouteTable"]["RouteTableId"]
    out = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": network["gateway"]}
    ec2.create_route(**out)
    assert refused(ec2.create_security_group, **group) == "InvalidGroup.Duplicate"
    assert refused(ec2.authorize_security_group_ingress, GroupId=made, IpPermissions=[rule]) == "InvalidPermission.Duplicate"
    assert refused(ec2.create_route, **out) == "RouteAlreadyExists"


def test_what_is_needed_is_not_deleted_and_a_nat_gateway_goes_slowly(ec2, account, network):
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=network["subnet"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    states = [ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] for _ in range(3)]
    assert states == ["pending", "available", "available"]
    assert refused(ec2.delete_vpc, VpcId=network["vpc"]) == "DependencyViolation"
    assert refused(ec2.delete_subnet, SubnetId=network["subnet"]) == "DependencyViolation"
    assert refused(ec2.detach_internet_gateway, InternetGatewayId=network["gateway"], VpcId=network["vpc"]) == "DependencyViolation"
    assert refused(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert refused(ec2.delete_subnet, SubnetId=network["subnet"]) == "DependencyViolation"
    states = [ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] for _ in range(2)]
    assert states == ["deleting", "deleted"]
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=network["subnet"])
    ec2.detach_internet_gateway(InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    ec2.delete_internet_gateway(InternetGatewayId=network["gateway"])
    ec2.delete_vpc(VpcId=network["vpc"])
    assert account.left() == []


def test_groups_that_name_each_other_and_machines_that_are_protected_are_not_deleted(ec2, account, network):
    groups = [ec2.create_security_group(GroupName=name, Description="d", VpcId=network["vpc"])["GroupId"] for name in "ab"]
    for one, other in (groups, groups[::-1]):
        ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}])
    assert refused(ec2.delete_security_group, GroupId=groups[0]) == "DependencyViolation"
    asked = {"ImageId": account.all("ami")[0]["ImageId"], "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1, "SubnetId": network["subnet"]}
    made = [ec2.run_instances(**asked, ClientToken="t", DisableApiTermination=True)["Instances"][0]["InstanceId"] for _ in range(2)]
    assert made[0] == made[1]
    assert refused(ec2.terminate_instances, InstanceIds=made[:1]) == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=made[0], DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=made[:1])
    told = [ec2.describe_instances(InstanceIds=made[:1])["Reservations"][0]["Instances"][0]["State"]["Name"] for _ in range(2)]
    assert told == ["shutting-down", "terminated"]


def test_listings_come_in_pages_and_faults_are_those_that_were_asked_for(ec2, account):
    for number in range(7):
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    assert len(ec2.describe_vpcs()["Vpcs"]) == 3
    assert len(ec2.get_paginator("describe_vpcs").paginate().build_full_result()["Vpcs"]) == 7
    account.fault("CreateVpc", "RequestLimitExceeded", status=503, skip=1)
    account.fault("DeleteVpc", "InternalError", status=500, after=True)
    made = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    assert refused(ec2.create_vpc, CidrBlock="10.11.0.0/16") == "RequestLimitExceeded"
    assert refused(ec2.delete_vpc, VpcId=made) == "InternalError"
    assert refused(ec2.delete_vpc, VpcId=made) == "InvalidVpcID.NotFound"

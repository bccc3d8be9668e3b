"""VMs reach the facility and the facility the services, by the tunnel and by nothing else."""

import json
import os
import subprocess

import pytest
from machines import at, done, on, until
from people import BANNER, opened, opens
from test_bastion import PRIVATE
from web import FACILITY

VM_ADDRESS = "10.60.0.51"

# Packets that the home end's outer interface sees, by what they are; for as long as its input is open.
WIRE = """
import collections, json, select, socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
wire.bind(("eth0", 0))
print("ready", flush=True)
seen = collections.Counter()
while True:
    ready = select.select([wire, sys.stdin], [], [])[0]
    if wire in ready:
        packet = wire.recv(65535)
        source, to = (".".join(map(str, packet[at : at + 4])) for at in (12, 16))
        if "198.51.100.1" not in (source, to):
            continue
        head = (packet[0] & 15) * 4
        ports = {int.from_bytes(packet[head + at : head + at + 2], "big") for at in (0, 2)} if packet[9] in (6, 17) else set()
        what = "tunnel" if packet[9] == 17 and 1194 in ports else f"protocol {packet[9]}, ports {sorted(ports)}"
        if 3142 in ports:  # packages for the hosts themselves, from the lab's cache, which has the gateway's address too
            continue
        seen["in clear" if b"the way home" in packet else what] += 1
    elif sys.stdin in ready:
        break
print(json.dumps(seen))
"""


def fetches(place: str, marker: str = "") -> bool:
    said = at(place, "curl", "--silent", "--max-time", "4", "--user-agent", f"the way home {marker}", f"http://{FACILITY}:8080/home")
    return said.stdout == "this is /home\n"


def a_vm_reaches_the_facility() -> None:
    assert fetches("analysis")


def the_facility_probes_each_service() -> None:
    for address in PRIVATE.values():
        assert opens("facility", address, 9100), address
    for name, port in [("squid", 3128), ("cvmfs", 3128), ("movement", 1094), ("movement", 1095)]:
        assert opens("facility", PRIVATE[name], port), name


def the_facility_reaches_vms_where_they_serve() -> None:
    said = at("facility", "timeout", "4", "bash", "-c", f"exec 3<>/dev/tcp/{VM_ADDRESS}/22; head -c 8 <&3")
    assert said.stdout == BANNER


def the_bastion_has_no_way_home() -> None:
    assert not fetches("bastion")
    for port in [22, 8080]:
        assert not opens("bastion", FACILITY, port, 2)


def strangers_have_no_way_home() -> None:
    assert not fetches("attacker")
    for place in ["squid", "cvmfs"]:
        assert not opens(place, FACILITY, 8080, 2), place


def the_facility_has_no_way_to_the_bastion() -> None:
    assert not opens("facility", "10.60.0.10", 22, 2)


def only_the_facility_sees_figures() -> None:
    places = ["analysis", "bastion", "attacker", "squid"]
    assert opened([(place, PRIVATE["vpn"], 9100) for place in places]) == set()


def only_the_tunnel_is_on_the_wire() -> None:
    namespace = f"{os.environ['LAB']}-home"
    watch = ["ip", "netns", "exec", namespace, "/usr/bin/python3", "-c", WIRE]
    with subprocess.Popen(watch, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as wire:
        assert wire.stdout.readline() == "ready\n"
        for _ in range(3):
            fetches("analysis")
        opens("facility", PRIVATE["squid"], 3128, 2)
        seen = json.loads(wire.communicate("\n", timeout=10)[0])
    assert set(seen) == {"tunnel"} and seen["tunnel"] > 10, seen


CHECKS = {
    check.__name__: check
    for check in [
        a_vm_reaches_the_facility,
        the_facility_probes_each_service,
        the_facility_reaches_vms_where_they_serve,
        the_bastion_has_no_way_home,
        strangers_have_no_way_home,
        the_facility_has_no_way_to_the_bastion,
        only_the_facility_sees_figures,
        only_the_tunnel_is_on_the_wire,
    ]
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_tunnel(check) -> None:
    check()


@pytest.mark.parametrize("how", ["restart", "kill"])
def test_the_tunnel_is_back_after_the_home_end_was_away(how) -> None:
    before = done("home", "systemctl", "show", "-P", "MainPID", "openvpn-server@lab").strip()
    if how == "restart":
        done("home", "systemctl", "restart", "openvpn-server@lab")
    else:  # no goodbye: the site's end must find out by itself, and systemd starts the other again
        done("home", "kill", "-KILL", before)
        until(lambda: on("home", "systemctl", "restart", "openvpn-server@lab").returncode == 0, "it starts again")
    assert done("home", "systemctl", "show", "-P", "MainPID", "openvpn-server@lab").strip() != before
    until(lambda: fetches("analysis"), "the tunnel is back", 60)

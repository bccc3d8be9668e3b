"""The role of the guest agent on a machine that runs, without cloud-init: whoever writes guest.json, and whenever, it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from beside import ADDRESS, CHECKOUT, HOME, LAB, NAME, Guest, wait_for

sys.path.append(str(CHECKOUT / "provisioning/tests"))
from playbook import play

UNITS = ("vmm-guest-ready.path", "vmm-guest-activity.timer")


@pytest.fixture(scope="module")
def host():
    if os.geteuid() != 0:
        pytest.skip("boots containers, which needs root")
    host = Guest(os.environ.get("LAB", "guest"))
    try:
        host.lab("up", NAME)
        yield host
    finally:
        host.down()


def role(host, *arguments, warm=True):
    lab = host.environment["LAB"]
    return play(
        str(Path(__file__).with_name("role.yml")), "-i", f"{ADDRESS},", "-u", "debian", "--private-key", str(HOME / "keys/boot"),
        "--ssh-common-args", "-o UserKnownHostsFile=/dev/null",
        "-e", f"ansible_control_path_dir=~/.ansible/cp-{lab}", *arguments,  # the same address is another machine in each lab
        through=(str(LAB), "exec", "admin", str(CHECKOUT / "provisioning/controller")),
        env={**host.environment, "ANSIBLE_HOST_KEY_CHECKING": "False"}, timeout=400, warm=warm,
    )


def test_role_comes_to_rest(host):
    first = role(host, warm=False)
    assert first.ok and first.changed > 0, first.failures or first.said[-2000:]
    second = role(host)
    assert second.ok and second.changed == 0, second.changed_tasks or second.failures
    checked = role(host, "--check")
    assert checked.ok and checked.changed == 0, checked.changed_tasks or checked.failures


def test_units_run_and_start_with_the_machine_and_systemd_finds_nothing_wrong(host):
    for unit in UNITS:
        assert host.run("systemctl", "is-active", unit).strip() == "active"
        assert host.run("systemctl", "is-enabled", unit).strip() == "enabled"
    services = [f"/etc/systemd/system/vmm-guest-{name}.service" for name in ("ready", "activity")]
    verified = host.lab("exec", NAME, "systemd-analyze", "verify", *services)
    assert verified.stdout + verified.stderr == ""


def test_program_sees_the_machine_within_the_confines_of_its_unit(host):
    properties = []
    for line in host.run("cat", "/etc/systemd/system/vmm-guest-activity.service").splitlines():
        name, _, value = line.partition("=")
        if value and name not in ("Description", "After", "ConditionPathExists", "Type", "ExecStart"):
            properties += ["-p", line]
    said = host.run("systemd-run", "--pipe", "--wait", "--quiet", *properties, "/usr/local/sbin/vmm-guest-agent", "look")
    assert '"cpuPercent": 0' in said or '"cpuPercent": ' in said
    assert '"cpuPercent": null' not in said and '"addresses": []' not in said


def test_it_starts_when_the_file_comes_however_late(host):
    assert host.run("systemctl", "is-active", "vmm-guest-ready.service", check=False).strip() == "inactive"
    host.run("sh", "-c", """umask 077; echo '{"vmId": "vm-1", "url": "http://127.0.0.1:9", "token": "t"}' > /etc/vmm/guest.json""")
    wait_for(lambda: host.run("systemctl", "is-active", "vmm-guest-ready.service", check=False).strip() == "active", 20, "it starts")
    wait_for(lambda: "no answer" in host.run("journalctl", "-o", "cat", "-u", "vmm-guest-ready.service"), 20, "it tries")
    assert host.run("stat", "-c", "%a %U", "/run/vmm-guest-agent", "/run/vmm-guest-agent/ready.json").splitlines() == ["700 root", "600 root"]


def test_kill_is_no_way_around_the_pause(host):
    host.run("systemctl", "kill", "-s", "KILL", "vmm-guest-ready.service")
    state = lambda: host.run("systemctl", "show", "vmm-guest-ready.service", "-p", "SubState", "--value").strip()
    assert wait_for(lambda: state() in ("auto-restart", "running") and state(), 20, "systemd starts it again")
    before = host.run("cat", "/run/vmm-guest-agent/ready.json")
    host.run("systemctl", "restart", "vmm-guest-ready.service")
    assert wait_for(lambda: state() == "running", 20, "it runs")
    assert '"failures": 0' not in before and '"failures": 0' not in host.run("cat", "/run/vmm-guest-agent/ready.json")

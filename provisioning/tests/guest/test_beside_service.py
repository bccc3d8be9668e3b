"""An image of ours beside the running service: the same tree, cloud-init, units and agent as in a cloud; only kernel and cloud are others.

The tests follow each other as a VM's life does, and each needs those before it.
"""

import json
import os
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest
from beside import CHECKOUT, GATEWAY, HOME, LAB, Guest, Relay, Service, wait_for

INTERVAL = 4  # seconds between reports here, where a cloud has a minute

# Runs in the guest: a person's shell on a terminal; each line that comes in is typed there.
TYPIST = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("runuser", ["runuser", "-u", "scientist", "--", "sh", "-c", "while read line; do :; done"])
print("there", flush=True)
for line in sys.stdin:
    os.write(terminal, line.encode())
    print("typed", flush=True)
"""


@pytest.fixture(scope="module", autouse=True)
def root():
    if os.geteuid() != 0:
        pytest.skip("boots containers, which needs root")


@pytest.fixture(scope="module")
def tree():
    """The image, baked by the same playbook as for clouds."""
    tree = HOME / "images/guest-test"
    subprocess.run([LAB, "apt", CHECKOUT / "packer/bake", "base", tree], check=True, stdout=subprocess.DEVNULL, timeout=600)
    return tree


@pytest.fixture(scope="module")
def relay():
    relay = Relay()
    yield relay
    relay.close()


@pytest.fixture(scope="module")
def service(relay, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    service = Service(folder, f"http://{GATEWAY}:{relay.port}")
    relay.service_port = service.port
    try:
        service.start()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="module")
def vm(service):
    """The only one of the pool, which the cloud has started and nobody has heard of."""
    return wait_for(lambda: service.get("/api/v1/vms", "operator")["items"], 30, "a VM is launched")[0]["id"]


@pytest.fixture(scope="module")
def guest(service, relay, vm, tree, tmp_path_factory):
    user_data = tmp_path_factory.mktemp("launch") / "user-data"
    user_data.write_text(wait_for(lambda: service.sql("SELECT user_data FROM simulated_cloud.instance"), 30, "its user data"))
    assert vm in user_data.read_text()
    guest = Guest(os.environ.get("LAB", "guest"))
    guest.began = time.monotonic()
    try:
        guest.launch(tree, user_data, relay.port)
        yield guest
    finally:
        guest.down()


@pytest.fixture(scope="module")
def allocation(service, vm, guest):
    made = service.call("POST", "/api/v1/allocations", "scientist", {"vmType": "base"})
    assert made["state"] == "ACTIVE" and made["vm"]["id"] == vm
    return made["id"]


def state_of(service, vm):
    return service.get(f"/api/v1/vms/{vm}", "operator")["state"]


def last_active(service, allocation):
    """Seconds since the epoch; 0 if nobody has ever used it."""
    text = service.get(f"/api/v1/allocations/{allocation}", "scientist")["activity"]["lastActiveAt"]
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else 0


def more_reports(relay, count, seconds=60):
    """Waits for so many more reports that the service has taken, and answers them."""
    since = time.monotonic()
    return wait_for(lambda: (got := relay.reports("/activity", since=since))[count - 1:] and got, seconds, f"{count} more reports of activity")


def test_image_that_boots_makes_its_vm_ready_within_seconds(service, relay, vm, guest, capsys):
    told = wait_for(lambda: [came for came, path, _, status in relay.seen if path.endswith("/ready") and status == 204], 60, "ready is told")[0]
    wait_for(lambda: state_of(service, vm) == "READY", 30, "its VM is READY")
    shown = time.monotonic()
    with capsys.disabled():
        print(f"\nready told {told - guest.began:.1f} s after the launch of the container, its VM seen READY {shown - told:.1f} s after that")
    assert told - guest.began < 90
    assert len(relay.reports("/ready")) == 1


def test_guest_file_is_roots_alone_and_written_by_the_real_cloud_init(guest, vm):
    assert guest.run("stat", "-c", "%U %a", "/etc/vmm/guest.json").split() == ["root", "600"]
    assert json.loads(guest.run("cat", "/etc/vmm/guest.json"))["vmId"] == vm
    assert guest.run("ls", "/var/lib/cloud/instance/sem/config_write_files")


def test_ready_says_which_image_addresses_and_keys(service, relay, vm, guest):
    image = json.loads(guest.run("cat", "/etc/vmm/image.json"))
    [report] = relay.reports("/ready")
    assert (report["imageName"], report["imageVersion"]) == (image["name"], image["version"])
    assert report["addresses"] == ["10.60.0.51"]
    keys = [" ".join(line.split()[:2]) for line in guest.run("sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub").splitlines()]
    assert keys and sorted(report["hostKeys"]) == sorted(keys)
    assert service.sql(f"SELECT guest_image FROM vm WHERE id = '{vm}'") == f"{image['name']} {image['version']}"


def test_timer_is_each_minute_at_a_second_of_the_machines_own(guest):
    shown = guest.run("systemctl", "show", "vmm-guest-activity.timer", "-p", "ActiveState,TimersCalendar,RandomizedDelayUSec,FixedRandomDelay")
    for part in ("ActiveState=active", "OnCalendar=*-*-* *:*:00", "RandomizedDelayUSec=1min", "FixedRandomDelay=yes"):
        assert part in shown
    # And from here on often, as these tests wait for it.
    folder = "/run/systemd/system/vmm-guest-activity.timer.d"
    lines = f"[Timer]\\nOnCalendar=\\nOnCalendar=*:*:0/{INTERVAL}\\nRandomizedDelaySec=0\\n"
    guest.run("sh", "-c", f"mkdir -p {folder} && printf '{lines}' > {folder}/often.conf && systemctl daemon-reload && "
              "systemctl restart vmm-guest-activity.timer")


def test_nobody_there_is_reported_again_and_again_and_is_idle(service, relay, allocation):
    reports = more_reports(relay, 3)
    assert all(report["sessions"] == [] for report in reports)
    assert reports[-1]["cpuPercent"] is not None and reports[-1]["cpuPercent"] < 5
    activity = service.get(f"/api/v1/allocations/{allocation}", "scientist")["activity"]
    assert (activity["state"], activity["lastActiveAt"]) == ("IDLE", None)


def test_typing_is_use_and_a_terminal_without_it_is_none(service, relay, guest, allocation):
    command = [LAB, "exec", "analysis", "python3", "-c", TYPIST]
    with subprocess.Popen(command, env=guest.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as typist:
        try:
            assert typist.stdout.readline() == "there\n"
            more_reports(relay, 2)
            logged_in = last_active(service, allocation)
            assert logged_in > 0, "who logs in is there"
            reports = more_reports(relay, 3)  # longer than the 8 s by which a terminal's time moves
            assert {(s["kind"], s["user"]) for s in reports[-1]["sessions"]} == {("terminal", "scientist")}
            assert reports[-1]["sessions"][0]["idleSeconds"] > reports[0]["sessions"][0]["idleSeconds"]
            idle = last_active(service, allocation)
            assert idle - logged_in < 1.5, "a terminal where nobody types moves nothing"
            typist.stdin.write("ls\n")
            assert typist.stdout.readline() == "typed\n"
            wait_for(lambda: last_active(service, allocation) > idle + 3, 4 * INTERVAL + 10, "typing is seen")
        finally:
            typist.stdin.close()
            typist.kill()
    assert service.get(f"/api/v1/allocations/{allocation}", "scientist")["activity"]["state"] == "ACTIVE"
    guest.run("pkill", "-u", "scientist", "-x", "sh", check=False)


def test_busy_process_of_a_person_is_use_as_long_as_it_is_busy(service, relay, guest, allocation):
    more_reports(relay, 2)
    before = last_active(service, allocation)
    loop = ["runuser", "-u", "scientist", "--", "sh", "-c", "while :; do :; done"]
    with subprocess.Popen([LAB, "exec", "analysis", *loop], env=guest.environment) as busy:
        try:
            wait_for(lambda: last_active(service, allocation) > before + 1, 30, "it is seen")
            first = last_active(service, allocation)
            assert any(report["cpuPercent"] >= 5 for report in more_reports(relay, 2))
            assert last_active(service, allocation) > first
        finally:
            guest.run("pkill", "-u", "scientist", "-x", "sh", check=False)
            busy.wait(10)
    more_reports(relay, 2)  # of which the first may still have seen it
    after = last_active(service, allocation)
    more_reports(relay, 3)
    assert last_active(service, allocation) == after


def test_work_of_daemons_is_no_use(service, relay, guest, allocation):
    before = last_active(service, allocation)
    with subprocess.Popen([LAB, "exec", "analysis", "sh", "-c", "exec timeout 60 sh -c 'while :; do :; done'"], env=guest.environment) as busy:
        try:
            more_reports(relay, 3)
        finally:
            guest.run("pkill", "-x", "timeout", check=False)
            busy.wait(10)
    assert last_active(service, allocation) == before


def test_service_that_was_away_is_reported_to_again_without_a_flood(service, relay, vm, guest, allocation):
    service.stop()
    stopped = time.monotonic()

    def tries(answered):
        return [came for came, path, _, status in list(relay.seen) if came > stopped and path.endswith("/activity") and status == answered]

    wait_for(lambda: tries(0), 4 * INTERVAL + 20, "a report that nobody took")
    wait_for(lambda: time.monotonic() > stopped + 3 * INTERVAL, 60, "the timer has called a few times")
    service.start()
    wait_for(lambda: tries(204), 310, "it reports again")
    away = [*tries(0), tries(204)[0]]
    pauses = [later - earlier for earlier, later in zip(away, away[1:])]
    assert min(pauses) >= 29, "the first pause is 30 to 60 s, however often the timer calls"
    more_reports(relay, 2)
    assert service.get(f"/api/v1/allocations/{allocation}", "scientist")["activity"]["state"] != "UNKNOWN"
    assert state_of(service, vm) == "ALLOCATED"


def test_after_the_release_it_is_told_once_that_its_vm_is_going_and_is_quiet(service, relay, guest, allocation):
    service.call("DELETE", f"/api/v1/allocations/{allocation}", "scientist")
    wait_for(lambda: relay.reports("/activity", 410), 30, "410")
    heard = len(relay.seen)
    calls = "systemctl show vmm-guest-activity.service -p ExecMainStartTimestampMonotonic"
    starts = set()
    wait_for(lambda: starts.add(guest.run("sh", "-c", calls)) or len(starts) > 3, 60, "the timer goes on calling")
    assert len(relay.seen) == heard
    # Nor after the agent is started anew.
    guest.run("systemctl", "restart", "vmm-guest-ready.service")
    wait_for(lambda: "exited" in guest.run("systemctl", "show", "vmm-guest-ready.service", "-p", "SubState"), 20, "it has ended")
    assert len(relay.reports("/ready")) + len(relay.reports("/ready", 410)) <= 2


def test_journal_says_little_and_no_secret(guest):
    token = json.loads(guest.run("cat", "/etc/vmm/guest.json"))["token"]
    said = guest.run("journalctl", "--no-pager", "-o", "cat", "-u", "vmm-guest-ready.service", "-u", "vmm-guest-activity.service")
    ours = [line for line in said.splitlines() if line.startswith(("ready:", "activity:"))]
    assert "ready: accepted" in ours and any("going" in line for line in ours)
    assert len(ours) <= 8
    everything = guest.run("journalctl", "--no-pager")
    assert token not in everything and token.partition(".")[2] not in everything

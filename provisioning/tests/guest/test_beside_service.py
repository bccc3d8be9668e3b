"""An image of ours beside the running service: the same tree, cloud-init, units and agent as in a cloud; only kernel and cloud are others.

The tests follow each other as a VM's life does, and each needs those before it.
"""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from beside import ADDRESS, CHECKOUT, GATEWAY, HOME, LAB, NAME, Guest, Relay, Service, wait_for

INTERVAL = 3  # seconds between reports here, where a cloud has a minute

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


# Runs in the guest: a browser's page of a notebook, open on a kernel; each line that comes in is a cell, run there to its end.
PAGE = """
import asyncio, json, sys, uuid
from tornado import httpclient, websocket
async def page():
    here, headers = "127.0.0.1:8888/api/kernels", {"Authorization": "token " + sys.stdin.readline().strip()}
    start = httpclient.HTTPRequest("https://" + here, "POST", headers, body="{}", validate_cert=False)
    kernel = json.loads((await httpclient.AsyncHTTPClient().fetch(start)).body)["id"]
    channels = httpclient.HTTPRequest(f"wss://{here}/{kernel}/channels", headers=headers, validate_cert=False)
    connection = await websocket.websocket_connect(channels)
    async def run(kind, content):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "page", "version": "5.3"}
        await connection.write_message(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}))
        while True:
            said = json.loads(await connection.read_message())
            if said["parent_header"].get("msg_id") == header["msg_id"] and said["content"].get("execution_state") == "idle":
                return
    await run("kernel_info_request", {})
    print("open", flush=True)
    for cell in iter(sys.stdin.readline, ""):
        await run("execute_request", {"code": cell, "silent": False, "allow_stdin": False})
        print("done", flush=True)
asyncio.run(page())
"""


@pytest.fixture(scope="module", autouse=True)
def root():
    if os.geteuid() != 0:
        pytest.skip("boots containers, which needs root")


@pytest.fixture(scope="module")
def tree():
    """The image, baked by the same playbook as for clouds; one of this revision is taken as it is."""
    tree = Path(os.environ.get("IMAGES_FOLDER", HOME / "images")) / "jupyter"
    _, version, _ = subprocess.run([CHECKOUT / "packer/image-name", "jupyter"], check=True, capture_output=True, text=True).stdout.split()
    said = tree / "etc/vmm/image.json"
    if version.endswith("-dirty") or not said.exists() or json.loads(said.read_text())["version"] != version:
        baked = subprocess.run([LAB, "apt", CHECKOUT / "packer/bake", "jupyter", tree], capture_output=True, text=True, timeout=600, check=False)
        assert baked.returncode == 0, baked.stdout[-2000:] + baked.stderr[-2000:]
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
def allocation(service, relay, vm, guest):
    """When it has come to rest: what Jupyter's start took is reported."""
    wait_for(lambda: status_of(guest, "/api") == "200", 90, "Jupyter answers")
    more_reports(relay, 2)
    made = service.call("POST", "/api/v1/allocations", "scientist", {"vmType": "jupyter"})
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


@contextmanager
def at_work(guest, program):
    """The program in the guest, as a function: says a line to it and waits for a line of its own, which it answers."""
    command = [LAB, "exec", NAME, "python3", "-c", program]
    with subprocess.Popen(command, env=guest.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as running:

        def say(line=None):
            if line is not None:
                running.stdin.write(line + "\n")
            return running.stdout.readline().strip()

        try:
            yield say
        finally:
            running.stdin.close()
            running.kill()


def status_of(guest, path):
    """What Jupyter answers to a scientist at their desk."""
    command = ["exec", "admin", "curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", f"https://{ADDRESS}:8888{path}"]
    return guest.lab(*command, check=False).stdout


def test_image_that_boots_makes_its_vm_ready_within_seconds(service, relay, vm, guest, capsys):
    told = wait_for(lambda: [came for came, path, _, status in relay.seen if path.endswith("/ready") and status == 204], 60, "ready is told")[0]
    wait_for(lambda: state_of(service, vm) == "READY", 30, "its VM is READY")
    shown = time.monotonic()
    with capsys.disabled():
        print(f"\nready told {told - guest.began:.1f} s after the launch of the container, its VM seen READY {shown - told:.1f} s after that", end="")
    wait_for(lambda: status_of(guest, "/api") == "200", 90, "Jupyter answers")
    with capsys.disabled():
        print(f", Jupyter answers {time.monotonic() - shown:.1f} s after that")
    assert told - guest.began < 90
    assert len(relay.reports("/ready")) == 1


def test_cloud_init_ends_well_and_nothing_has_failed(guest):
    ended = guest.lab("exec", NAME, "cloud-init", "status", "--wait", "--long", check=False)
    assert "status: done" in ended.stdout, ended.stdout + guest.run("cat", "/run/cloud-init/status.json", "/run/cloud-init/result.json")
    assert guest.lab("exec", NAME, "grep", "-E", "WARNING|ERROR", "/var/log/cloud-init.log", check=False).stdout == ""
    assert guest.run("systemctl", "--failed", "--plain", "--no-legend") == ""


def test_guest_file_is_roots_alone_and_written_by_the_real_cloud_init(guest, vm):
    assert guest.run("stat", "-c", "%U %a", "/etc/vmm/guest.json").split() == ["root", "600"]
    assert json.loads(guest.run("cat", "/etc/vmm/guest.json"))["vmId"] == vm
    assert guest.run("ls", "/var/lib/cloud/instance/sem/config_write_files")


def test_ready_says_which_image_addresses_and_keys(service, relay, vm, guest):
    image = json.loads(guest.run("cat", "/etc/vmm/image.json"))
    [report] = relay.reports("/ready")
    assert (report["imageName"], report["imageVersion"]) == (image["name"], image["version"])
    assert report["addresses"] == [ADDRESS]
    keys = [" ".join(line.split()[:2]) for line in guest.run("sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub").splitlines()]
    assert keys and sorted(report["hostKeys"]) == sorted(keys)
    shown = service.get(f"/api/v1/vms/{vm}", "operator")["guest"]
    assert shown["image"] == image["name"] and shown["readyAt"]
    assert shown["reportedAt"] is None or shown["reportedAt"] >= shown["readyAt"]
    assert sorted(shown["hostKeys"]) == fingerprints(guest)


def fingerprints(guest):
    """As ssh-keygen says them in the guest, and ssh on the first connection."""
    lines = guest.run("sh", "-c", "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done").splitlines()
    return sorted(re.sub(r"^\d+ (SHA256:\S+) .*(\(\w+\))$", r"\1 \2", line) for line in lines)


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


def test_key_that_the_owner_is_shown_is_the_one_that_ssh_meets(service, guest, allocation):
    machine = service.get(f"/api/v1/allocations/{allocation}", "scientist")["vm"]
    scanned = guest.lab("exec", "admin", "ssh-keyscan", "-T", "10", "-t", "ed25519", ADDRESS).stdout
    met = guest.lab("exec", "admin", "ssh-keygen", "-lf", "-", input=scanned).stdout.split()
    assert f"{met[1]} {met[-1]}" in machine["hostKeys"]
    assert machine["image"] == service.get(f"/api/v1/vms/{machine['id']}", "operator")["guest"]["image"]


def test_typing_is_use_and_a_terminal_without_it_is_none(service, relay, guest, allocation):
    with at_work(guest, TYPIST) as say:
        assert say() == "there"
        more_reports(relay, 2)
        logged_in = last_active(service, allocation)
        assert logged_in > 0, "who logs in is there"
        reports = more_reports(relay, 3)  # longer than the 8 s by which a terminal's time moves
        assert {(s["kind"], s["user"]) for s in reports[-1]["sessions"]} == {("terminal", "scientist")}
        assert reports[-1]["sessions"][0]["idleSeconds"] > reports[0]["sessions"][0]["idleSeconds"]
        idle = last_active(service, allocation)
        assert idle - logged_in < 1.5, "a terminal where nobody types moves nothing"
        assert say("ls") == "typed"
        wait_for(lambda: last_active(service, allocation) > idle + 3, 4 * INTERVAL + 10, "typing is seen")
    assert service.get(f"/api/v1/allocations/{allocation}", "scientist")["activity"]["state"] == "ACTIVE"
    guest.run("pkill", "-u", "scientist", "-x", "sh", check=False)


def test_notebook_opens_with_its_token_and_not_without(service, guest, allocation):
    assert status_of(guest, f"/api/kernels?token={notebook_token(service, allocation)}") == "200"
    assert status_of(guest, "/api/kernels") == status_of(guest, "/api/kernels?token=wrong") == "403"


def notebook_token(service, allocation):
    [way] = service.get(f"/api/v1/allocations/{allocation}", "scientist")["vm"]["connect"]
    return way["url"].partition("token=")[2]


def test_busy_kernel_is_use_also_where_it_only_waits_and_an_open_page_is_none(service, relay, guest, allocation):
    with at_work(guest, PAGE) as say:
        assert say(notebook_token(service, allocation)) == "open"
        more_reports(relay, 3)  # of which the first may still have seen it start
        opened = last_active(service, allocation)
        reports = more_reports(relay, 2)
        assert all(report["kernelsBusy"] == 0 and report["cpuPercent"] < 5 for report in reports)
        assert last_active(service, allocation) == pytest.approx(opened, abs=1.5), "a page that is open moves nothing"

        cell = time.monotonic()
        assert say(f"import time; time.sleep({4 * INTERVAL})") == "done"
        during = [body for came, path, body, _ in relay.seen if path.endswith("/activity") and cell + INTERVAL < came < time.monotonic() - 1]
        assert len(during) >= 2 and all(report["kernelsBusy"] == 1 for report in during)
        assert any(report["cpuPercent"] < 5 for report in during), "it is the kernel that counts, not its work"
        worked = last_active(service, allocation)
        assert worked > opened + 2 * INTERVAL

        more_reports(relay, 2)  # of which the first may still have seen it busy
        after = last_active(service, allocation)
        assert all(report["kernelsBusy"] == 0 for report in more_reports(relay, 2))
        assert last_active(service, allocation) == pytest.approx(after, abs=1.5)


def test_busy_process_of_a_person_is_use_as_long_as_it_is_busy(service, relay, guest, allocation):
    more_reports(relay, 2)
    before = last_active(service, allocation)
    loop = ["runuser", "-u", "scientist", "--", "sh", "-c", "while :; do :; done"]
    with subprocess.Popen([LAB, "exec", NAME, *loop], env=guest.environment) as busy:
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
    with subprocess.Popen([LAB, "exec", NAME, "sh", "-c", "exec timeout 60 sh -c 'while :; do :; done'"], env=guest.environment) as busy:
        try:
            more_reports(relay, 3)
        finally:
            guest.run("pkill", "-x", "timeout", check=False)
            busy.wait(10)
    assert last_active(service, allocation) == before


def test_service_that_was_away_is_reported_to_again_without_a_flood(service, relay, vm, guest, allocation):
    since = time.monotonic()  # it may be refused already while the service stops
    service.stop()

    def tries(accepted, since):
        return [came for came, path, _, status in list(relay.seen)
                if came > since and path.endswith("/activity") and (status == 204) == accepted]

    first = wait_for(lambda: tries(False, since), 4 * INTERVAL + 20, "a report that nobody took")[0]
    wait_for(lambda: time.monotonic() > first + 3 * INTERVAL, 60, "the timer has called a few times")
    service.start()
    again = wait_for(lambda: tries(True, first), 310, "it reports again")[0]
    away = [*tries(False, since), again]
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

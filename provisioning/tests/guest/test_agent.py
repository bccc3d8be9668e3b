"""The guest agent against a service that answers as it likes, and against the processes and terminals of this machine."""

import errno
import json
import os
import pty
import pwd
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import PROGRAM, TOKEN, Over, tell

DAY = 86_400
PERSON = 54321
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes processes of a person, which needs root")


def kept(vm, kind):
    return json.loads(Path(vm.state, f"{kind}.json").read_text())


def nobody_there():
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def wait_for(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)
    return found


# --- ready --------------------------------------------------------------------------------------------------------------------------


def test_ready_is_told_with_the_token_and_only_once(vm, service):
    Path(vm.machine.root, "etc/vmm/image.json").write_text('{"name": "base-20261122-abc1234", "version": "abc1234", "type": "base"}')
    Path(vm.machine.root, "etc/ssh").mkdir()
    Path(vm.machine.root, "etc/ssh/ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAAC3Nz root@builder\n")
    Path(vm.machine.root, "etc/ssh/ssh_host_ed25519_key").write_text("PRIVATE")
    vm.report_ready()
    vm.report_ready()
    [(path, headers, body)] = service.asked
    assert path == "/api/v1/guest/ready"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert (body["imageName"], body["imageVersion"]) == ("base-20261122-abc1234", "abc1234")
    assert body["hostKeys"] == ["ssh-ed25519 AAAAC3Nz"]
    assert body["addresses"] and all(not a.startswith(("127.", "169.254.", "::1", "fe80")) for a in body["addresses"])


@pytest.mark.parametrize("image", [None, "", "[]", '"text"', '{"name": 7', '{"name": null, "version": {}}', "[" * 100_000])
def test_an_image_that_is_not_ours_is_ready_too(vm, service, image):
    if image is not None:
        Path(vm.machine.root, "etc/vmm/image.json").write_text(image)
    vm.report_ready()
    assert service.asked[0][2]["imageName"] is None


@pytest.mark.parametrize(("answer", "seconds"), [("nobody", DAY), (503, DAY), (302, DAY), (500, 7200), (429, 7200), (404, 7200), (400, 7200)])
def test_a_day_without_the_service_is_no_flood_and_ready_is_told_after_it(vm, clock, service, answer, seconds):
    if answer == "nobody":
        sent, post = [], service.url
        tell(vm, vmId="vm-1", url=nobody_there(), token=TOKEN)
        ask = vm.machine.ready
        vm.machine.ready = lambda: sent.append(clock.now()) or ask()
    else:
        service.status, sent, post = answer, service.asked, service.url
    service.headers = {"Location": f"{service.url}/elsewhere"} if answer == 302 else {}
    clock.until = clock.time + seconds
    with pytest.raises(Over):
        vm.report_ready()
    # A pause is 150 to 300 s once it has grown; ten before that are shorter.
    assert seconds / 300 < len(sent) < 10 + seconds / 150
    if answer == 302:
        assert set(service.paths) == {"/api/v1/guest/ready"}
    clock.until, service.status, service.headers = float("inf"), 204, {}
    before, away = len(sent), clock.now()
    if answer == "nobody":
        tell(vm, vmId="vm-1", url=post, token=TOKEN)
    vm.report_ready()
    assert len(sent) == before + 1 and clock.now() - away <= 300
    assert kept(vm, "ready")["accepted"]


def test_first_pauses_are_short_as_somebody_waits_for_the_machine(vm, clock, service):
    service.status = 503
    clock.until = clock.time + 30
    with pytest.raises(Over):
        vm.report_ready()
    assert 5 <= len(service.asked) <= 7


def test_guests_of_one_boot_do_not_come_back_at_one_moment(agent, vm, clock, service):
    service.status, moments = 503, set()
    for n in range(10):
        tell(vm, vmId=f"vm-{n}", url=service.url, token=TOKEN)
        config = agent.read_config(vm.config_file)
        for _ in range(9):
            pace = vm.pace("ready", config)
            pace.send(config, "ready", {})
        moments.add(round(kept(vm, "ready")["notBefore"] - clock.now()))
    assert len(moments) > 5 and 125 <= min(moments) and max(moments) <= 300


def test_restart_is_no_way_around_the_pause(agent, vm, clock, service):
    service.status = 500
    clock.until = clock.time + 1000
    for _ in range(300):  # killed and started again each few seconds
        again = agent.Agent(vm.machine, clock)
        clock.until = clock.time + 3.3
        with pytest.raises(Over):
            again.report_ready()
    assert len(service.asked) < 20


def test_crash_while_sending_counts_as_a_failure(agent, vm, clock, service, monkeypatch):
    sent = []

    def crash(*_):
        sent.append(clock.now())
        raise KeyboardInterrupt  # which nothing of ours catches

    monkeypatch.setattr(agent, "post", crash)
    for _ in range(300):
        clock.until = clock.time + 3.3
        with pytest.raises((KeyboardInterrupt, Over)):
            agent.Agent(vm.machine, clock).report_ready()
    assert len(sent) < 20


def test_state_that_is_broken_is_as_none(vm, service):
    for broken in ("", "{", "[]", '{"of": 1}', '{"of": "vm-1", "failures": "x"}', "null"):
        Path(vm.state).mkdir(parents=True, exist_ok=True)
        Path(vm.state, "ready.json").write_text(broken)
        vm.report_ready()
    assert len(service.asked) == 6


def test_disk_that_takes_nothing_is_no_flood(vm, clock, service, monkeypatch):
    writes = []

    def full(*_):
        writes.append(clock.now())
        assert len(writes) < 5000
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    service.status = 503
    clock.until = clock.time + DAY
    with pytest.raises(Over):
        vm.report_ready()
    assert 200 < len(service.asked) < 800
    asked, service.status, clock.until = len(service.asked), 204, float("inf")
    vm.report_ready()
    assert len(service.asked) == asked + 1


def test_clock_of_another_boot_does_not_silence_it_for_ever(vm, clock, service):
    service.status = 503
    clock.until, clock.time = 2e9 + 1, 1e9
    with pytest.raises(Over):
        clock.until = clock.time + 1
        vm.report_ready()
    clock.time, clock.until, service.status = 10.0, float("inf"), 204
    vm.report_ready()
    assert clock.now() < 10 + 4000


def test_retry_after_is_honoured(vm, clock, service):
    service.status, service.headers = 429, {"Retry-After": "1200"}
    clock.until = clock.time + 1200
    with pytest.raises(Over):
        vm.report_ready()
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), ("120", 120), (" 5 ", 5), ("999999999", 3600), ("-5", 0), ("soon", 0), ("1e9", 0), ("٣", 0), ("9" * 400, 0),
     ("Thu, 01 Jan 1970 00:10:00 GMT", 100), ("Thu, 01 Jan 1970 00:00:10 GMT", 0), ("Thu, 01 Jan 9999 00:00:00 GMT", 3600)],
)
def test_retry_after_is_a_number_or_a_date_and_bounded(agent, text, seconds):
    assert agent.retry_after(text, wall=500) == seconds


def test_410_ends_it_for_good(agent, vm, clock, service):
    service.status = 410
    vm.report_ready()
    service.status = 204
    agent.Agent(vm.machine, clock).report_ready()
    assert len(service.asked) == 1


def test_401_is_said_once_and_asked_once_an_hour(vm, clock, service, capsys):
    service.status = 401
    clock.until = clock.time + DAY
    with pytest.raises(Over):
        vm.report_ready()
    assert 20 <= len(service.asked) <= 24
    assert capsys.readouterr().err.count("does not accept this VM's token") == 1


def test_401_is_over_when_the_file_is_written_anew(vm, clock, service):
    service.status = 401
    clock.until = clock.time + 200
    with pytest.raises(Over):
        vm.report_ready()
    service.status = 204
    tell(vm, vmId="vm-1", url=service.url, token="another")
    clock.until = clock.time + 100
    vm.report_ready()
    assert service.asked[-1][1]["Authorization"] == "Bearer another"


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "[]", "7", "null", '"x"', "{}", '{"vmId": "a", "url": "ftp://x", "token": "t"}', '{"vmId": "a", "url": "http://x", "token": "a b"}',
     '{"vmId": "a", "url": "http://x", "token": "a\\r\\nX: y"}', '{"vmId": "a", "url": "http://u:p@x", "token": "t"}', '{"vmId": 1, "url": "http://x", "token": "t"}',
     '{"vmId": "a", "url": "http://x", "token": "t", "proxy": "socks://x"}', "[" * 50_000, '{"vmId": "../../x", "url": "http://x", "token": "t"}', "\0\xff"],
)
def test_without_a_usable_file_it_waits_until_there_is_one(vm, clock, service, capsys, text):
    os.unlink(vm.config_file)
    if text is not None:
        Path(vm.config_file).write_bytes(text.encode("latin-1"))
    clock.until = clock.time + 3600
    with pytest.raises(Over):
        vm.report_ready()
    assert not service.asked and clock.slept < 80
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "secret" not in said
    tell(vm, vmId="vm-1", url=service.url, token=TOKEN)
    clock.until = float("inf")
    vm.report_ready()
    assert len(service.asked) == 1


def test_file_that_is_just_being_written_is_read_again_in_a_second(vm, clock, service):
    text = Path(vm.config_file).read_text()
    Path(vm.config_file).write_text(text[:20])
    clock.until = clock.time + 1
    with pytest.raises(Over):
        vm.report_ready()
    Path(vm.config_file).write_text(text)
    clock.until = float("inf")
    vm.report_ready()
    assert clock.slept == 1


# --- the wire -----------------------------------------------------------------------------------------------------------------------


class Listener:
    """Takes connections and does with them what the test says; nothing, unless it says."""

    def __init__(self):
        self.server, self.taken, self.handle = socket.create_server(("127.0.0.1", 0)), [], lambda connection: None
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.taken.append(connection)
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        for some in (self.server, *self.taken):
            some.close()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.close()


def test_connection_that_hangs_is_given_up(agent, listener):
    began = time.monotonic()
    with pytest.raises(agent.NoAnswer):
        agent.exchange("POST", listener.url + "/x", {}, b"{}", seconds=0.3)
    assert time.monotonic() - began < 2


def test_answer_that_drips_is_given_up_too(agent, listener):
    def drip(connection):
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.05)
        except OSError:
            pass

    listener.handle = drip
    began = time.monotonic()
    with pytest.raises(agent.NoAnswer):
        agent.exchange("POST", listener.url + "/x", {}, b"{}", seconds=0.5)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("sent", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 9999 x\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 200_000, b"\0" * 1000],
                         ids=["nothing", "ssh", "status", "long", "zeros"])
def test_what_is_no_http_is_no_answer_and_little_of_it_is_said(agent, listener, sent):
    def say(connection):
        try:
            connection.recv(1000)
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    listener.handle = say
    with pytest.raises(agent.NoAnswer) as said:
        agent.exchange("POST", listener.url + "/x", {}, b"{}", seconds=2)
    assert len(str(said.value)) <= 200 and "\n" not in str(said.value)


def test_huge_answer_is_not_read(agent, vm, service):
    service.body = b"x" * 50_000_000
    vm.report_ready()
    assert kept(vm, "ready")["accepted"]
    status, _, data = agent.exchange("GET", service.url + "/x", {}, most=1000)
    assert (status, data) == (200 if service.status == 200 else 204, b"")


def test_proxies_of_the_environment_are_not_asked(vm, service, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, nobody_there())
    vm.report_ready()
    assert service.paths == ["/api/v1/guest/ready"]


def test_the_files_proxy_is_asked(vm, service):
    tell(vm, vmId="vm-1", url="http://vmm.invalid:8080/base/", token=TOKEN, proxy=service.url)
    vm.report_ready()
    assert service.paths == ["http://vmm.invalid:8080/base/api/v1/guest/ready"]


def test_certificate_of_nobody_we_know_is_refused_and_one_that_the_system_trusts_is_not(agent, tmp_path, monkeypatch):
    import ssl

    key, certificate = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=t",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/x"
    with pytest.raises(agent.NoAnswer, match="certificate"):
        agent.exchange("POST", url, {}, b"{}")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # as it would be in the system's bundle
    assert agent.exchange("POST", url, {}, b"{}")[0] == 204
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("answer", ["nobody", 500, 401, 410, 204, "no http"])
def test_token_is_in_no_log(vm, clock, service, listener, capsys, answer):
    if answer == "nobody":
        tell(vm, vmId="vm-1", url=nobody_there(), token=TOKEN)
    elif answer == "no http":
        listener.handle = lambda connection: connection.sendall(connection.recv(10_000))  # it says back what it was sent
        tell(vm, vmId="vm-1", url=listener.url, token=TOKEN)
    else:
        service.status = answer
    clock.until = clock.time + 100
    try:
        vm.report_ready()
    except Over:
        pass
    said = capsys.readouterr()
    assert said.err and "a-secret-token" not in said.out + said.err
    assert all("a-secret-token" not in path.read_text() for path in Path(vm.state).iterdir())


def test_token_is_in_no_command_line_and_no_environment_while_it_reports(tmp_path, listener):
    # The program itself, whose machine is a folder by a line before its end: nothing else of it is changed.
    (tmp_path / "etc/vmm").mkdir(parents=True)
    (tmp_path / "etc/vmm/guest.json").write_text(json.dumps({"vmId": "vm-1", "url": listener.url, "token": TOKEN}))
    text = PROGRAM.read_text().replace("Agent(Machine(), Clock())", f"Agent(Machine({str(tmp_path)!r}), Clock())")
    (tmp_path / "agent").write_text(text)
    with subprocess.Popen([sys.executable, "-I", tmp_path / "agent", "ready"], stderr=subprocess.PIPE) as running:
        try:
            wait_for(lambda: listener.taken)
            for name in ("cmdline", "environ"):
                assert b"a-secret-token" not in Path(f"/proc/{running.pid}/{name}").read_bytes()
        finally:
            running.terminate()


# --- activity -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready_vm(vm, service):
    vm.report_ready()
    service.asked.clear()
    return vm


def test_activity_goes_on_with_what_is_written_anew(ready_vm, service):
    tell(ready_vm, vmId="vm-1", url=service.url, token="another")
    ready_vm.report_activity()
    assert service.paths[-1] == "/api/v1/guest/activity"
    assert service.asked[-1][1]["Authorization"] == "Bearer another"


def test_activity_is_told_only_after_ready(vm, service):
    vm.report_activity()
    assert not service.asked
    vm.report_ready()
    vm.report_activity()
    vm.report_activity()
    assert service.paths == ["/api/v1/guest/ready", "/api/v1/guest/activity", "/api/v1/guest/activity"]


def test_a_day_without_the_service_is_no_flood_of_activity_and_it_resumes_within_minutes(ready_vm, clock, service):
    service.status = 503
    one = ready_vm.machine.process(os.getpid())
    ready_vm.machine.processes = lambda: [one]  # it is the pace that is looked at
    for _ in range(DAY // 60):
        ready_vm.report_activity()
        clock.time += 60
    assert DAY / 360 < len(service.asked) <= DAY / 150 + 5
    service.status, minutes = 204, 0
    while kept(ready_vm, "activity")["failures"]:
        ready_vm.report_activity()
        clock.time += 60
        minutes += 1
    assert minutes <= 6


def test_one_failure_costs_one_report(ready_vm, clock, service):
    service.status = 500
    ready_vm.report_activity()
    clock.time += 60
    service.status = 204
    ready_vm.report_activity()
    assert len(service.asked) == 2


def test_410_ends_activity_for_good(agent, ready_vm, clock, service):
    service.status = 410
    for _ in range(100):
        agent.Agent(ready_vm.machine, clock).report_activity()
        clock.time += 60
    assert len(service.asked) == 1


def test_what_cannot_be_measured_is_left_out(ready_vm, clock, service):
    ready_vm.report_activity()
    report = service.asked[-1][2]
    assert report["cpuPercent"] is None, "there is nothing to compare with yet"
    assert isinstance(report["sessions"], list) and report["at"].endswith("Z")
    clock.time += 60
    ready_vm.report_activity()
    assert service.asked[-1][2]["cpuPercent"] is not None
    clock.time += 3600
    ready_vm.report_activity()
    assert service.asked[-1][2]["cpuPercent"] is None, "an average over an hour says nothing of now"


def test_nothing_is_told_when_processes_cannot_be_seen(ready_vm, service, capsys):
    os.unlink(Path(ready_vm.machine.root, "proc"))
    os.mkdir(Path(ready_vm.machine.root, "proc"))  # as hidepid shows it: no process of others
    os.symlink("/proc/self", Path(ready_vm.machine.root, "proc", str(os.getpid())))
    ready_vm.report_activity()
    ready_vm.report_activity()
    assert not service.asked
    assert capsys.readouterr().err.count("cannot be seen") == 1


def see(agent, machine, before=None):
    return agent.activity(machine, before, agent.Clock())


@pytest.fixture
def machine(agent):
    return agent.Machine()


@pytest.fixture
def person(agent):
    """Runs programs as somebody who is no daemon, on a terminal if wanted; ends them after the test."""
    started, handles = [], []

    def run(*words, terminal=False, **options):
        if terminal:
            handle, inner = pty.openpty()
            handles.extend((handle, inner))

            def become():
                os.setsid()
                import fcntl
                import termios

                fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
                os.setuid(PERSON)

            running = subprocess.Popen(words, stdin=inner, stdout=inner, stderr=inner, preexec_fn=become, **options)
        else:
            running = subprocess.Popen(words, user=PERSON, start_new_session=True, **options)
        started.append(running)
        return (running, handle, os.ttyname(inner)) if terminal else running

    yield run
    for running in started:
        try:
            os.killpg(running.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        running.wait()
    for handle in handles:
        os.close(handle)


def of_person(report, kind):
    return [session for session in report["sessions"] if session["kind"] == kind and session["user"] == str(PERSON)]


@root_only
def test_typing_moves_a_terminal_and_printing_does_not(agent, machine, person):
    _, handle, name = person("/bin/sh", "-c", "while read line; do :; done", terminal=True)
    long_ago = time.time() - 3000
    os.utime(name, (long_ago, long_ago))
    wait_for(lambda: of_person(see(agent, machine)[0], "terminal"))
    os.write(os.open(name, os.O_WRONLY | os.O_NOCTTY), b"printed\r\n")
    [session] = of_person(see(agent, machine)[0], "terminal")
    assert session["idleSeconds"] > 2990
    os.write(handle, b"typed\n")
    wait_for(lambda: of_person(see(agent, machine)[0], "terminal")[0]["idleSeconds"] < 20)


@pytest.mark.parametrize(("name", "uid", "tty", "counts"), [("bash", 0, "pts/7", True), ("agetty", 0, "pts/7", False), ("agetty", 0, "tty1", False),
                                                            ("bash", 0, "tty1", False), ("bash", PERSON, "tty1", True), ("sshd", PERSON, "", False)])
def test_terminal_counts_if_a_person_is_on_it(agent, tmp_path, name, uid, tty, counts):
    (tmp_path / "dev/pts").mkdir(parents=True)
    for file in ("pts/7", "tty1"):
        (tmp_path / "dev" / file).touch()
    seen = agent.Machine(str(tmp_path)).terminals([agent.Process(5, 1, name, uid, tty, 0, 0, 0)], time.time())
    assert bool(seen) is counts


@root_only
def test_terminal_is_gone_with_its_last_process(agent, machine, person):
    running, _, _ = person("/bin/cat", terminal=True)
    wait_for(lambda: of_person(see(agent, machine)[0], "terminal"))
    running.kill()
    running.wait()
    assert not of_person(see(agent, machine)[0], "terminal")


@pytest.fixture
def shared(agent, monkeypatch):
    """A machine that has more to do than these tests may not give them half a core."""
    monkeypatch.setattr(agent, "HALF_A_CORE", 0.1)


@root_only
def test_busy_core_is_a_session_and_idleness_is_none(agent, machine, person, shared):
    busy = person("/bin/sh", "-c", "while :; do :; done")
    person("/bin/sleep", "100")
    _, before = see(agent, machine)
    time.sleep(1.5)  # what is measured is an average over a time
    report, _ = see(agent, machine, before)
    [session] = of_person(report, "process")
    assert session["idleSeconds"] == 0 and report["cpuPercent"] >= 100 * 0.1 / os.cpu_count() * 0.99
    busy.kill()
    busy.wait()
    _, before = see(agent, machine)
    time.sleep(1.2)
    report, _ = see(agent, machine, before)
    assert not of_person(report, "process")


def test_root_and_daemons_work_for_nobody(agent, machine, shared):
    loop = ["/bin/sh", "-c", "while :; do :; done"]
    with subprocess.Popen(loop, start_new_session=True) as daemon:
        try:
            _, before = see(agent, machine)
            time.sleep(1.2)
            report, _ = see(agent, machine, before)
        finally:
            daemon.kill()
    owner = pwd.getpwuid(os.getuid()).pw_name
    assert not [s for s in report["sessions"] if s["kind"] == "process" and s["user"] == owner] or agent.is_person(os.getuid())


@root_only
def test_work_of_many_short_processes_is_seen(agent, machine, person, shared):
    person("/bin/sh", "-c", "while :; do /bin/sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done'; done")
    _, before = see(agent, machine)
    time.sleep(2)
    report, _ = see(agent, machine, before)
    assert of_person(report, "process")


@pytest.mark.parametrize(("ticks", "sessions"), [(2900, 0), (3100, 1), (6400, 1)])
def test_half_a_core_is_use_however_many_cores_there_are(agent, monkeypatch, ticks, sessions):
    monkeypatch.setattr(os, "cpu_count", lambda: 32)
    monkeypatch.setattr(agent, "TICKS", 100)
    machine, now = agent.Machine(), agent.Clock().now()
    before = agent.sample([process(agent, 5, 1, 0)], now=now - 60)
    monkeypatch.setattr(machine, "processes", lambda: [process(agent, 5, 1, ticks)])
    report, _ = see(agent, machine, before)
    assert len(of_person(report, "process")) == sessions
    assert report["cpuPercent"] == pytest.approx(ticks / 60 / 32, rel=0.05)


def process(agent, pid, parent, own, children=0, started=10**9, uid=PERSON):
    return agent.Process(pid, parent, "x", uid, "", started, own, children)


@pytest.mark.parametrize(
    ("before", "after", "ticks"),
    [
        pytest.param([(5, 1, 100, 0)], [(5, 1, 100, 0)], 0, id="nothing happened"),
        pytest.param([(5, 1, 100, 0)], [(5, 1, 150, 0)], 50, id="it worked"),
        pytest.param([(5, 1, 100, 0)], [(5, 1, 100, 0), (6, 5, 30, 0)], 30, id="one more began"),
        pytest.param([(5, 1, 100, 0)], [(5, 1, 100, 40)], 40, id="a child came and went"),
        pytest.param([(5, 1, 100, 0), (6, 5, 500, 0)], [(5, 1, 100, 510)], 10, id="a child that had been seen went"),
        pytest.param([(5, 1, 0, 0), (6, 5, 20, 0), (7, 6, 300, 0)], [(5, 1, 0, 325)], 5, id="a grandchild and its parent went"),
        pytest.param([(5, 1, 100, 0), (6, 5, 500, 0)], [(5, 1, 107, 0)], 7, id="nobody waited for a child"),
        pytest.param([(5, 1, 100, 0)], [], 0, id="all ended"),
    ],
)
def test_work_is_counted_once(agent, before, after, ticks):
    kept_before = agent.sample([process(agent, *numbers) for numbers in before], now=100.0)
    kept_before = json.loads(json.dumps(kept_before))
    used = agent.work(kept_before, [process(agent, *numbers) for numbers in after])
    assert sum(used.values()) == pytest.approx(ticks / agent.TICKS)


def test_number_of_a_process_that_was_given_again_is_another_process(agent):
    before = agent.sample([process(agent, 5, 1, 100, started=50)], now=100.0)
    used = agent.work(before, [process(agent, 5, 1, 30, started=10**9)])
    assert used[PERSON] == pytest.approx(30 / agent.TICKS)


def test_long_life_before_it_was_a_persons_is_not_counted(agent):
    assert agent.work({"at": 100.0, "processes": {}}, [process(agent, 5, 1, 10**6, started=50)]) == {PERSON: 0}


@pytest.mark.parametrize(("uid", "is_one"), [(0, False), (999, False), (1000, True), (60000, True), (61184, False), (65534, False), (100000, True),
                                             (2**32 - 1, False)])
def test_people_are_those_that_log_in(agent, uid, is_one):
    assert agent.is_person(uid) is is_one


@pytest.mark.parametrize(("number", "name"), [(0, ""), (0x8803, "pts/3"), (136 << 8 | 0x2C | 1 << 20, "pts/300"), (0x0401, "tty1"), (0x0440, "ttyS0"),
                                              (0x0501, "")])
def test_terminal_of_a_device_number(agent, number, name):
    assert agent.tty_name(number) == name


def test_report_is_within_the_services_limits(agent, machine, monkeypatch):
    many = [{"kind": "terminal", "user": "x" * 300, "idleSeconds": 1000 - n} for n in range(700)]
    monkeypatch.setattr(machine, "terminals", lambda *_: list(many))
    report, _ = see(agent, machine)
    assert len(report["sessions"]) == 500
    assert min(s["idleSeconds"] for s in report["sessions"]) == 301, "those of people who are there are kept"


# --- Jupyter ------------------------------------------------------------------------------------------------------------------------


class Kernels:
    """A Jupyter server as far as it is asked: a person's process that leaves its file, and answers of its kernels."""

    def __init__(self, run, folder, token="jupyter-token"):
        self.folder = folder / "runtime"
        self.folder.mkdir()
        os.chmod(folder, 0o755)
        os.chown(self.folder, PERSON, PERSON)
        self.answer, self.asked, self.token = [], [], token
        kernels = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                kernels.asked.append(self.path)
                right = self.headers.get("Authorization") == f"token {kernels.token}"
                body = json.dumps(kernels.answer).encode() if right else b"{}"
                self.send_response(200 if right else 403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.process = run("/bin/sh", "-c", "sleep 100; : jupyter-lab", env={"JUPYTER_RUNTIME_DIR": str(self.folder)})
        self.file = self.folder / f"jpserver-{self.process.pid}.json"
        self.leave({"port": self.server.server_port, "base_url": "/base/", "token": token, "secure": False, "hostname": "evil.example"})

    def leave(self, told, owner=PERSON):
        self.file.write_text(told if isinstance(told, str) else json.dumps(told))
        os.chown(self.file, owner, owner)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def kernels(person, tmp_path):
    for folder in list(tmp_path.parents)[:3]:
        if folder.name.startswith("pytest"):
            os.chmod(folder, 0o755)
    served = Kernels(person, tmp_path)
    yield served
    served.close()


def ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - seconds))


@root_only
def test_busy_kernel_and_idle_one_and_none_are_told_apart(agent, machine, kernels):
    kernels.answer = [{"execution_state": "busy", "last_activity": ago(500)}, {"execution_state": "idle", "last_activity": ago(900)}]
    report, _ = see(agent, machine)
    assert report["kernelsBusy"] == 1
    assert [s["idleSeconds"] for s in of_person(report, "jupyter")] == [0]
    kernels.answer = [{"execution_state": "idle", "last_activity": ago(900)}, {"execution_state": "idle", "last_activity": ago(700)}]
    report, _ = see(agent, machine)
    assert report["kernelsBusy"] == 0
    assert 695 < of_person(report, "jupyter")[0]["idleSeconds"] < 720
    kernels.answer = []
    report, _ = see(agent, machine)
    assert report["kernelsBusy"] == 0 and not of_person(report, "jupyter")
    assert set(kernels.asked) == {"/base/api/kernels?no_track_activity=1"}


@root_only
def test_jupyter_that_does_not_tell_is_unknown_and_not_idle(agent, machine, kernels):
    kernels.token = "another"
    assert see(agent, machine)[0]["kernelsBusy"] is None
    kernels.close()
    assert see(agent, machine)[0]["kernelsBusy"] is None


@root_only
@pytest.mark.parametrize("answer", [{}, [1, None], [{"execution_state": 7, "last_activity": 7}], [{"last_activity": "soon"}], "x" * 2_000_000], ids=range(5))
def test_answer_of_jupyter_may_be_anything(agent, machine, kernels, answer):
    kernels.answer = answer
    report, _ = see(agent, machine)
    assert not report["kernelsBusy"] and not of_person(report, "jupyter")


@root_only
@pytest.mark.parametrize("trick", ["another's file", "a link to another's", "a pipe", "no json", "another host", "a header in the token"])
def test_file_of_a_server_is_believed_only_as_far_as_its_user(agent, machine, kernels, tmp_path, trick):
    told = json.loads(kernels.file.read_text())
    if trick == "another's file":
        kernels.leave(told, owner=0)
    elif trick == "a link to another's":
        kernels.file.rename(tmp_path / "moved")
        kernels.file.symlink_to(tmp_path / "moved")
    elif trick == "a pipe":
        kernels.file.unlink()
        os.mkfifo(kernels.file)
        os.chown(kernels.file, PERSON, PERSON)
    elif trick == "no json":
        kernels.leave("[" * 60_000)
    elif trick == "another host":
        kernels.leave({**told, "base_url": "@evil.example/"})
    else:
        kernels.leave({**told, "token": "a\r\nHost: evil"})
    report, _ = see(agent, machine)
    assert report["kernelsBusy"] is None and not kernels.asked


# --- desktops -----------------------------------------------------------------------------------------------------------------------


@root_only
def test_input_to_a_desktop_ends_its_idleness(agent, machine, person):
    read, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    os.set_blocking(read, True)
    # Without -noreset it begins anew whenever its last client goes, as each look does.
    person("Xvfb", "-noreset", "-displayfd", str(write_end), "-nolisten", "tcp", ":99", pass_fds=[write_end], stderr=subprocess.DEVNULL)
    assert select.select([read], [], [], 20)[0]
    display = ":" + os.read(read, 20).decode().strip()
    wait_for(lambda: of_person(see(agent, machine)[0], "desktop") and of_person(see(agent, machine)[0], "desktop")[0]["idleSeconds"] > 1.5)
    subprocess.run(["xdotool", "mousemove", "200", "150"], env={"DISPLAY": display, "PATH": os.environ["PATH"]}, check=True)
    assert of_person(see(agent, machine)[0], "desktop")[0]["idleSeconds"] < 1

"""The real service, a relay that writes down what guests send it, and an image that the lab boots as that service's VM."""

import base64
import json
import os
import signal
import socket
import socketserver
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from guest_service import free_port

CHECKOUT = Path(__file__).resolve().parents[3]
LAB = CHECKOUT / "provisioning/tests/lab/lab"
HOME = Path(os.environ.get("VMM_LAB_HOME", "/var/tmp/vmm-lab"))
GATEWAY = "10.60.0.1"  # what the guest's network calls the machine that the service is on
NAME, ADDRESS = "analysis", "10.60.0.51"

FLEET = """
installation: guests
clouds:
  - {name: quiet, kind: simulated, options: {bootTime: PT0.2S, neverReports: "1"}, maxVms: 1}  # its guests are ours
pools:
  - name: jupyter
    poolSize: 1
    maxSize: 1
    readyWhen: guestReport
    bootTimeout: PT10M
    placements: [{cloud: quiet, image: jupyter, flavor: small}]
    connect: [{kind: jupyter, url: "https://{address}:8888/?token={secret}"}]
vmTypes:
  - {name: jupyter, title: Jupyter, description: Notebooks, pool: jupyter, vcpus: 1, ramGb: 1, gpus: 0}
"""


def wait_for(condition, seconds: float, what: str):
    """What the condition says, once it says something; it fails with `what` when the time is over."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
    return found


class Service:
    """The jar, with its own database in a folder. It can be stopped and started again where it was."""

    def __init__(self, folder: Path, public_url: str):
        self.folder, self.port = folder, free_port()
        (folder / "fleet.yaml").write_text(FLEET)
        jdk = subprocess.run([CHECKOUT / ".ci/jdk25.sh"], check=True, capture_output=True, text=True).stdout.strip()
        if subprocess.run(["make", "-q", "jar"], cwd=CHECKOUT, capture_output=True, check=False).returncode != 0:
            # One build at a time on a machine: it takes all the memory that there is.
            subprocess.run(["flock", "/tmp/build.lock", "nice", "-n", "19", "make", "-s", "jar"], cwd=CHECKOUT, check=True, timeout=900)
        self.command = [f"{jdk}/bin/java", "-Xmx512m", "-XX:+UseParallelGC", "--sun-misc-unsafe-memory-access=allow", "-jar",
                        str(CHECKOUT / "vmm-service/target/vmm.jar")]
        self.environment = {**os.environ, "VMM_FLEET": str(folder / "fleet.yaml"), "VMM_DATA_DIR": str(folder / "data"),
                            "SERVER_PORT": str(self.port), "VMM_PUBLIC_URL": public_url}
        self.process = None

    def start(self) -> None:
        with open(self.folder / "service.log", "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        wait_for(self.answers, 300, "the service serves; see " + str(self.folder / "service.log"))

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "service.log").read_text()[-2000:]
        try:
            return self.get("/actuator/health/readiness", "admin")["status"] == "UP"
        except (OSError, KeyError, ValueError):
            return False

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    def call(self, method: str, path: str, user: str, body=None):
        headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{user}".encode()).decode(), "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def get(self, path: str, user: str):
        return self.call("GET", path, user)

    def sql(self, query: str) -> str:
        data = self.folder / "data"
        port, password = ((data / f"postgresql.{name}").read_text().strip() for name in ("port", "password"))
        command = ["psql", "-XqtA", "-h", "127.0.0.1", "-p", port, "-U", "vmm", "-d", "vmm", "-c", query]
        return subprocess.run(command, env={**os.environ, "PGPASSWORD": password}, check=True, capture_output=True, text=True).stdout.strip()


class Relay:
    """Between guests and the service: passes on, and keeps of each request when it came, its path, body and status (0: nobody answered)."""

    def __init__(self):
        self.seen, self.service_port = [], 0
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                relay.pass_on(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pass_on(self, guest: socket.socket) -> None:
        guest.settimeout(30)
        came, sent = time.monotonic(), b""
        while b"\r\n\r\n" not in sent and (piece := guest.recv(65536)):
            sent += piece
        head, _, body = sent.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        while len(body) < length and (piece := guest.recv(65536)):
            body += piece
        status, answer = 0, b""
        try:
            with socket.create_connection(("127.0.0.1", self.service_port), timeout=30) as service:
                service.sendall(head + b"\r\n\r\n" + body)
                while piece := service.recv(65536):
                    answer += piece
                status = int(answer.split()[1])
        except (OSError, IndexError, ValueError):
            pass
        self.seen.append((came, lines[0].split()[1] if lines[0] else "", json.loads(body) if body else None, status))
        if answer:
            guest.sendall(answer)

    def reports(self, kind: str, status: int = 204, since: float = 0) -> list:
        return [body for came, path, body, answered in list(self.seen) if path.endswith(kind) and answered == status and came >= since]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Guest:
    """The image, booted by the lab with the user data of a launch."""

    def __init__(self, lab: str):
        self.environment = {**os.environ, "LAB": lab}

    def lab(self, *words, **options):
        options = {"check": True, "capture_output": True, "text": True, "timeout": 300, **options}
        return subprocess.run([LAB, *map(str, words)], env=self.environment, **options)

    def launch(self, tree: Path, user_data: Path, port: int) -> None:
        """The way to the service is there as soon as the network is, as it would be in a cloud."""
        with subprocess.Popen([LAB, "launch", NAME, tree, user_data], env=self.environment, stderr=subprocess.PIPE, text=True) as launching:
            wait_for(lambda: launching.poll() is not None or self.lab("relay", port, check=False).returncode == 0, 60, "the lab's network is up")
            assert launching.wait(180) == 0, launching.stderr.read()

    def run(self, *words, **options) -> str:
        return self.lab("exec", NAME, *words, **options).stdout

    def down(self) -> None:
        self.lab("down")

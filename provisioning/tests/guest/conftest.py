"""What the tests of the guest agent share: the program as a module, a clock that they turn, a service that writes down what it is asked."""

import importlib.machinery
import importlib.util
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = CHECKOUT / "packer/guest-agent/vmm-guest-agent"
TOKEN = "11111111-2222-3333-4444-555555555555.a-secret-token"


def load():
    loader = importlib.machinery.SourceFileLoader("vmm_guest_agent", str(PROGRAM))
    loader_spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(loader_spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def agent():
    return load()


@pytest.fixture
def clock(agent):
    """Time passes only where somebody sleeps."""

    class Turned(agent.Clock):
        time, slept, until = 1000.0, 0, float("inf")

        def now(self):
            return self.time

        def sleep(self, seconds):
            assert seconds > 0, "a pause that is none"
            self.slept += 1
            self.time = min(self.time + seconds, self.until)
            if self.time == self.until:
                raise Over

    return Turned()


class Over(Exception):
    """The time of a test has passed."""


class Service:
    """A service of HTTP that answers as it is told and keeps what it was sent."""

    def __init__(self):
        self.status, self.headers, self.body, self.asked = 204, {}, b"", []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                service.asked.append((self.path, dict(self.headers), json.loads(body) if body else None))
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(service.body)))
                self.end_headers()
                try:
                    self.wfile.write(service.body)
                except OSError:
                    pass  # it was not read

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def paths(self):
        return [path for path, _, _ in self.asked]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service():
    served = Service()
    yield served
    served.close()


@pytest.fixture
def vm(agent, clock, service, tmp_path):
    """An agent on a machine of its own, which knows where to report; /proc and /dev are this machine's."""
    for name in ("proc", "dev"):
        os.symlink(f"/{name}", tmp_path / name)
    (tmp_path / "etc/vmm").mkdir(parents=True)
    made = agent.Agent(agent.Machine(str(tmp_path)), clock)
    tell(made, vmId="vm-1", url=service.url, token=TOKEN, secret="s")
    return made


def tell(made, **told):
    Path(made.config_file).write_text(json.dumps(told))

"""What the tests of the guest agent share: the program as a module, a clock that they turn."""

import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path.append(str(CHECKOUT / "provisioning/tests"))

from guest_service import Service  # noqa: E402

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

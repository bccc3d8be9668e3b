"""Runs commands on hosts of the lab and in its bare namespaces."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent / "lab" / "lab"


def inside(machine: str) -> list[str]:
    """What to put before a command for the network of a host; `lab ns` says the same, slowly."""
    return ["ip", "netns", "exec", f"{os.environ.get('LAB', 'lab')}-{machine}"]


def on(machine: str, *command: str, given: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a command as root on a host or in a namespace, and leaves it to the caller what its status means."""
    return subprocess.run(
        [LAB, "exec", machine, *command], input=given, capture_output=True, text=True, timeout=timeout, check=False
    )


def at(machine: str, *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a command of this machine in the network of a host, which need not be up: as from there, with files of here."""
    return subprocess.run(
        [*inside(machine), *command], capture_output=True, text=True, errors="replace", timeout=timeout, check=False
    )


def done(machine: str, *command: str, given: str | None = None, timeout: float = 60) -> str:
    """As `on`, but anything but success is an error; what it said."""
    ran = on(machine, *command, given=given, timeout=timeout)
    assert ran.returncode == 0, f"{machine}: {' '.join(command)}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def until(true: Callable[[], bool], what: str, timeout: float = 20) -> None:
    """Asks again until it is true, and fails when the time is over."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.1)

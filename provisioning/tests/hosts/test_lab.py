"""The lab itself: it goes without a trace, and says what is wrong."""

import os
import subprocess
from pathlib import Path

import pytest
from machines import LAB

NAME = f"lab-{os.getpid()}"


def lab(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    # Not a pipe for what stays: a lab that is up would keep it open.
    return subprocess.run([LAB, *arguments], env={**os.environ, "LAB": NAME, **env}, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(autouse=True)
def gone():
    yield
    lab("down")


def traces() -> list[str]:
    """Namespaces, mounts and processes that carry the lab's name."""
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.splitlines()
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found = [line for line in namespaces + mounts if NAME in line]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if NAME in command:
            found.append(command)
    return found


def test_it_leaves_no_namespace_mount_or_process() -> None:
    assert lab("up", "bastion").returncode == 0
    assert lab("exec", "bastion", "hostname").stdout == "bastion\n"
    assert lab("relay", "1").returncode == 0
    assert len(traces()) > 15, "what is looked for is there while it is up"
    assert lab("down").returncode == 0
    assert traces() == []


def test_a_host_that_does_not_boot_is_named_with_the_end_of_its_console() -> None:
    said = lab("up", "squid", LAB_BOOT_SECONDS="0")
    assert said.returncode == 1
    assert "squid did not boot" in said.stderr and "boot.log" in said.stderr


def test_a_host_that_does_not_stop_is_killed() -> None:
    assert lab("up", "squid").returncode == 0
    said = lab("down", LAB_STOP_SECONDS="0")
    assert said.returncode == 0 and "squid did not stop" in said.stderr
    assert traces() == []

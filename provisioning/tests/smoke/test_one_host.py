"""One host, booted and configured: the smallest proof that playbooks, controller and laboratory work here. tests/hosts has the rest."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PROVISIONING = Path(__file__).resolve().parents[2]
LAB = PROVISIONING / "tests/lab/lab"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Runs a command in a host or namespace of a lab that has a bastion."""
    os.environ["LAB"] = "smoke"
    os.environ["VMM_SITE_SECRETS"] = str(tmp_path_factory.mktemp("secrets"))

    def run(*command: str, timeout: float = 30) -> subprocess.CompletedProcess:
        return subprocess.run([LAB, *command], cwd=PROVISIONING / "ansible", stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False)

    up = run("up", "bastion", timeout=180)
    assert up.returncode == 0, up.stdout[-2000:] + up.stderr[-2000:]
    yield run
    assert run("down", timeout=90).returncode == 0


def play(lab) -> dict[str, tuple[int, int]]:
    """Runs hosts.yml for the bastion; answers what was changed and what failed, by host."""
    done = lab("exec", "admin", "../controller", "ansible-playbook", "hosts.yml", "-e", "cloud=smoke", "-e", "site_file=../tests/smoke/site.yml",
               "--limit", "localhost,smoke-bastion", timeout=200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    recap = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", done.stdout, re.MULTILINE)
    return {host: (int(changed), int(unreachable) + int(failed)) for host, changed, unreachable, failed in recap}


def test_a_bastion_is_made_and_a_second_run_changes_nothing(lab):
    first = play(lab)
    assert set(first) == {"localhost", "smoke-bastion"}
    assert first["smoke-bastion"][0] > 5
    assert play(lab) == {"localhost": (0, 0), "smoke-bastion": (0, 0)}


def test_it_answers_administrators_and_nobody_else(lab):
    ask = ("timeout", "3", "bash", "-c", "exec 3<>/dev/tcp/10.60.0.10/22; head -c 4 <&3")
    assert lab("exec", "admin", *ask).stdout == "SSH-"
    assert lab("exec", "attacker", *ask).stdout == ""


def test_a_key_without_a_certificate_does_not_jump(lab, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    jump = lab("exec", "admin", "ssh", "-F", "none", "-i", str(tmp_path / "key"), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
               "-o", f"UserKnownHostsFile={tmp_path / 'hosts'}", "-W", "10.60.10.12:22", "jump@10.60.0.10")
    assert jump.returncode != 0
    assert "Permission denied (publickey)" in jump.stderr

"""Runs a playbook of ours and tells what it changed."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ANSIBLE = Path(__file__).resolve().parent.parent / "ansible"
CONTROLLER = ANSIBLE.parent / "controller"
# Mitogen, as the controller has it, keeps one interpreter a host instead of starting one a task: on a cloud's playbooks half of the CPU is saved,
# on those of hosts a fifth. Users run Ansible's own strategy, so what makes machines and a site of a real cloud first is played by that; so is what
# fails in a module, whose words Mitogen loses.
WARM = {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": "/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy"}


@dataclass(frozen=True)
class Played:
    """What a run of a playbook came to; tasks are named as they are written."""

    status: int
    changed: int
    failed: int
    unreachable: int
    changed_tasks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 0 and self.failed == 0 and self.unreachable == 0


def play(
    playbook: str,
    *arguments: str,
    env: dict[str, str] | None = None,
    timeout: float = 900,
    through: tuple[str, ...] = (),
    warm: bool = False,
) -> Played:
    """
    Runs ansible-playbook in the folder of the playbooks, by the command `through` if there is one; `warm` as told at WARM. It never asks;
    it is ended after `timeout` seconds.
    """
    done = subprocess.run(
        [*through, "ansible-playbook", playbook, *arguments],
        cwd=ANSIBLE,
        env={**os.environ, **(WARM if warm else {}), "ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_LOCALHOST_WARNING": "False", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return read(done)


def read(done: subprocess.CompletedProcess[str]) -> Played:
    """What a run of ansible-playbook came to, from what its callback `json` wrote."""
    said = done.stdout + done.stderr
    try:
        report, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{\n"))
    except ValueError:
        return Played(done.returncode, 0, 1, 0, said=said)
    changed_tasks, failures = [], []
    for played in report["plays"]:
        for task in played["tasks"]:
            for host, result in task["hosts"].items():
                name = f"{host}: {task['task']['name']}"
                if result.get("changed"):
                    changed_tasks.append(name)
                if result.get("failed") and not result.get("ignore_errors") or result.get("unreachable"):
                    wrong = [item for item in result.get("results", []) if item.get("failed")] or [result]
                    failures += [f"{name}: {item.get('msg', '')}" for item in wrong]
    stats = report["stats"].values()
    return Played(
        done.returncode,
        sum(s["changed"] for s in stats),
        sum(s["failures"] for s in stats),
        sum(s["unreachable"] for s in stats),
        changed_tasks,
        failures,
        said,
    )

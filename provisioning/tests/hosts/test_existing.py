"""A site of machines that are there already: what else is made of it, and what is left to people."""

import json
import shutil

from machines import done
from people import secrets
from playbook import CONTROLLER, play

HERE = (str(CONTROLLER),)  # not from the namespace admin: no machine is asked
SITE = ("-e", "cloud=lab", "-e", "site_file=../tests/lab/site.yml")


def test_its_entry_for_the_fleet_names_what_is_probed() -> None:
    entry = play("fleet.yml", *SITE, through=HERE)
    assert entry.ok and entry.changed == 0, entry.failures
    [said] = [task["hosts"]["localhost"]["msg"] for task in tasks(entry.said) if task["task"]["name"] == "Entry for the fleet file"]
    for probe in ["10.60.10.11:9100", "10.60.10.12:3128", "10.60.10.13:3128", "10.60.10.14:1094"]:
        assert f'tcp: "{probe}"' in said, said


def test_teardown_removes_nothing_and_says_what_is_left_to_do() -> None:
    gone = play("teardown.yml", *SITE, "-e", "teardown=lab", through=HERE)
    assert gone.ok and gone.changed == 0, gone.failures
    assert "install them anew: bastion, vpn" in gone.said and "Nothing of lab is left." in gone.said
    assert not play("teardown.yml", *SITE, "-e", "teardown=another", through=HERE).ok


def test_who_keeps_the_home_end_is_given_the_very_files_that_work_at_ours(run, tmp_path) -> None:
    shutil.copytree(secrets(), tmp_path / "secrets")
    elsewhere = {"site_secrets": str(tmp_path / "secrets"), "home_host": ""}
    made = run("--limit", "localhost", "-e", json.dumps(elsewhere))
    assert made.ok, made.failures
    folder = tmp_path / "secrets/home"
    assert (folder / "lab.conf").read_text() == done("home", "cat", "/etc/openvpn/server/lab.conf")
    assert (folder / "lab/lab-vpn").read_text() == done("home", "cat", "/etc/openvpn/server/lab/lab-vpn")
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
    again = run("--limit", "localhost", "-e", json.dumps(elsewhere))
    assert again.ok and again.changed == 0, again.changed_tasks


def tasks(said: str) -> list[dict]:
    report, _ = json.JSONDecoder().raw_decode(said, said.index("{\n"))
    return [task for played in report["plays"] for task in played["tasks"]]

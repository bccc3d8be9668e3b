"""What `make onboard` tells the person who runs it, on a cloud that is a folder (roles/cloud_existing beside this file)."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROVISIONING = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROVISIONING / "tests"))

from playbook import WARM  # noqa: E402

PASSWORD = "no-one-may-read-this-1"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A checkout whose cloud is a folder, and whose machines need nothing."""
    tree = tmp_path_factory.mktemp("checkout")
    shutil.copytree(PROVISIONING / "ansible", tree / "provisioning/ansible", ignore=shutil.ignore_patterns("roles", "inventory"))
    for file in ("onboard", "controller"):
        shutil.copy(PROVISIONING / file, tree / "provisioning" / file)
    shutil.copy(PROVISIONING.parent / "Makefile", tree)
    roles = tree / "provisioning/ansible/roles"
    for role in (PROVISIONING / "ansible/roles").iterdir():
        (roles / role.name / "tasks").mkdir(parents=True)
    shutil.copytree(PROVISIONING / "ansible/roles/site", roles / "site", dirs_exist_ok=True)
    shutil.copytree(Path(__file__).parent / "roles", roles, dirs_exist_ok=True)
    # The plays of machines are not what is looked at here; what these roles need besides does not exist.
    hosts = tree / "provisioning/ansible/hosts.yml"
    hosts.write_text(hosts.read_text().split("\n# First and alone")[0] + "\n")
    return tree


@pytest.fixture
def cloud(checkout, tmp_path):
    """A site of this test's own: onboard(…) with settings, and the folder that is its cloud."""
    return Site(checkout, tmp_path)


@pytest.fixture
def warm(cloud):
    """For tests that do not look at how Ansible is run, only at what comes of it."""
    cloud.env.update(WARM)


class Site:
    def __init__(self, checkout: Path, tmp: Path):
        self.checkout, self.folder, self.file = checkout, tmp / "cloud", tmp / "site.yml"
        self.folder.mkdir()
        self.env = {**os.environ, "FOLDER_PASSWORD": PASSWORD, "VMM_SITE_SECRETS": str(tmp / "secrets")}

    def command(self, target: str, settings: str, *more: str) -> list[str]:
        self.file.write_text(f"cloud_kind: existing\nadmin_cidrs: [198.51.100.0/28]\nconfigure_hosts: false\nfolder: {self.folder}\n{settings}\n")
        return ["make", target, "CLOUD=folder", f"SITE={self.file}", *more]

    def make(self, target: str = "onboard", settings: str = "", *more: str, answer: str = "") -> subprocess.CompletedProcess:
        return self.run(self.command(target, settings, *more), answer)

    def run(self, command: list[str], answer: str = "") -> subprocess.CompletedProcess:
        return subprocess.run(command, cwd=self.checkout, env=self.env, input=answer, capture_output=True, text=True, timeout=120, check=False)

    def things(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())


EVERYTHING = ["bastion", "credentials", "cvmfs", "movement", "network", "squid", "vpn"]


def test_the_first_run_makes_all_and_the_second_nothing_and_both_print_the_entry(cloud):
    first = cloud.make()
    assert first.returncode == 0, first.stdout + first.stderr
    assert cloud.things() == EVERYTHING
    assert re.search(r"Network: +\d+ looked at, +2 made, \d+ s\n", first.stdout), first.stdout
    assert int(re.search(r"Machines: +\d+ looked at, +(\d+) made, \d+ s\n", first.stdout)[1]) >= 5, "the machines, and the site's keys"
    assert "folder is ready" in first.stdout
    second = cloud.make()
    assert second.returncode == 0
    assert "Nothing to change: folder is as its file says" in second.stdout
    for run in (first, second):
        assert '- name: folder\n  options: {network: "10.60.0.0/16"}\n' in run.stdout
        assert "make cloud-check FLEET=" in run.stdout
    entry = cloud.checkout / "data/onboard/folder.fleet.yaml"
    assert entry.read_text() == '- name: folder\n  options: {network: "10.60.0.0/16"}\n'


@pytest.mark.usefixtures("warm")
def test_a_check_names_what_differs_and_changes_nothing(cloud):
    cloud.make()
    (cloud.folder / "squid").unlink()
    check = cloud.make("onboard", "", "CHECK=1")
    assert check.returncode != 0
    assert "folder differs from its file (1 would change" in check.stdout
    assert "localhost: Make the machines (squid)" in check.stdout
    assert "squid" not in cloud.things()


def test_a_check_of_nothing_says_that_all_would_be_made_and_makes_nothing(cloud):
    check = cloud.make("onboard", "", "CHECK=1")
    assert "folder differs from its file" in check.stdout, check.stdout
    assert "localhost: Begin with nothing" in check.stdout
    assert "FAILED" not in check.stdout
    assert cloud.things() == [] and not Path(cloud.env["VMM_SITE_SECRETS"]).exists()


def test_no_secret_is_printed_logged_or_left_behind(cloud):
    leftovers = set(Path("/tmp").glob("vmm-onboard-*"))
    run = cloud.make("onboard", "break_secret: true")
    assert run.returncode != 0
    assert "FAILED on localhost, at 'Break a secret':" in run.stdout
    log = cloud.checkout / re.search(r"log: (\S+)", run.stdout)[1]
    assert "TASK [cloud_existing : Break a secret]" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    for text in (run.stdout, run.stderr, log.read_text()):
        assert PASSWORD not in text
    assert (cloud.folder / "credentials").read_text() == PASSWORD, "it must have been in play"
    assert set(Path("/tmp").glob("vmm-onboard-*")) == leftovers


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(
    ("settings", "says", "advises"),
    [
        ("admin_cidrs: []", "admin_cidrs names who may reach the bastion", "Mend the site's file"),
        ("home_cidrs: [10.0.0.0/8]", "home_cidrs and network_cidr overlap", "Mend the site's file"),
        ("configure_hosts: true", "The inventory does not know folder-bastion, folder-cvmfs", "Credentials come from the environment"),
        ("cloud_kind: opnstack", "cloud_kind is one of", "Mend the site's file"),
        ("refusal: 'The request you have made requires authentication. (HTTP 401)'", "(HTTP 401)", "Credentials come from the environment"),
        ("refusal: 'Quota exceeded for resources: [port]'", "Quota exceeded", "quota raised"),
    ],
)
def test_a_failure_says_where_what_and_what_to_do(cloud, settings, says, advises):
    run = cloud.make("onboard", settings)
    assert run.returncode != 0
    assert re.search(r"\nFAILED on localhost, at '.+':\n", run.stdout)
    assert says in run.stdout
    assert advises in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say which cloud: make onboard CLOUD=<name>"),
        (["CLOUD=Rutherford"], "'Rutherford' is no name of a cloud"),
        (["CLOUD=harwell"], "cp provisioning/ansible/group_vars/openstack.example.yml provisioning/ansible/group_vars/harwell.yml"),
        (["CLOUD=harwell", "SITE=/tmp/no-such-site.yml"], "there is no file /tmp/no-such-site.yml"),
    ],
)
def test_a_wrong_argument_is_one_line(cloud, arguments, says):
    run = cloud.run(["make", "onboard", *arguments])
    assert run.returncode != 0
    assert run.stdout == ""
    (line,) = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith("onboard: ") and says in line


def test_a_site_file_that_is_no_yaml_is_one_line_with_its_number(cloud):
    run = cloud.make("onboard", "vm_ports: [22")
    assert run.returncode != 0
    assert f"onboard: {cloud.file}:6: " in run.stderr


def test_a_site_file_that_is_no_utf_8_is_one_line(cloud):
    command = cloud.command("onboard", "")
    cloud.file.write_bytes(cloud.file.read_bytes() + "# Bär\n".encode("latin-1"))
    run = cloud.run(command)
    assert run.returncode != 0
    assert f"onboard: {cloud.file}: is not UTF-8" in run.stderr and "Traceback" not in run.stderr


def test_a_site_file_may_hold_what_only_ansible_reads(cloud):
    run = cloud.make("onboard", "cvmfs_client_key: !unsafe 'a {{ b'", "CHECK=1")
    assert "folder differs from its file" in run.stdout, run.stdout + run.stderr


@pytest.mark.usefixtures("warm")
def test_teardown_removes_nothing_without_the_name_and_all_with_it(cloud):
    cloud.make()
    for answer in ("", "no\n", "folder2\n"):
        assert cloud.make("teardown-site", answer=answer).returncode != 0
    assert cloud.things() == EVERYTHING
    run = cloud.make("teardown-site", answer="folder\n")
    assert run.returncode == 0, run.stdout
    assert "Nothing of folder is left in the cloud" in run.stdout
    assert cloud.things() == []


def test_ctrl_c_stops_ansible_says_so_and_leaves_nothing_running(cloud, tmp_path):
    gate = tmp_path / "gate"
    run = subprocess.Popen(cloud.command("onboard", f"gate: {gate}"), cwd=cloud.checkout, env=cloud.env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    wait_until(lambda: "credentials" in cloud.things() and processes_in(cloud.checkout))
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=30)
    assert run.returncode != 0
    assert "Stopped. What was made stays" in said
    assert "Traceback" not in said
    wait_until(lambda: not processes_in(cloud.checkout))
    gate.touch()
    again = cloud.make("onboard", f"gate: {gate}")
    assert again.returncode == 0, again.stdout
    assert cloud.things() == EVERYTHING


@pytest.mark.usefixtures("warm")
def test_a_second_run_at_the_same_time_is_refused(cloud, tmp_path):
    gate = tmp_path / "gate"
    first = subprocess.Popen(cloud.command("onboard", f"gate: {gate}"), cwd=cloud.checkout, env=cloud.env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: "credentials" in cloud.things())
    second = cloud.make("onboard", f"gate: {gate}")
    assert second.returncode != 0 and second.stdout == ""
    assert "onboard: another run for folder is under way here" in second.stderr
    gate.touch()
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 0, said
    assert cloud.things() == EVERYTHING
    assert cloud.make("onboard", f"gate: {gate}").returncode == 0


@pytest.mark.usefixtures("warm")
def test_what_is_waited_for_is_said(cloud, tmp_path):
    onboard = cloud.checkout / "provisioning/onboard"
    impatient = onboard.with_name("onboard-impatient")
    impatient.write_text(onboard.read_text().replace("PATIENCE = 20", "PATIENCE = 2"))
    impatient.chmod(0o755)
    cloud.command("onboard", f"gate: {tmp_path / 'gate'}")
    command = [impatient, "folder", "--site", cloud.file]
    run = subprocess.Popen(command, cwd=cloud.checkout, env=cloud.env, text=True, stdout=subprocess.PIPE)
    said = []
    for line in run.stdout:
        said.append(line)
        if "… Network: Wait for the gate (localhost), " in line:
            (tmp_path / "gate").touch()
    assert run.wait(timeout=30) == 0
    assert any("Wait for the gate" in line for line in said)


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that work in it."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                lines.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines

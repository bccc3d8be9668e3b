"""Rules of our own about the playbooks. Each rule is a function, and each is shown something that it must not let pass."""

import re
from pathlib import Path

import pytest
import yaml
from tree import ANSIBLE, CHECKOUT, PROVISIONING, ROLES, files, read, role_defaults, roles, task_files, tasks

CLOUDS = {
    "openstack": ("openstack.cloud.",),
    "aws": ("amazon.aws.", "community.aws."),
    "azure": ("azure.azcollection.",),
}
ENTRY_POINTS = ["network", "hosts", "describe", "fleet", "teardown"]


# --- modules of clouds ---------------------------------------------------------------------------------------------------------------


def strays(ansible: Path) -> list[str]:
    """Tasks outside of a cloud's own role that name a module, or settings of modules, of that cloud."""
    found = []
    for file in task_files(ansible):
        own = re.search(r"roles/cloud_(\w+)/", str(file))
        for task in tasks(read(file)):
            for kind, prefixes in CLOUDS.items():
                if own and own[1] == kind:
                    continue
                found += [f"{file.relative_to(ansible)}: {key}" for key in task if str(key).startswith(prefixes)]
    return found


def test_modules_of_a_cloud_are_in_its_own_role_and_nowhere_else():
    assert strays(ANSIBLE) == []


@pytest.mark.parametrize(
    ("where", "module"),
    [("roles/baseline/tasks/main.yml", "amazon.aws.ec2_instance"), ("roles/cloud_aws/tasks/hosts.yml", "openstack.cloud.server"),
     ("hosts.yml", "azure.azcollection.azure_rm_subnet")],
)
def test_a_module_in_the_wrong_place_is_found(tmp_path, where, module):
    task = {"block": [{"name": "Nested", "block": [{"name": "Stray", module: {}}]}]}
    file = tmp_path / where
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump([{"hosts": "all", "tasks": [task]}] if where == "hosts.yml" else [task]))
    assert strays(tmp_path) == [f"{where}: {module}"]


@pytest.mark.parametrize("kind", [*CLOUDS, "existing"])
def test_each_kind_of_cloud_has_every_entry_point(kind):
    missing = [point for point in ENTRY_POINTS if not (ROLES / f"cloud_{kind}/tasks/{point}.yml").is_file()]
    assert missing == []


# --- settings ------------------------------------------------------------------------------------------------------------------------


def known_settings() -> set[str]:
    """Settings that exist: of all sites, and of roles."""
    known = set(read(ANSIBLE / "group_vars/all.yml"))
    for defaults in role_defaults().values():
        known |= set(defaults)
    for role in roles():
        if (file := role / "meta/argument_specs.yml").is_file():
            for entry in read(file)["argument_specs"].values():
                known |= set(entry.get("options", {}))
    return known | required_settings() | {"cloud_kind"}


def required_settings() -> set[str]:
    """Those that a role has no default for, because each site must say its own: its tasks name them."""
    found = set()
    for role in roles():
        for file in role.glob("tasks/**/*.yml"):
            found |= set(re.findall(rf"\b{role.name}_[a-z_]+\b", file.read_text()))
    return found


def site_files() -> list[Path]:
    return [file for file in files("provisioning") if file.suffix == ".yml" and re.search(r"^cloud_kind:", file.read_text(), re.MULTILINE)]


def commented(text: str) -> set[str]:
    """Settings that an example holds commented out."""
    return set(re.findall(r"^# ?([a-z]\w+):(?: |$)", text, re.MULTILINE))


@pytest.mark.parametrize("file", site_files(), ids=lambda file: file.name)
def test_every_setting_of_a_site_file_exists(file):
    assert (set(read(file)) | commented(file.read_text())) - known_settings() == set()


def test_there_is_an_example_for_every_cloud():
    assert {f"{kind}.example.yml" for kind in CLOUDS} <= {file.name for file in site_files()}


def undocumented(text: str) -> list[str]:
    """Settings without a word of comment: beside them, above them, or above the lines that they follow without a gap."""
    found, told = [], False
    for line in text.splitlines():
        if not line.strip():
            told = False
        elif line.startswith("#") and not line.startswith("# ---"):
            told = True
        elif (key := re.match(r"([a-z]\w*):", line)) and not told and " #" not in line:
            found.append(key[1])
    return found


@pytest.mark.parametrize("role", [role for role in roles() if (role / "defaults/main.yml").is_file()], ids=lambda role: role.name)
def test_every_setting_of_a_role_says_what_it_is(role):
    assert [name for name in undocumented((role / "defaults/main.yml").read_text()) if not name.endswith(("_port", "_packages"))] == []


def test_every_setting_that_sites_share_says_what_it_is():
    named_by_themselves = {f"{name}_{what}" for name in ("bastion", "vpn", "squid", "cvmfs", "movement", "node_exporter") for what in ("address", "port")}
    named_by_themselves |= {"network_cidr", "dns_servers"}
    assert set(undocumented((ANSIBLE / "group_vars/all.yml").read_text())) <= named_by_themselves


def test_a_setting_without_a_word_is_found():
    assert undocumented("# What it is.\na: 1\nb: 2\n\nc: 3\nd: 4 # seconds\n") == ["c"]


# --- secrets -------------------------------------------------------------------------------------------------------------------------

SECRETS = [
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}",
    r"\bAKIA(?!IOSFODNN7EXAMPLE)[A-Z0-9]{16}\b",
    r"\$ANSIBLE_VAULT;",
    r"(?i)\b\w*(?:password|passwd|secret|token|api_?key)\w*[\"']?\s*[:=]\s*[\"'](?![^\"']*(?:\{\{|\$\{|\$\(|<|%|/|\s))[^\"'\s]{16,}[\"']",
]


def secret_like(text: str) -> list[str]:
    return [found[0] for pattern in SECRETS for found in re.finditer(pattern, text)]


def test_nothing_in_the_tree_looks_like_a_secret():
    found = {}
    for file in files("provisioning", "packer", "docs/onboarding.md", ".ci/provisioning.sh"):
        text = file.read_text(errors="replace")
        if like := [what for what in secret_like(text) if not is_a_tests_own(file, what)]:
            found[str(file.relative_to(CHECKOUT))] = like
    assert found == {}


def is_a_tests_own(file: Path, what: str) -> bool:
    """Tests plant passwords, to look for them where they must not be; none of them opens anything."""
    return file.is_relative_to(PROVISIONING / "tests") and file.suffix == ".py" and "PRIVATE KEY" not in what


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5v\n", "key: AKIAABCDEFGHIJKLMNOP", "$ANSIBLE_" + "VAULT;1.1;AES256",
     'os_password: "aVery-l0ng-literal-one"', "client_secret = 'abcdefghij0123456789'"],
)
def test_what_looks_like_a_secret_is_found(text):
    assert secret_like(text) != []


@pytest.mark.parametrize("text", ['password: "{{ lookup(\'env\', \'X\') }}"', 'password: "${RUTHERFORD_PASSWORD}"', "token_file = '/etc/vmm/guest.json'"])
def test_what_only_names_a_secret_is_not(text):
    assert secret_like(text) == []

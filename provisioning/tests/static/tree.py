"""What the checkout holds, read once: playbooks, roles, tasks and settings as data."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

PROVISIONING = Path(__file__).resolve().parents[2]
CHECKOUT = PROVISIONING.parent
ANSIBLE = PROVISIONING / "ansible"
ROLES = ANSIBLE / "roles"


class Loader(yaml.SafeLoader):
    """Reads Ansible's own tags as what they stand before."""


def _plain(loader: Loader, _suffix: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_mapping(node)


Loader.add_multi_constructor("!", _plain)


def read(file: Path):
    return yaml.load(file.read_text(), Loader)


def controller(*command: str, folder: Path = ANSIBLE, timeout: float = 300) -> subprocess.CompletedProcess:
    return subprocess.run([PROVISIONING / "controller", *command], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)


def files(*below: str) -> list[Path]:
    """Files of the repository, also those that are not committed yet."""
    listed = subprocess.run(["git", "-c", f"safe.directory={CHECKOUT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *below],
                            cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [CHECKOUT / name for name in sorted(set(listed.split("\0"))) if name and (CHECKOUT / name).is_file()]


def playbooks() -> list[Path]:
    return [file for file in sorted(ANSIBLE.glob("*.yml")) if isinstance(content := read(file), list)
            and any("hosts" in play or "ansible.builtin.import_playbook" in play for play in content)]


def roles() -> list[Path]:
    return sorted(role for role in ROLES.iterdir() if role.is_dir() and any(role.glob("*/*.yml")))


def task_files(ansible: Path = ANSIBLE) -> list[Path]:
    """All files with tasks: of roles, their handlers, and playbooks."""
    return sorted([*ansible.glob("roles/*/tasks/**/*.yml"), *ansible.glob("roles/*/handlers/*.yml"), *ansible.glob("*.yml")])


def tasks(content) -> Iterator[dict]:
    """Each task in it, at any depth of plays and blocks."""
    for entry in content if isinstance(content, list) else []:
        if not isinstance(entry, dict):
            continue
        inner = [entry[name] for name in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers") if name in entry]
        if inner:
            for part in inner:
                yield from tasks(part)
        else:
            yield entry


def role_defaults() -> dict[str, dict]:
    return {role.name: read(file) or {} for role in roles() if (file := role / "defaults/main.yml").is_file()}

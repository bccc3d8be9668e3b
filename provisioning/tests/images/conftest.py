"""Images that are baked once for all tests, and what they are asked with. Root, Debian 12; the machine's own Python (/usr/bin/python3 -m pytest)."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PACKER = CHECKOUT / "packer"
LAB = CHECKOUT / "provisioning/tests/lab/lab"
sys.path.insert(0, str(CHECKOUT / "provisioning/tests"))

from playbook import Played, read  # noqa: E402

# A date of its own for all builds of a run: the same inputs, also when midnight passes.
EPOCH = "1795000000"


def checked(root: Path) -> list[str]:
    """What check-image says of an image, a violation a line; none when it is clean."""
    done = subprocess.run([PACKER / "check-image", root], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines() if done.returncode else []


def look_into(disk: Path, folder: Path, script: str) -> subprocess.CompletedProcess:
    """Runs a shell script on what is on a disk: $root is where it is mounted, $check is check-image."""
    subprocess.run(["qemu-img", "convert", "-O", "raw", disk, folder / "disk.raw"], check=True)
    (folder / "root").mkdir()
    # In a mount namespace of its own, so that nothing stays mounted, whatever happens.
    mounted = 'mount -o loop,ro "$1" "$2" && root=$2 check=$3 sh -c "$4"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounted, "look", folder / "disk.raw", folder / "root", PACKER / "check-image"]
    return subprocess.run([*command, script], capture_output=True, text=True, timeout=120, check=False)


@dataclass
class Bakery:
    folder: Path

    def bake(self, image: str, name: str, *arguments: str, begin: Path | None = None) -> tuple[Path, Played]:
        """Bakes into the folder `name`, again if it is there, beginning from another baked tree if one is given."""
        root = self.folder / name
        env = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "ANSIBLE_STDOUT_CALLBACK": "json"}
        if begin:
            env["BAKE_FROM"] = str(begin)
        done = subprocess.run(
            [LAB, "apt", PACKER / "bake", image, root, *arguments],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False,
        )
        return root, read(done)

    def image(self, image: str, begin: Path | None = None) -> Path:
        """An image that tests share, baked once."""
        said = self.folder / image / "etc/vmm/image.json"
        name = subprocess.run([PACKER / "image-name", image], env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, capture_output=True, text=True, check=True)
        if said.exists() and json.loads(said.read_text())["name"] == name.stdout.split()[0]:
            return self.folder / image
        root, played = self.bake(image, image, begin=begin)
        assert played.ok, played.failures or played.said[-2000:]
        return root


@pytest.fixture(scope="session")
def bakery():
    if os.geteuid() != 0:
        pytest.skip("bakes trees, which needs root")
    kept = os.environ.get("IMAGES_FOLDER")  # base and jupyter of an earlier run are taken as they are, if of this revision
    folder = Path(kept) if kept else Path(os.environ.get("VMM_LAB_HOME", "/var/tmp/vmm-lab")) / f"images-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=bool(kept))
    yield Bakery(folder)
    if not kept:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def base(bakery):
    return bakery.image("base")


@pytest.fixture(scope="session")
def jupyter(bakery, base):
    return bakery.image("jupyter", begin=base)

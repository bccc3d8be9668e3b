"""What packer is told, and once a disk that it really builds."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import CHECKOUT, EPOCH, LAB, PACKER, look_into


def run(*command: object, timeout: float = 120, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*map(str, command)], env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_the_sources_are_written_as_packer_writes_them():
    done = run("packer", "fmt", "-check", "-diff", PACKER)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source", ["qemu", "amazon-ebs", "azure-arm"])
def test_a_source_is_valid(source):
    done = run(PACKER / "build", "--validate", "jupyter", source)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("wrong", ["type=other", "name=jupyter", "name=jupyter-20261122-ABC1234", "created=today", "qemu_accelerator=xen"])
def test_a_wrong_value_is_refused(wrong):
    done = run(PACKER / "build", "--validate", "jupyter", "qemu", "-var", wrong)
    assert done.returncode != 0
    assert "Invalid value for" in done.stdout + done.stderr


def test_a_source_that_there_is_not_is_refused():
    done = run(PACKER / "build", "--validate", "jupyter", "vmware")
    assert done.returncode == 2 and "no source vmware" in done.stderr


def test_a_name_is_type_date_and_revision():
    name, version, created = run(PACKER / "image-name", "mantid-like", SOURCE_DATE_EPOCH=EPOCH).stdout.split()
    head = run("git", "-C", CHECKOUT, "rev-parse", "--short=7", "HEAD").stdout.strip()
    assert name == f"mantid-like-20261118-{version}" and created == "2026-11-18T11:06:40Z"
    assert version in (head, f"{head}-dirty")


def test_a_manifest_says_what_was_built_with_its_digests(tmp_path):
    built = {
        "builder_type": "amazon-ebs", "artifact_id": "eu-west-1:ami-0abc",
        "custom_data": {"name": "mantid-like-20261122-abc1234-dirty", "type": "mantid-like", "created": "2026-11-22T04:46:02Z"},
    }  # fmt: skip
    (tmp_path / "packer.json").write_text(json.dumps({"builds": [built]}))
    (tmp_path / "sbom.spdx.json").write_text("{}")
    (tmp_path / "packages.txt").write_text("bash 5.2\n")
    assert run(PACKER / "manifest", tmp_path).returncode == 0
    said = json.loads((tmp_path / "manifest.json").read_text())
    assert (said["revision"], said["type"], said["cloudId"]) == ("abc1234-dirty", "mantid-like", "eu-west-1:ami-0abc")
    assert said["sha256"]["packages.txt"] == hashlib.sha256(b"bash 5.2\n").hexdigest()


def test_a_manifest_of_an_image_without_its_list_is_an_error(tmp_path):
    (tmp_path / "packer.json").write_text('{"builds": [{"builder_type": "qemu", "custom_data": {"name": "base-20261122-abc1234", "type": "base", "created": ""}}]}')
    assert run(PACKER / "manifest", tmp_path).returncode != 0


@pytest.mark.skipif("IMAGES_QEMU" not in os.environ, reason="packer builds a disk, 20 minutes without KVM: IMAGES_QEMU=1 AREAS=images makes it")
def test_a_disk_is_built_by_qemu_and_is_clean(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("makes a disk to begin from, which needs root")
    source = Path(os.environ.get("IMAGES_DISK", tmp_path / "source"))  # IMAGES_DISK: what make-disk made before
    if not (source / "disk.qcow2").exists():
        made = run(LAB, "apt", CHECKOUT / "provisioning/tests/images/make-disk", source, timeout=600)
        assert made.returncode == 0, made.stderr
    accelerator = "kvm" if os.environ.get("IMAGES_KVM") else "tcg"
    build = f"""exec "$0" base qemu -var qemu_accelerator={accelerator} -var qemu_source_image={source}/disk.qcow2 \
        -var qemu_kernel={source}/vmlinuz -var qemu_initrd={source}/initrd.img -var qemu_apt_proxy=http://10.0.2.2:${{APT_PROXY##*:}}"""
    # timeout(1) ends packer and its machine too, and not only the shell that this process knows of.
    limited = ("timeout", "--kill-after=60", "2400", LAB, "apt", "bash", "-c", build, PACKER / "build")
    done = run(*limited, timeout=2500, IMAGE_OUT=str(tmp_path / "out"), SOURCE_DATE_EPOCH=EPOCH)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]
    [out] = (tmp_path / "out").iterdir()
    said = json.loads((out / "manifest.json").read_text())
    [disk] = (out / "disk").iterdir()
    assert re.fullmatch(r"base-20261118-[0-9a-f]{7}(-dirty)?", said["name"]) and disk.name == f"{said['name']}.qcow2"
    assert said["sha256"][f"disk/{disk.name}"] == hashlib.sha256(disk.read_bytes()).hexdigest()
    assert not (out / "seed").exists()

    looked = look_into(disk, tmp_path, 'cat "$root/usr/share/vmm-image/sbom.spdx.json" && "$check" "$root" >&2')
    assert looked.returncode == 0, looked.stderr
    assert hashlib.sha256(looked.stdout.encode()).hexdigest() == said["sha256"]["sbom.spdx.json"]

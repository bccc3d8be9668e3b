"""The tools that judge form: each must be content with all of our files."""

import os
import shutil
import subprocess

import pytest
from tree import ANSIBLE, CHECKOUT, PROVISIONING, controller, files, playbooks


def said(done: subprocess.CompletedProcess) -> str:
    return (done.stdout + done.stderr)[-6000:]


@pytest.mark.parametrize("folder", ["ansible", "awx"])
def test_ansible_lint_finds_nothing_by_its_strictest_profile(folder):
    done = controller("ansible-lint", "--offline", "--nocolor", "--profile", "production", folder=PROVISIONING / folder, timeout=400)
    assert done.returncode == 0, said(done)


def test_yamllint_finds_nothing():
    listed = [str(file) for file in files("provisioning", "packer") if file.suffix in (".yml", ".yaml")]
    done = controller("yamllint", "--strict", "--config-file", ".yamllint", "--format", "parsable", *listed, folder=PROVISIONING)
    assert done.returncode == 0, said(done)


@pytest.mark.parametrize("playbook", [*playbooks(), PROVISIONING / "awx/awx.yml"], ids=lambda file: file.name)
def test_playbooks_parse_with_their_roles(playbook):
    done = controller("ansible-playbook", "--syntax-check", "-e", "cloud=openstack.example", playbook.name, folder=playbook.parent)
    assert done.returncode == 0, said(done)


def test_shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    scripts = [file for file in files("provisioning", "packer", ".ci/provisioning.sh") if is_shell(file)]
    assert len(scripts) >= 3
    done = subprocess.run(["shellcheck", *scripts], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, said(done)


def is_shell(file) -> bool:
    with file.open("rb") as content:
        return content.readline().rstrip() in (b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env sh")


@pytest.mark.parametrize("check", [["fmt", "-check", "-diff"], ["validate", "-syntax-only"]], ids=["fmt", "validate"])
def test_packer_accepts_its_files(check):
    if not shutil.which("packer"):
        pytest.skip("packer is not installed")
    if not list((CHECKOUT / "packer").glob("*.pkr.hcl")):
        pytest.skip("there are no files of packer yet")
    done = subprocess.run(["packer", *check, "."], cwd=CHECKOUT / "packer", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, said(done)


def test_the_controller_works_in_every_language():
    for language in ("en_GB.UTF-8", "de_DE@euro", "POSIX"):
        done = subprocess.run([PROVISIONING / "controller", "ansible", "--version"], env={**os.environ, "LC_ALL": language},
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, said(done)


def test_collections_are_pinned_to_what_the_controller_has():
    import json

    from tree import read

    done = controller("ansible-galaxy", "collection", "list", "--format", "json")
    have = {name: about["version"] for folder in json.loads(done.stdout).values() for name, about in folder.items()}
    for wanted in read(ANSIBLE / "requirements.yml")["collections"]:
        assert wanted["version"] == have.get(wanted["name"]), wanted["name"]

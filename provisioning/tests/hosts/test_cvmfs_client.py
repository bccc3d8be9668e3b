"""The client of CVMFS asks the site's cache for what the cache lets through, and is left out where there is no package of it."""

import gzip
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from machines import at, done, inside, on, until
from playbook import Played, play
from web import ORIGIN

HOST = "cvmfs"
SUITE = "bookworm-prod"
SOURCE = f"http://{ORIGIN}:8081"
TESTS = Path(__file__).parents[1]


def configure(**settings: str) -> Played:
    """Runs the role on a host, reached as hosts.yml reaches it."""
    reached = {"ansible_host": "10.60.10.13", "ansible_user": "debian", "cloud": "lab"}
    reached["ansible_ssh_common_args"] = f"-F {os.environ['VMM_SITE_SECRETS']}/ssh_config"
    site = ["-e", f"@{TESTS.parent}/ansible/group_vars/all.yml", "-e", f"@{TESTS}/lab/site.yml", "-e", json.dumps(reached | settings)]
    through = (*inside("admin"), str(TESTS.parent / "controller"))
    return play("../tests/hosts/cvmfs_client.yml", "-i", f"lab-{HOST},", *site, through=through, warm=True)


def shell(command: str, folder: Path) -> None:
    subprocess.run(command, shell=True, check=True, cwd=folder, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A signed source of packages with those of the client's names; `key` is who signed it."""
    folder = tmp_path_factory.mktemp("repository")
    setup = "#!/bin/sh\nmkdir -p /etc/auto.master.d && echo '/cvmfs program:/etc/auto.cvmfs' >/etc/auto.master.d/cvmfs.autofs\n"
    index = ""
    for name in ["cvmfs", "cvmfs-config-default"]:
        tree = folder / name
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: 2.11\nArchitecture: all\nMaintainer: tests <tests@lab.example>\nDescription: test\n"
        (tree / "DEBIAN/control").write_text(control)
        (tree / "usr/bin").mkdir(parents=True)
        if name == "cvmfs":
            (tree / "usr/bin/cvmfs_config").write_text(setup)
            (tree / "usr/bin/cvmfs_config").chmod(0o755)
        shell(f"dpkg-deb --root-owner-group --build {name} {name}.deb", folder)
        package = (folder / f"{name}.deb").read_bytes()
        index += f"{control}Filename: {name}.deb\nSize: {len(package)}\nSHA256: {hashlib.sha256(package).hexdigest()}\n\n"
    lists = folder / f"dists/{SUITE}/main/binary-amd64"
    lists.mkdir(parents=True)
    told = ""
    for list_name, content in [("Packages", index.encode()), ("Packages.gz", gzip.compress(index.encode()))]:
        (lists / list_name).write_bytes(content)
        told += f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/{list_name}\n"
    release = f"Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64\nComponents: main\n"
    release += f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n{told}"
    (folder / "Release").write_text(release)
    (folder / "gnupg").mkdir(mode=0o700)
    gpg = "gpg --homedir gnupg --batch --passphrase ''"
    shell(f"{gpg} --quick-generate-key tests@lab.example ed25519 sign", folder)
    shell(f"{gpg} --armor --output key --export tests@lab.example", folder)
    shell(f"{gpg} --clearsign --output dists/{SUITE}/InRelease Release; gpgconf --homedir gnupg --kill all", folder)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[None]:
    server = subprocess.Popen(
        [*inside("origin"), "/usr/bin/python3", "-m", "http.server", "8081", "--bind", ORIGIN, "--directory", str(folder)],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"RES_OPTIONS": "timeout:1 attempts:1"},  # it asks DNS for its name, which is not there
    )
    # The lab's hosts get packages by its cache, which asks Debian only.
    done(HOST, "sh", "-c", f"echo 'Acquire::http::Proxy::{ORIGIN} \"DIRECT\";' >/etc/apt/apt.conf.d/01origin")
    try:
        until(lambda: at("origin", "curl", "--silent", "--head", SOURCE).returncode == 0, "the repository is served")
        yield
    finally:
        server.terminate()
        server.wait(10)
        done(HOST, "rm", "/etc/apt/apt.conf.d/01origin")


def test_without_key_or_source_the_client_is_left_out_in_one_line_but_configured() -> None:
    for settings, why in [({}, "no cvmfs_client_key"), ({"cvmfs_client_key": "a key"}, f"{SOURCE} is not reachable")]:
        played = configure(cvmfs_client_source=SOURCE, **settings)
        assert played.ok, played.failures
        assert f"CVMFS client left out: {why}." in played.said
    assert on(HOST, "test", "-e", "/usr/bin/cvmfs_config").returncode == 1
    files = ". /etc/cvmfs/default.local; . /etc/cvmfs/domain.d/cern.ch.local"
    told = done(HOST, "sh", "-c", f"{files}; echo $CVMFS_HTTP_PROXY; echo $CVMFS_SERVER_URL")
    assert told == "http://10.60.10.13:3128\nhttp://stratum1.example/cvmfs/@fqrn@\n"


def test_where_its_source_is_there_it_is_installed_if_the_key_fits(repository) -> None:
    with served(repository):
        shell("gpg --homedir gnupg --batch --passphrase '' --quick-generate-key other@lab.example ed25519 sign", repository)
        shell("gpg --homedir gnupg --armor --output other --export other@lab.example; gpgconf --homedir gnupg --kill all", repository)
        refused = configure(cvmfs_client_source=SOURCE, cvmfs_client_key=(repository / "other").read_text())
        assert not refused.ok and on(HOST, "test", "-e", "/usr/bin/cvmfs_config").returncode == 1
        settings = {"cvmfs_client_source": SOURCE, "cvmfs_client_key": (repository / "key").read_text()}
        played = configure(**settings)
        assert played.ok, played.failures
        assert done(HOST, "cat", "/etc/auto.master.d/cvmfs.autofs") == "/cvmfs program:/etc/auto.cvmfs\n"
        assert configure(**settings).changed == 0
    done(HOST, "rm", "/etc/apt/sources.list.d/cernvm.list")

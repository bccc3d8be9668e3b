"""Packer's source for an OpenStack, which can be validated only where a Keystone answers."""

import os
import subprocess

from rig import CHECKOUT, credentials


def test_the_source_is_valid_where_the_cloud_lets_it_in(cloud):
    validate = [CHECKOUT / "packer/build", "--validate", "jupyter", "openstack"]

    def run(**changes: str) -> subprocess.CompletedProcess:
        return subprocess.run(validate, env={**os.environ, **credentials(), **changes}, capture_output=True, text=True, timeout=120, check=False)

    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(OS_PASSWORD="wrong").returncode != 0, "it was asked"

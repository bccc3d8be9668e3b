"""All checks of the hosts, to be run again after something was broken on purpose."""

from concurrent.futures import ThreadPoolExecutor

import test_bastion
import test_cvmfs
import test_movement
import test_squid
import test_tunnel
from web import origin

MODULES = [test_bastion, test_tunnel, test_squid, test_cvmfs, test_movement]


def failing() -> set[str]:
    """The names of those that fail now."""
    checks = [(name, check) for module in MODULES for name, check in module.CHECKS.items()]
    assert len({name for name, _ in checks}) == len(checks), "two checks have one name"

    def fails(check) -> bool:
        try:
            check()
        except AssertionError:
            return True
        return False

    with origin(), ThreadPoolExecutor(4) as pool:
        return {name for (name, _), failed in zip(checks, pool.map(fails, [check for _, check in checks]), strict=True) if failed}

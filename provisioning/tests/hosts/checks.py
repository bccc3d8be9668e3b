"""All checks of the hosts, to be run again after something was broken on purpose."""

from concurrent.futures import ThreadPoolExecutor

import test_bastion
import test_tunnel

MODULES = [test_bastion, test_tunnel]


def failing() -> set[str]:
    """The names of those that fail now."""
    checks = {name: check for module in MODULES for name, check in module.CHECKS.items()}

    def fails(check) -> bool:
        try:
            check()
        except AssertionError:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        return {name for name, failed in zip(checks, pool.map(fails, checks.values()), strict=True) if failed}

"""Leaves out SDKs of services that the role does not use.

azure.azcollection imports some forty of them for every module; these take most of a module's time. Tests run a hundred modules. That the
collection imports whole with what Debian has is a test of its own, without this file."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

UNUSED = {
    "azure.storage.blob",
    *(
        f"azure.mgmt.{service}"
        for service in """authorization automation batch cdn containerinstance containerregistry containerservice datafactory dns eventhub iothub
        loganalytics managementgroups marketplaceordering monitor mysqlflexibleservers notificationhubs postgresqlflexibleservers privatedns
        rdbms recoveryservicesbackup resourcehealth search servicebus sql storage trafficmanager web""".split()
    ),
}


class Empty(ModuleType):
    """Has whatever name is asked for, as None."""

    __path__: list[str] = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class Unused:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return ModuleSpec(name, Unused, is_package=True) if any(name == it or name.startswith(f"{it}.") for it in UNUSED) else None

    @staticmethod
    def create_module(spec):
        return Empty(spec.name)

    @staticmethod
    def exec_module(module):
        pass


sys.meta_path.insert(0, Unused)

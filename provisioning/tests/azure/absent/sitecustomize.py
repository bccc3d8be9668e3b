"""Leaves out SDKs of services that the role does not use.

azure.azcollection imports some forty of them for every module; these take most of a module's time. Tests run a hundred modules. That the
collection imports whole with what Debian has is a test of its own, without this file."""

import sys
from functools import wraps
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
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


class Compute:
    """Debian's azure-mgmt-compute is 34, the collection is written for 33, whose version 2024-07-01 of the API it has not; it is given the next."""

    INSTEAD = {"2024-07-01": "2024-11-01"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "azure.mgmt.compute._compute_management_client":
            return None
        spec = PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def run_and_teach(module):
            run(module)
            client = module.ComputeManagementClient
            client.__init__ = cls.later(client.__init__)
            client.models = staticmethod(cls.later(client.models))

        spec.loader.exec_module = run_and_teach
        return spec

    @classmethod
    def later(cls, function):
        @wraps(function)  # the collection looks at the arguments' names
        def called(*args, **kwargs):
            args = [cls.INSTEAD.get(arg, arg) if isinstance(arg, str) else arg for arg in args]
            return function(*args, **{**kwargs, **{key: cls.INSTEAD.get(kwargs[key], kwargs[key]) for key in ("api_version",) if key in kwargs}})

        return called


sys.meta_path.insert(0, Compute)

# Mitogen takes the path of each package that a module speaks of; those that are only a name have none.
for name in ("azure", "azure.cli", "azure.mgmt"):
    package = import_module(name)
    package.__file__ = f"{package.__path__[0]}/__init__.py"

"""nova-compute on nova's own fake driver, on a host of ample size, whose boots can be made to fail or to crawl.

The folder $TESTBED_CHAOS may hold two files, read at each boot: `fail`, the share of boots that end in
ERROR, and `crawl`, the seconds that a boot takes longer."""
import os
import random
import time

import nova.cmd.compute
from nova import exception
from nova.scheduler.client import report
from nova.virt import fake


def chaos(name):
    try:
        with open(os.path.join(os.environ["TESTBED_CHAOS"], name)) as file:
            return float(file.read())
    except (OSError, ValueError):
        return 0


def crawl(start):
    while time.monotonic() < start + chaos("crawl"):  # read again, so that a reset ends it
        time.sleep(0.5)  # eventlet's: others go on


class TestbedDriver(fake.FakeDriver):
    vcpus = 4000
    memory_mb = 16_000_000
    local_gb = 2_000_000

    def spawn(self, context, instance, *args, **kwargs):
        crawl(time.monotonic())
        if random.random() < chaos("fail"):
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason="chaos")
        return super().spawn(context, instance, *args, **kwargs)


def main():
    fake.TestbedDriver = TestbedDriver
    # nova asks placement for the allocations of every server of the host at each build and delete: n servers are n² requests.
    # The answer serves PCI devices and reshaped inventories only, and there are none here.
    report.SchedulerReportClient.get_allocations_for_provider_tree = lambda self, context, node: {}
    nova.cmd.compute.main()

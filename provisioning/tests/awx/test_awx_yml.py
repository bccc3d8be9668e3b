"""awx.yml against a stub of AWX (awx_stub.py says what that proves)."""

import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from awx_stub import Stub  # noqa: E402
from playbook import CONTROLLER, play  # noqa: E402

SITE = {"name": "ireland", "kind": "aws", "secrets": "/var/lib/vmm/sites/ireland", "credential": {"username": "a-key", "password": "planted-secret-of-awx", "region": "eu-west-1"}}
ENV = {"VMM_GIT_URL": "https://git.example.org/vmm.git", "VMM_EXECUTION_ENVIRONMENT": "registry.example.org/vmm-ee:1", "CONTROLLER_OAUTH_TOKEN": "t"}


def test_it_makes_all_parts_and_a_second_run_only_makes_workflow_nodes_anew(tmp_path):
    (tmp_path / "site.json").write_text(json.dumps({"awx_sites": [SITE]}))
    with Stub() as stub:
        run = lambda: play("../awx/awx.yml", "-e", f"@{tmp_path}/site.json", env={**ENV, "CONTROLLER_HOST": stub.url}, through=(str(CONTROLLER),))  # noqa: E731
        first = run()
        assert first.ok, first.failures or first.said[-2000:]
        assert SITE["credential"]["password"] not in first.said
        things = stub.awx.things

        def names(kind):
            return sorted(thing["name"] for thing in things[kind].values())

        assert names("job_templates") == [f"vmm ireland {name}" for name in ("drift", "fleet", "hosts", "network", "teardown")]
        assert names("workflow_job_templates") == ["vmm ireland end", "vmm ireland onboard"]
        assert names("credentials") == ["vmm ireland cloud", "vmm ireland site"]
        assert names("inventory_sources") == ["vmm ireland"]
        (schedule,) = things["schedules"].values()
        assert things["job_templates"][schedule["unified_job_template"]]["name"] == "vmm ireland drift"
        cloud = next(thing for thing in things["credentials"].values() if thing["name"] == "vmm ireland cloud")
        assert cloud["inputs"] == SITE["credential"]
        teardown = next(thing for thing in things["job_templates"].values() if thing["name"] == "vmm ireland teardown")
        assert [question["variable"] for question in teardown["_survey"]["spec"]] == ["teardown"]
        assert len(teardown["_credentials"]) == 2
        assert len(things["workflow_approval_templates"]) == 1
        before = len(stub.awx.changes)
        second = run()
        assert second.ok, second.failures
        anew = [change for change in stub.awx.changes[before:] if "workflow" not in change and "_nodes of" not in change]
        assert anew == [], anew

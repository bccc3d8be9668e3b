"""AWX as code names only what exists: playbooks, inventories, settings, and its own parts."""

import json
import re

import pytest
from tree import ANSIBLE, CHECKOUT, PROVISIONING, ROLES, controller, read

CONTENT = read(PROVISIONING / "awx/content.yml")
TEMPLATES = {template["name"]: template for template in CONTENT["awx_job_templates"]}


def text_of_playbook(path: str) -> str:
    """The playbook with what it imports, and the tasks and settings of the roles it names."""
    file = CHECKOUT / path
    text = file.read_text()
    for imported in re.findall(r"import_playbook: (\S+)", text):
        text += text_of_playbook(str((file.parent / imported).relative_to(CHECKOUT)))
    return text


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_playbook_of_a_job_template_exists(name):
    assert (CHECKOUT / TEMPLATES[name]["playbook"]).is_file()


@pytest.mark.parametrize("name", [name for name, template in TEMPLATES.items() if "survey" in template])
def test_what_a_survey_asks_is_used_by_its_playbook(name):
    text = text_of_playbook(TEMPLATES[name]["playbook"])
    for question in TEMPLATES[name]["survey"]:
        assert re.search(rf"\b{question['variable']}\b", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)), question["variable"]


@pytest.mark.parametrize("kind", CONTENT["awx_kinds"])
def test_the_inventory_of_a_kind_exists_and_so_does_its_role(kind):
    assert (CHECKOUT / CONTENT["awx_kinds"][kind]["inventory"]).is_file()
    assert (ROLES / f"cloud_{kind}").is_dir()


def test_every_inventory_of_ours_has_its_kind():
    named = {CHECKOUT / kind["inventory"] for kind in CONTENT["awx_kinds"].values()}
    clouds = {file for file in (ANSIBLE / "inventory").iterdir() if file.is_file() and re.search("openstack|aws|azure", file.name)}
    assert named == clouds


def test_sites_have_kinds_and_only_fields_of_their_credential_type():
    fields = {type_["name"]: {field["id"] for field in type_["inputs"]["fields"]} for type_ in CONTENT["awx_credential_types"]}
    fields["Microsoft Azure Resource Manager"] = {"subscription", "username", "password", "client", "secret", "tenant", "cloud_environment"}
    for site in CONTENT["awx_sites"]:
        assert set(site["credential"]) <= fields[CONTENT["awx_kinds"][site["kind"]]["credential_type"]], site["name"]


def test_no_value_of_a_credential_is_written_down():
    for site in CONTENT["awx_sites"]:
        for value in site["credential"].values():
            assert re.fullmatch(r"\{\{ lookup\('ansible\.builtin\.env', '\w+'\) \}\}", value)


def test_workflows_and_schedules_name_templates_and_what_removes_waits_for_a_person():
    for workflow in CONTENT["awx_workflows"]:
        nodes = workflow["nodes"]
        assert {node["template"] for node in nodes if "template" in node} <= set(TEMPLATES)
        for index, node in enumerate(nodes):
            if node.get("template") == "teardown":
                assert any("approval" in before for before in nodes[:index])
    for schedule in CONTENT["awx_schedules"]:
        assert TEMPLATES[schedule["template"]]["job_type"] == "check", "what runs unasked changes nothing"
        assert re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=\S+", schedule["rrule"])


def test_secret_fields_are_marked_as_such():
    for type_ in CONTENT["awx_credential_types"]:
        for field in type_["inputs"]["fields"]:
            if re.search("secret$|password|token", field["id"]):
                assert field.get("secret") is True, field["id"]


def test_a_workflow_becomes_nodes_in_a_row_each_naming_the_next(tmp_path):
    task = read(PROVISIONING / "awx/workflow.yml")[0]
    shown = {"nodes": task["awx.awx.workflow_job_template"]["workflow_nodes"], "survey": task["vars"]["asked"]}
    (tmp_path / "shown.yml").write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [{
        "name": "Write them",
        "ansible.builtin.copy": {"dest": str(tmp_path) + "/{{ pair.1.name }}.json", "content": "{{ shown | to_json }}", "mode": "0600"},
        "loop": "{{ awx_sites | product(awx_workflows) }}",
        "loop_control": {"loop_var": "pair"},
        "vars": {**task["vars"], "shown": shown},
        "when": "pair.0.name == 'rutherford'",
    }]}]))
    done = controller("ansible-playbook", "-e", f"@{PROVISIONING}/awx/content.yml", str(tmp_path / "shown.yml"), folder=tmp_path)
    assert done.returncode == 0, done.stdout
    onboard = json.loads((tmp_path / "onboard.json").read_text())
    end = json.loads((tmp_path / "end.json").read_text())
    assert [node["unified_job_template"]["name"] for node in onboard["nodes"]] == [
        f"vmm rutherford {name}" for name in ("network", "hosts", "hosts", "fleet")]
    assert [node["extra_data"] for node in onboard["nodes"]] == [{}, {"configure_hosts": "false"}, {}, {}]
    assert [node["related"]["success_nodes"] for node in onboard["nodes"]] == [[{"identifier": "node1"}], [{"identifier": "node2"}], [{"identifier": "node3"}], []]
    assert onboard["survey"] == []
    assert [node["unified_job_template"]["type"] for node in end["nodes"]] == ["workflow_approval", "job_template"]
    assert [question["variable"] for question in end["survey"]] == ["teardown"]

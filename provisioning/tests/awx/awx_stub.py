"""A stub of AWX's API: keeps what it is sent, finds it again by what a query names, and joins things to each other.

It proves that awx.yml names its parts rightly, in an order that works, and changes nothing the second time. It checks no permission,
and of values only that what they refer to exists; what AWX makes of them is not seen here.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# Fields that are the number of another thing, and what that is.
REFERENCES = {
    "organization": "organizations", "project": "projects", "source_project": "projects", "inventory": "inventories",
    "credential_type": "credential_types", "credential": "credentials", "execution_environment": "execution_environments",
    "default_environment": "execution_environments", "unified_job_template": "job_templates", "workflow_job_template": "workflow_job_templates",
}
BUILT_IN = ["Amazon Web Services", "Microsoft Azure Resource Manager"]
JOINED = ["credentials", "success_nodes", "failure_nodes", "always_nodes"]


class Awx:
    """What there is, by its kind and number."""

    def __init__(self):
        self.things: dict[str, dict[int, dict]] = {}
        self.changes: list[str] = []
        self.number = 0
        for name in BUILT_IN:
            self.make("credential_types", {"name": name})
        self.changes.clear()

    def make(self, kind: str, about: dict) -> dict:
        for field, other in REFERENCES.items():
            if isinstance(about.get(field), int) and about[field] not in self.things.get(other, {}):
                raise LookupError(f"{kind}: there is no {field} {about[field]}")
        self.number += 1
        url = f"/api/v2/{kind}/{self.number}/"
        links = ["survey_spec", "workflow_nodes", "create_approval_template", "labels", "instance_groups", "schedules", "copy",
                 "notification_templates_started", "notification_templates_success", "notification_templates_error",
                 "notification_templates_approvals", *JOINED]
        thing = {"scm_revision": "0" * 40, **about, "id": self.number, "type": kind.rstrip("s"), "url": url, "related": {link: f"{url}{link}/" for link in links}}
        thing["summary_fields"] = {}
        self.things.setdefault(kind, {})[self.number] = thing
        self.changes.append(f"made {kind} {about.get('name', about.get('identifier', ''))}")
        return thing

    def find(self, kind: str, query: dict[str, str]) -> list[dict]:
        if kind == "unified_job_templates":
            found = [*self.things.get("job_templates", {}).values(), *self.things.get("workflow_job_templates", {}).values()]
        else:
            found = list(self.things.get(kind, {}).values())
        plain = {name: value for name, value in query.items() if "__" not in name and name not in ("page_size", "order_by")}
        return [thing for thing in found if all(str(thing.get(name)) == value for name, value in plain.items() if name in thing)]


class Handler(BaseHTTPRequestHandler):
    awx: Awx

    def log_message(self, *_):
        pass

    def answer(self, status: int, body=None) -> None:
        text = json.dumps(body if body is not None else {}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(text)

    def body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def listing(self, things: list[dict]) -> None:
        self.answer(200, {"count": len(things), "next": None, "previous": None, "results": things})

    def place(self):
        """Kind, number, and what of it, from the path; the query besides."""
        url = urlsplit(self.path)
        parts = url.path.removeprefix("/api/v2/").strip("/").split("/")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None
        return parts[0], number, parts[2] if len(parts) > 2 else None, query

    def do_GET(self):  # noqa: N802
        kind, number, part, query = self.place()
        if number is None:
            return self.listing(self.awx.find(kind, query))
        thing = self.awx.things.get(kind, {}).get(number)
        if thing is None:
            return self.answer(404, {"detail": "Not found."})
        if part is None:
            return self.answer(200, thing)
        if part == "survey_spec":
            return self.answer(200, thing.get("_survey", {}))
        if part == "workflow_nodes":
            return self.listing([node for node in self.awx.things.get("workflow_job_template_nodes", {}).values() if node["workflow_job_template"] == number])
        return self.listing(thing.get(f"_{part}", []))

    def do_POST(self):  # noqa: N802
        kind, number, part, _ = self.place()
        sent = self.body()
        try:
            if number is None:
                return self.answer(201, self.awx.make(kind, sent))
            thing = self.awx.things[kind][number]
            if part == "survey_spec":
                thing["_survey"] = sent
                self.awx.changes.append(f"survey of {thing['name']}")
                return self.answer(200)
            if part == "create_approval_template":
                approval = self.awx.make("workflow_approval_templates", sent)
                thing["unified_job_template"] = approval["id"]
                return self.answer(201, approval)
            joined = thing.setdefault(f"_{part}", [])
            if sent.get("disassociate"):
                joined[:] = [other for other in joined if other["id"] != sent["id"]]
            else:
                joined.append({"id": sent["id"]})
            self.awx.changes.append(f"{part} of {thing.get('name', number)}")
            self.answer(204)
        except (LookupError, KeyError) as wrong:
            self.answer(400, {"detail": str(wrong)})

    def do_PATCH(self):  # noqa: N802
        kind, number, _, _ = self.place()
        self.awx.things[kind][number].update(self.body())
        self.awx.changes.append(f"changed {kind} {number}")
        self.answer(200, self.awx.things[kind][number])

    def do_DELETE(self):  # noqa: N802
        kind, number, _, _ = self.place()
        self.awx.things[kind].pop(number)
        self.answer(204)


class Stub:
    """The stub, listening on a free port of 127.0.0.1."""

    def __enter__(self):
        self.awx = Awx()
        handler = type("Bound", (Handler,), {"awx": self.awx})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

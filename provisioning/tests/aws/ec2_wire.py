"""EC2's query API as it is on the wire: signatures of version 4, parameters, answers.

Names, types, enumerations and required members are those of the model of EC2 that botocore ships, so a parameter that EC2 does not have
is refused, and an answer that a client could not read cannot be given.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

import botocore.loaders
from botocore.model import ServiceModel

EC2 = ServiceModel(botocore.loaders.Loader().load_service_model("ec2", "service-2", "2016-11-15"), "ec2")
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Refused(Exception):
    """An error in EC2's words."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class Defect(Exception):
    """The stub gave an answer that EC2 could not have given."""


def read(action: str, form: dict[str, str]) -> dict:
    """The parameters of a request by their names in the model."""
    if action not in EC2.operation_names:
        raise Refused("InvalidAction", f"The action {action} is not valid for this web service.")
    shape = EC2.operation_model(action).input_shape
    tree: dict = {}
    for key, value in form.items():
        if key in ("Action", "Version"):
            continue
        *path, last = key.split(".")
        at = tree
        for step in path:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                raise Refused("UnknownParameter", f"The parameter {key} is not recognized")
        at[last] = value
    return _read(tree, shape, "") if shape else {}


def _read(given, shape, path: str):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(given, dict):
            raise Refused("InvalidParameterValue", f"{path} is no structure")
        rest, found = dict(given), {}
        for name, member in shape.members.items():
            words = member.serialization
            wire = words.get("queryName") or (words["name"][0].upper() + words["name"][1:] if "name" in words else name)
            if wire in rest:
                found[name] = _read(rest.pop(wire), member, f"{path}.{wire}".lstrip("."))
        if rest:
            raise Refused("UnknownParameter", f"The parameter {f'{path}.{min(rest)}'.lstrip('.')} is not recognized")
        for name in shape.required_members:
            if name not in found:
                raise Refused("MissingParameter", f"The request must contain the parameter {f'{path}.{name}'.lstrip('.')}")
        return found
    if kind == "list":
        if not isinstance(given, dict) or sorted(given, key=int) != [str(n + 1) for n in range(len(given))]:
            raise Refused("InvalidParameterValue", f"{path} is no list")
        return [_read(given[str(n + 1)], shape.member, f"{path}.{n + 1}") for n in range(len(given))]
    if isinstance(given, dict):
        raise Refused("UnknownParameter", f"The parameter {path}.{min(given)} is not recognized")
    if kind == "boolean":
        if given not in ("true", "false"):
            raise Refused("InvalidParameterValue", f"Value ({given}) for parameter {path} is invalid.")
        return given == "true"
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", given):
            raise Refused("InvalidParameterValue", f"Value ({given}) for parameter {path} is invalid.")
        return int(given)
    if kind == "blob":
        return base64.b64decode(given)
    if kind == "string" and getattr(shape, "enum", None) and given not in shape.enum:
        raise Refused("InvalidParameterValue", f"Value ({given}) for parameter {path} is invalid.")
    return given


def answer(action: str, value: dict) -> bytes:
    """The answer as XML. A member that the model does not have is a defect of ours."""
    shape = EC2.operation_model(action).output_shape
    inside = _give(value, shape, action) if shape else "<return>true</return>"
    return f'<{action}Response xmlns="{NAMESPACE}"><requestId>stub</requestId>{inside}</{action}Response>'.encode()


def _give(value, shape, path: str) -> str:
    kind = shape.type_name
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise Defect(f"{path} has no {', '.join(sorted(unknown))}")
        told = ""
        for name, member in shape.members.items():
            if value.get(name) is not None:
                tag = member.serialization.get("name", name)
                told += f"<{tag}>{_give(value[name], member, f'{path}.{name}')}</{tag}>"
        return told
    if kind == "list":
        tag = shape.member.serialization.get("name", "item")
        return "".join(f"<{tag}>{_give(each, shape.member, path)}</{tag}>" for each in value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise Defect(f"{path} is no boolean: {value!r}")
        return str(value).lower()
    if kind in ("integer", "long"):
        if not isinstance(value, int):
            raise Defect(f"{path} is no number: {value!r}")
        return str(value)
    if kind == "blob":
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if not isinstance(value, str):
        raise Defect(f"{path} is no text: {value!r}")
    # EC2 calls an attached internet gateway `available`, of which its model knows nothing.
    if getattr(shape, "enum", None) and value not in shape.enum and shape.name != "AttachmentStatus":
        raise Defect(f"{path} is never {value}")
    return escape(value)


def refusal(refused: Refused) -> bytes:
    return (
        f"<Response><Errors><Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error></Errors>"
        "<RequestID>stub</RequestID></Response>"
    ).encode()


def check_signature(path: str, headers: dict[str, str], body: bytes, keys: dict[str, str]) -> tuple[str, str]:
    """The region and the service that a request is signed for; refused if it is not signed by one of `keys` (id to secret)."""
    wrong = Refused("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    said = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if not said:
        raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    key, day, region, service, signed, signature = said.groups()
    names = signed.split(";")
    if key not in keys or not {"host", "x-amz-date"} <= set(names):
        raise wrong
    canonical = "\n".join(
        ["POST", quote(path), ""]
        + [f"{name}:{' '.join(headers.get(name, '').split())}" for name in names]
        + ["", signed, hashlib.sha256(body).hexdigest()]
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = ("AWS4" + keys[key]).encode()
    for part in (day, region, service, "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex(), signature):
        raise wrong
    return region, service

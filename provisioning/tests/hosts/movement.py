"""What tests of movement endpoints need: certificates of all kinds, requests with them, and third-party copies."""

import functools
import json
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from machines import at
from people import secrets

VM = "analysis"  # it has a way to both endpoints, as the VMs of users have


@dataclass(frozen=True)
class Endpoint:
    machine: str
    address: str

    @property
    def name(self) -> str:
        """The one that is in its certificate."""
        return f"lab-{self.machine}"

    def url(self, path: str) -> str:
        """Where tokens are taken, as the other end of a copy is told."""
        return f"https://{self.name}:1095{path}"


HERE = Endpoint("movement", "10.60.10.14")
THERE = Endpoint("movement2", "198.51.100.30")


class Identities:
    """Keys and certificates of people, in a folder; `site` is the CA that the endpoints trust."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        self.folder = folder
        self.trusted = secrets / "tls" / "ca.crt"
        site = (
            x509.load_pem_x509_certificate(self.trusted.read_bytes()),
            serialization.load_pem_private_key((secrets / "tls" / "ca.key").read_bytes(), None),
        )
        other = self.issue("another-ca", site[0].subject, None)  # of the same name
        copier = name(CN="copier")
        self.issue("copier", copier, site)
        self.issue("reader", name(O="ISIS", CN="reader"), site)
        self.issue("unlisted", name(CN="somebody"), site)
        self.issue("namesake", name(O="Elsewhere", CN="copier"), site)
        self.issue("expired", copier, site, until=-timedelta(hours=1))
        self.issue("of-another-ca", copier, other)

    def issue(self, file: str, subject: x509.Name, by: tuple | None, until: timedelta = timedelta(days=1)) -> tuple:
        """A certificate of a CA, or without one a CA; it and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by[0].subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.utcnow() - timedelta(days=1))
            .not_valid_after(datetime.utcnow() + until)
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
            .sign(by[1] if by else key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{file}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        return certificate, key

    def shown(self, who: str | None) -> list[str]:
        """How curl is told to show somebody's certificate, or none, and whom to trust."""
        return ["--cacert", str(self.trusted), *(["--cert", str(self.folder / f"{who}.pem")] if who else [])]


@functools.cache
def identities_of_site() -> Identities:
    return Identities(Path(tempfile.mkdtemp(prefix="identities-")), secrets())


def name(**parts: str) -> x509.Name:
    oids = {"O": x509.NameOID.ORGANIZATION_NAME, "CN": x509.NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(oids[part], value) for part, value in parts.items()])


@dataclass(frozen=True)
class Answer:
    """What an endpoint said; status 0 where it hung up."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def copied(self) -> bool:
        """A copy answers 201 at its beginning, and how it went at its end."""
        return self.status == 201 and self.body.endswith("success: Created")


@dataclass(frozen=True)
class Client:
    """Somebody who talks to endpoints from a VM, with a certificate or none."""

    identities: Identities
    who: str | None

    def ask(self, endpoint: Endpoint, path: str, *options: str, base: str = "https://{}:1094") -> Answer:
        split = "\n--8<--\n"
        said = at(
            VM,
            *["curl", "--silent", "--path-as-is", "--max-time", "60", *self.identities.shown(self.who)],
            *["--connect-to", f"{endpoint.name}::{endpoint.address}:", *options, base.format(endpoint.name) + path],
            *["--write-out", split + "%{http_code}" + split + "%{header_json}"],
            timeout=90,
        ).stdout
        body, status, headers = said.split(split)
        last = {header: values[-1] for header, values in json.loads(headers).items()} if headers.strip() else {}
        return Answer(int(status), last, body)

    def show(self, token: str, endpoint: Endpoint, path: str, *options: str, base: str = "https://{}:1095") -> Answer:
        """The same with a token, where they are taken."""
        return self.ask(endpoint, path, "--header", f"Authorization: Bearer {token}", *options, base=base)

    def token(self, endpoint: Endpoint, path: str, activity: str, *caveats: str) -> str:
        wanted = json.dumps({"caveats": [f"activity:{activity}", *caveats], "validity": "PT5M"})
        answer = self.ask(endpoint, path, "--header", "Content-Type: application/macaroon-request", "--data", wanted)
        return json.loads(answer.body)["macaroon"] if answer.status == 200 else ""

    def copy(self, asked: Endpoint, path: str, *, token: str, **other: str) -> Answer:
        """Asks an endpoint to fetch its `path` from source=URL, or to send it to destination=URL, and shows the token there."""
        [(direction, url)] = other.items()
        headers = [f"{direction.title()}: {url}", f"TransferHeaderAuthorization: Bearer {token}"]
        return self.ask(asked, path, "--request", "COPY", *[part for header in headers for part in ("--header", header)])

    def checksum(self, endpoint: Endpoint, path: str) -> str:
        """The adler32 that an endpoint tells of a file."""
        return self.ask(endpoint, path, "--head", "--header", "Want-Digest: adler32").headers["digest"].removeprefix("adler32=")

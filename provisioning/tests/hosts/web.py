"""What tests of both proxies need: an origin on the internet, its names, and requests by a proxy."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from machines import at, done, inside, until

ORIGIN = "198.51.100.80"
FACILITY = "172.20.5.10"

# What the hosts' own hosts files say; there is no DNS in the lab.
NAMES = {
    "www.listed.example": ORIGIN,
    "www.unlisted.example": ORIGIN,
    "listed.example.unlisted.example": ORIGIN,
    "metadata.listed.example": "169.254.169.254",
    "self.listed.example": "127.0.0.1",
    "neighbour.listed.example": "10.60.10.13",
    "home.listed.example": FACILITY,
    "stratum1.example": ORIGIN,
    "lab-movement": "10.60.10.14",
    "lab-movement2": "198.51.100.30",
}


def name_all(*hosts: str) -> None:
    """Writes the names to hosts files; before a proxy starts, as it reads them then."""
    for host in hosts:
        written = "".join(f"{address} {name}\n" for name, address in NAMES.items())
        done(host, "sh", "-c", "sed -i '/# of the tests/,$d' /etc/hosts; (echo '# of the tests'; cat) >>/etc/hosts", given=written)


@contextmanager
def origin(machine: str = "origin", address: str = ORIGIN, *ports: str) -> Iterator[None]:
    """A web server as long as this lasts."""
    script, ports = Path(__file__).with_name("origin.py"), ports or ("80", "443", "8000", "8080")
    server = subprocess.Popen([*inside(machine), "/usr/bin/python3", script, address, *ports])
    try:
        listening = {f"{address}:{port}" for port in ports}
        until(lambda: listening <= set(at(machine, "ss", "-Hltn").stdout.split()), "the web server listens")
        yield
    finally:
        server.terminate()
        server.wait(10)


@dataclass(frozen=True)
class Answer:
    """What came of a request, status 0 where no answer came; `tunnel` is what came of CONNECT."""

    status: int
    tunnel: int
    headers: dict[str, str]
    body: str

    @property
    def refused(self) -> bool:
        """The proxy, and not who is behind it, said no."""
        return self.tunnel == 403 or self.status == 403 and self.headers.get("x-squid-error") == "ERR_ACCESS_DENIED 0"

    @property
    def cached(self) -> bool:
        return self.headers.get("x-cache", "").startswith("HIT ")


def ask(machine: str, proxy: str, url: str, *options: str) -> Answer:
    """Asks a proxy for a URL, from some machine."""
    split = "\n--8<--\n"
    said = at(
        machine,
        *["curl", "--silent", "--max-time", "20", "--connect-timeout", "3", "--proxy", proxy, "--noproxy", ""],
        *["--write-out", split + "%{json}" + split + "%{header_json}", *options, url],
    ).stdout
    body, facts, headers = said.split(split)
    told = json.loads(facts)
    last = {name: values[-1] for name, values in json.loads(headers).items()} if headers.strip() else {}
    return Answer(int(told["http_code"]), int(told["http_connect"]), last, body)


def count(path: str) -> int:
    """How often the origin was asked for a path."""
    return int(at("origin", "curl", "--silent", f"http://{ORIGIN}/count?path={path}").stdout)

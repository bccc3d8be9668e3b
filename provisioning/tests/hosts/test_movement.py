"""Movement endpoints copy to each other for whom they know, and for nobody else."""

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from machines import at, done, on
from movement import HERE, THERE, VM, Client, Identities

SIZE = 64 << 20
FOLDER = "/srv/movement"


@pytest.fixture(scope="module")
def identities(tmp_path_factory) -> Identities:
    return Identities(tmp_path_factory.mktemp("identities"), Path(os.environ["VMM_SITE_SECRETS"]))


@pytest.fixture(scope="module")
def data(tmp_path_factory, identities) -> Path:
    """Random bytes, which are at the other endpoint as /data."""
    file = tmp_path_factory.mktemp("data") / "data"
    file.write_bytes(os.urandom(SIZE))
    for path in ["/data", "/open/data"]:
        assert Client(identities, "copier").ask(THERE, path, "--upload-file", str(file)).status in (200, 201)
    return file


def sha256(host: str, path: str) -> str:
    return done(host, "sha256sum", FOLDER + path).split()[0]


def test_a_third_party_copy_arrives_whole_both_ways(identities, data) -> None:
    copier = Client(identities, "copier")
    source, back = f"https://{THERE[0]}:1094/data", f"https://{THERE[0]}:1094/back"
    assert copier.pull(HERE, "/pulled", source, copier.token(THERE, "/data", "DOWNLOAD")).copied
    assert copier.push(HERE, "/pulled", back, copier.token(THERE, "/back", "UPLOAD")).copied
    original = data.read_bytes()
    for endpoint, path in [(HERE, "/pulled"), (THERE, "/back")]:
        assert sha256(endpoint[0], path) == hashlib.sha256(original).hexdigest()
        assert copier.checksum(endpoint, path) == f"{zlib.adler32(original):08x}"


@pytest.mark.parametrize("who", [None, "unlisted", "namesake", "expired", "of-another-ca"])
def test_who_is_not_known_reads_writes_and_copies_nothing(identities, data, who) -> None:
    copier, stranger = Client(identities, "copier"), Client(identities, who)
    hung_up = 0 if who else 403
    assert stranger.ask(THERE, "/data").status == hung_up
    assert stranger.ask(HERE, f"/of-{who}", "--upload-file", str(data)).status == hung_up
    token = copier.token(THERE, "/data", "DOWNLOAD")
    copy = stranger.pull(HERE, f"/of-{who}", f"https://{THERE[0]}:1094/data", token)
    assert not copy.copied and copy.status in (0, 401, 403)
    assert on(HERE[0], "test", "-e", f"{FOLDER}/of-{who}").returncode == 1
    token = stranger.token(THERE, "/data", "DOWNLOAD")
    copy = copier.pull(HERE, f"/by-{who}", f"https://{THERE[0]}:1094/data", token)
    assert not copy.copied and "403" in copy.body, "a token of somebody unknown opens nothing"


def test_who_may_read_a_part_reads_that_and_writes_nothing(identities, data) -> None:
    reader = Client(identities, "reader")
    assert len(reader.ask(THERE, "/open/data", "--output", "/dev/null", "--fail").headers) > 0
    assert reader.ask(THERE, "/open/data", "--range", "0-9").status == 206
    for path in ["/data", "/open/../data", "/open/%2e%2e/data", "//data", "/opendata"]:
        assert reader.ask(THERE, path).status == 403, path
    assert reader.ask(THERE, "/open/mine", "--upload-file", str(data)).status == 403
    assert reader.ask(THERE, "/open/data", "--request", "DELETE").status == 403
    token = reader.token(THERE, "/open/data", "UPLOAD,DELETE")
    nobody = Client(identities, None)
    assert nobody.ask(THERE, "/open/data", "--request", "DELETE", "--header", f"Authorization: Bearer {token}").status == 403


def test_a_token_is_for_one_path_and_one_activity(identities, data) -> None:
    copier, nobody = Client(identities, "copier"), Client(identities, None)
    bearer = ["--header", f"Authorization: Bearer {copier.token(THERE, '/data', 'DOWNLOAD')}"]
    assert nobody.ask(THERE, "/data", "--range", "0-9", *bearer).status == 206
    assert nobody.ask(THERE, "/open/data", *bearer).status == 403
    assert nobody.ask(THERE, "/data", "--request", "DELETE", *bearer).status == 403
    assert nobody.ask(HERE, "/pulled", *bearer).status == 403, "the other endpoint has another key"


def test_the_other_protocol_of_the_server_lets_nobody_in(data) -> None:
    for user in ["copier", "root"]:
        copy = at(VM, "env", f"XrdSecUSERNAME={user}", "xrdcp", f"root://{user}@{HERE[1]}:1094//pulled", "-")
        assert copy.returncode != 0 and "permission denied" in copy.stderr

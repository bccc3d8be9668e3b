"""Movement endpoints copy to each other for whom they know, and for nobody else."""

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from machines import at, done, on
from movement import HERE, THERE, VM, Client, Identities
from web import origin

SIZE = 64 << 20
FOLDER = "/srv/movement"


@pytest.fixture(scope="module")
def identities(tmp_path_factory) -> Identities:
    return Identities(tmp_path_factory.mktemp("identities"), Path(os.environ["VMM_SITE_SECRETS"]))


@pytest.fixture(scope="module")
def data(tmp_path_factory, identities) -> Path:
    """Random bytes, which are at the other endpoint as /data and /open/data."""
    file = tmp_path_factory.mktemp("data") / "data"
    file.write_bytes(os.urandom(SIZE))
    for endpoint in [HERE, THERE]:
        done(endpoint.machine, "find", FOLDER, "-mindepth", "1", "-delete")
    for path in ["/data", "/open/data"]:
        assert Client(identities, "copier").ask(THERE, path, "--upload-file", str(file)).status in (200, 201)
    return file


@pytest.fixture
def copier(identities) -> Client:
    return Client(identities, "copier")


def there(machine: str, path: str) -> bool:
    return on(machine, "test", "-e", FOLDER + path).returncode == 0


def test_a_third_party_copy_arrives_whole_both_ways(copier, data) -> None:
    assert copier.copy(HERE, "/pulled", source=THERE.url("/data"), token=copier.token(THERE, "/data", "DOWNLOAD")).copied
    assert copier.copy(HERE, "/pulled", destination=THERE.url("/back"), token=copier.token(THERE, "/back", "UPLOAD")).copied
    original = data.read_bytes()
    for endpoint, path in [(HERE, "/pulled"), (THERE, "/back")]:
        assert done(endpoint.machine, "sha256sum", FOLDER + path).split()[0] == hashlib.sha256(original).hexdigest()
        assert copier.checksum(endpoint, path) == f"{zlib.adler32(original):08x}"


@pytest.mark.parametrize("who", [None, "unlisted", "namesake", "expired", "of-another-ca"])
def test_who_is_not_known_reads_writes_and_copies_nothing(identities, copier, data, who) -> None:
    stranger = Client(identities, who)
    refused = 0 if who else 403  # a certificate that is not accepted ends the connection
    assert stranger.ask(THERE, "/data").status == refused
    assert stranger.ask(HERE, f"/of-{who}", "--upload-file", str(data)).status == refused
    copy = stranger.copy(HERE, f"/of-{who}", source=THERE.url("/data"), token=copier.token(THERE, "/data", "DOWNLOAD"))
    assert not copy.copied and copy.status in (0, 401, 403)
    assert not there("movement", f"/of-{who}")
    copy = copier.copy(HERE, f"/by-{who}", source=THERE.url("/data"), token=stranger.token(THERE, "/data", "DOWNLOAD"))
    assert not copy.copied and "failure: Remote side failed with status code 403" in copy.body


def test_who_may_read_a_part_reads_that_and_writes_nothing(identities, data) -> None:
    reader, nobody = Client(identities, "reader"), Client(identities, None)
    assert reader.ask(THERE, "/open/data", "--range", "0-9").status == 206
    for path in ["/data", "/open/../data", "/open/%2e%2e/data", "//data", "/opened"]:
        assert reader.ask(THERE, path).status == 403, path
    assert reader.ask(THERE, "/open/mine", "--upload-file", str(data)).status == 403
    assert reader.ask(THERE, "/open/data", "--request", "DELETE").status == 403
    bearer = f"Authorization: Bearer {reader.token(THERE, '/open/data', 'UPLOAD,DELETE')}"
    assert nobody.ask(THERE, "/open/data", "--request", "DELETE", "--header", bearer).status == 403
    assert there("movement2", "/open/data")


def test_a_token_is_for_one_path_of_one_endpoint(identities, copier, data) -> None:
    nobody = Client(identities, None)
    bearer = ["--header", f"Authorization: Bearer {copier.token(THERE, '/data', 'DOWNLOAD')}"]
    assert nobody.ask(THERE, "/data", "--range", "0-9", *bearer).status == 206
    assert nobody.ask(THERE, "/open/data", *bearer).status == 403
    copier.ask(HERE, "/data", "--upload-file", __file__)
    assert nobody.ask(HERE, "/data", *bearer).status == 403


def test_it_is_not_talked_into_fetching_what_the_cloud_tells_of_it(copier, data) -> None:
    """Any source may be named, of plain HTTP as well; a metadata service would be at hand, so one is put up on the machine itself."""
    done("movement", "ip", "address", "replace", "169.254.169.254/32", "dev", "lo")
    with origin("movement", "169.254.169.254", "80"):
        assert at("movement", "curl", "--silent", "http://169.254.169.254/secret").stdout == "this is /secret\n", "root may"
        copy = copier.copy(HERE, "/secret", source="http://169.254.169.254/secret", token="")
    done("movement", "ip", "address", "delete", "169.254.169.254/32", "dev", "lo")
    assert "failure: Couldn't connect to server" in copy.body
    assert "this is" not in copier.ask(HERE, "/secret").body


def test_the_other_protocol_of_the_server_lets_nobody_in(copier, data) -> None:
    copier.ask(HERE, "/here", "--upload-file", __file__)
    for user in ["copier", "root"]:
        copy = at(VM, "xrdcp", "--silent", f"root://{user}@{HERE.address}:1094//here", "-")
        assert copy.returncode != 0 and "permission denied" in copy.stderr, copy

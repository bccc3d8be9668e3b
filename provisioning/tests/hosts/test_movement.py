"""Movement endpoints copy to each other for whom they know, and for nobody else."""

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from machines import at, done, on
from movement import HERE, THERE, VM, Client, Identities, identities_of_site
from web import origin

SIZE = 64 << 20
FOLDER = "/srv/movement"


def who_is_known_writes_and_reads() -> None:
    copier = Client(identities_of_site(), "copier")
    assert copier.ask(HERE, "/checked", "--upload-file", __file__).status in (200, 201)
    assert copier.ask(HERE, "/checked").body == Path(__file__).read_text()


def who_is_not_known_does_not() -> None:
    for who in [None, "unlisted", "of-another-ca"]:
        assert Client(identities_of_site(), who).ask(HERE, f"/of-{who}", "--upload-file", __file__).status in (0, 403), who
        assert not there("movement", f"/of-{who}")


CHECKS = {check.__name__: check for check in [who_is_known_writes_and_reads, who_is_not_known_does_not]}


@pytest.fixture(scope="module")
def identities() -> Identities:
    return identities_of_site()


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
    token = reader.token(THERE, "/open/data", "UPLOAD,DELETE")
    assert nobody.show(token, THERE, "/open/data", "--request", "DELETE").status == 403
    assert there("movement2", "/open/data")


def test_a_token_is_for_one_path_of_one_endpoint_and_what_it_was_asked_for(identities, copier, data) -> None:
    nobody, token = Client(identities, None), copier.token(THERE, "/data", "DOWNLOAD")
    assert nobody.show(token, THERE, "/data", "--range", "0-9").status == 206
    assert nobody.show(token, THERE, "/open/data").status == 403
    copier.ask(HERE, "/data", "--upload-file", __file__)
    assert nobody.show(token, HERE, "/data").status == 403
    for method in ["DELETE", "MKCOL"]:
        assert nobody.show(token, THERE, "/data", "--request", method).status in (403, 405), method
    assert nobody.show(token, THERE, "/data", "--upload-file", __file__).status == 403
    assert nobody.show(token, THERE, "/", "--request", "MOVE", "--header", f"Destination: {THERE.url('/moved')}").status == 403
    upload = copier.token(THERE, "/new", "UPLOAD")
    assert nobody.show(upload, THERE, "/new", "--upload-file", __file__).status in (200, 201)
    assert nobody.show(upload, THERE, "/new").status == nobody.show(upload, THERE, "/new", "--request", "DELETE").status == 403
    assert done("movement2", "stat", "--format", "%s", FOLDER + "/data").strip() == str(SIZE)


def test_a_token_gives_nobody_the_rights_of_a_name_in_it(identities, copier, data) -> None:
    """Anybody gets one that tells whether a path exists, and may write a name into it; the server of people knows no tokens."""
    nobody = Client(identities, None)
    for token in [nobody.token(THERE, "/data", "DELETE", "name:copier"), copier.token(THERE, "/data", "DELETE,DOWNLOAD", "activity:LIST")]:
        assert nobody.show(token, THERE, "/data", "--head").status == 200
        for base in ["https://{}:1094", "https://{}:1095"]:
            for options in [[], ["--request", "DELETE"], ["--upload-file", __file__]]:
                assert nobody.show(token, THERE, "/data", *options, base=base).status == 403, (base, options)
    deletes = copier.token(THERE, "/data", "DELETE")
    assert nobody.show(deletes, THERE, "/data", "--request", "DELETE", base="https://{}:1094").status == 403
    assert done("movement2", "stat", "--format", "%s", FOLDER + "/data").strip() == str(SIZE)


def test_tokens_are_not_taken_in_clear_nor_made_where_they_are_taken(identities, copier, data) -> None:
    nobody, token = Client(identities, None), copier.token(THERE, "/data", "DOWNLOAD")
    assert nobody.show(token, THERE, "/data", base="http://{}:1095").status == 0
    assert nobody.show(token, THERE, "/data", base="http://{}:1094").status == 403
    request = ["--header", "Content-Type: application/macaroon-request", "--data", '{"validity": "PT5M"}']
    assert copier.ask(THERE, "/data", *request).status == 200
    assert copier.ask(THERE, "/data", *request, base="https://{}:1095").status == 501


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
    copy = at(VM, "xrdcp", "--silent", f"root://copier@{HERE.address}:1095//here", "-")
    assert copy.returncode != 0 and "TLS error" in copy.stderr, copy

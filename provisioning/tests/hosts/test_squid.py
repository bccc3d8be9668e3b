"""The proxy lets through what is listed, for whom it is there, and nothing else."""

import json

import pytest
from machines import done, on, until
from web import NAMES, ORIGIN, ask, origin

PROXY = "http://10.60.10.12:3128"
VM = "analysis"


def listed_names_pass() -> None:
    assert ask(VM, PROXY, "http://www.listed.example/a").body == "this is /a\n"
    assert ask(VM, PROXY, "http://www.listed.example:443/b", "--proxytunnel").body == "this is /b\n"


def unlisted_names_are_refused() -> None:
    for name in ["www.unlisted.example", "listed.example.unlisted.example"]:
        assert ask(VM, PROXY, f"http://{name}/").refused, name
        assert ask(VM, PROXY, f"http://{name}:443/", "--proxytunnel").refused, name


def an_address_is_refused_though_it_has_a_listed_name() -> None:
    assert NAMES["www.listed.example"] == ORIGIN
    assert ask(VM, PROXY, f"http://{ORIGIN}/").refused
    assert ask(VM, PROXY, f"http://{ORIGIN}:443/", "--proxytunnel").refused


def only_web_ports_pass() -> None:
    assert ask(VM, PROXY, "http://www.listed.example:8080/").refused
    for port in [22, 80, 8080]:
        assert ask(VM, PROXY, f"http://www.listed.example:{port}/", "--proxytunnel").refused, port


def metadata_and_inside_are_refused() -> None:
    for name in ["169.254.169.254", "[fd00:ec2::254]", "168.63.129.16", "127.0.0.1", "localhost", "10.60.10.13"]:
        assert ask(VM, PROXY, f"http://{name}/latest/meta-data/").refused, name


def metadata_and_inside_are_refused_by_listed_names() -> None:
    for name in ["metadata", "self", "neighbour", "home"]:
        assert ask(VM, PROXY, f"http://{name}.listed.example/").refused, name
        assert ask(VM, PROXY, f"http://{name}.listed.example:443/", "--proxytunnel").refused, name


def others_get_nothing_by_the_proxy() -> None:
    assert ask("squid", "http://127.0.0.1:3128", "http://www.listed.example/").refused
    assert ask("attacker", PROXY, "http://www.listed.example/").status == 0


def the_facility_may_knock_and_gets_nothing() -> None:
    assert ask("facility", PROXY, "http://www.listed.example/").refused


def its_own_pages_are_closed() -> None:
    for page in ["menu", "info", "config"]:
        assert ask(VM, PROXY, f"{PROXY}/squid-internal-mgr/{page}").status in (403, 404), page


def the_origin_does_not_learn_who_asked() -> None:
    seen = {name.lower(): value for name, value in json.loads(ask(VM, PROXY, "http://www.listed.example/headers").body).items()}
    assert seen["host"] == "www.listed.example"
    assert not {"via", "x-forwarded-for", "forwarded"} & set(seen)
    assert "10.60." not in str(seen)


CHECKS = {
    check.__name__: check
    for check in [
        listed_names_pass,
        unlisted_names_are_refused,
        an_address_is_refused_though_it_has_a_listed_name,
        only_web_ports_pass,
        metadata_and_inside_are_refused,
        metadata_and_inside_are_refused_by_listed_names,
        others_get_nothing_by_the_proxy,
        the_facility_may_knock_and_gets_nothing,
        its_own_pages_are_closed,
        the_origin_does_not_learn_who_asked,
    ]
}


@pytest.fixture(scope="module", autouse=True)
def internet():
    with origin():
        yield


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_squid(check) -> None:
    check()


def test_logs_are_rotated_and_written_on() -> None:
    done("squid", "logrotate", "--force", "/etc/logrotate.d/squid")
    ask(VM, PROXY, "http://www.listed.example/after-the-rotation")
    until(
        lambda: on("squid", "grep", "-q", "after-the-rotation", "/var/log/squid/access.log").returncode == 0,
        "the new log is written to",
    )
    assert on("squid", "grep", "-q", "after-the-rotation", "/var/log/squid/access.log.1").returncode == 1

"""The cache of CVMFS serves stratum 1 servers, also when they are away, and nothing else; the client's configuration fits it."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from machines import done, until
from web import ORIGIN, ask, count, origin

PROXY = "http://10.60.10.13:3128"
STRATUM_1 = "http://stratum1.example"
VM = "analysis"


def path() -> str:
    """Of an object that nobody asked for before."""
    return f"/cvmfs/sft.cern.ch/data/{uuid.uuid4().hex}"


def objects_are_served_and_kept() -> None:
    wanted = path()
    for port in ["", ":8000"]:
        assert ask(VM, PROXY, f"{STRATUM_1}{port}{wanted}?age=600").body == f"this is {wanted}\n"
    again = ask(VM, PROXY, f"{STRATUM_1}{wanted}?age=600")
    assert again.cached and again.body == f"this is {wanted}\n"
    assert count(wanted) == 2, "once for each port"


def short_lived_manifests_are_kept() -> None:
    wanted = path()
    for cached in [False, True]:
        assert ask(VM, PROXY, f"{STRATUM_1}{wanted}?age=30").cached == cached


def many_at_once_are_one_request() -> None:
    wanted = path()
    with ThreadPoolExecutor(6) as vms:
        answers = list(vms.map(lambda _: ask(VM, PROXY, f"{STRATUM_1}{wanted}?age=600&slow=1.5"), range(6)))
    assert [answer.body for answer in answers] == [f"this is {wanted}\n"] * 6
    assert count(wanted) == 1


def other_servers_are_refused() -> None:
    for name in ["www.listed.example", "169.254.169.254", ORIGIN, "10.60.10.12"]:
        assert ask(VM, PROXY, f"http://{name}{path()}").refused, name


def all_but_reading_objects_is_refused() -> None:
    wanted = path()
    for method in ["POST", "PUT", "DELETE", "PURGE"]:
        assert ask(VM, PROXY, f"{STRATUM_1}{wanted}", "--request", method).refused, method
    assert ask(VM, PROXY, f"{STRATUM_1}:443{wanted}", "--proxytunnel").refused
    assert ask(VM, PROXY, f"{STRATUM_1}:8080{wanted}").refused
    assert ask(VM, PROXY, f"{STRATUM_1}/headers").refused
    assert count(wanted) == 0


def others_get_nothing_of_the_cache() -> None:
    assert ask("cvmfs", "http://127.0.0.1:3128", f"{STRATUM_1}{path()}").refused
    assert ask("attacker", PROXY, f"{STRATUM_1}{path()}").status == 0


CHECKS = {
    check.__name__: check
    for check in [
        objects_are_served_and_kept,
        short_lived_manifests_are_kept,
        many_at_once_are_one_request,
        other_servers_are_refused,
        all_but_reading_objects_is_refused,
        others_get_nothing_of_the_cache,
    ]
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_cvmfs(check) -> None:
    with origin():
        check()


def test_what_is_kept_is_served_on_when_it_is_old_and_the_origin_is_away() -> None:
    wanted = f"{STRATUM_1}{path()}?age=1"
    with origin():
        text = ask(VM, PROXY, wanted).body
    assert ask(VM, PROXY, f"{STRATUM_1}{path()}?age=1").status == 503, "the origin is away"
    until(lambda: "Revalidation failed" in ask(VM, PROXY, wanted).headers.get("warning", ""), "it is old")
    assert ask(VM, PROXY, wanted).body == text


def test_what_is_kept_outlives_a_restart_of_the_cache() -> None:
    wanted = f"{STRATUM_1}{path()}?age=600"
    with origin():
        text = ask(VM, PROXY, wanted).body
    done("cvmfs", "systemctl", "restart", "squid")
    until(lambda: ask(VM, PROXY, wanted).body == text, "it has read what it keeps")

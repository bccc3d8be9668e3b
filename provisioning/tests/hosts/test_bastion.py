"""The bastion is the only way in, for who has a certificate of the site and comes from where administrators are."""

import re
import threading
from contextlib import contextmanager

import pytest
from machines import done
from people import BANNER, BASTION, OTHER, SQUID, opened, opens, operator, people, secrets

PRIVATE = {"vpn": "10.60.10.11", "squid": "10.60.10.12", "cvmfs": "10.60.10.13", "movement": "10.60.10.14"}
filter_lock = threading.Lock()


@contextmanager
def let_in(address: str):
    """Opens the bastion's packet filter for one address, and closes it again."""
    with filter_lock:
        rule = f"inet baseline input ip saddr {address} tcp dport 22 accept"
        said = done("bastion", "nft", "--echo", "--handle", "insert", "rule", *rule.split())
        handle = re.search(r"handle (\d+)", said).group(1)
        try:
            yield
        finally:
            done("bastion", "nft", "delete", "rule", "inet", "baseline", "input", "handle", handle)


def a_certificate_jumps() -> None:
    assert BANNER in people().jump("alice").out


def the_operator_gets_to_each_machine_as_the_site_says() -> None:
    for name in ["bastion", *PRIVATE, "movement2"]:
        assert operator(name, "sudo", "id", "-u").out.strip() == "0", name


def without_a_certificate_nobody_jumps() -> None:
    for who in ["without", "of-another-ca", "expired", "wrong-principal"]:
        assert people().jump(who).denied, who


def who_jumps_has_no_shell_and_no_terminal() -> None:
    command = people().ssh("alice", f"jump@{BASTION}", "id")
    assert command.status != 0 and "uid=" not in command.out
    terminal = people().ssh("alice", "-tt", f"jump@{BASTION}")
    assert "PTY allocation request failed" in terminal.err


def who_jumps_gets_to_port_22_of_the_private_tier_only() -> None:
    for to in [f"{SQUID}:3128", f"{SQUID}:9100", "127.0.0.1:22", "10.60.0.51:22", "172.20.5.1:22", "198.51.100.80:80"]:
        said = people().jump("alice", to)
        assert said.out == "" and "administratively prohibited" in said.err, to
    assert "remote port forwarding failed" in people().ssh("alice", "-oExitOnForwardFailure=yes", "-NR", "2222:127.0.0.1:22", f"jump@{BASTION}").err


def who_may_jump_is_no_administrator() -> None:
    assert people().ssh("alice", f"debian@{BASTION}", "id").denied
    assert people().jump("admin").denied


def root_and_passwords_are_refused() -> None:
    assert people().ssh("admin", f"root@{BASTION}", "id").denied
    said = people().ssh("without", "-oPreferredAuthentications=password,keyboard-interactive", f"debian@{BASTION}", "id")
    assert said.denied and "(publickey)" in said.err


def elsewhere_the_packet_filter_lets_nobody_in() -> None:
    assert people().jump("alice", place="attacker").unreachable
    assert not opens("attacker", BASTION, 22)


def elsewhere_the_filter_open_the_certificate_is_refused() -> None:
    with let_in(OTHER):
        said = people().jump("alice", f"{SQUID}:22", f"-oBindAddress={OTHER}", place="attacker")
        assert said.denied, said


def elsewhere_the_filter_open_administrators_are_refused() -> None:
    with let_in(OTHER):
        said = people().ssh("admin", f"-oBindAddress={OTHER}", f"debian@{BASTION}", "id", place="attacker")
        assert said.denied, said


def the_private_tier_takes_administrators_from_the_bastion_only() -> None:
    places = ["attacker", "admin", "analysis", "facility"]
    assert opened([(place, address, 22) for place in places for address in PRIVATE.values()]) == set()


def only_what_is_listed_is_open() -> None:
    """From a VM, which is nearest; the ports that listen, as the hosts themselves say."""
    listed = {"squid": {3128}, "cvmfs": {3128}, "movement": {1094, 1095}, "vpn": set(), "bastion": set()}
    for name, ports in listed.items():
        sockets = done(name, "ss", "-Hltn").splitlines()
        listening = {int(line.split()[3].rsplit(":", 1)[1]) for line in sockets if not re.match(r"127\.|\[::1\]", line.split()[3])}
        assert 22 in listening
        address = PRIVATE.get(name, BASTION)
        assert opened([("analysis", address, port) for port in listening]) == {("analysis", address, port) for port in ports & listening}


CHECKS = {
    check.__name__: check
    for check in [
        a_certificate_jumps,
        the_operator_gets_to_each_machine_as_the_site_says,
        without_a_certificate_nobody_jumps,
        who_jumps_has_no_shell_and_no_terminal,
        who_jumps_gets_to_port_22_of_the_private_tier_only,
        who_may_jump_is_no_administrator,
        root_and_passwords_are_refused,
        elsewhere_the_packet_filter_lets_nobody_in,
        elsewhere_the_filter_open_the_certificate_is_refused,
        elsewhere_the_filter_open_administrators_are_refused,
        the_private_tier_takes_administrators_from_the_bastion_only,
        only_what_is_listed_is_open,
    ]
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_bastion(check) -> None:
    check()


def test_a_revoked_certificate_is_refused_from_the_next_run_on(run) -> None:
    assert BANNER in people().jump("mallory").out
    revoke = ["-e", '{"revoked_certificates": [{"id": "mallory"}]}', "--limit", "localhost,lab-bastion"]
    assert run(*revoke).ok
    assert people().jump("mallory").denied
    assert BANNER in people().jump("alice").out
    assert run("--limit", "localhost,lab-bastion").ok
    assert BANNER in people().jump("mallory").out


def test_secrets_are_for_their_owner_only() -> None:
    assert secrets().stat().st_mode & 0o077 == 0
    private = [file for file in secrets().rglob("*") if file.is_file() and "PRIVATE KEY" in file.read_text(errors="replace")]
    assert {file.name for file in private} >= {"ssh_ca", "ca.key", "lab-vpn.key", "lab-home.key"}
    assert [file for file in private if file.stat().st_mode & 0o077] == []

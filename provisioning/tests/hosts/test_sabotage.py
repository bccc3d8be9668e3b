"""Each thing that is broken on purpose is caught by exactly the checks that should, and mended by the next run."""

import subprocess
from datetime import datetime, timedelta

from checks import failing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from machines import done, until
from people import secrets
from test_squid import PROXY
from test_tunnel import fetches
from web import ask, origin

# What needs the tunnel.
TUNNEL = {
    "a_vm_reaches_the_facility",
    "the_facility_probes_each_service",
    "the_facility_reaches_vms_where_they_serve",
    "the_facility_may_knock_and_gets_nothing",
    "only_the_tunnel_is_on_the_wire",
}


def remove_from() -> None:
    done("bastion", "sed", "-i", "s/^from=[^,]*,//", "/etc/ssh/principals/jump")


def open_a_port() -> None:
    done("vpn", "nft", "insert", "rule", "inet", "baseline", "input", "tcp", "dport", "9100", "accept")


def stop_the_tunnel() -> None:
    done("vpn", "systemctl", "stop", "openvpn-client@lab")


def widen_the_list() -> None:
    done("squid", "sed", "-i", "s/^acl listed dstdomain -n .*/& .unlisted.example/", "/etc/squid/squid.conf")
    done("squid", "squid", "-k", "reconfigure")
    with origin():
        until(lambda: ask("analysis", PROXY, "http://www.unlisted.example/").status == 200, "squid has read the wider list")


def expire_the_ca() -> None:
    """As if its day had come: the same CA, but over, in the site's secrets and wherever it is trusted."""
    folder = secrets() / "tls"
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    valid = (folder / "ca.crt").read_text()
    old = x509.load_pem_x509_certificate(valid.encode())
    over = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer).public_key(old.public_key())
    over = over.serial_number(x509.random_serial_number())
    over = over.not_valid_before(datetime.utcnow() - timedelta(days=9)).not_valid_after(datetime.utcnow() - timedelta(days=1))
    for extension in old.extensions:
        over = over.add_extension(extension.value, extension.critical)
    expired = over.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    (folder / "ca.crt").write_text(expired)
    for host, path, unit in [
        ("home", "/etc/openvpn/server/lab.conf", "openvpn-server@lab"),
        ("vpn", "/etc/openvpn/client/lab.conf", "openvpn-client@lab"),
        ("movement", "/etc/xrootd/tls/ca.crt", "xrootd@movement"),
    ]:
        text = done(host, "cat", path)
        assert valid.strip() in text
        done(host, "sh", "-c", f"cat >{path}", given=text.replace(valid.strip(), expired.strip()))
        done(host, "systemctl", "restart", unit)


def test_from_ports_lists_and_the_tunnel(run) -> None:
    assert failing() == set()
    expected = set()
    for breaks, caught_by in [
        (remove_from, {"elsewhere_the_filter_open_the_certificate_is_refused"}),
        (open_a_port, {"only_what_is_listed_is_open", "only_the_facility_sees_figures"}),
        (widen_the_list, {"unlisted_names_are_refused"}),
        (stop_the_tunnel, TUNNEL),
    ]:
        breaks()
        expected |= caught_by
        assert failing() == expected, breaks.__name__
    mended = run()
    assert mended.ok, mended.failures
    until(lambda: fetches("analysis"), "the tunnel is back", 30)
    assert failing() == set()
    assert sorted(mended.changed_tasks) == [
        "lab-bastion: bastion : Let certificates jump, from where administrators are",
        "lab-squid: squid : Configure squid",
        "lab-squid: squid : Restart squid",
        "lab-vpn: baseline : Load the packet filter",
        "lab-vpn: openvpn_client : Run this end",
    ]


def test_an_expired_ca(run) -> None:
    expire_the_ca()
    assert failing() == TUNNEL | {"who_is_known_writes_and_reads"}
    mended = run("--limit", "localhost,lab-vpn,lab-home,lab-movement,lab-movement2")
    assert mended.ok, mended.failures
    until(lambda: fetches("analysis"), "the tunnel is back", 30)
    assert failing() == set()
    subprocess.run(["openssl", "x509", "-checkend", str(86400 * 365), "-noout", "-in", secrets() / "tls" / "ca.crt"], check=True)

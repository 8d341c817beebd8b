"""`upstreams: system`: the servers of /etc/resolv.conf are asked, or it is said why not."""

import subprocess
from pathlib import Path

import pytest

from gate import BIN
from waiting import until

RULES = """
rules:
  - { name: must-exist, check: sender_mx, preset: standard }
"""

ZONE = """\
zone:
  good.example: { MX: [10 mail.good.example] }
  mail.good.example: { A: [198.51.100.25] }
  big.example: { fault: truncate, MX: [10 mail.good.example] }
  null.example: { MX: [0 .] }
"""

RESOLV_CONF = Path("/mnt/resolv.conf")  # mounted over /etc/resolv.conf


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def resolv_conf():
    """resolv_conf(TEXT): what /etc/resolv.conf says until the test ends."""
    before = RESOLV_CONF.read_text()
    yield RESOLV_CONF.write_text
    RESOLV_CONF.write_text(before)


@pytest.fixture
def cable():
    """A link of two interfaces, `here` and `there`; the far end is fe80::53, as a router may be."""
    ip("link", "add", "here", "type", "veth", "peer", "name", "there")
    for end, address in (("here", "fe80::1"), ("there", "fe80::53")):
        ip("link", "set", end, "addrgenmode", "none")
        ip("link", "set", end, "up")
        ip("-6", "address", "add", f"{address}/64", "dev", end, "nodad")
    yield
    ip("link", "delete", "here")


def status_of(door):
    return subprocess.run([BIN / "posternctl", "--config", door.settings_file, "status"],
                          capture_output=True, text=True, check=False).stdout


def servers_of(door):
    return [server["server"] for server in door.control.status()["upstreams"]]


def test_a_server_with_a_scope_is_asked_by_udp_and_tcp(door, zone_server, resolv_conf, cable):
    server = zone_server(ZONE, listen="[fe80::53%there]:53")
    resolv_conf("nameserver fe80::53%here\n")
    door = door(RULES, upstreams="system")
    assert servers_of(door) == ["[fe80::53%here]:53"]
    assert door.ask("x@good.example") == ""
    assert door.ask("x@null.example").startswith("550 5.7.27 ")
    assert door.ask("x@big.example") == ""
    assert server.queries("big.example", "MX") == 2, "over UDP, and again over TCP"
    assert not [line for line in door.said() if "resolv.conf" in line]


def test_the_settings_can_name_a_scope(door, zone_server, cable):
    server = zone_server(ZONE, listen="[fe80::53%there]:0")
    door = door(RULES, upstreams=f'[["[fe80::53%here]:{server.port}"]]')
    assert door.ask("x@null.example").startswith("550 5.7.27 ")
    assert door.ask("x@gone.example").startswith("550 5.1.8 ")


# An interface that is not there yet at the start is not given up.
def test_an_interface_may_come_later(door, zone_server, resolv_conf, request):
    resolv_conf("nameserver fe80::53%here\n")
    door = door(RULES, upstreams="system")
    assert "this machine has no interface 'here' now" in door.daemon.log()
    assert door.ask("x@null.example").startswith("451 4.4.3 ")
    request.getfixturevalue("cable")
    zone_server(ZONE, listen="[fe80::53%there]:53")
    assert until(lambda: door.ask("x@null.example").startswith("550 5.7.27 "), 15, pause=0.2)


def test_a_scope_that_leads_elsewhere_is_silence_and_never_a_refusal(
        door, zone_server, resolv_conf, cable):
    zone_server(ZONE, listen="[fe80::53%there]:53")
    resolv_conf("nameserver fe80::53%lo\n")
    door = door(RULES, upstreams="system")
    assert door.ask("x@null.example").startswith("451 4.4.3 ")


# nsd is at 127.0.0.1:53, so mail is judged all the same.
def test_what_is_not_used_is_said_everywhere(door, resolv_conf):
    resolv_conf("# by hand\nnameserver fe80::53\nnameserver ns.example\noptions use-vc\n")
    door = door(RULES, upstreams="system")
    assert servers_of(door) == ["127.0.0.1:53"]
    wanted = ["/etc/resolv.conf:2:12: warning: nameserver: found 'fe80::53', which is link-local",
              "/etc/resolv.conf:3:12: warning: nameserver: found 'ns.example'",
              "/etc/resolv.conf:4:9: warning: options: 'use-vc' is not used",
              "/etc/resolv.conf: warning: names no server that can be asked; asking 127.0.0.1"]
    check = subprocess.run([BIN / "posternctl", "--config", door.settings_file, "check"],
                           capture_output=True, text=True, check=False)
    for text in wanted:
        assert text in check.stdout + check.stderr
        assert text in status_of(door)
        assert text.split(": warning: ")[1] in door.daemon.log()
    assert door.ask("x@null.good.example").startswith("550 5.7.27 ")


# The nearest file of which nothing is said: what systemd-resolved writes.
def test_an_ordinary_file_makes_no_warning(door, resolv_conf):
    resolv_conf("nameserver 127.0.0.1\noptions edns0 trust-ad\nsearch .\n")
    door = door(RULES, upstreams="system")
    assert servers_of(door) == ["127.0.0.1:53"]
    assert "resolv.conf" not in status_of(door) + door.daemon.log()

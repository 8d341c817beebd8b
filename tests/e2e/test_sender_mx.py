"""sender_mx with the records of a real name server, seen from the SMTP client."""

import pytest

from mta import STOCK
from nameserver import NSD_PORT
from smtp import Client

RULES = """
rules:
  - name: sender-must-exist
    check: sender_mx
    preset: standard
    on: { unusable: reject 550 5.7.1 "unusable for us" }
"""

PASSES = [
    ("mx.good.example", "mx"),
    ("MX.Good.Example", "mx"),
    ("two.good.example", "mx"),  # two records naming one host
    ("chain.good.example", "mx"),  # three CNAMEs first
    ("bigmx.good.example", "mx"),  # sixty records: truncated, asked again over TCP
    ("a-only.good.example", "implicit"),
    ("aaaa-only.good.example", "implicit"),
]

REFUSED = [
    ("missing.good.example", "missing", "does not exist or cannot receive mail"),
    ("empty.good.example", "missing", "does not exist or cannot receive mail"),
    ("null.good.example", "null_mx", "Sender domain does not accept mail"),
    ("loopback.good.example", "unusable", "unusable for us"),
    ("private.good.example", "unusable", "unusable for us"),
    ("dangling.good.example", "unusable", "unusable for us"),
]


@pytest.mark.parametrize("domain, finding", PASSES, ids=[case[0] for case in PASSES])
def test_who_can_be_answered_passes(postfix, gate, domain, finding):
    daemon = gate(RULES)
    with Client(STOCK) as client:
        assert client.envelope(f"ann@{domain}").code == 250
    line = daemon.decided(sender=f"ann@{domain.lower()}")
    assert (line["action"], line["reply"]) == ("pass", "DUNNO")
    assert f"MX {domain.lower()}: found (127.0.0.1:{NSD_PORT})" in line["dns"] or \
        finding == "implicit"


@pytest.mark.parametrize("domain, finding, text", REFUSED, ids=[case[0] for case in REFUSED])
def test_who_cannot_be_answered_is_refused(postfix, gate, domain, finding, text):
    daemon = gate(RULES)
    with Client(STOCK) as client:
        answer = client.envelope(f"eve@{domain}", "you@here.example")
    assert answer.code == 550
    assert answer.endswith(text)
    line = daemon.decided(sender=f"eve@{domain}")
    assert (line["rule"], line["check"]) == ("sender-must-exist", "sender_mx")
    assert (line["finding"], line["action"]) == (finding, "reject")
    postfix.logged(f"reject: RCPT from .*550 5.*from=<eve@{domain}>")


def test_null_mx_has_the_registered_code(postfix, gate):
    gate(RULES)
    with Client(STOCK) as client:
        answer = client.envelope("eve@null.good.example", "you@here.example")
    assert answer == ("550 5.7.27 <you@here.example>: Recipient address rejected: "
                      "Sender domain does not accept mail")


def test_unusable_passes_as_shipped(postfix, gate):
    daemon = gate("""
rules:
  - { name: sender-must-exist, check: sender_mx, preset: standard }
""")
    with Client(STOCK) as client:
        assert client.envelope("eve@private.good.example").code == 250
    assert daemon.decided(sender="eve@private.good.example")["also"] == "sender-must-exist"


def test_own_private_networks_can_be_usable(postfix, gate):
    gate("""
rules:
  - name: sender-must-exist
    check: sender_mx
    usable_networks: [10.0.0.0/8]
    on: { unusable: reject 550 5.7.1 "unusable for us" }
""")
    with Client(STOCK) as client:
        assert client.envelope("ann@private.good.example").code == 250
        assert client.envelope("eve@loopback.good.example").code == 550


def test_the_null_sender_is_never_looked_up(postfix, gate, zone_server):
    server = zone_server("zone: {}\n")
    daemon = gate(RULES, dns=server)
    with Client(STOCK) as client:
        assert client.envelope("").code == 250
    line = daemon.decided(sender="<>")
    assert (line["action"], line.get("check"), line.get("dns")) == ("pass", None, None)
    assert server.log() == ""


def test_address_literals_are_never_looked_up(postfix, gate, zone_server):
    server = zone_server("zone: {}\n")
    gate(RULES, dns=server)
    with Client(STOCK) as client:
        assert client.envelope("x@[192.0.2.1]").code == 250
    assert server.log() == ""


def test_mfcheck_speaks_as_qmail_does(postfix, gate):
    gate("""
rules:
  - { name: mfcheck, check: sender_mx, preset: mfcheck }
""")
    with Client(STOCK) as client:
        answer = client.envelope("eve@missing.good.example", "you@here.example")
        assert client.envelope("eve@null.good.example").code == 250
    assert answer == ("553 5.7.1 <you@here.example>: Recipient address rejected: "
                      "sorry, your envelope sender domain must exist")

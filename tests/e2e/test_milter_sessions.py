"""What MTAs tell of a session beside its addresses: names of the client, TLS, the user, recipients
that they refuse themselves. Rules see the same whoever tells it."""

import time

import pytest

from gate import LISTEN_TCP, LISTEN_UNIX
from mta import MILTER, MILTER_TLS, MILTER_UNIX, MILTER_XCLIENT
from sendmail import SHIPPED
from smtp import Client

RULES = """
rules:
  - name: by-name
    when: { client_name: mx1.good.example }
    then: log
  - name: by-reverse-name
    when: { reverse_client_name: mx1.good.example }
    then: log
  - name: encrypted
    when: { tls: yes }
    then: log
  - name: in-the-clear
    when: { tls: no }
    then: log
  - name: ann
    when: { sasl_username: ann, authenticated: yes }
    then: log
  - name: guesses
    when: { recipient_refused: yes }
    then: log
  - name: tls-only
    when: { tls: no, recipient: secret@ }
    then: reject 550 5.7.1 "Not in the clear"
"""

TRAP = "rules: [{ name: trap, when: { recipient: trap@ }, then: reject }]\n"
WORDS = "rules: [{ name: words, when: { header.subject: '~words' }, then: reject }]\n"

WIRES = {"postfix": (LISTEN_TCP, MILTER), "sendmail": (LISTEN_UNIX, SHIPPED)}


@pytest.fixture(params=WIRES)
def asked(request, postfix, sendmail, milter):
    """(daemon, port) for each MTA."""
    listen, port = WIRES[request.param]
    return milter(RULES, listen=listen), port


def noted_by(daemon, **wanted):
    return set(daemon.some_decided(**wanted).get("also", "").split(","))


@pytest.mark.parametrize("source, rules, name", [
    ("198.51.100.25", {"by-name", "by-reverse-name"}, "mx1.good.example"),
    ("198.51.100.99", {"by-reverse-name"}, None),
    ("198.51.100.98", {""}, None),
], ids=["confirmed", "not confirmed", "no name"])
def test_names_of_the_client(asked, source, rules, name):
    daemon, port = asked
    with Client(port, source=source) as client:
        assert client.mail("a@x.example").code == 250
    line = daemon.some_decided(client=source, stage="connect")
    assert set(line.get("also", "").split(",")) == rules
    assert line.get("client_name") == name


@pytest.mark.parametrize("port, listen", [(MILTER_TLS, LISTEN_TCP), (SHIPPED, LISTEN_UNIX)],
                         ids=["postfix", "sendmail"])
def test_tls(postfix, sendmail, milter, port, listen):
    daemon = milter(RULES, listen=listen)
    with Client(port) as client:
        assert client.mail("clear@x.example").code == 250
        assert client.rcpt("secret@box.example").endswith("Not in the clear")
        client.say("RSET")
        assert client.start_tls().code == 220
        assert client.mail("tls@x.example").code == 250
        assert client.rcpt("secret@box.example").code == 250
    assert "in-the-clear" in noted_by(daemon, sender="clear@x.example", stage="mail")
    assert "encrypted" in noted_by(daemon, sender="tls@x.example", stage="mail")


def test_the_user(postfix, milter):
    daemon = milter(RULES, listen=LISTEN_TCP)
    for user in ("ann", "bob"):
        with Client(MILTER_XCLIENT) as client:
            assert client.claim(ADDR="203.0.113.20", LOGIN=user).code == 220
            assert client.mail(f"{user}@x.example").code == 250
    line = daemon.some_decided(sender="ann@x.example", stage="mail")
    assert line["sasl_username"] == "ann"
    assert "ann" in line["also"].split(",")
    assert "ann" not in noted_by(daemon, sender="bob@x.example", stage="mail")


def test_recipients_that_postfix_refuses_are_noted(postfix, milter):
    """sendmail does not tell of them."""
    daemon = milter(RULES, listen=LISTEN_TCP)
    with Client(MILTER) as client:
        assert client.mail("a@x.example").code == 250
        assert client.rcpt("joe%elsewhere.example@box.example").code >= 400
        assert client.rcpt("joe@box.example").code == 250
        assert client.data().code == 250
    line = daemon.some_decided(recipient_refused="yes")
    assert (line["action"], line["also"]) == ("pass", "guesses")
    assert "guesses" not in noted_by(daemon, recipient="joe@box.example")


@pytest.mark.parametrize("rules", [RULES, TRAP, WORDS], ids=["all stages", "one", "the end"])
@pytest.mark.parametrize("port, listen", [(MILTER, LISTEN_TCP), (MILTER_UNIX, LISTEN_UNIX)],
                         ids=["tcp", "unix"])
def test_nothing_waits_for_an_acknowledgement(postfix, milter, port, listen, rules):
    """What is not answered over TCP is acknowledged 40 ms later, and holds up what comes next."""
    milter(rules, listen=listen)
    with Client(port) as client:
        assert any(time_of_message(client) < 0.03 for _ in range(100))


def time_of_message(client):
    began = time.monotonic()
    assert client.mail("a@x.example").code == 250
    assert client.rcpt("joe@box.example").code == 250
    assert client.data().code == 250
    return time.monotonic() - began

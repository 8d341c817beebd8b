"""Senders with letters beyond ASCII (RFC 6531) through a real Postfix: judged as their ASCII form,
delivered with their own."""

import pytest

import wires
from conftest import wire_named
from smtp import Client

RULES = """
lists:
  people: { kind: address, entries: ["jörg@bücher.example"] }
rules:
  - { name: person, when: { sender: people }, then: reject 550 5.7.1 "no books" }
  - name: below
    when: { sender_domain: .straße.example }
    then: 'reject 550 5.7.1 "{sender_domain}"'
"""

REFUSED = [
    ("jörg@bücher.example", "no books"),
    ("jörg@xn--bcher-kva.example", "no books"),
    ("ä@deep.straße.example", "deep.xn--strae-oqa.example"),
    ("ä@deep.xn--strae-oqa.example", "deep.xn--strae-oqa.example"),
]


# Debian's sendmail is built without it.
@pytest.fixture(params=[name for name in wires.ALL if name != "milter-sendmail"])
def utf8_wire(request):
    return wire_named(request.param, request)


class Utf8Client(Client):
    def mail(self, sender):
        self._smtp.command_encoding = "utf-8"
        return self.say(f"MAIL FROM:<{sender}> SMTPUTF8")


def test_they_are_judged_as_their_ascii_form(utf8_wire):
    daemon = utf8_wire.start(RULES)
    for sender, text in REFUSED:
        with Utf8Client(utf8_wire.port) as client:
            answer = client.mail(sender)
            if utf8_wire.sender_answer == "RCPT":
                assert answer.code == 250
                answer = client.rcpt("a@box.example")
            assert answer.code == 550 and answer.endswith(text), (sender, answer)
    senders = [entry["sender"] for entry in daemon.all_decided(4, action="reject")]
    assert senders == ["jörg@xn--bcher-kva.example", "jörg@xn--bcher-kva.example",
                       "ä@deep.xn--strae-oqa.example", "ä@deep.xn--strae-oqa.example"]


def test_others_are_delivered(utf8_wire):
    utf8_wire.start(RULES)
    word = f"utf8-{utf8_wire}"
    with Utf8Client(utf8_wire.port) as client:
        assert client.mail("jürgen@bücher.example").code == 250
        assert client.rcpt("a@box.example").code == 250
        end = client.data(f"Subject: {word}\r\n\r\n{word}\r\n")
        assert end.code == 250
    utf8_wire.mta.sent(end.split()[-1], "a@box.example")
    [text] = [text for text in utf8_wire.mta.delivered() if f"\n{word}\n" in text]
    assert "jürgen@" in text

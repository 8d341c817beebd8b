"""posternctl why, with what an MTA and a sender have of a mail that was really refused; and the
command that it ends with lets the next one in."""

import json
import os
import re
import shlex
import subprocess

import pytest

from gate import BIN
from smtp import Client, message
from waiting import until

RULES = """\
version: 1
lists:
  friends: { kind: address, file: lists/friends.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: friends, when: { sender: friends }, then: pass }
  - name: campaign
    when: { sender_domain: campaign }
    then: reject 550 5.7.1 "Sender domain of a phisher"
  - { name: traps, when: { recipient: trap@ }, then: reject 550 5.1.1 "Nobody of that name" }
"""
LISTS = {"lists/friends.txt": "",
         "lists/campaign.txt": '.phish.example reason="ticket 4711" owner=ann\n'}
SENDER = "hr@www1.phish.example"
RECIPIENT = "joe@box.example"


class Why:
    """posternctl why about the mail of one daemon."""

    def __init__(self, wire):
        self.daemon = wire.start(RULES, lists=LISTS)

    def ctl(self, *words, status=0, text=""):
        result = subprocess.run(
            [BIN / "posternctl", "--config", self.daemon.home / "postern.yaml", *words],
            input=text, capture_output=True, text=True, timeout=60,
            env=dict(os.environ, LC_ALL="C"))
        assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def __call__(self, *words, text="", logs=(), status=0):
        named = [word for log in (self.daemon.log_file, *logs) for word in ("--log", log)]
        return self.ctl("why", *words, *named, status=status, text=text)


@pytest.fixture
def why(wire):
    return Why(wire)


def expect_campaign(out):
    assert re.match(r"Refused at (rcpt|mail), \S+Z, by generation 1 \((policy|milter)\)\n"
                    "    550 5.7.1 Sender domain of a phisher\n", out), out
    assert ('rule campaign: .phish.example in list campaign (lists/campaign.txt:1), "ticket 4711", '
            'by ann' in out), out
    assert f"  sender              {SENDER}\n" in out
    assert "\nREJECT  550 5.7.1 Sender domain of a phisher\n" in out


def test_the_line_of_the_mta_and_the_way_in(wire, why):
    refusal = message(wire.port, SENDER, RECIPIENT).refusal[1]
    assert refusal.code == 550
    why.daemon.some_decided(rule="campaign")
    line = wire.logged_reject("Sender domain of a phisher")
    out = why(line)
    expect_campaign(out)
    # Of the whole log, the same line.
    answers = json.loads(why("--json", text=line + "\n"))["answers"]
    assert [answer["decision"]["fields"]["rule"] for answer in answers] == ["campaign"]

    command = re.search("To let it in for a week:  posternctl (.*)", out).group(1)
    assert command == f"allow {SENDER} --list friends --for 7d"
    subprocess.run([BIN / "posternctl", "--config", why.daemon.home / "postern.yaml",
                    *shlex.split(command)], capture_output=True, check=False, timeout=60)
    assert until(lambda: message(wire.port, SENDER, RECIPIENT).refusal is None)
    assert "It would come in now: there is nothing to do." in why(line)


def test_the_bounce(wire, why):
    refusal = message(wire.port, SENDER, RECIPIENT).refusal[1]
    why.daemon.some_decided(rule="campaign")
    bounce = why.daemon.home / "bounce.eml"
    bounce.write_text(f"""\
From: MAILER-DAEMON@www1.phish.example (Mail Delivery System)
To: {SENDER}
Subject: Undelivered Mail Returned to Sender

<{RECIPIENT}>: host mx.box.example[192.0.2.1] said: {refusal}
    (in reply to a command)

Reporting-MTA: dns; www1.phish.example
X-Postfix-Sender: rfc822; {SENDER}

Final-Recipient: rfc822; {RECIPIENT}
Action: failed
Status: 5.7.1
Diagnostic-Code: smtp; {refusal}
""")
    expect_campaign(why(bounce))
    expect_campaign(why(text=bounce.read_text()))
    expect_campaign(why(bounce.read_text()))


def test_the_queue_id(wire, why):
    with Client(wire.port) as client:
        assert client.say("MAIL FROM:<ann@good.example>").code == 250
        assert client.say(f"RCPT TO:<{RECIPIENT}>").code == 250
        assert client.say("RCPT TO:<trap@box.example>").code == 550
    decision = why.daemon.some_decided(rule="traps")
    line = wire.logged_reject("Nobody of that name")
    queue_id = re.search(r"(\w+): (?:milter-)?(?:reject|Milter)", line).group(1)
    # Postfix has none for a milter until a recipient was taken; then its own log knows the rest.
    assert decision.get("queue_id", queue_id) == queue_id
    for out in (why(queue_id, logs=[wire.mta.log_file]), why(line)):
        assert out.startswith("Refused at rcpt, "), out
        assert "    rule traps" in out
        assert "  recipient           trap@box.example\n" in out


def test_what_no_log_has(why):
    """What the MTA has said is told, and what Postern would decide now."""
    line = ("NOQUEUE: reject: RCPT from a.example[198.51.100.99]: 550 5.1.1 no such user; "
            "from=<x@elsewhere.example> to=<nobody@box.example> proto=ESMTP helo=<a>")
    out = why(line, status=1)
    assert "No decision of Postern's about it was found.\n    550 5.1.1 no such user\n" in out
    assert "It would come in now: there is nothing to do." in out

"""posternctl who, with the logs of a real MTA and of the daemon that it has asked: what it says was
delivered is what lies in the mailboxes."""

import itertools
import json
import os
import re
import subprocess
from collections import Counter

import pytest

from gate import BIN
from smtp import message
from waiting import until

NUMBERS = itertools.count()
RULES = """\
version: 1
rules:
  - { name: bad, when: { sender: bad@ }, then: reject 550 5.7.1 "Banned here" }
  - { name: lost, when: { sender: lost@ }, then: discard }
  - { name: traps, when: { recipient: trap@ }, then: reject 550 5.1.1 "No such person" }
"""
# Sender, below a domain of the test's own, and recipients of each message.
MAILS = [
    ("news@c0", ["joe@box.example"]),
    ("news@c1", ["ann@box.example", "eve@box.example", "joe@box.example"]),
    ("news@c2", ["ann@box.example", "trap@box.example"]),
    ("bad@c3", ["joe@box.example"]),
    ("lost@c4", ["joe@box.example"]),
    ("person@partner.other", ["joe@box.example"]),
    ("news@c0", ["joe@box.example"]),
]


class Sent:
    """The messages, sent through a wire, and what `posternctl who` says about them."""

    def __init__(self, wire):
        self.daemon, self.wire = wire.start(RULES), wire
        self.domain = f"{wire.name}{next(NUMBERS)}.example"
        self.subject = f"who-{self.domain}-"
        self.numbers = {}  # of messages that were taken, by queue id
        for number, (sender, recipients) in enumerate(MAILS):
            body = f"Subject: {self.subject}{number}\r\n\r\nhello\r\n"
            sender = sender if sender.endswith(".other") else f"{sender}.{self.domain}"
            outcome = message(wire.port, sender, recipients, body=body)
            if outcome.end is not None and outcome.end.code == 250:
                self.numbers[outcome.queue_id] = number
        assert until(lambda: len(self.in_mailboxes()) == 7), self.in_mailboxes()

    def in_mailboxes(self):
        """The number of the message for each copy that lies in a mailbox."""
        return re.findall(f"^Subject: {self.subject}(\\d+)", "\n".join(self.wire.mta.delivered()),
                          re.M)

    def who(self, *options, logs=None, status=0):
        logs = logs or [self.wire.mta.log_file, self.daemon.log_file]
        result = subprocess.run(
            [BIN / "posternctl", "who", *options, *logs], capture_output=True, text=True,
            timeout=60, stdin=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C"))
        assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def receipts(self, *options, **more):
        return json.loads(self.who("--json", *options, **more))["receipts"]


@pytest.fixture
def sent(wire):
    return Sent(wire)


def rows(receipts):
    return sorted((one["sender"].split(".")[0], one["recipient"] or "", one["fate"],
                   (one["decision"] or {}).get("rule", "")) for one in receipts)


def test_who_is_what_was_delivered(sent):
    of_mine = ["--domain", f".{sent.domain}", "--since", "10m"]
    assert until(lambda: len(sent.receipts("--delivered", *of_mine)) == 6)
    # The daemon's log is written a moment later.
    assert until(lambda: all(one["decision"] for one in sent.receipts(*of_mine)))
    receipts = sent.receipts(*of_mine)
    mine = [one for one in receipts if one["queue_id"] in sent.numbers]
    counted = Counter(str(sent.numbers[one["queue_id"]]) for one in mine
                      if one["fate"] == "delivered")
    in_boxes = Counter(sent.in_mailboxes())
    assert in_boxes.pop("5") == 1, "the message of somebody else"
    assert counted == in_boxes
    assert rows(receipts) == [
        ("bad@c3", "" if sent.wire.is_milter else "joe@box.example", "refused", "bad"),
        ("lost@c4", "" if sent.wire.name == "milter-postfix" else "joe@box.example",
         "discarded", "lost"),
        ("news@c0", "joe@box.example", "delivered", "-"),
        ("news@c0", "joe@box.example", "delivered", "-"),
        ("news@c1", "ann@box.example", "delivered", "-"),
        ("news@c1", "eve@box.example", "delivered", "-"),
        ("news@c1", "joe@box.example", "delivered", "-"),
        ("news@c2", "ann@box.example", "delivered", "-"),
        ("news@c2", "trap@box.example", "refused", "traps"),
    ]
    assert sent.who("--delivered", "--recipients", *of_mine) == (
        "ann@box.example\neve@box.example\njoe@box.example\n")
    assert rows(sent.receipts("--rule", "traps", *of_mine)) == [
        ("news@c2", "trap@box.example", "refused", "traps")]


def test_the_log_of_the_mta_alone(sent):
    logs = [sent.wire.mta.log_file]
    chosen = ["--domain", f".{sent.domain}", "--since", "10m", "--delivered"]
    assert until(lambda: len(sent.receipts(*chosen, logs=logs)) >= 6)
    assert rows(sent.receipts(*chosen, logs=logs)) == [
        (f"news@c{number}", f"{who}@box.example", "delivered", "")
        for number, who in [(0, "joe"), (0, "joe"), (1, "ann"), (1, "eve"), (1, "joe"), (2, "ann")]]


@pytest.mark.parametrize("wire", ["milter-sendmail"], indirect=True)
def test_what_sendmail_refuses_itself(sent):
    """It logs `<nobody@box.example>... User unknown`, and whose mail it was at the end."""
    domain = f"u.{sent.domain}"
    message(sent.wire.port, f"news@{domain}", ["joe@box.example", "nobody@box.example"],
            body="hello\r\n")
    message(sent.wire.port, f"news@{domain}", ["nobody@box.example"], body="hello\r\n")
    of_mine, logs = ["--domain", domain], [sent.wire.mta.log_file]
    assert until(lambda: len(sent.receipts(*of_mine, logs=logs)) == 3)
    receipts = sent.receipts(*of_mine, logs=logs)
    assert rows(receipts) == [("news@u", "joe@box.example", "delivered", ""),
                              ("news@u", "nobody@box.example", "refused", ""),
                              ("news@u", "nobody@box.example", "refused", "")]
    assert {one["text"] for one in receipts if one["fate"] == "refused"} == {
        "<nobody@box.example>... User unknown"}

"""Samples: messages that are redirected to a mailbox, or copied there, on all ways into Postern."""

import re

import pytest

from mta import PLAIN, STAGES, STOCK
from smtp import Client, message, transact
from test_milter_actions import body, delivered

RULES = """
capture_domains: box.example
rules:
  - name: wanted
    when: { recipient: wanted@ }
    then: pass
  - name: taken
    when: { sender_domain: taken.example }
    then: redirect samples@box.example
  - name: copied
    when: { sender_domain: copied.example }
    then: [ { copy: copies@box.example }, { prepend: "X-Postern: copied" } ]
  - name: copied-not-in
    when: { sender_domain: refused.example }
    then: [ { copy: copies@box.example }, "reject 550 5.7.1 refused" ]
  - name: trap
    when: { recipient: trap@ }
    then: redirect trapped@box.example
"""
LATE = """
capture_domains: box.example
rules:
  - name: taken-{stage}
    stage: {stage}
    when: {{ sender_domain: taken.example }}
    then: redirect samples@box.example
  - name: copied-{stage}
    stage: {stage}
    when: {{ sender_domain: copied.example }}
    then: copy copies@box.example
"""
BY_SUBJECT = """
capture_domains: box.example
rules:
  - name: wanted
    when: { recipient: wanted@ }
    then: pass
  - name: subject
    when: { header.subject: "~you-have-won" }
    then: redirect samples@box.example
"""


def recipients_of(wire, queue_id, word, number):
    """Who got the message, when that many copies of it have come and nobody else can get one."""
    delivered(wire, word, number)
    after = message(wire.port, "ann@free.example", "after@box.example")
    wire.mta.sent(after.queue_id, "after@box.example")
    assert len(delivered(wire, word, number)) == number
    # sendmail logs an address that a milter has added without brackets.
    return set(re.findall(rf"{queue_id}: to=<?([^>,]*)", wire.mta.log()))


def test_a_redirected_message_goes_to_the_mailbox_alone(wire):
    daemon = wire.start(RULES)
    word = f"taken-{wire}"
    outcome = message(wire.port, "x@taken.example", ["one@box.example", "two@box.example"],
                      body=body(word))
    assert outcome.refusal is None
    assert recipients_of(wire, outcome.queue_id, word, 1) == {"samples@box.example"}
    line = daemon.some_decided(sender="x@taken.example", action="redirect")
    assert (line["rule"], line["redirect"]) == ("taken", "samples@box.example")
    assert line["reply"] == "REDIRECT samples@box.example"


def test_a_copied_message_goes_to_its_recipients_too(wire):
    daemon = wire.start(RULES)
    word = f"copied-{wire}"
    outcome = message(wire.port, "x@copied.example", ["one@box.example", "two@box.example"],
                      body=body(word))
    assert recipients_of(wire, outcome.queue_id, word, 3) == {
        "one@box.example", "two@box.example", "copies@box.example"}
    assert [text.count("X-Postern: copied") for text in delivered(wire, word, 3)] == [1] * 3
    line = daemon.some_decided(sender="x@copied.example")
    assert (line["action"], line["copy"]) == ("pass", "copies@box.example")


def test_a_refused_message_has_no_copy(wire):
    wire.start(RULES)
    with Client(wire.port) as client:
        assert transact(client, "x@refused.example", ["one@box.example"]).refusal[1].code == 550
        outcome = transact(client, "ann@free.example", ["one@box.example"],
                           body(f"free-{wire}"))
    assert recipients_of(wire, outcome.queue_id, f"free-{wire}", 1) == {"one@box.example"}


def test_a_message_that_comes_back_goes_no_further(wire):
    """As a filter behind the MTA hands it back, to the mailbox that it was redirected to."""
    wire.start(RULES)
    word = f"back-{wire}"
    outcome = message(wire.port, "x@taken.example", "samples@box.example", body=body(word))
    assert recipients_of(wire, outcome.queue_id, word, 1) == {"samples@box.example"}


def test_a_milter_replaces_only_those_whom_the_rule_is_for(milter_wire):
    wire = milter_wire
    daemon = wire.start(RULES)
    word = f"captured-some-{wire}"
    outcome = message(wire.port, "x@taken.example",
                      ["one@box.example", "wanted@box.example", "Two@box.example"],
                      body=body(word))
    assert outcome.refusal is None
    assert recipients_of(wire, outcome.queue_id, word, 2) == {
        "wanted@box.example", "samples@box.example"}
    assert daemon.some_decided(recipient="wanted@box.example")["action"] == "pass"
    word = f"trapped-{wire}"
    outcome = message(wire.port, "x@a.example", ["trap@box.example", "one@box.example"],
                      body=body(word))
    assert recipients_of(wire, outcome.queue_id, word, 2) == {
        "one@box.example", "trapped@box.example"}


def test_a_milter_redirects_by_a_header(milter_wire):
    wire = milter_wire
    daemon = wire.start(BY_SUBJECT)
    word = f"you-have-won-{wire}"
    outcome = message(wire.port, "x@a.example", ["one@box.example", "two@box.example"],
                      body=body(word))
    assert recipients_of(wire, outcome.queue_id, word, 1) == {"samples@box.example"}
    assert daemon.some_decided(rule="subject")["stage"] == "eom"


def test_postfix_redirects_the_whole_message_for_a_policy_server(postfix, gate):
    """What the page says: the recipient whom a rule lets pass gets nothing either."""
    gate(RULES)
    outcome = message(STOCK, "x@taken.example", ["wanted@box.example", "one@box.example"],
                      body=body("whole-message"))
    postfix.sent(outcome.queue_id, "samples@box.example")
    postfix.logged(f"{outcome.queue_id}: removed")
    assert set(re.findall(rf"{outcome.queue_id}: to=<([^>]*)>", postfix.log())) == {
        "samples@box.example"}


@pytest.mark.parametrize("stage", ["data", "eom"])
def test_postfix_can_be_told_late(postfix, gate, stage):
    gate(LATE.format(stage=stage))
    taken = message(STAGES, "x@taken.example", ["one@box.example", "two@box.example"])
    postfix.sent(taken.queue_id, "samples@box.example")
    copied = message(STAGES, "x@copied.example", ["one@box.example"])
    for recipient in ("one@box.example", "copies@box.example"):
        postfix.sent(copied.queue_id, recipient)
    free = message(PLAIN, "x@taken.example", ["one@box.example"])
    postfix.sent(free.queue_id, "one@box.example")
    assert f"{taken.queue_id}: to=<one@box.example>" not in postfix.log()

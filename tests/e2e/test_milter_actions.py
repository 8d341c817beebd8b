"""The same transactions on all ways into Postern: policy and milter, Postfix and sendmail."""

import pytest

from gate import LISTEN_TCP
from mta import MILTER_XCLIENT
from smtp import Client, message, transact
from test_actions import RULES
from waiting import until

BANNED = "550 5.7.1 Sender banned. Please use legitimate domain to send email."
TRAPS = """
lists:
  traps: { kind: address, entries: [trap@, { entry: sink@, then: discard taken by the trap }] }
rules:
  - name: traps
    when: { recipient: traps }
    then: reject 550 5.1.1 "No such user"
  - name: slow-recipient
    when: { recipient: later@ }
    then: defer 450 4.2.1 "Come back later"
  - name: read-first
    when: { recipient: legal@ }
    then: hold somebody reads that
  - name: mark-recipient
    when: { recipient: marked@ }
    then: { prepend: "X-Recipient: marked" }
"""


def body(word):
    return f"Subject: {word}\r\n\r\nbody-of-{word}\r\n"


def delivered(wire, word, number):
    """The messages with this body, when that many have come."""
    def found():
        return [text for text in wire.mta.delivered() if f"body-of-{word}\n" in text]
    assert until(lambda: len(found()) >= number), f"{len(found())} of {number} came"
    return found()


def test_campaign_gets_the_text_of_the_rule(wire):
    daemon = wire.start(RULES)
    sender = "hr@Payroll.ADP-mail.example"
    outcome = message(wire.port, sender, "you@here.example")
    assert outcome.greeting.code == 220
    assert outcome.refusal == wire.refuses_sender(BANNED, sender, "you@here.example")
    line = daemon.some_decided(sender="hr@payroll.adp-mail.example", action="reject")
    assert (line["rule"], line["entry"]) == ("adp-2026-11", ".adp-mail.example")
    assert line["reply"] == BANNED
    wire.logged_reject("Sender banned. Please use legitimate domain to send email.")


def test_an_entry_says_why(wire):
    daemon = wire.start(RULES)
    assert message(wire.port, "x@a.phish.example", "you@here.example").refusal[1].code == 550
    line = daemon.some_decided(rule="adp-2026-11")
    assert line["reason"] == "ticket 4711"
    assert line["at"].split(":")[-1].isdigit()


def test_a_partner_passes_though_its_domain_is_bad(wire):
    daemon = wire.start(RULES)
    partner = message(wire.port, "pat@missing.good.example", "a@here.example", source="192.0.2.77")
    other = message(wire.port, "pat@missing.good.example", "a@here.example", source="192.0.3.78")
    assert partner.end.code == 250
    assert other.refusal[1].code == 550
    line = daemon.some_decided(client="192.0.2.77", sender="pat@missing.good.example")
    assert (line["rule"], line["action"]) == ("partners-pass", "pass")
    assert daemon.some_decided(client="192.0.3.78", action="reject")["finding"] == "missing"


def test_a_partner_passes_over_ipv6(wire):
    daemon = wire.start(RULES)
    partner = message(wire.ipv6_port, "pat@missing.good.example", "a@here.example",
                      host="2001:db8::25", source="2001:db8:25::7")
    other = message(wire.ipv6_port, "pat@missing.good.example", "a@here.example",
                    host="2001:db8::25", source="2001:db8:26::7")
    assert partner.end.code == 250
    assert other.refusal[1].code == 550
    line = daemon.some_decided(client="2001:db8:25::7", sender="pat@missing.good.example")
    assert (line["rule"], line["entry"]) == ("partners-pass", "2001:db8:25::/48")


def test_xclient_is_another_client(postfix, milter):
    daemon = milter(RULES, listen=LISTEN_TCP)
    for address in ("192.0.2.80", "2001:db8:25::80"):
        with Client(MILTER_XCLIENT) as client:
            assert transact(client, "pat@missing.good.example", ["a@b.example"]).mail.code == 550
            client.claim(ADDR=f"IPV6:{address}" if ":" in address else address)
            assert transact(client, "pat@missing.good.example", ["a@b.example"]).end.code == 250
        line = daemon.some_decided(client=address, sender="pat@missing.good.example")
        assert line["rule"] == "partners-pass"


def test_discard_swallows_the_message_for_everybody(wire):
    daemon = wire.start(RULES)
    outcome = message(wire.port, "x@trap.example", ["a@box.example", "b@box.example"],
                      body=body("swallowed"))
    assert outcome.refusal is None
    line = daemon.some_decided(sender="x@trap.example", action="discard")
    assert (line["rule"], line["entry"]) == ("adp-2026-11", "trap.example")
    # Whatever was sent afterwards has been delivered, so this would have been too.
    assert message(wire.port, "ann@mx.good.example", "a@box.example", body=body("after")).end
    assert delivered(wire, "after", 1)
    assert not [text for text in wire.mta.delivered() if "body-of-swallowed" in text]
    assert outcome.queue_id not in wire.mta.held()


def test_hold_keeps_the_message_in_the_queue(wire):
    daemon = wire.start(RULES)
    outcome = message(wire.port, "billing@odd.example", "a@box.example", body=body("held"))
    assert outcome.refusal is None
    assert until(lambda: outcome.queue_id in wire.mta.held())
    wire.logged_hold("billing@odd.example", "read by a person first")
    line = daemon.some_decided(sender="billing@odd.example", action="hold")
    assert line["rule"] == "look-at-this"
    assert not [text for text in wire.mta.delivered() if "body-of-held" in text]


def test_only_the_held_message_of_a_session_is_held(wire):
    wire.start(RULES)
    with Client(wire.port) as client:
        held = transact(client, "billing@odd.example", ["a@box.example"])
        free = transact(client, "x@marked.example", ["free@box.example"], body("free"))
    assert until(lambda: held.queue_id in wire.mta.held())
    wire.mta.sent(free.queue_id, "free@box.example")
    assert free.queue_id not in wire.mta.held()


def test_defer_asks_to_come_back(wire):
    daemon = wire.start(RULES)
    outcome = message(wire.port, "x@later.example", "you@here.example")
    assert outcome.refusal == wire.refuses_sender("451 4.7.1 Come back later", "x@later.example",
                                                  "you@here.example")
    assert daemon.some_decided(sender="x@later.example", action="defer")["rule"] == "slow-down"


def test_prepend_comes_once_for_ten_recipients(wire):
    wire.start(RULES)
    recipients = [f"ten{number}@box.example" for number in range(10)]
    outcome = message(wire.port, "x@marked.example", recipients, body=body(f"ten-{wire}"))
    for recipient in recipients:
        wire.mta.sent(outcome.queue_id, recipient)
    messages = delivered(wire, f"ten-{wire}", 10)
    assert [text.count("X-Postern: marked") for text in messages] == [1] * 10


def test_prepend_comes_again_with_the_next_message(wire):
    wire.start(RULES)
    with Client(wire.port) as client:
        for number in (1, 2):
            outcome = transact(client, "x@marked.example", ["next@box.example", "o@box.example"],
                               body(f"next-{wire}"))
            wire.mta.sent(outcome.queue_id, "o@box.example")
        transact(client, "ann@mx.good.example", ["next@box.example"], body(f"bare-{wire}"))
    messages = delivered(wire, f"next-{wire}", 4)
    assert [text.count("X-Postern: marked") for text in messages] == [1] * 4
    assert "X-Postern" not in delivered(wire, f"bare-{wire}", 1)[0]


def test_mode_log_only_says_what_it_would_do(wire):
    daemon = wire.start(RULES)
    assert message(wire.port, "x@tried.example", "a@here.example").end.code == 250
    line = daemon.some_decided(sender="x@tried.example", would="dry-run:reject")
    assert line["action"] == "pass"


ADDRESSES = """
lists:
  odd: { kind: address, entries: ["<>", '~^q uo"ted@', "user@case.example"] }
rules:
  - name: odd
    when: { sender: odd }
    then: reject 550 5.7.1 "odd sender"
"""


@pytest.mark.parametrize("sender, logged", [
    ("", "<>"),
    (r'"q uo\"ted"@x.example', 'q uo"ted@x.example'),
    ("User@CASE.Example", "User@case.example"),
    ("@relay.example:user@case.example", "user@case.example"),
], ids=["null", "quoted", "case", "source route"])
def test_however_a_sender_is_written_it_is_the_same(wire, sender, logged):
    daemon = wire.start(ADDRESSES)
    outcome = message(wire.port, sender, "you@here.example")
    assert outcome.refusal[0] == wire.sender_answer
    assert outcome.refusal[1].endswith("odd sender")
    assert daemon.some_decided(rule="odd")["sender"] == logged
    assert message(wire.port, "user@other.example", "you@here.example").end.code == 250


NAMES = """
rules:
  - name: by-name
    when: { client_name: [.good.example, "~unknown", '~^\\['] }
    then: reject 550 5.7.1 "by name"
  - name: by-ptr
    when: { reverse_client_name: [.good.example, "~unknown", '~^\\['] }
    then: reject 550 5.7.1 "by PTR"
"""


@pytest.mark.parametrize("source, text", [
    ("203.0.113.10", "by name"), ("203.0.113.11", "by PTR"), ("203.0.113.12", "by PTR"),
    ("203.0.113.13", None)], ids=["verified", "forged", "dangling", "none"])
def test_names_of_clients(wire, source, text):
    """An MTA's `unknown` and `[203.0.113.13]` are no names."""
    wire.start(NAMES)
    outcome = message(wire.port, "a@b.example", "c@d.example", source=source)
    if text is None:
        assert outcome.refusal is None
    else:
        assert outcome.refusal == wire.refuses_sender(f"550 5.7.1 {text}", "a@b.example",
                                                      "c@d.example")


def test_one_recipient_of_several_is_refused(wire):
    daemon = wire.start(TRAPS)
    recipients = ["one@box.example", "trap@box.example", "later@box.example", "two@box.example"]
    outcome = message(wire.port, "a@b.example", recipients, body=body(f"some-{wire}"))
    assert [answer.code for answer in outcome.rcpts] == [250, 550, 450, 250]
    assert outcome.rcpts[1] == wire.seen_as("550 5.1.1 No such user", "RCPT", recipients[1])
    assert outcome.rcpts[2] == wire.seen_as("450 4.2.1 Come back later", "RCPT", recipients[2])
    for recipient in ("one@box.example", "two@box.example"):
        wire.mta.sent(outcome.queue_id, recipient)
    assert len(delivered(wire, f"some-{wire}", 2)) == 2
    assert daemon.some_decided(rule="traps")["recipient"] == "trap@box.example"


@pytest.mark.parametrize("recipients", [
    ["sink@box.example", "one@box.example"],
    ["one@box.example", "sink@box.example", "two@box.example"],
], ids=["first", "in the middle"])
def test_discard_for_one_recipient_is_for_the_message(wire, recipients):
    daemon = wire.start(TRAPS)
    word = f"sunk-{len(recipients)}-{wire}"
    outcome = message(wire.port, "a@b.example", recipients, body=body(word))
    assert outcome.refusal is None
    assert daemon.some_decided(action="discard")["entry"] == "sink@"
    message(wire.port, "a@b.example", "one@box.example", body=body(f"after-{word}"))
    assert delivered(wire, f"after-{word}", 1)
    assert not [text for text in wire.mta.delivered() if f"body-of-{word}\n" in text]


def test_hold_and_header_for_one_recipient_are_for_the_message(wire):
    wire.start(TRAPS)
    held = message(wire.port, "a@b.example", ["one@box.example", "legal@box.example"])
    assert held.refusal is None
    assert until(lambda: held.queue_id in wire.mta.held())
    message(wire.port, "a@b.example", ["one@box.example", "marked@box.example"],
            body=body(f"marked-{wire}"))
    texts = delivered(wire, f"marked-{wire}", 2)
    assert [text.count("X-Recipient: marked") for text in texts] == [1, 1]


def test_a_refused_recipient_leaves_nothing_behind(wire):
    """What was decided for a message that never came does not hold for the next one."""
    wire.start(TRAPS)
    with Client(wire.port) as client:
        client.mail("a@b.example")
        assert client.rcpt("legal@box.example").code == 250
        assert client.rcpt("marked@box.example").code == 250
        client.say("RSET")
        outcome = transact(client, "a@b.example", ["free@box.example"], body(f"reset-{wire}"))
    wire.mta.sent(outcome.queue_id, "free@box.example")
    assert "X-Recipient" not in delivered(wire, f"reset-{wire}", 1)[0]


def test_the_other_sockets_serve_too(other_milter_wire):
    wire = other_milter_wire
    daemon = wire.start(RULES)
    outcome = message(wire.port, "hr@adp-mail.example", "you@here.example", source="203.0.113.9")
    assert outcome.refusal == wire.refuses_sender(BANNED, "hr@adp-mail.example", "")
    assert message(wire.port, "x@marked.example", "a@box.example",
                   body=body(f"other-{wire}")).refusal is None
    assert "X-Postern: marked" in delivered(wire, f"other-{wire}", 1)[0]
    assert daemon.some_decided(rule="adp-2026-11")["client"] == "203.0.113.9"


def test_the_log_line_tells_the_door_and_the_stage(wire):
    daemon = wire.start(RULES)
    message(wire.port, "hr@adp-mail.example", "you@here.example")
    line = daemon.some_decided(action="reject")
    if wire.is_milter:
        assert (line["door"], line["stage"]) == ("milter", "mail")
        assert "recipient" not in line
    else:
        assert (line["door"], line["stage"]) == ("policy", "rcpt")

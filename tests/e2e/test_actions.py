"""What each action does to the mail, told by the client's dialogue, Postfix and the decision log."""

import pytest

from mta import IPV6, STAGES, STOCK, UNIX, XCLIENT
from smtp import Client, send

RULES = """
lists:
  partners: { kind: network, entries: [192.0.2.0/24, "2001:db8:25::/48"] }
  adp-campaign:
    kind: domain
    entries:
      - .adp-mail.example
      - { entry: "*.phish.example", reason: ticket 4711 }
      - { entry: trap.example, then: discard caught in the trap }
  suspects: { kind: address, entries: [billing@odd.example] }
rules:
  - name: partners-pass
    when: { client: partners }
    then: pass
  - name: adp-2026-11
    when: { sender_domain: adp-campaign }
    then: reject 550 5.7.1 "Sender banned. Please use legitimate domain to send email."
  - name: look-at-this
    when: { sender: suspects }
    then: hold read by a person first
  - name: slow-down
    when: { sender_domain: later.example }
    then: defer 451 4.7.1 "Come back later"
  - name: mark
    when: { sender_domain: marked.example }
    then: "prepend X-Postern: marked"
  - name: dry-run
    when: { sender_domain: tried.example }
    then: reject 550 5.7.1 "never seen"
    mode: log
  - name: sender-must-exist
    when: { not: { sender_domain: [tried.example, marked.example, odd.example] } }
    check: sender_mx
    preset: standard
"""

BANNED = ("Recipient address rejected: Sender banned. Please use legitimate domain to send email.")


@pytest.mark.parametrize("port", [STOCK, UNIX], ids=["tcp", "unix"])
def test_campaign_gets_the_text_of_the_rule(postfix, gate, port):
    daemon = gate(RULES)
    with Client(port) as client:
        answer = client.envelope("hr@Payroll.ADP-mail.example", "you@here.example")
    assert answer == f"550 5.7.1 <you@here.example>: {BANNED}"
    line = daemon.decided(sender="hr@payroll.adp-mail.example")
    assert line["rule"] == "adp-2026-11"
    assert line["action"] == "reject"
    assert line["entry"] == ".adp-mail.example"
    assert line["reply"].startswith("550 5.7.1 Sender banned.")
    postfix.logged(r"reject: RCPT from .*550 5\.7\.1 <you@here.example>: .*Sender banned")


def test_an_entry_says_why(postfix, gate):
    daemon = gate(RULES)
    with Client(STOCK) as client:
        assert client.envelope("x@a.phish.example").code == 550
    line = daemon.decided(rule="adp-2026-11")
    assert line["reason"] == "ticket 4711"
    assert line["at"].split(":")[-1].isdigit()


@pytest.mark.parametrize("address", ["192.0.2.77", "IPV6:2001:db8:25::77"])
def test_a_partner_passes_though_its_domain_is_bad(postfix, gate, address):
    daemon = gate(RULES)
    with Client(XCLIENT) as client:
        client.claim(ADDR=address)
        assert client.envelope("pat@missing.good.example").code == 250
    line = daemon.decided(sender="pat@missing.good.example")
    assert line["client"] == address.removeprefix("IPV6:")
    assert (line["rule"], line["reply"]) == ("partners-pass", "DUNNO")


def test_a_partner_that_really_comes_over_ipv6_passes(postfix, gate):
    daemon = gate(RULES)
    with Client(IPV6, host="2001:db8::25", source="2001:db8:25::7") as client:
        assert client.envelope("pat@missing.good.example").code == 250
    with Client(IPV6, host="2001:db8::25", source="2001:db8:26::7") as client:
        assert client.envelope("pat@missing.good.example").code == 550
    line = daemon.decided(client="2001:db8:25::7")
    assert (line["rule"], line["entry"]) == ("partners-pass", "2001:db8:25::/48")


def test_others_do_not_pass_with_that_domain(postfix, gate):
    daemon = gate(RULES)
    with Client(XCLIENT) as client:
        client.claim(ADDR="192.0.3.78")
        assert client.envelope("pat@missing.good.example").code == 550
    assert daemon.decided(client="192.0.3.78")["finding"] == "missing"


def test_discard_swallows_the_message_for_everybody(postfix, gate):
    daemon = gate(RULES)
    answers, end = send(STOCK, "x@trap.example", ["a@box.example", "b@box.example"],
                        body="Subject: swallowed\r\n\r\nunseen-body\r\n")
    assert [answer.code for answer in answers] == [250, 250]
    assert end.startswith("250 2.0.0 Ok: queued as ")
    queue_id = end.split()[-1]
    postfix.logged(r"discard: RCPT from .*caught in the trap")
    line = daemon.decided(sender="x@trap.example")
    assert (line["action"], line["reply"]) == ("discard", "DISCARD caught in the trap")
    assert line["entry"] == "trap.example"
    assert not [text for text in postfix.delivered() if "unseen-body" in text]
    assert f"{queue_id}: to=<" not in postfix.log()


def test_hold_keeps_the_message_in_the_queue(postfix, gate):
    daemon = gate(RULES)
    answers, end = send(STOCK, "billing@odd.example", ["a@box.example"])
    assert answers[0].code == 250
    queue_id = end.split()[-1]
    assert queue_id in postfix.held()
    postfix.logged(r"hold: RCPT from .*read by a person first")
    line = daemon.decided(sender="billing@odd.example")
    assert (line["rule"], line["action"]) == ("look-at-this", "hold")


def test_defer_asks_to_come_back(postfix, gate):
    daemon = gate(RULES)
    with Client(STOCK) as client:
        answer = client.envelope("x@later.example", "you@here.example")
    assert answer == "451 4.7.1 <you@here.example>: Recipient address rejected: Come back later"
    assert daemon.decided(sender="x@later.example")["action"] == "defer"


def test_prepend_comes_once_for_ten_recipients(postfix, gate):
    daemon = gate(RULES)
    recipients = [f"ten{number}@box.example" for number in range(10)]
    answers, end = send(STOCK, "x@marked.example", recipients,
                        body="Subject: ten\r\n\r\nbody-of-ten\r\n")
    assert [answer.code for answer in answers] == [250] * 10
    queue_id = end.split()[-1]
    for recipient in recipients:
        postfix.logged(f"{queue_id}: to=<{recipient}>.*status=sent")
    messages = [text for text in postfix.delivered() if "body-of-ten" in text]
    assert len(messages) == 10
    assert [text.count("X-Postern: marked") for text in messages] == [1] * 10
    lines = daemon.all_decided(10, sender="x@marked.example")
    assert [line["reply"] for line in lines].count("PREPEND X-Postern: marked") == 1


def test_prepend_comes_again_with_the_next_message(postfix, gate):
    gate(RULES)
    with Client(STOCK) as client:
        for number in (1, 2):
            client.mail("x@marked.example")
            client.rcpt("next@box.example")
            client.rcpt("other@box.example")
            end = client.data(f"Subject: next\r\n\r\nbody-of-next-{number}\r\n")
            postfix.logged(f"{end.split()[-1]}: to=<other@box.example>.*status=sent")
    messages = [text for text in postfix.delivered() if "body-of-next" in text]
    assert [text.count("X-Postern: marked") for text in messages] == [1] * 4


def test_mode_log_only_says_what_it_would_do(postfix, gate):
    daemon = gate(RULES)
    with Client(STOCK) as client:
        assert client.envelope("x@tried.example").code == 250
    line = daemon.decided(sender="x@tried.example")
    assert (line["action"], line["would"]) == ("pass", "dry-run:reject")


def test_every_stage_is_answered(postfix, gate):
    daemon = gate(RULES)
    answers, end = send(STAGES, "ann@mx.good.example", ["a@box.example"])
    assert (answers[0].code, end.code) == (250, 250)
    stages = [line["stage"] for line in daemon.all_decided(6)]
    assert stages == ["connect", "helo", "mail", "rcpt", "data", "eom"]

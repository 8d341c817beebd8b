"""Rules about the header of a message, which only a milter gets to see."""

import re

import pytest

from smtp import Client, message, transact
from waiting import until

RULES = r"""
lists:
  brands: { kind: domain, entries: [.bank.example, { entry: .post.example, reason: ticket 12 }] }
  words: { kind: text, entries: ["~verify your account", "~(?i)кредит", "Exactly This"] }
rules:
  - name: friend
    when: { sender: friend@pals.example }
    then: pass
  - name: subject-words
    when: { header.subject: words }
    then: reject 550 5.7.1 "We do not want that"
  - name: brand-spoof
    when: { header.from_domain: brands, header.from_differs: domain }
    then: reject 550 5.7.1 "You are not {sender_domain}"
  - name: known-from
    when: { header.from_address: [ceo@ours.example, "@later.example"] }
    then: defer 451 4.7.1 "Ask again"
  - name: mailer
    when: { header.x-mailer: '~^Blaster [0-9]' }
    then: discard bulk
  - name: list-mail
    when: { header.list-id: '~<odd\.list' }
    then: hold lists are read first
  - name: other-address
    when: { header.from_differs: address, sender_domain: differs.example }
    then: { prepend: "X-From-Differs: yes" }
  - name: noted
    when: { header.subject: '~just looking' }
    then: log "seen"
"""


def mail(*fields, word="x"):
    """A message with these fields; lines as they are on the wire."""
    return "".join(f"{field}\r\n" for field in fields) + f"\r\nbody-of-{word}\r\n"


def say(wire, sender, *fields, word="x", recipients=("a@box.example",)):
    return message(wire.port, sender, list(recipients), body=mail(*fields, word=word))


REFUSED = {
    "a word": ["Subject: Please VERIFY your Account now"],
    "base64": ["Subject: =?utf-8?B?dmVyaWZ5IHlvdXIgYWNjb3VudA==?="],
    "quoted printable": ["Subject: =?iso-8859-1?Q?verify_your_=61ccount?="],
    "two encoded words": ["Subject: =?utf-8?B?dmVyaWZ5IHlv?=\r\n =?utf-8?B?dXIgYWNjb3VudA==?="],
    "folded": ["Subject: verify\r\n your account"],
    "another alphabet": ["Subject: =?utf-8?B?0JLQsNGIINC60YDQtdC00LjRgg==?="],
    "another charset": ["Subject: =?koi8-r?B?98HbIMvSxcTJ1A==?="],
    "a whole text": ["Subject: Exactly This"],
    "characters that nobody sees":
        ["Subject: =?utf-8?Q?ver=C2=ADify_your_acc=E2=80=8Bount=EF=B8=8F?="],
    "the second of two": ["Subject: nothing", "Subject: verify your account"],
    "any case of the name": ["sUBJECT: verify your account"],
}


@pytest.mark.parametrize("what", REFUSED)
def test_subject(milter_wire, what):
    daemon = milter_wire.start(RULES)
    outcome = say(milter_wire, "a@b.example", "From: a@b.example", *REFUSED[what])
    assert outcome.refusal == ("DATA", "550 5.7.1 We do not want that")
    line = daemon.some_decided(action="reject")
    assert (line["rule"], line["stage"], line["list"]) == ("subject-words", "eom", "words")


NOT_REFUSED = {
    "another text": ["Subject: hello"],
    "no subject": ["X-Subject: verify your account"],
    "in another field": ["Subject: hello", "Comments: verify your account"],
    "the case of a whole text": ["Subject: exactly this"],
    "more than a whole text": ["Subject: Exactly This, too"],
}


@pytest.mark.parametrize("what", NOT_REFUSED)
def test_other_subjects_pass(milter_wire, what):
    milter_wire.start(RULES)
    assert say(milter_wire, "a@b.example", *NOT_REFUSED[what]).end.code == 250


def test_not_in_the_body(milter_wire):
    milter_wire.start(RULES)
    body = "Subject: hello\r\n\r\nSubject: verify your account\r\n"
    assert message(milter_wire.port, "a@b.example", "a@box.example", body=body).end.code == 250


FROM = {
    "plain": "From: service@bank.example",
    "below it": "From: service@mail.Bank.Example",
    "with a name": 'From: "Your Bank" <service@bank.example>',
    "an encoded name": "From: =?utf-8?B?QmFuaw==?= <service@bank.example>",
    "a comment": "From: service@bank.example (Your Bank)",
    "the second": "From: a@other.example, service@bank.example",
    "folded": "From: Your Bank\r\n <service@bank.example>",
    "a group": "From: Us: a@other.example, service@bank.example;",
}


@pytest.mark.parametrize("what", FROM)
def test_from_domain(milter_wire, what):
    daemon = milter_wire.start(RULES)
    outcome = say(milter_wire, "x@spam.example", FROM[what])
    assert outcome.refusal == ("DATA", "550 5.7.1 You are not spam.example")
    line = daemon.some_decided(action="reject")
    assert (line["rule"], line["entry"]) == ("brand-spoof", ".bank.example")


def test_from_domain_tells_the_reason_of_the_entry(milter_wire):
    daemon = milter_wire.start(RULES)
    say(milter_wire, "x@spam.example", "From: <info@post.example>")
    assert daemon.some_decided(rule="brand-spoof")["reason"] == "ticket 12"


def test_the_brand_itself_may_say_so(milter_wire):
    milter_wire.start(RULES)
    assert say(milter_wire, "x@bank.example", "From: info@bank.example").end.code == 250


def test_a_name_that_looks_like_an_address_is_none(milter_wire):
    milter_wire.start(RULES)
    field = 'From: "service@bank.example" <x@spam.example>'
    assert say(milter_wire, "x@spam.example", field).end.code == 250


def test_a_bounce_does_not_differ(milter_wire):
    """There is no sender that the author could differ from."""
    milter_wire.start(RULES)
    assert say(milter_wire, "", "From: MAILER-DAEMON@bank.example").end.code == 250


@pytest.mark.parametrize("author", ["CEO@Ours.example", "any@later.example"])
def test_from_address(milter_wire, author):
    daemon = milter_wire.start(RULES)
    outcome = say(milter_wire, "a@b.example", f"From: <{author}>")
    assert outcome.refusal == ("DATA", "451 4.7.1 Ask again")
    assert daemon.some_decided(action="defer")["rule"] == "known-from"


def test_discard(milter_wire):
    daemon = milter_wire.start(RULES)
    word = f"bulk-{milter_wire}"
    assert say(milter_wire, "a@b.example", "X-Mailer: Blaster 3", word=word).end.code == 250
    assert daemon.some_decided(action="discard")["rule"] == "mailer"
    say(milter_wire, "a@b.example", "X-Mailer: Mild", word=f"after-{word}")
    assert until(lambda: f"body-of-after-{word}" in "".join(milter_wire.mta.delivered()))
    assert f"body-of-{word}" not in "".join(milter_wire.mta.delivered())


def test_hold(milter_wire):
    daemon = milter_wire.start(RULES)
    outcome = say(milter_wire, "a@b.example", "List-Id: odd ones <odd.list.example>")
    assert until(lambda: outcome.queue_id in milter_wire.mta.held())
    assert daemon.some_decided(action="hold")["rule"] == "list-mail"
    milter_wire.logged_hold("a@b.example", "lists are read first")


def test_prepend(milter_wire):
    milter_wire.start(RULES)
    word = f"differs-{milter_wire}"
    outcome = say(milter_wire, "a@differs.example", "From: b@differs.example", word=word,
                  recipients=["a@box.example", "b@box.example"])
    milter_wire.mta.sent(outcome.queue_id, "b@box.example")
    say(milter_wire, "a@differs.example", "From: A@Differs.example", word=f"same-{word}")

    def texts(of):
        return [text for text in milter_wire.mta.delivered() if f"body-of-{of}\n" in text]

    assert until(lambda: len(texts(word)) == 2 and len(texts(f"same-{word}")) == 1)
    assert [text.count("X-From-Differs: yes") for text in texts(word)] == [1, 1]
    assert "X-From-Differs" not in texts(f"same-{word}")[0]


def test_log(milter_wire):
    daemon = milter_wire.start(RULES)
    assert say(milter_wire, "a@b.example", "Subject: just looking").end.code == 250
    line = daemon.some_decided(stage="eom", also="noted")
    assert line["action"] == "pass"


def test_an_exemption_by_sender_goes_before(milter_wire):
    milter_wire.start(RULES)
    assert say(milter_wire, "friend@pals.example", "Subject: verify your account").end.code == 250


def test_each_message_of_a_session_has_its_own_header(milter_wire):
    milter_wire.start(RULES)
    with Client(milter_wire.port) as client:
        codes = []
        for subject in ("verify your account", "hello", "verify your account", "hello"):
            outcome = transact(client, "a@b.example", ["a@box.example"],
                               mail(f"Subject: {subject}"))
            codes.append(outcome.end.code)
    assert codes == [550, 250, 550, 250]


TO_SOME = """
rules:
  - name: abuse-desk
    when: { recipient: abuse@ }
    then: pass
  - name: words
    when: { header.subject: "~cheap pills" }
    then: reject 550 5.7.1 "No pills"
  - name: for-one
    when: { header.subject: "~for sales", recipient: sales@ }
    then: hold sales mail
  - name: tell-one
    when: { header.subject: "~tell", recipient: tell@ }
    then: { prepend: "X-Told: one" }
"""


def test_the_mildest_verdict_for_a_recipient_is_that_for_the_message(milter_wire):
    """With `mildest`: at the end of a message there is one answer for all its recipients."""
    daemon = milter_wire.start(TO_SOME, mixed_recipients="mildest")
    pills = "Subject: cheap pills"
    assert say(milter_wire, "a@b.example", pills).end == "550 5.7.1 No pills"
    assert say(milter_wire, "a@b.example", pills,
               recipients=["x@here.example", "y@here.example"]).end == "550 5.7.1 No pills"
    assert say(milter_wire, "a@b.example", pills,
               recipients=["x@here.example", "abuse@here.example"]).end.code == 250
    line = daemon.some_decided(stage="eom", rule="abuse-desk")
    assert line["recipient"] == "abuse@here.example"


def test_hold_by_header_and_recipient(milter_wire):
    milter_wire.start(TO_SOME, mixed_recipients="mildest")
    field = "Subject: for sales"
    one = say(milter_wire, "a@b.example", field, recipients=["sales@box.example"])
    two = say(milter_wire, "a@b.example", field, recipients=["x@box.example", "sales@box.example"])
    assert until(lambda: one.queue_id in milter_wire.mta.held())
    milter_wire.mta.sent(two.queue_id, "sales@box.example")


def test_a_header_for_one_recipient_is_in_the_message_of_all(milter_wire):
    milter_wire.start(TO_SOME)
    word = f"told-{milter_wire}"
    say(milter_wire, "a@b.example", "Subject: tell", word=word,
        recipients=["x@box.example", "tell@box.example"])

    def texts():
        return [text for text in milter_wire.mta.delivered() if f"body-of-{word}\n" in text]

    assert until(lambda: len(texts()) == 2)
    assert [text.count("X-Told: one") for text in texts()] == [1, 1]


def test_what_is_cut_is_said(milter_wire):
    daemon = milter_wire.start(RULES + """\
  - name: longer-than-kept
    when: { headers_cut: yes }
    then: reject 550 5.6.0 "Header too long"
""")
    # Short ones: sendmail takes 32 KiB of headers in all, and a field counts for more than its text.
    assert say(milter_wire, "a@b.example", *["Subject: x"] * 600).end == "550 5.6.0 Header too long"
    line = daemon.some_decided(stage="eom", rule="longer-than-kept")
    assert re.fullmatch(r"subject [0-9]+ fields [0-9]+ bytes", line["cut"])
    assert say(milter_wire, "a@b.example", "Subject: short").end.code == 250


def test_a_long_header_is_looked_at_and_no_trouble(milter_wire):
    milter_wire.start(RULES)
    # sendmail takes 32 KiB.
    many = [f"X-Filler-{number}: {'f' * 60}" for number in range(300)]
    outcome = say(milter_wire, "a@b.example", *many, "Subject: verify your account")
    assert outcome.end.code == 550


@pytest.mark.parametrize("field", [
    "Subject: =?utf-8?B?####?= verify =?x",
    "Subject: =?no-such-charset?Q?verify?=",
    "From: <<<>>>,,,@@@;;;(((",
    "From: " + "a@b.example, " * 150 + "c@d.example",
    "From: " + "(" * 400,
    "Subject: \x1b[31mred",
], ids=range(6))
def test_what_is_no_header_is_no_trouble(milter_wire, field):
    daemon = milter_wire.start(RULES)
    outcome = say(milter_wire, "a@b.example", field)
    assert outcome.end.code == 250
    assert "\x1b" not in daemon.log()
    assert say(milter_wire, "a@b.example", "Subject: verify your account").end.code == 550

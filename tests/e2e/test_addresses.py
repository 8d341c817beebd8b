"""Addresses as clients may write them and MTAs take them: no spelling evades a rule on any wire, and
none is taken for another address."""

import pytest

import wires
from conftest import wire_named
from mta import PLAIN as POSTFIX_PLAIN
from sendmail import PLAIN as SENDMAIL_PLAIN
from sendmail import Sendmail
from smtp import Client
from syslogd import Syslog

RULES = """
lists:
  campaign: { kind: domain, entries: [.banned.example] }
  partners: { kind: address, entries: [ann@partner.example] }
rules:
  - { name: nobody, when: { sender: "<>", recipient: closed@ }, then: reject 550 5.7.1 "closed to nobody" }
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "banned here" }
  - { name: partners, when: { sender: partners }, then: pass }
  - { name: rest, when: { sender_domain: partner.example }, then: reject 550 5.7.1 "not you" }
  - { name: closed, when: { recipient_domain: .closed.example }, then: reject 550 5.7.1 "closed here" }
"""

# What both MTAs take for a@HOST.
SPELLINGS = [
    "<a@HOST>", "< a@HOST >", "<\ta@HOST>", "<a @ HOST>", "<a@(c)HOST>", "<a@HOST(good.example)>",
    "<a@(x@good.example)HOST>", "<a(c)@HOST>", "<(c)a@HOST>", "<<a@HOST>>", "<<<a@HOST>>>",
    '<a@"HOST">', "<\\a@HOST>", "<@good.example:a@HOST>", "<@good.example,@x.example:a@HOST>",
    "<a@HOST.>", "a@HOST", '<"a"@HOST>', "<Ann <a@HOST>>", "<HOST!a>", "<a%HOST>",
    "<HOST!good.example!a>", "<HOST!a%good.example>", "<a%good.example%HOST>", "< HOST ! a >",
]
# What they take for another address, though HOST stands there.
OTHERS = [
    "<a@(HOST)good.example>", "<@HOST:a@good.example>", '<"a@HOST"@good.example>',
    "<a%HOST@good.example>", "<HOST!a@good.example>", "<a@good.example(HOST)>",
    "<good.example!a%HOST>", "<a@HOST.good.example>", "<(a@HOST)a@good.example>",
]


@pytest.fixture(params=wires.ALL + wires.OTHER_MILTERS)
def any_wire(request):
    return wire_named(request.param, request)


def plain_port(wire):
    return SENDMAIL_PLAIN if "sendmail" in wire.name else POSTFIX_PLAIN


def answers(port, mail, rcpt):
    """To MAIL and RCPT; the first that refuses is the last."""
    with Client(port) as client:
        first = client.say(f"MAIL FROM:{mail}")
        return [first] if first.code != 250 else [first, client.say(f"RCPT TO:{rcpt}")]


def assert_judged(wire, mail, rcpt, text):
    """What the MTA takes by itself is refused with the text; it may refuse more."""
    alone = answers(plain_port(wire), mail, rcpt)
    last = answers(wire.port, mail, rcpt)[-1]
    if alone[-1].code == 250:
        assert last.code == 550 and last.endswith(text), (mail, rcpt, last)
    else:
        assert last.code >= 400, (mail, rcpt, last)
    return alone[-1].code == 250


def test_no_spelling_of_a_sender_evades_a_rule(any_wire):
    daemon = any_wire.start(RULES)
    taken = [assert_judged(any_wire, spelling.replace("HOST", "banned.example"), "<r@here.example>",
                           "banned here") for spelling in SPELLINGS]
    assert sum(taken) > len(SPELLINGS) // 2
    refused = daemon.all_decided(sum(taken), rule="campaign")
    assert all(line["sender"].endswith("@banned.example") for line in refused)


def test_no_spelling_of_a_recipient_evades_a_rule(any_wire):
    any_wire.start(RULES)
    taken = [assert_judged(any_wire, "<s@good.example>", spelling.replace("HOST", "closed.example"),
                           "closed here") for spelling in SPELLINGS]
    assert sum(taken) > len(SPELLINGS) // 2


def test_what_is_another_address_is_let_pass(any_wire):
    any_wire.start(RULES)
    for spelling in OTHERS:
        mail = spelling.replace("HOST", "banned.example")
        assert (answers(any_wire.port, mail, "<r@here.example>")[-1].code ==
                answers(plain_port(any_wire), mail, "<r@here.example>")[-1].code), mail
        rcpt = spelling.replace("HOST", "closed.example")
        assert (answers(any_wire.port, "<s@good.example>", rcpt)[-1].code ==
                answers(plain_port(any_wire), "<s@good.example>", rcpt)[-1].code), rcpt


def test_a_null_sender_with_blanks_is_one(any_wire):
    daemon = any_wire.start(RULES)
    for spelling in ("<>", "< >", "<(nobody)>"):
        assert_judged(any_wire, spelling, "<closed@here.example>", "closed to nobody")
        assert answers(any_wire.port, spelling, "<r@here.example>")[-1].code == answers(
            plain_port(any_wire), spelling, "<r@here.example>")[-1].code
    daemon.some_decided(sender="<>", rule="nobody")


def test_the_log_has_what_was_written(milter_wire):
    daemon = milter_wire.start(RULES)
    answers(milter_wire.port, "< a@banned.example >", "<r@here.example>")
    line = daemon.some_decided(rule="campaign")
    assert (line["sender"], line["sender_given"]) == ("a@banned.example", " a@banned.example ")
    answers(milter_wire.port, "<s@good.example>", "<x@(c)closed.example>")
    line = daemon.some_decided(rule="closed")
    assert (line["recipient"], line["recipient_given"]) == ("x@closed.example", "x@(c)closed.example")
    assert "sender_given" not in line


def test_a_bounce_tag_makes_no_other_sender(any_wire):
    any_wire.start(RULES)
    rcpt = "<r@here.example>"
    for sender in ("ann", "prvs=0123abcdef=ann", "btv1==012abcdef01==ann"):
        assert answers(any_wire.port, f"<{sender}@partner.example>", rcpt)[-1].code == 250, sender
    for sender in ("bob", "prvs=notatag=ann", "prvs=0123abcdef=bob", "ann=x"):
        last = answers(any_wire.port, f"<{sender}@partner.example>", rcpt)[-1]
        assert last.code == 550 and last.endswith("not you"), (sender, last)


class VirtualSendmail(Sendmail):
    """Serves closed.example by a virtusertable, and its own name by users of the machine."""

    SHIPPED, PLAIN = 2551, 2552
    PROBE = PLAIN

    def __init__(self, home):
        super().__init__(home)
        # The other one has /dev/log.
        self._syslog = Syslog(self.log_file, self.home / "log")

    def daemons(self):
        return [f"Name=shipped, Addr=127.0.0.1, Port={self.SHIPPED}",
                f"Name=plain, Addr=127.0.0.1, Port={self.PLAIN}, InputMailFilters="]

    def _mc(self):
        (self.etc / "virtusertable").write_text("x@closed.example joe@elsewhere.example\n"
                                                "@moved.example %1@closed.example\n")
        table = f"text -k0 -v1 {self.etc}/virtusertable"
        features = (f"FEATURE(`virtusertable', `{table}')dnl\n"
                    "VIRTUSER_DOMAIN(`closed.example')dnl\nVIRTUSER_DOMAIN(`moved.example')dnl\n")
        mc, _, _ = super()._mc().partition("MAILER_DEFINITIONS")
        return mc.replace("MAILER(`smtp')dnl", features + "MAILER(`local')dnl\nMAILER(`smtp')dnl")


@pytest.fixture(scope="module")
def virtual():
    mta = VirtualSendmail("/mnt/virtual-sendmail")
    mta.start()
    yield mta
    mta.stop()


VIRTUAL_RULES = RULES + """
  - { name: spoof, when: { sender_domain: mx.gate.example }, then: reject 550 5.7.1 "not from there" }
  - { name: own, when: { recipient_domain: mx.gate.example, recipient: nobody@ }, then: reject 550 5.7.1 "own" }
"""


def test_what_sendmails_own_tables_make_of_an_address_is_not_looked_at(virtual, milter):
    daemon = milter(VIRTUAL_RULES)
    for rcpt, text in (("<x@closed.example>", "closed here"), ("< x@closed.example >", "closed here"),
                       ("<closed.example!x>", "closed here"),
                       ("<nobody@mx.gate.example>", "own"), ("< nobody@mx.gate.example >", "own")):
        assert answers(virtual.PLAIN, "<s@good.example>", rcpt)[-1].code == 250, rcpt
        last = answers(virtual.SHIPPED, "<s@good.example>", rcpt)[-1]
        assert last.code == 550 and last.endswith(text), (rcpt, last)
    # Where it goes to is no matter.
    assert answers(virtual.SHIPPED, "<s@good.example>", "<y@moved.example>")[-1].code == 250
    for mail in ("<nobody@mx.gate.example>", "< nobody@mx.gate.example >",
                 "<nobody@(c)mx.gate.example>"):
        last = answers(virtual.SHIPPED, mail, "<r@here.example>")[-1]
        assert last.code == 550 and last.endswith("not from there"), (mail, last)
    assert answers(virtual.SHIPPED, "<nobody@good.example>", "<r@here.example>")[-1].code == 250
    daemon.some_decided(rule="closed")

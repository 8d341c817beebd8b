"""Messages that lack what most have, through libmilter itself: whatever is negotiated, each command
that the MTA waits at is answered, and each message is judged once at its end.

libmilter has one table of states for the whole process, in which what one connection has left out
stays passable for all later ones. So each combination gets a daemon of its own.
"""

import itertools

import pytest

from gate import LISTEN_TCP, LISTEN_UNIX, MILTER_SOCKET, MILTER_TCP
from milter_client import ALL_ACTIONS, ALL_STEPS, COMMANDS, Answer, MilterClient

ADDRESSES = {LISTEN_UNIX: MILTER_SOCKET, LISTEN_TCP: MILTER_TCP}

# What makes a step needed.
SENDER = "{ name: sender, when: { sender: banned@ }, then: reject }"
RECIPIENT = "{ name: recipient, when: { recipient: trap@ }, then: reject }"
DATA = "{ name: data, stage: data, when: { sender: banned@ }, then: reject }"
HEADER = "{ name: header, when: { header.subject: '~cheap pills' }, then: reject }"
RULES = {
    "nothing": [],
    "client": ["{ name: client, when: { client: 192.0.2.66 }, then: reject }"],
    "helo": ["{ name: helo, when: { helo: bad.example }, then: reject }"],
    "sender": [SENDER],
    "recipient": [RECIPIENT],
    "refused recipient": ["{ name: refused, when: { recipient_refused: yes }, then: log }"],
    "hold": ["{ name: aside, when: { sender: aside@ }, then: hold }"],
    "data": [DATA],
    "header": [HEADER],
    "header and recipient": [RECIPIENT, HEADER],
    "header and data": [DATA, HEADER],
}


def without(*commands):
    """All steps, but that these cannot be left out."""
    steps = ALL_STEPS
    for command in commands:
        steps &= ~COMMANDS[command][1]
    return 6, steps


ANSWERED = sum(unanswered for _, _, unanswered in COMMANDS.values())
OFFERS = {
    "all": (6, ALL_STEPS),
    "all answered": (6, ALL_STEPS & ~ANSWERED),
    "no mail and rcpt": without("mail", "rcpt"),
    "no data": without("data"),
    "no header": without("header"),
    "no eoh": without("eoh"),
    "no body": without("body"),
    "no unknown": without("unknown"),
    "nothing": without(*(command for command in COMMANDS if command != "eom")),
    "version 4": (4, 0x3FF),
    "version 3": (3, 0x1FF),
    "version 2": (2, 0x7F),
    "version 1": (2, 0x3F),
}

FIELD = ("X", "y")
CONTENTS = list(itertools.product([(), (FIELD,), (FIELD, FIELD)], [b"", b"hi\r\n"]))
PASS = (None, Answer("continue"))


def message(mta, fields, body):
    """All that an MTA says of one message; nothing of it is refused."""
    assert mta.mail("a@good.example") in PASS
    assert mta.rcpt("you@here.example") in PASS
    assert mta.unknown("XFOO") in PASS
    assert mta.data() in PASS
    for name, value in fields:
        assert mta.header(name, value) in PASS
    assert mta.eoh() in PASS
    if body:
        assert mta.body(body) in PASS
    assert mta.eom() == Answer("continue")


def given_up(mta, commands):
    """A message of which the MTA says so many commands, and that it is over."""
    for tell in [lambda: mta.mail("a@good.example"), lambda: mta.rcpt("you@here.example"), mta.data,
                 lambda: mta.header(*FIELD), mta.eoh, lambda: mta.body(b"hi\r\n")][:commands]:
        assert tell() in PASS
    mta.abort()


def sessions(address, offer):
    """Each content alone in a session; then all of them in one, each in front of each, with nothing,
    ABORT, EHLO or a message that is given up between them. How many messages there were."""
    version, steps = offer
    number = 0
    for fields, body in CONTENTS:
        with MilterClient(address) as mta:
            mta.negotiate(ALL_ACTIONS, steps, version)
            mta.open()
            message(mta, fields, body)
            mta.quit()
            assert mta.ends()
            number += 1
    with MilterClient(address) as mta:
        mta.negotiate(ALL_ACTIONS, steps, version)
        mta.open()
        for between in [lambda: None, mta.abort, mta.helo,
                        *(lambda commands=n: given_up(mta, commands) for n in range(7))]:
            for first, second in itertools.product(CONTENTS[:2], CONTENTS[:4]):
                message(mta, *first)
                between()
                message(mta, *second)
                number += 2
        mta.quit()
        assert mta.ends()
    return number


def rules(needs):
    return f"rules: [{', '.join(RULES[needs])}]\n"


@pytest.mark.parametrize("listen", ADDRESSES, ids=["unix", "tcp"])
@pytest.mark.parametrize("needs", RULES)
def test_every_message_gets_to_its_end(milter, needs, listen):
    for name, offer in OFFERS.items():
        daemon = milter(rules(needs), listen=listen)
        number = sessions(ADDRESSES[listen], offer)
        daemon.all_decided(number if "header" in needs else 0, stage="eom")
        daemon.stop()
        assert " error " not in daemon.log(), name


@pytest.mark.parametrize("listen", ADDRESSES, ids=["unix", "tcp"])
@pytest.mark.parametrize("before, after", [
    ("nothing", "header and data"), ("data", "header"), ("header", "data"),
    ("header and data", "nothing")])
def test_new_rules_change_nothing_about_an_open_session(milter, before, after, listen):
    """It goes on as it was negotiated, whether its MTA is told enough for them or not."""
    daemon = milter(rules(before), listen=listen)
    with MilterClient(ADDRESSES[listen]) as mta:
        mta.open()
        message(mta, (), b"")
        assert "reload done" in daemon.reload(rules(after))
        for content in CONTENTS:
            message(mta, *content)
        mta.quit()
        assert mta.ends()

"""Messages without header, without body, without either: both MTAs take them, and so they are
judged like all others."""

import pytest

from smtp import Client, transact
from waiting import until

# Postfix gives a client of its own networks or addresses the fields that a message lacks.
STRANGER = "198.51.100.7"

DATA = "{ name: at-data, stage: data, when: { sender: banned@ }, then: reject }"
HEADER = "{ name: pills, when: { header.subject: '~cheap pills' }, then: reject }"
NO_SUBJECT = """{ name: no-subject, when: { sender: picky@, not: { header.subject: "~." } },
    then: reject 550 5.7.1 "No subject" }"""
HOLD = "{ name: aside, when: { sender: aside@ }, then: hold }"

RULES = {"header": [HEADER, NO_SUBJECT], "data": [DATA], "header and data": [DATA, HEADER, NO_SUBJECT],
         "hold": [HOLD], "nothing": []}

# As they come after DATA.
CONTENTS = {
    "nothing at all": "",
    "an empty line": "\r\n",
    "a body behind an empty line": "\r\nhi\r\n",
    "a body alone": "hi there\r\n",
    "a field": "X: y\r\n",
    "a field and an empty line": "X: y\r\n\r\n",
    "a field and a body": "X: y\r\n\r\nhi\r\n",
}


def rules(needs):
    return f"rules: [{', '.join(RULES[needs])}]"


def all_come_in(wire, contents, between):
    """In one session, with a command between them. How many messages there were."""
    with Client(wire.port, source=STRANGER) as client:
        for name in contents:
            outcome = transact(client, "a@good.example", ["b@box.example"], CONTENTS[name])
            assert outcome.end.code == 250, (between, name, outcome)
            if between:
                client.say(between)
    return len(contents)


@pytest.mark.parametrize("needs", RULES)
def test_they_come_in(every_milter_wire, needs):
    """Each as the first of a session, and one behind the other."""
    daemon = every_milter_wire.start(rules(needs))
    number = sum(all_come_in(every_milter_wire, [name], "") for name in CONTENTS)
    for between in ("", "RSET"):
        number += all_come_in(every_milter_wire, list(CONTENTS), between)
    # sendmail answers the third EHLO of a session and all further ones more and more slowly.
    number += all_come_in(every_milter_wire, ["an empty line", "nothing at all"],
                          "EHLO client.example")
    daemon.all_decided(number if "header" in needs else 0, stage="eom")


@pytest.mark.parametrize("needs", ["header", "header and data"])
@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_not_there_is_judged(every_milter_wire, needs, content):
    daemon = every_milter_wire.start(rules(needs))
    with Client(every_milter_wire.port, source=STRANGER) as client:
        refused = transact(client, "picky@b.example", ["b@box.example"], CONTENTS[content])
        assert refused.end == "550 5.7.1 No subject"
        taken = transact(client, "picky@b.example", ["b@box.example"],
                         "Subject: here\r\n" + CONTENTS["a field and a body"])
        assert taken.end.code == 250
    assert daemon.decided(stage="eom", action="reject")["rule"] == "no-subject"


def test_hold_without_a_header(every_milter_wire):
    daemon = every_milter_wire.start(rules("hold"))
    with Client(every_milter_wire.port, source=STRANGER) as client:
        outcome = transact(client, "aside@b.example", ["b@box.example"], "\r\n")
    assert daemon.some_decided(action="hold")["rule"] == "aside"
    assert until(lambda: outcome.queue_id in every_milter_wire.mta.held())

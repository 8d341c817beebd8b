"""Messages to recipients for whom different rules count at the end, from clients of real MTAs."""

import re
from pathlib import Path

import pytest

from smtp import Client, message, transact
from waiting import until

RULES = r"""
rules:
  - name: postmaster-is-reachable
    when: { recipient: [postmaster@, abuse@] }
    then: pass
  - name: trap
    when: { recipient: trap@ }
    then: reject 550 5.1.1 "No such user"
  - name: subject-words
    when: { header.subject: "~you have won" }
    then: reject 550 5.7.1 "We do not want that"
"""
MIXED = "452 4.5.3 Recipients under different rules: please send them in separate transactions"
REFUSED = "550 5.7.1 We do not want that"
PAGE = Path(__file__).resolve().parents[2] / "docs/replies.md"


def mail(subject, word):
    return f"Subject: {subject}\r\n\r\nbody-of-{word}\r\n"


def copies(wire, word):
    return [text for text in wire.mta.delivered() if f"body-of-{word}\n" in text]


def heard(outcome):
    return [answer if answer.code >= 400 else answer.code
            for answer in [*outcome.rcpts, outcome.end]]


def test_one_more_recipient_lets_nothing_in(milter_wire):
    daemon = milter_wire.start(RULES)
    word = f"won-{milter_wire}"
    for recipients, replies in [
            (["joe@box.example"], [250, REFUSED]),
            (["joe@box.example", "postmaster@box.example"], [250, MIXED, REFUSED]),
            (["joe@box.example", "abuse@box.example", "ann@box.example"],
             [250, MIXED, 250, REFUSED])]:
        outcome = message(milter_wire.port, "a@b.example", recipients,
                          body=mail("You have WON", word))
        assert heard(outcome) == replies
    line = daemon.some_decided(stage="rcpt", mixed_recipients="split",
                               recipient="postmaster@box.example")
    assert (line["rule"], line["action"], line["reply"]) == ("-", "defer", MIXED)
    assert not copies(milter_wire, word)


def test_with_the_mildest_verdict_it_comes_in_to_all(milter_wire):
    daemon = milter_wire.start(RULES, mixed_recipients="mildest")
    word = f"mildest-{milter_wire}"
    outcome = message(milter_wire.port, "a@b.example",
                      ["joe@box.example", "postmaster@box.example"],
                      body=mail("You have WON", word))
    assert heard(outcome) == [250, 250, 250]
    assert until(lambda: len(copies(milter_wire, word)) == 2)
    assert daemon.some_decided(stage="eom", mixed_recipients="mildest")["action"] == "pass"


def test_who_sends_the_rest_again_reaches_everybody(milter_wire):
    """As RFC 5321 4.5.3.1.10 has it; in the same session."""
    milter_wire.start(RULES)
    word = f"patient-{milter_wire}"
    left = ["joe@box.example", "trap@box.example", "postmaster@box.example", "ann@box.example",
            "abuse@box.example"]
    transactions = 0
    with Client(milter_wire.port) as client:
        while left:
            outcome = transact(client, "a@b.example", left, body=mail("hello", word))
            assert outcome.end.code == 250
            left = [one for one, answer in zip(left, outcome.rcpts) if answer == MIXED]
            transactions += 1
    assert transactions == 2
    assert until(lambda: len(copies(milter_wire, word)) == 4)


def test_a_hundred_recipients_of_two_groups(milter_wire):
    """More refusals than Postfix takes from a client (smtpd_hard_error_limit), were there no bound."""
    milter_wire.start(RULES)
    word = f"hundred-{milter_wire}"
    people = [f"one{number}@here.example" for number in range(50)]
    desks = [f"abuse@d{number}.example" for number in range(50)]
    left = [address for pair in zip(people, desks) for address in pair]
    with Client(milter_wire.port) as client:
        first = transact(client, "a@b.example", left, body=mail("hello", word))
        assert first.rcpts.count(MIXED) == 8
        assert first.end.code == 250
        left = [one for one, answer in zip(left, first.rcpts) if answer == MIXED]
        assert heard(transact(client, "a@b.example", left, body=mail("hello", word))) == [250] * 9
        won = transact(client, "a@b.example", people[:15] + desks[:15],
                       body=mail("you have won", word))
        assert won.rcpts.count(MIXED) == 8
        assert won.end == MIXED


def rows():
    section = PAGE.read_text().split("\n## Several recipients, and a rule about headers\n")[1]
    table = re.findall(r"^\| (.+) \|$", section.split("\n## ")[0], re.M)[1:]
    return [[cell.strip(" `") for cell in row.split("|")] for row in table]


@pytest.mark.parametrize("row", range(4))
def test_the_client_hears_what_the_page_says(milter_wire, row):
    setting, first, second, end = rows()[row]
    milter_wire.start(RULES, mixed_recipients=setting)
    local = {"joe": "joe@box.example", "postmaster": "postmaster@box.example"}
    names, replies = zip(*(re.fullmatch(r"(\w+): (.*)", cell).groups()
                           for cell in (first, second)))
    outcome = message(milter_wire.port, "a@b.example", [local[name] for name in names],
                      body=mail("you have won", f"page-{row}-{milter_wire}"))
    assert [str(one) for one in heard(outcome)] == [*replies, end]

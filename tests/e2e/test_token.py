"""`{token}` in the text of a refusal: what the client hears is what the log line says."""

import re

from smtp import message

RULES = """
rules:
  - name: banned
    when: { sender_domain: banned.example }
    then: reject 550 5.7.1 "Banned here, quote {token}"
  - name: closed
    when: { recipient: [closed@, shut@] }
    then: reject 550 5.7.1 "Closed, quote {token}"
  - name: kept
    when: { sender_domain: kept.example }
    then: hold see {token}
"""
TOKEN = r"quote ([a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{5})$"


def token_in(answer):
    found = re.search(TOKEN, answer)
    assert found, answer
    return found.group(1)


def test_the_token_of_a_refusal_finds_its_line(wire):
    daemon = wire.start(RULES)
    tokens = {token_in(message(wire.port, f"x{number}@banned.example", "you@here.example")
                       .refusal[1]) for number in range(3)}
    assert len(tokens) == 3
    for token in tokens:
        line = daemon.some_decided(token=token)
        assert line["rule"] == "banned"
        assert line["reply"] == f"550 5.7.1 Banned here, quote {token}"


def test_each_recipient_has_a_token_of_its_own(wire):
    daemon = wire.start(RULES)
    outcome = message(wire.port, "a@b.example", ["closed@box.example", "shut@box.example"])
    tokens = [token_in(answer) for answer in outcome.rcpts]
    assert tokens[0] != tokens[1]
    for token, recipient in zip(tokens, ["closed@box.example", "shut@box.example"]):
        assert daemon.some_decided(token=token)["recipient"] == recipient


def test_the_text_for_the_log_of_the_mta_has_it_too(wire):
    daemon = wire.start(RULES)
    message(wire.port, "x@kept.example", "a@box.example")
    token = daemon.some_decided(rule="kept")["token"]
    assert daemon.some_decided(rule="kept")["reply"].endswith(f" see {token}")
    if str(wire) != "milter-postfix":  # Postfix keeps the reason of a milter to itself
        wire.logged_hold("x@kept.example", f"see {token}")


def test_what_lets_mail_in_has_none(wire):
    daemon = wire.start(RULES)
    assert message(wire.port, "a@free.example", "a@box.example").refusal is None
    assert "token" not in daemon.some_decided(sender="a@free.example")

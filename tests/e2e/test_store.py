"""What is remembered of senders: limits on every wire, one store behind both doors, and its tool."""

import re
import subprocess

from asking import RECIPIENT, MilterAsker, PolicyAsker
from gate import BIN, MILTER_SOCKET, SOCKET
from smtp import Client, transact
from waiting import until

SENDER = "busy@news.example"
RULES = """
rules:
  - name: tight
    check: rate
    key: sender
    limit: 2/1h
    preset: standard
"""
OVER = r"450 4\.7\.1 .*Too much mail at once, try again in "


def sent(port, sender, recipients=(RECIPIENT,)):
    """"" for a message that came in, else the answer that it did not."""
    with Client(port) as client:
        outcome = transact(client, sender, recipients)
    return "" if outcome.end and outcome.end.code == 250 else str(outcome.refusal[1])


def test_a_limit_counts_messages_and_not_what_the_mta_asks(wire):
    wire.start(RULES, journal="off")
    assert sent(wire.port, SENDER, [RECIPIENT, "other@here.example"]) == ""
    assert sent(wire.port, SENDER) == ""
    assert re.match(OVER, sent(wire.port, SENDER))
    assert sent(wire.port, "calm@news.example") == ""


def test_what_a_rule_below_refuses_uses_nothing_up(wire):
    below = '  - { name: trap, when: { recipient: trap@ }, then: reject 550 5.7.1 "no" }\n'
    wire.start(RULES + below, journal="off")
    for _ in range(3):
        assert sent(wire.port, SENDER, ["trap@here.example"]).startswith("550")
    assert sent(wire.port, SENDER) == ""


def store(both, *words):
    done = subprocess.run(
        [BIN / "posternctl", "--config", both.home / "postern.yaml", "store", *words],
        capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def test_both_doors_know_what_either_has_counted_and_a_person_can_take_it_back(doors):
    both = doors(RULES)
    both.start()
    policy, milter = PolicyAsker(SOCKET), MilterAsker(MILTER_SOCKET, whole=True)
    record = ("rate", "tight", SENDER)
    assert policy.ask(SENDER) == ""
    assert until(lambda: "full again in" in store(both, "get", *record))
    assert milter.ask(SENDER) == ""
    assert until(lambda: policy.ask(SENDER).startswith("450 4.7.1"))
    assert until(lambda: milter.ask(SENDER).startswith("450 4.7.1"))
    assert ": forgotten" in store(both, "forget", *record)
    assert "absent" in store(both, "get", *record)
    assert policy.ask(SENDER) == ""
    for asker in (policy, milter):
        asker.close()


def test_a_restart_forgets_no_limit(gate):
    daemon = gate(RULES, journal="off")
    asker = PolicyAsker(SOCKET)
    assert [asker.ask(SENDER) for _ in range(2)] == ["", ""]
    asker.close()
    daemon.stop()
    daemon.start()
    asker = PolicyAsker(SOCKET)
    assert re.match(OVER, asker.ask(SENDER))
    asker.close()

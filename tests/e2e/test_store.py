"""What is remembered of senders: limits on every wire, one store behind both doors, and its tool."""

import math
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from asking import RECIPIENT, MilterAsker, PolicyAsker
from gate import BIN, MILTER_SOCKET, SOCKET
from smtp import Client, transact
from test_clock import Clock
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


def sent(port, sender, recipients=(RECIPIENT,), *, source=None, body="Subject: x\r\n\r\nx\r\n"):
    """"" for a message that came in, else the answer that it did not."""
    with Client(port, source=source) as client:
        outcome = transact(client, sender, recipients, body)
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


SLOW = """
zone:
  slow.example: { MX: [10 mail.slow.example], delay: 700ms }
  mail.slow.example: { A: [198.51.100.10], delay: 700ms }
"""


def test_mail_that_waits_for_dns_together_does_not_all_find_the_limit_unused(gate, zone_server):
    below = "  - { name: must-exist, check: sender_mx, preset: standard }\n"
    gate(RULES + below, journal="off", dns=zone_server(SLOW))
    askers = [PolicyAsker(SOCKET) for _ in range(20)]
    with ThreadPoolExecutor(len(askers)) as pool:
        answers = list(pool.map(lambda asker: asker.ask("x@slow.example"), askers))
    for asker in askers:
        asker.close()
    assert answers.count("") == 2
    assert sum(bool(re.match(OVER, answer)) for answer in answers) == 18


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


ALL_TOGETHER = """
rules:
  - { name: all, check: rate, key: rule, limit: 200/31d, preset: standard }
"""


def let_in(asker, number):
    return sum(asker.ask(SENDER) == "" for _ in range(number))


def test_of_both_doors_at_once_each_counts_what_it_lets_in_once(doors):
    both = doors(ALL_TOGETHER)
    both.start()
    askers = [PolicyAsker(SOCKET) for _ in range(4)]
    askers += [MilterAsker(MILTER_SOCKET, whole=True) for _ in range(4)]
    with ThreadPoolExecutor(len(askers)) as pool:
        passes = list(pool.map(let_in, askers, [120] * len(askers)))
    # Neither may have its turn while the other writes.
    assert 200 <= sum(passes) < 2 * 200 + 4, passes
    assert sum(passes[:4]) <= 200, "the policy daemon decides on one thread"
    days = math.ceil(sum(passes) * 31 / 200) - 1  # and some hours, less what has gone by
    assert until(lambda: f"full again in {days}d" in store(both, "get", "rate", "all")), passes
    for asker in askers:
        assert re.match(OVER, asker.ask(SENDER))
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


ABROAD = "198.51.100.7"
NEWCOMERS = """
rules:
  - { name: newcomers, check: first_seen, age: 1m, learn: 1m, preset: standard }
  - name: mark
    when: { found: [newcomers.new, newcomers.young] }
    then: "prepend X-Newcomer: yes"
"""


def test_a_sender_is_new_then_young_then_old(wire, monkeypatch, tmp_path):
    clock = Clock(tmp_path / "step")

    def marks(sender, word):
        body = f"Subject: {word}\r\n\r\n{word}\r\n"
        assert sent(wire.port, sender, ["joe@box.example"], source=ABROAD, body=body) == ""
        found = until(lambda: [text for text in wire.mta.delivered() if f"Subject: {word}" in text])
        return found[0].count("X-Newcomer: yes")

    monkeypatch.setenv("LD_PRELOAD", str(BIN / "clock_step.so"))
    monkeypatch.setenv("CLOCK_STEP", str(tmp_path / "step"))
    daemon = wire.start(NEWCOMERS, journal="off")
    assert marks("a@partner.example", "while-it-learns") == 0
    daemon.stop()
    clock.set(90)
    daemon.start()
    assert marks("b@news.partner.example", "of-a-partner") == 0
    assert marks("a@fresh.example", "of-a-newcomer") == 1
    assert marks("a@fresh.example", "of-a-young-one") == 1
    daemon.stop()
    clock.set(180)
    daemon.start()
    assert marks("a@fresh.example", "of-one-who-is-known") == 0
    daemon.stop()


def explained(both, *words):
    done = subprocess.run(
        [BIN / "posternctl", "--config", both.home / "postern.yaml", "explain", "--sender", SENDER,
         "--recipient", RECIPIENT, "--dns", "none", *words],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_explain_reads_what_is_remembered_and_changes_nothing(doors):
    both = doors(RULES)
    both.start()
    record = ("rate", "tight", SENDER)
    assert "absent" in explained(both)
    policy = PolicyAsker(SOCKET)
    assert policy.ask(SENDER) == ""
    policy.close()
    assert until(lambda: f"tight {SENDER}: found" in explained(both))  # by the other daemon
    for _ in range(5):
        page = explained(both)
        assert re.search(rf"tight {SENDER}: found, .*debt", page)
        assert f"would take 1 of tight {SENDER}" in page
        assert "within: 2 of 2 in 1h" in page
    assert "full again in 2" in store(both, "get", *record)  # half of the hour
    both.stop()
    # Where no daemon runs the file is read, by whom it belongs to.
    folder = both.home / "state/store"
    assert f"{folder}: first seen" in store(both, "get", *record)
    assert f"{folder}: absent" in store(both, "get", "rate", "tight", "nobody@news.example")
    assert re.search(rf"tight {SENDER}: found, .*debt", explained(both))
    owners = {path.name: path.owner() for path in folder.iterdir()}
    assert set(owners.values()) == {folder.owner()}, owners
    both.start()
    policy = PolicyAsker(SOCKET)
    assert policy.ask(SENDER) == ""
    assert re.match(OVER, policy.ask(SENDER))
    policy.close()

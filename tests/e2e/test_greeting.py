"""delay: the greeting of those it is for comes late, that of all others at once."""

from concurrent.futures import ThreadPoolExecutor

from mta import GREETING, STOCK
from smtp import Client

RULES = """
lists:
  slow-pools: { kind: network, entries: [198.51.100.0/24, "2001:db8:dead::/48"] }
rules:
  - name: slow-greeting
    when: { client: slow-pools }
    then: delay 2s
"""


def greeted_after(source):
    with Client(GREETING, source=source) as client:
        assert client.greeting.code == 220
        assert client.envelope("a@x.example").code == 250
        return client.greeted_after


def test_a_listed_client_waits_and_others_do_not(postfix, gate):
    daemon = gate(RULES)
    sources = ["198.51.100.9", "203.0.113.1", "198.51.100.10", "203.0.113.2"]
    with ThreadPoolExecutor(4) as pool:
        slow, fast, slow_too, fast_too = pool.map(greeted_after, sources)
    for held in (slow, slow_too):
        assert held > 1.9 and held.own < 3.5
    assert max(fast, fast_too) < min(slow, slow_too) - 1
    line = daemon.decided(client="198.51.100.9", stage="connect")
    assert (line["also"], line["delay"]) == ("slow-greeting", "2s")
    assert "delay" not in daemon.decided(client="203.0.113.1", stage="connect")


def test_beyond_the_cap_nobody_waits(postfix, gate):
    gate(RULES, max_delayed=2)
    with ThreadPoolExecutor(6) as pool:
        times = sorted(pool.map(greeted_after, [f"198.51.100.{n}" for n in range(20, 26)]))
    assert [time > 1.9 for time in times] == [False] * 4 + [True] * 2


def test_asked_at_recipients_only_nobody_waits(postfix, gate):
    gate(RULES)
    with Client(STOCK, source="198.51.100.9") as client:
        assert client.greeted_after < 1.9
        assert client.envelope("a@x.example").code == 250

"""What becomes of a client before it says MAIL: delays, and refusals for what it is."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from smtp import Client, message
from test_greeting import RULES
from waiting import until

REFUSE = """
lists:
  banned: { kind: network, entries: [198.51.100.66, "2001:db8:bad::/48"] }
rules:
  - name: banned-client
    when: { client: banned }
    then: reject 550 5.7.1 "Not from there"
  - name: tired-client
    when: { client: 198.51.100.67 }
    then: defer 451 4.7.1 "Later, from there"
  - name: banned-helo
    when: { helo: bad.helo.example }
    then: reject 550 5.7.1 "Not with that name"
  - name: postmaster
    when: { recipient: postmaster@ }
    then: pass
  - name: banned-but-for-postmaster
    when: { client: 198.51.100.68 }
    then: reject 550 5.7.1 "Only to the postmaster"
"""


def greeted_after(port, source):
    with Client(port, source=source) as client:
        assert client.greeting.code == 220
        assert client.mail("a@x.example").code == 250
        return client.greeted_after


def test_a_listed_client_waits_and_others_do_not(milter_wire):
    daemon = milter_wire.start(RULES)
    sources = ["198.51.100.9", "203.0.113.1", "198.51.100.10", "203.0.113.2"]
    with ThreadPoolExecutor(4) as pool:
        times = list(pool.map(lambda source: greeted_after(milter_wire.port, source), sources))
    slow, fast, slow_too, fast_too = times
    for held in (slow, slow_too):
        assert held > 1.9 and held.own < 3.5
    assert max(fast, fast_too) < min(slow, slow_too) - 1
    line = daemon.some_decided(client="198.51.100.9", stage="connect")
    assert (line["also"], line["delay"]) == ("slow-greeting", "2s")
    assert not [line for line in daemon.decisions(client="203.0.113.1") if "delay" in line]


def test_beyond_the_cap_nobody_waits(milter_wire):
    milter_wire.start(RULES, max_delayed=2)
    sources = [f"198.51.100.{number}" for number in range(20, 26)]
    with ThreadPoolExecutor(6) as pool:
        times = sorted(pool.map(lambda one: greeted_after(milter_wire.port, one), sources))
    assert [time > 1.9 for time in times] == [False] * 4 + [True] * 2


def test_who_hangs_up_while_waiting_leaves_room(milter_wire):
    """The MTA notices only afterwards: until then the place is taken, and not for longer."""
    milter_wire.start(RULES.replace("2s", "4s"), max_delayed=1)
    gone = socket.socket()
    gone.bind(("198.51.100.8", 0))
    gone.connect(("127.0.0.1", milter_wire.port))
    milter_wire.mta.logged(r" connect from .*\[198\.51\.100\.8\]")
    time.sleep(1)  # from there to the milter
    gone.close()
    assert greeted_after(milter_wire.port, "198.51.100.9").own < 2.9
    assert until(lambda: greeted_after(milter_wire.port, "198.51.100.9") > 3.9)


# -- refuse_clients --------------------------------------------------------------------------------

def test_at_mail_the_client_is_greeted_and_hears_the_rules_text(milter_wire):
    daemon = milter_wire.start(REFUSE)
    for number in (1, 2):  # each message of the session
        with Client(milter_wire.port, source="198.51.100.66") as client:
            assert client.greeting.code == 220
            for _ in range(number):
                expected = milter_wire.seen_as("550 5.7.1 Not from there", "MAIL", "a@b.example")
                assert client.mail("a@b.example") == expected
    assert daemon.some_decided(client="198.51.100.66", action="reject")["rule"] == "banned-client"


def test_at_mail_over_ipv6(milter_wire):
    milter_wire.start(REFUSE)
    outcome = message(milter_wire.ipv6_port, "a@b.example", "c@d.example", host="2001:db8::25",
                      source="2001:db8:bad::1")
    assert outcome.refusal == (
        "MAIL", milter_wire.seen_as("550 5.7.1 Not from there", "MAIL", "a@b.example"))


def test_at_mail_a_defer_has_its_text_too(milter_wire):
    milter_wire.start(REFUSE)
    outcome = message(milter_wire.port, "a@b.example", "c@d.example", source="198.51.100.67")
    assert outcome.refusal == ("MAIL", "451 4.7.1 Later, from there")


@pytest.mark.parametrize("refuse_clients", ["at_mail", "at_greeting"])
def test_a_name_is_refused_with_the_rules_text(milter_wire, refuse_clients):
    daemon = milter_wire.start(REFUSE, refuse_clients=refuse_clients)
    outcome = message(milter_wire.port, "a@b.example", "c@d.example", helo="bad.helo.example")
    assert outcome.refusal[0] == "MAIL"
    assert outcome.refusal[1].startswith("550 5.7.1 ")
    assert outcome.refusal[1].endswith("Not with that name")
    assert daemon.some_decided(helo="bad.helo.example", action="reject")["rule"] == "banned-helo"


def test_another_helo_is_another_name(milter_wire):
    milter_wire.start(REFUSE)
    with Client(milter_wire.port, helo="bad.helo.example") as client:
        assert client.mail("a@b.example").code == 550
        assert client.say("EHLO good.helo.example").code == 250
        assert client.mail("a@b.example").code == 250


def test_at_greeting_there_is_none(milter_wire):
    daemon = milter_wire.start(REFUSE, refuse_clients="at_greeting")
    with Client(milter_wire.port, source="198.51.100.66") as client:
        assert client.greeting.code == 554
        assert client.mail("a@b.example").code in (503, 550)
    line = daemon.some_decided(client="198.51.100.66", action="reject")
    assert (line["rule"], line["stage"]) == ("banned-client", "connect")


def test_at_greeting_a_defer_is_heard_at_mail(milter_wire):
    """Neither MTA has a greeting that says so: it comes with MAIL, and it is temporary."""
    milter_wire.start(REFUSE, refuse_clients="at_greeting")
    outcome = message(milter_wire.port, "a@b.example", "c@d.example", source="198.51.100.67")
    assert outcome.refusal[0] == "MAIL"
    assert outcome.refusal[1].startswith("451 4.")


@pytest.mark.parametrize("refuse_clients", ["at_mail", "at_greeting"])
def test_an_exemption_by_recipient_comes_first(milter_wire, refuse_clients):
    """What stands further up comes first: so the client gets as far as RCPT."""
    milter_wire.start(REFUSE, refuse_clients=refuse_clients)
    outcome = message(milter_wire.port, "a@b.example", ["postmaster@d.example", "c@d.example"],
                      source="198.51.100.68")
    assert [answer.code for answer in outcome.rcpts] == [250, 550]
    assert outcome.rcpts[1] == milter_wire.seen_as("550 5.7.1 Only to the postmaster", "RCPT",
                                                   "c@d.example")
    assert outcome.end.code == 250

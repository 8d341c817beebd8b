"""Answers are kept as long as their owner says, no longer, and asked for once."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from gate import PATIENT
from mta import STOCK
from smtp import Client, send

RULES = """
rules:
  - name: sender-must-exist
    check: sender_mx
    preset: standard
"""

# A busy machine is no reason to ask again.

MAIL = "  mail.ok.example: { A: [198.51.100.25], ttl: 300 }\n"


def test_a_changed_record_is_seen_after_its_ttl_and_not_before(postfix, gate, zone_server):
    server = zone_server("zone:\n  t.example: { MX: [10 mail.ok.example], ttl: 4 }\n" + MAIL)
    daemon = gate(RULES, dns=server, **PATIENT)
    with Client(STOCK) as client:
        began = time.monotonic()
        assert client.envelope("a@t.example").code == 250
        server.change("zone:\n  t.example: { MX: [0 .], ttl: 4 }\n")
        time.sleep(max(0.0, began + 1.2 - time.monotonic()))
        again = client.envelope("a@t.example").code
        if time.monotonic() - began < 4:  # else the machine was busy until it had run out
            assert again == 250
            assert re.search(r"MX t\.example: found \(cache [0-3]s\)",
                             daemon.decided(2, sender="a@t.example")["dns"])
            assert server.queries("t.example", "MX") == 1
        time.sleep(max(0.0, began + 4.6 - time.monotonic()))
        assert client.envelope("a@t.example").code == 550
        if time.monotonic() - began < 8:
            assert server.queries("t.example", "MX") == 2


def test_no_such_name_is_asked_again_after_its_time(postfix, gate, zone_server):
    server = zone_server("zone: {}\nnegative_ttl: 4\n")
    gate(RULES, dns=server, **PATIENT)
    with Client(STOCK) as client:
        began = time.monotonic()
        assert client.envelope("a@new.example").code == 550
        server.change("zone:\n  new.example: { MX: [10 mail.ok.example] }\n" + MAIL)
        time.sleep(max(0.0, began + 1.2 - time.monotonic()))
        again = client.envelope("a@new.example").code
        if time.monotonic() - began < 4:
            assert again == 550
            assert server.queries("new.example", "MX") == 1
        time.sleep(max(0.0, began + 4.6 - time.monotonic()))
        assert client.envelope("a@new.example").code == 250
    assert server.queries("new.example", "MX") == 2


def test_a_failure_is_remembered_for_a_moment_only(postfix, gate, zone_server):
    server = zone_server("zone:\n  f.example: { fault: servfail }\n")
    gate(RULES, dns=server, **PATIENT)
    with Client(STOCK) as client:
        began = time.monotonic()
        assert client.envelope("a@f.example").code == 451
        asked = server.queries("f.example", "MX")
        assert client.envelope("a@f.example").code == 451
        if time.monotonic() - began < 1:
            assert server.queries("f.example", "MX") == asked
        server.change("zone:\n  f.example: { MX: [10 mail.ok.example] }\n" + MAIL)
        time.sleep(1.3)  # failure_ttl of gate.py is 1s
        assert client.envelope("a@f.example").code == 250


def test_fifty_recipients_cost_one_question(postfix, gate, zone_server):
    server = zone_server("zone:\n  many.example: { MX: [10 mail.ok.example] }\n" + MAIL)
    daemon = gate(RULES, dns=server, **PATIENT)
    answers, end = send(STOCK, "a@many.example", [f"r{n}@here.example" for n in range(50)])
    assert [answer.code for answer in answers] == [250] * 50
    assert end.code == 250
    daemon.all_decided(50, sender="a@many.example")
    assert server.queries("many.example", "MX") == 1
    assert server.queries("mail.ok.example", "A") == 1


def test_twenty_clients_at_once_cost_one_question(postfix, gate, zone_server):
    server = zone_server("zone:\n  rush.example: { MX: [10 mail.ok.example], delay: 250ms }\n"
                         + MAIL)
    gate(RULES, dns=server, **PATIENT)

    def ask(number):
        with Client(STOCK) as client:
            return client.envelope(f"a{number}@rush.example").code

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [250] * 20
    assert server.queries("rush.example", "MX") == 1

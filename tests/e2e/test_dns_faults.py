"""A DNS that is broken never costs a message: 4xx, in time, and the reason in the log."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from mta import STOCK
from nameserver import HesitantServer
from smtp import Client
from waiting import stopwatch, until

RULES = """
rules:
  - name: sender-must-exist
    check: sender_mx
    preset: standard
"""

DEADLINE = 3.0  # gate.py's default

FAULTS = ["servfail", "refused", "formerr", "notimp", "timeout", "wrong_id", "wrong_question",
          "wrong_port", "cut", "garbage", "empty", "compression_loop", "count_lies", "referral",
          "truncate_no_tcp", "tcp_reset", "cname_loop"]

HOST = "  mail.ok.example: { A: [198.51.100.25] }\n"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_temporary(postfix, gate, zone_server, fault):
    server = zone_server(f"zone:\n  bad.example: {{ MX: [10 mail.ok.example], fault: {fault} }}\n"
                         + HOST)
    daemon = gate(RULES, dns=server)
    clock = stopwatch()
    with Client(STOCK) as client:
        answer = client.envelope("kim@bad.example", "you@here.example")
    took = clock()
    assert answer.startswith("451 4."), fault
    assert answer.endswith("Recipient address rejected: Temporary DNS failure, please try again")
    assert took.own < DEADLINE + 1
    line = daemon.decided(sender="kim@bad.example")
    assert (line["finding"], line["action"]) == ("unknown", "defer")
    assert "MX bad.example: " in line["dns"]
    postfix.logged(r"reject: RCPT from .*451 4\..*from=<kim@bad.example>")


@pytest.mark.parametrize("fault", ["truncate", "no_soa", "formerr_on_edns", "fail_first_1",
                                   "drop_first_1", "stray_records", "lower_case",
                                   "lower_case_no_tcp", "flapping", "many_mx_1000"])
def test_what_can_be_got_around_is(postfix, gate, zone_server, fault):
    server = zone_server(f"zone:\n  odd.example: {{ MX: [10 mail.ok.example], fault: {fault} }}\n"
                         + HOST)
    daemon = gate(RULES, dns=server)
    with Client(STOCK) as client:
        assert client.envelope("ann@odd.example").code == 250
    assert "MX odd.example: found" in daemon.decided(sender="ann@odd.example")["dns"]


def test_a_truncated_answer_is_asked_for_over_tcp(postfix, gate, zone_server):
    server = zone_server("zone:\n  big.example: { MX: [10 mail.ok.example], fault: truncate }\n"
                         + HOST)
    gate(RULES, dns=server)
    with Client(STOCK) as client:
        assert client.envelope("ann@big.example").code == 250
    log = server.log()
    assert "udp big.example MX" in log
    assert "tcp big.example MX" in log


def test_a_slow_answer_is_waited_for(postfix, gate, zone_server):
    server = zone_server("zone:\n  slow.example: { MX: [10 mail.ok.example], delay: 3s }\n"
                         + HOST)
    gate(RULES, dns=server, attempt_timeout="2s", query_timeout="20s", deadline="20s")
    clock = stopwatch()
    with Client(STOCK) as client:
        assert client.envelope("ann@slow.example").code == 250
    took = clock()
    assert took > 2.9 and took.own < 6


def test_an_answer_after_the_deadline_counts_the_next_time(postfix, gate):
    with HesitantServer() as server, Client(STOCK) as client:
        daemon = gate(RULES, dns=server, deadline="400ms", attempt_timeout="10s",
                      query_timeout="60s")
        assert client.envelope("ann@late.example").code == 451
        line = daemon.decided(sender="ann@late.example")
        assert line["finding"] == "unknown"
        assert "MX late.example: deadline" in line["dns"]
        assert int(line["us"]) > 390_000
        server.answer()
        assert until(lambda: client.envelope("ann@late.example").code == 550)
    assert daemon.some_decided(sender="ann@late.example", finding="null_mx")["action"] == "reject"


def test_a_dead_resolver_is_no_reason_to_refuse(postfix, gate):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        daemon = gate(RULES, upstreams=f'[["127.0.0.1:{silent.getsockname()[1]}"]]')
        clock = stopwatch()
        with Client(STOCK) as client:
            assert client.envelope("ann@any.example").code == 451
        assert clock().own < DEADLINE + 1
    assert daemon.decided(sender="ann@any.example")["finding"] == "unknown"


def test_nobody_at_the_resolver_port_is_told_at_once(postfix, gate):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    gate(RULES, upstreams=f'[["127.0.0.1:{port}"]]')
    clock = stopwatch()
    with Client(STOCK) as client:
        assert client.envelope("ann@any.example").code == 451
    assert clock().own < 2.5


def test_the_next_group_is_asked_when_the_first_is_dead(postfix, gate, zone_server):
    server = zone_server("zone:\n  ok.example: { MX: [10 mail.ok.example] }\n" + HOST)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dead = silent.getsockname()[1]
        daemon = gate(RULES, upstreams=f'[["127.0.0.1:{dead}"], ["127.0.0.1:{server.port}"]]')
        with Client(STOCK) as client:
            assert client.envelope("ann@ok.example").code == 250
    assert f"found (127.0.0.1:{server.port})" in daemon.decided(sender="ann@ok.example")["dns"]


def test_one_dead_domain_does_not_hold_up_others(postfix, gate, zone_server):
    server = zone_server("zone:\n  dead.example: { fault: timeout }\n"
                         "  ok.example: { MX: [10 mail.ok.example] }\n" + HOST)
    gate(RULES, dns=server)

    def ask(domain):
        clock = stopwatch()
        with Client(STOCK) as client:
            return client.envelope(f"ann@{domain}").code, clock()

    with ThreadPoolExecutor(2) as pool:
        dead = pool.submit(ask, "dead.example")
        assert until(lambda: server.queries("dead.example", "MX"))
        good = pool.submit(ask, "ok.example")
        assert good.result()[0] == 250
        assert dead.result()[0] == 451
        assert good.result()[1] < dead.result()[1] / 2

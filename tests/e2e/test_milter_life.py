"""Stopping, crashing and reloading under running MTAs, and many sessions at once."""

import ctypes
import os
import signal
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gate import LISTEN_TCP, MILTER, MILTER_SOCKET, PATIENT
from milter_client import Answer, MilterClient
from mta import MILTER_TEMPFAIL
from sendmail import REFUSING, UNJUDGED
from smtp import Client, message, transact
from test_life import ban, limit_memory, memory_in_use
from waiting import stopwatch, until

RELOADS = [signal.SIGHUP, signal.SIGUSR1]


def status_of(daemon):
    """Of /proc: the fields of its status as text."""
    text = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def stop_in(daemon):
    """Seconds that it takes to go, with success."""
    clock = stopwatch()
    daemon.stop()
    return clock().own


# -- stopping --------------------------------------------------------------------------------------

def test_it_stops_at_once_when_nobody_is_there(milter):
    assert stop_in(milter(ban("bad.example"))) < 3
    assert not MILTER_SOCKET.exists()


def test_it_stops_with_sessions_open(milter):
    daemon = milter(ban("bad.example"))
    sessions = [MilterClient(MILTER_SOCKET) for _ in range(20)]
    for number, session in enumerate(sessions):
        if number % 4:
            session.open()
        if number % 2:
            session.mail("a@b.example")
    assert stop_in(daemon) < 6  # stop_timeout of gate.py is 3s
    for session in sessions:
        assert session.ends()
        session.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_success(milter, number):
    daemon = milter(ban("bad.example"))
    daemon.process.send_signal(number)
    assert daemon.process.wait(60) == 0
    daemon.process = None


def test_it_does_not_wait_for_a_delay_to_end(milter):
    daemon = milter("rules: [{ name: slow, then: delay 20s }]\n")
    session = MilterClient(MILTER_SOCKET, 30)
    session.negotiate()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.connect)
        time.sleep(0.3)  # nothing tells that it waits
        assert not waiting.done()
        assert stop_in(daemon) < 6
        try:
            waiting.result(60)
        except (EOFError, ConnectionResetError):
            pass
    session.close()


def test_a_decision_under_way_is_answered_before_it_stops(milter_wire, zone_server):
    server = zone_server("zone:\n  slow.example: { MX: [0 .], delay: 700ms }\n")
    daemon = milter_wire.start(
        "rules: [{ name: must-exist, check: sender_mx, preset: standard }]\n", dns=server,
        **PATIENT)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(message, milter_wire.port, "x@slow.example", "a@b.example")
        assert until(lambda: server.queries("slow.example", "MX"))
        daemon.stop()
        assert outcome.result().mail.code in (550, 250 if "postfix" in str(milter_wire) else 451)
        assert outcome.result().mail.startswith("550 5.7.27 ")


# -- what the snippets say -------------------------------------------------------------------------

def test_without_it_the_snippets_hold_their_word(postfix, sendmail, milter):
    daemon = milter(ban("bad.example"), listen=LISTEN_TCP)
    daemon.stop()
    outcome = message(2532, "x@bad.example", "gone@box.example")
    postfix.sent(outcome.queue_id, "gone@box.example")
    assert message(MILTER_TEMPFAIL, "x@bad.example", "a@b.example").refusal == (
        "MAIL", "451 4.7.1 Service unavailable - try again later")
    assert message(2545, "x@bad.example", "a@b.example").refusal == (
        "MAIL", "451 4.3.2 Please try again later")
    outcome = message(UNJUDGED, "x@bad.example", "gone@box.example")
    sendmail.sent(outcome.queue_id, "gone@box.example")
    assert message(REFUSING, "x@bad.example", "a@b.example").refusal[0] == "greeting"


def test_killed_in_mid_session(milter_wire):
    """What is sent goes on as the snippet says, and the next session is judged again."""
    daemon = milter_wire.start(ban("bad.example"))
    with Client(milter_wire.port) as client:
        assert client.mail("a@good.example").code == 250
        daemon.kill()
        answer = client.rcpt("a@box.example")
        assert answer.code == (250 if "postfix" in str(milter_wire) else 451)
        if answer.code == 250:
            assert client.data().code == 250
    daemon.start()
    assert message(milter_wire.port, "x@bad.example", "a@b.example").mail.code == 550


# -- reloading -------------------------------------------------------------------------------------

@pytest.mark.parametrize("by", RELOADS, ids=["HUP", "USR1"])
def test_reload_takes_hold_for_the_next_message_of_an_open_session(milter_wire, by):
    daemon = milter_wire.start(ban("old.example"))
    with Client(milter_wire.port) as client:
        assert transact(client, "x@old.example", ["a@b.example"]).mail.code == 550
        assert transact(client, "x@new.example", ["a@b.example"]).end.code == 250
        assert "reload done" in daemon.reload(ban("new.example"), by)
        assert transact(client, "x@old.example", ["a@b.example"]).end.code == 250
        assert transact(client, "x@new.example", ["a@b.example"]).mail.code == 550
    old, new = (int(line["generation"]) for line in daemon.all_decided(2, rule="ban"))
    assert new > old


def test_a_message_is_judged_by_the_rules_it_began_with(milter_wire):
    both = """
rules:
  - name: ban
    when: {{ sender_domain: {domain} }}
    then: reject 550 5.7.1 "banned"
  - name: trap
    when: {{ recipient: {trap}@ }}
    then: reject 550 5.7.1 "trap"
"""
    daemon = milter_wire.start(both.format(domain="bad.example", trap="old"))
    with Client(milter_wire.port) as client:
        assert client.mail("x@good.example").code == 250
        assert client.rcpt("old@b.example").code == 550
        daemon.reload(both.format(domain="bad.example", trap="new"))
        assert client.rcpt("new@b.example").code == 250
        assert client.rcpt("old@b.example").code == 550
        client.say("RSET")
        assert client.mail("x@good.example").code == 250
        assert client.rcpt("new@b.example").code == 550


def test_new_needs_are_met_in_the_next_session(milter_wire):
    """Rules that look at headers, where those before did not, cannot judge a session whose MTA was
    told to leave the headers out: it stays with the old rules, and the log says so."""
    daemon = milter_wire.start(ban("bad.example"))
    words = ('rules: [{ name: words, when: { header.subject: "~pills" }, '
             'then: reject 550 5.7.1 "no pills" }]\n')
    pills = "Subject: pills\r\n\r\nx\r\n"
    with Client(milter_wire.port) as client:
        assert transact(client, "x@bad.example", ["a@b.example"]).mail.code == 550
        daemon.reload(words)
        assert transact(client, "x@bad.example", ["a@b.example"]).mail.code == 550
        assert transact(client, "x@b.example", ["a@b.example"], pills).end.code == 250
    assert until(lambda: "stays with generation 1" in daemon.log())
    assert message(milter_wire.port, "x@bad.example", "a@b.example", body=pills).end.code == 550


@pytest.mark.parametrize("by", RELOADS, ids=["HUP", "USR1"])
def test_reload_of_a_broken_file_keeps_the_old_rules(milter_wire, by):
    daemon = milter_wire.start(ban("old.example"))
    with Client(milter_wire.port) as client:
        told = daemon.reload("rules:\n  - name: x\n    whne: {}\n    then: pass\n", by)
        assert "rules.yaml:4:5" in told
        assert "whne" in told
        assert transact(client, "x@old.example", ["a@b.example"]).mail.code == 550


@pytest.mark.parametrize("by", RELOADS, ids=["HUP", "USR1"])
def test_a_hail_of_reloads(milter, by):
    """libmilter would end at SIGHUP if it got hold of it."""
    daemon = milter(ban("bad.example"))
    for _ in range(10):
        with MilterClient(MILTER_SOCKET) as mta:
            mta.open()
            for number in range(300):
                daemon.process.send_signal(by)
                if number % 30 == 0:
                    assert mta.mail("x@bad.example").text == "550 5.7.1 banned bad.example"
                    mta.abort()
            assert mta.message("x@good.example", ["a@b.example"]) == []
    assert daemon.process.poll() is None
    assert until(lambda: "reload unchanged" in daemon.log())
    assert "libmilter has ended" not in daemon.log()


def test_a_hangup_that_goes_astray_ends_nothing(milter):
    """Every thread gets one of its own, libmilter's among them, as happens when the first is busy
    with another signal."""
    daemon = milter(ban("bad.example"))
    process = daemon.process.pid
    threads = [int(name) for name in os.listdir(f"/proc/{process}/task")]
    assert len(threads) >= 5
    for thread in threads:
        assert ctypes.CDLL(None).tgkill(process, thread, int(signal.SIGHUP)) == 0
    assert until(lambda: "reload unchanged" in daemon.log())
    time.sleep(0.3)  # nothing tells that nothing happens
    for _ in range(3):
        with MilterClient(MILTER_SOCKET) as mta:
            mta.open()
            assert mta.mail("x@bad.example").kind == "reply"
    assert daemon.process.poll() is None
    assert "libmilter has ended" not in daemon.log()


# -- starting --------------------------------------------------------------------------------------

def test_it_takes_over_a_socket_that_a_crash_left_behind(milter_wire):
    daemon = milter_wire.start(ban("bad.example"))
    daemon.kill()
    daemon.start()
    assert message(milter_wire.port, "x@bad.example", "a@b.example").mail.code == 550


def test_it_gives_up_root(milter):
    fields = status_of(milter(ban("bad.example")))
    assert fields["Uid"].split() == ["65534"] * 4
    assert fields["CapEff"].strip("0") == ""


def test_the_socket_is_as_the_settings_say(milter):
    milter(ban("bad.example"))
    status = MILTER_SOCKET.stat()
    assert oct(status.st_mode & 0o777) == "0o660"
    assert MILTER_SOCKET.owner() == "nobody"
    assert MILTER_SOCKET.group() == "postfix"


def refused_start(daemon):
    daemon.stop()
    return lambda: subprocess.run([MILTER, "--config", daemon.home / "postern.yaml"],
                                  capture_output=True, text=True, timeout=60)


def test_faulty_rules_take_no_socket(milter):
    daemon = milter(ban("bad.example"))
    start = refused_start(daemon)
    daemon.change_rules("rules:\n  - { name: x, whne: {}, then: refuse }\n")
    result = start()
    assert result.returncode == 1
    assert result.stderr.count("error: ") == 2, result.stderr
    assert not MILTER_SOCKET.exists()


def test_settings_without_its_section_do_not_start(gate):
    daemon = gate(ban("bad.example"))
    result = subprocess.run([MILTER, "--config", daemon.home / "postern.yaml"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "milter" in result.stderr


def test_a_second_one_does_not_take_the_socket_away(milter):
    daemon = milter(ban("bad.example"))
    result = subprocess.run([MILTER, "--config", daemon.home / "postern.yaml"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode != 0
    assert "another process listens on it" in result.stderr
    with MilterClient(MILTER_SOCKET) as mta:
        mta.open()
        assert mta.mail("x@bad.example").kind == "reply"


def test_a_reload_beyond_the_memory_there_is_keeps_the_old_rules(milter):
    daemon = milter("""
lists: { banned: { kind: domain, file: banned.txt } }
rules: [{ name: ban, when: { sender_domain: banned }, then: reject }]
""", lists={"banned.txt": "bad.example\n"})
    rules = daemon.rules_file.read_text().removeprefix("version: 1\n")
    with MilterClient(MILTER_SOCKET) as mta:
        mta.open()
        assert mta.mail("x@bad.example").kind == "reply"
        limit_memory(daemon, memory_in_use(daemon) + (4 << 20))
        (daemon.home / "banned.txt").write_text(
            "".join(f"number{n}.of-very-many.example\n" for n in range(400_000)))
        assert "reload postponed: " in daemon.reload(rules)
        mta.abort()
        assert mta.mail("x@bad.example").kind == "reply"
        limit_memory(daemon, "unlimited")


# -- many at once ----------------------------------------------------------------------------------

POOLS = """
lists: { slow-pools: { kind: network, entries: [198.51.100.0/24] } }
rules:
  - name: slow-greeting
    when: { client: slow-pools }
    then: delay 8s
  - name: ban
    when: { sender_domain: bad.example }
    then: reject 550 5.7.1 "banned"
"""


def times_of_asking(sessions):
    times = []
    for session in sessions:
        asked = time.monotonic()
        assert session.mail("x@bad.example") == Answer("reply", "550 5.7.1 banned")
        times.append(time.monotonic() - asked)
        session.abort()
    return times


def test_a_thousand_sessions_of_which_two_hundred_wait(milter):
    """Those who wait do not keep the others waiting."""
    daemon = milter(POOLS, max_delayed=200)
    idle = status_of(daemon)
    others = [MilterClient(MILTER_SOCKET, 30) for _ in range(800)]
    for session in others:
        session.open("203.0.113.1")
    usual = sorted(times_of_asking(others[::4]))
    waiting = [MilterClient(MILTER_SOCKET, 30) for _ in range(200)]
    for session in waiting:
        session.negotiate()
    clock = stopwatch()
    with ThreadPoolExecutor(200) as pool:
        delayed = [pool.submit(session.connect, f"198.51.100.{number}")
                   for number, session in enumerate(waiting)]
        assert until(lambda: int(status_of(daemon)["Threads"]) >= 200)
        times = times_of_asking(others[::4] * 2)
        busy = status_of(daemon)
        files = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
        assert clock() < 8, "too slow to tell anything"
        assert not any(one.done() for one in delayed)
        for one in delayed:
            one.result(60)
    took = clock()
    times.sort()
    print(f"others: median {statistics.median(times) * 1000:.2f} ms, "
          f"p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms, worst {times[-1] * 1000:.1f} ms; "
          f"threads {idle['Threads']} -> {busy['Threads']}, "
          f"RSS {idle['VmRSS']} -> {busy['VmRSS']}, VmSize {busy['VmSize']}, {files} files; "
          f"all greeted after {took:.2f} s")
    for session in others + waiting:
        session.close()
    assert times[int(len(times) * 0.99)] < max(1, 20 * usual[int(len(usual) * 0.99)])
    assert took > 7.9 and took.own < 10
    assert int(busy["Threads"]) < 200 + 60
    assert int(busy["VmRSS"].split()[0]) < 150 << 10
    # And they go again.
    assert until(lambda: int(status_of(daemon)["Threads"]) < int(idle["Threads"]) + 20)


def test_beyond_max_connections_the_mta_does_without(milter):
    daemon = milter(ban("bad.example"), max_connections=10)
    sessions = [MilterClient(MILTER_SOCKET) for _ in range(10)]
    for session in sessions:
        session.open()
    with MilterClient(MILTER_SOCKET) as one_more:
        with pytest.raises((AssertionError, EOFError, ConnectionResetError, BrokenPipeError)):
            one_more.negotiate()
    assert sessions[0].mail("x@bad.example").kind == "reply"
    for session in sessions:
        session.close()

    def served():
        with MilterClient(MILTER_SOCKET) as session:
            try:
                session.open()
                return session.mail("x@bad.example").kind == "reply"
            except (AssertionError, EOFError, OSError):
                return False

    assert until(served)
    assert daemon.process.poll() is None


def test_many_that_wait_for_dns_do_not_keep_the_others_waiting(milter, zone_server):
    server = zone_server("zone:\n  dead.example: { fault: timeout }\n"
                         "  mx.example: { MX: [10 mail.mx.example] }\n"
                         "  mail.mx.example: { A: [198.51.100.10] }\n")
    daemon = milter("rules: [{ name: must-exist, check: sender_mx, preset: standard }]\n",
                    dns=server, query_timeout="2s", deadline="3s")
    waiting = [MilterClient(MILTER_SOCKET, 30).open() for _ in range(100)]
    other = MilterClient(MILTER_SOCKET, 30).open()
    assert other.message("a@mx.example", ["c@d.example"]) == []
    other.abort()
    with ThreadPoolExecutor(100) as pool:
        clock = stopwatch()
        asked = [pool.submit(session.mail, "x@dead.example") for session in waiting]
        assert until(lambda: server.queries("dead.example", "MX"))
        assert other.message("a@mx.example", ["c@d.example"]) == []
        assert not any(one.done() for one in asked)
        answers = [one.result(60) for one in asked]
        took = clock()
    assert {answer.text for answer in answers} == {
        "451 4.4.3 Temporary DNS failure, please try again"}
    assert took.own < 5
    assert daemon.process.poll() is None
    for session in waiting + [other]:
        session.close()

"""The wall clock is set, forwards and backwards, while a daemon serves: what is measured goes on by
a clock that nobody sets, and only what has a date is judged by the new one."""

import datetime
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from gate import BIN, MILTER_SOCKET, PATIENT
from milter_client import MilterClient
from test_overload import NO_DOMAIN, asker, close_all, connect, cpu_seconds
from waiting import stopwatch, until

DAY = 86_400
STEPS = pytest.mark.parametrize("step", [DAY, -DAY, 20 * 365 * DAY], ids=[
    "a day on", "a day back", "20 years on"])

ZONE = """\
zone:
  mx.example:   { MX: [10 mail.mx.example] }
  mail.mx.example: { A: [198.51.100.10] }
  slow.example: { MX: [0 .], delay: 700ms }
"""

RULES = """
lists:
  slow-pools: {{ kind: network, entries: [198.51.100.0/24] }}
  until-soon:
    kind: domain
    entries: [ {{ entry: dated.example, expires: {date} }} ]
rules:
  - {{ name: slow-greeting, when: {{ client: slow-pools }}, then: delay 2s }}
  - {{ name: dated, when: {{ sender_domain: until-soon }}, then: reject 550 5.7.1 "dated" }}
  - name: must-exist
    check: sender_mx
    on:
      missing: reject 550 5.1.8 "no such domain"
      null_mx: reject 550 5.7.27 "no mail"
      unknown: defer
"""


class Clock:
    """Of a daemon that has tests/support/clock_step.cpp in it."""

    def __init__(self, file):
        self._file = file
        self.set(0)

    def set(self, step):
        """In place: it is mapped."""
        with open(self._file, "r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", step))


@pytest.fixture(params=["policyd", "milter"])
def stepped(request, doors, zone_server, monkeypatch, tmp_path):
    """(door, its clock, the name server that it asks)"""
    server = zone_server(ZONE)
    in_two_days = datetime.date.today() + datetime.timedelta(2)
    one = getattr(doors(RULES.format(date=in_two_days), dns=server, **PATIENT), request.param)
    clock = Clock(tmp_path / "step")
    library = BIN / "clock_step.so"
    assert library.exists(), "./dev build release makes it"
    with monkeypatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("CLOCK_STEP", str(tmp_path / "step"))
        one.start()
    return one, clock, server


def greeting(one):
    """Seconds that the greeting of a listed client is held back."""
    clock = stopwatch()
    if one.name == "postern-policyd":
        with connect(one) as connection:
            connection.sendall(b"request=smtpd_access_policy\nprotocol_state=CONNECT\n"
                               b"client_address=198.51.100.9\n\n")
            assert connection.recv(4096) == b"action=DUNNO\n\n"
    else:
        with MilterClient(MILTER_SOCKET) as session:
            session.negotiate()
            session.connect("198.51.100.9")
    return clock()


@STEPS
def test_nothing_that_is_measured_notices(stepped, step):
    one, clock, server = stepped
    sessions = [asker(one) for _ in range(6)]
    for session in sessions:
        assert session.ask("x@mx.example") == ""
        assert session.ask("x@gone.example") == NO_DOMAIN
    asked = server.queries("mx.example.", "MX"), server.queries("gone.example.", "MX")
    queries = server.log()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(sessions[5].ask, "x@slow.example")
        held = pool.submit(greeting, one)
        until(lambda: False, 0.3)
        clock.set(step)
        used = cpu_seconds(one)
        # Sessions that were idle are still there, and what DNS said is still known.
        for session in sessions[:4]:
            assert session.ask("x@mx.example") == ""
            assert session.ask("x@gone.example") == NO_DOMAIN
        assert slow.result(60) == "550 5.7.27 no mail"
        again = held.result(60), greeting(one)
    assert all(took > 1.9 and took.own < 3 for took in again)
    for session in sessions:
        assert session.ask("x@mx.example") == ""
    assert cpu_seconds(one) - used < 2, "something waits no longer, but spins"
    assert asked == (server.queries("mx.example.", "MX"), server.queries("gone.example.", "MX"))
    assert set(server.log().split()) - set(queries.split()) <= {"slow.example", "slow.example."}
    # New files are taken by it, too.
    before = one.control.generation()
    one.rules_file.write_text(one.rules_file.read_text().replace("dated\"", "dated now\""))
    assert until(lambda: one.control.generation() > before)
    close_all(sessions)
    said = [line for line in one.said() if " warning " in line or " error " in line]
    assert not said
    year = (datetime.datetime.now() + datetime.timedelta(seconds=step)).year
    assert until(lambda: one.said()[-1].startswith(f"{year}-"))


def test_what_has_a_date_goes_by_the_date(stepped):
    one, clock, _ = stepped
    assert one.ask("x@dated.example") == "550 5.7.1 dated"
    clock.set(4 * DAY)
    assert one.ask("x@dated.example") == NO_DOMAIN
    clock.set(-4 * DAY)
    assert one.ask("x@dated.example") == "550 5.7.1 dated"

"""Nobody takes all places: neither one client those of greetings that are held back, nor idle
connections or one host those of connections."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from gate import MILTER_SOCKET
from milter_client import MilterClient
from test_overload import BANNED, RULES, answers_a_new_one, close_all, connect
from waiting import stopwatch, until

pytestmark = pytest.mark.usefixtures("descriptors")

SLOW = """
rules:
  - name: slow-greeting
    when: { client: 198.51.100.0/24 }
    then: delay 3s
"""


def greeted_after(one, client):
    """Seconds."""
    clock = stopwatch()
    if one.name == "postern-policyd":
        with connect(one) as connection:
            connection.sendall(f"request=smtpd_access_policy\nprotocol_state=CONNECT\n"
                               f"client_address={client}\n\n".encode())
            assert connection.recv(4096) == b"action=DUNNO\n\n"
    else:
        with MilterClient(MILTER_SOCKET) as session:
            session.negotiate()
            session.connect(client)
    return clock()


def test_one_client_does_not_hold_all_greetings(door, figures):
    one = door(SLOW)
    with ThreadPoolExecutor(60) as pool:
        greedy = [pool.submit(greeted_after, one, "198.51.100.7") for _ in range(50)]
        assert until(lambda: one.control.status()["delays"]["skipped_share"] == 43)
        others = list(pool.map(lambda n: greeted_after(one, f"198.51.100.{n}"), range(20, 30)))
        held = sum(wait.result() > 2.5 for wait in greedy)
    figures(f"{one.name}: 50 connections of one client, {held} held back; of 10 others "
            f"{sum(took > 2.5 for took in others)}")
    assert held == 7
    assert all(took > 2.5 for took in others)
    assert one.control.status()["delays"]["skipped_full"] == 0


def test_idle_connections_do_not_close_the_door(doors, figures):
    one = doors(RULES).policyd
    one.start()
    assert one.control.status()["connections"]["max"] == 2000
    assert one.ask("x@bad.example") == BANNED
    idle = [connect(one) for _ in range(1999)]
    assert until(lambda: one.control.status()["connections"]["open"] == 2000)
    until(lambda: False, 1.5)
    assert one.ask("x@bad.example") == BANNED, "it has just been used, and stays"
    served = sum(answers_a_new_one(one) for _ in range(200))
    status = one.control.status()["connections"]
    figures(f"2,000 connections open, 1,999 of them idle: {served} of 200 newcomers served, "
            f"{status['evicted']} idle ones closed")
    assert served == 200
    assert one.ask("x@bad.example") == BANNED
    assert status["open"] <= 2000 and status["refused"] == 0
    close_all(idle)


def from_host(source):
    connection = socket.create_connection(("127.0.0.1", 10040), 10, source_address=(source, 0))
    connection.settimeout(60)
    return connection


def answers(connection):
    try:
        connection.sendall(b"request=smtpd_access_policy\nprotocol_state=RCPT\n"
                           b"sender=x@bad.example\nrecipient=r@h.example\n\n")
        return connection.recv(4096) == f"action={BANNED}\n\n".encode()
    except OSError:
        return False


def test_one_host_leaves_a_tenth_to_others(doors):
    one = doors(RULES).policyd
    one.change_settings("request_timeout: 2s", "request_timeout: 2s\n  max_connections: 20")
    one.start()
    greedy = [from_host("198.51.100.5") for _ in range(30)]
    assert sum(answers(connection) for connection in greedy) == 18
    # A host that has its share already makes room for itself, once its connections are idle.
    until(lambda: False, 1.5)
    other = [from_host("198.51.100.6") for _ in range(2)]
    assert all(answers(connection) for connection in other)
    newcomer = from_host("198.51.100.5")
    assert answers(newcomer)
    assert all(answers(connection) for connection in other), "they have nothing to do with it"
    # This machine's own have no share among themselves: all of them come from one address.
    close_all([*greedy, *other, newcomer])
    assert until(lambda: one.control.status()["connections"]["open"] == 0)
    own = [from_host("127.0.0.1") for _ in range(20)]
    assert all(answers(connection) for connection in own)
    close_all(own)

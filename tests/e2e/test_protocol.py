"""What is no policy request gets no reply, a closed connection and one line in the log."""

import socket
import time

import pytest

from gate import SOCKET
from mta import STOCK
from smtp import Client
from waiting import stopwatch, until

RULES = """
rules:
  - name: ban
    when: { sender_domain: bad.example }
    then: reject 550 5.7.1 "banned"
"""

GOOD = b"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=x@bad.example\nrecipient=r@h.example\n\n"

BROKEN = {
    "no request": b"protocol_state=RCPT\nsender=a@b.example\n\n",
    "another request": b"request=junk\nprotocol_state=RCPT\n\n",
    "empty": b"\n",
    "no equals sign": b"request=smtpd_access_policy\nnonsense\n\n",
    "a NUL": b"request=smtpd_access_policy\nsender=a\0b@x.example\n\n",
    "a megabyte in one line": b"request=smtpd_access_policy\nsender=" + b"a" * (1 << 20),
    "a megabyte of lines": b"request=smtpd_access_policy\n" + b"a=b\n" * (1 << 18),
    "binary": bytes(range(256)) * 40 + b"\n\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x7f" * 64 + b"\n\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\n",
}


def unix_connection():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(SOCKET))
    return connection


def tcp_connection():
    return socket.create_connection(("127.0.0.1", 10040), timeout=60)


def read_to_end(connection):
    received = b""
    try:
        while chunk := connection.recv(4096):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def say(connection, data):
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has heard enough


@pytest.mark.parametrize("connect", [unix_connection, tcp_connection], ids=["unix", "tcp"])
@pytest.mark.parametrize("what", BROKEN)
def test_no_reply_and_one_line(gate, connect, what):
    daemon = gate(RULES)
    before = len(daemon.log().splitlines())
    with connect() as other, connect() as connection:
        other.sendall(GOOD[:40])
        clock = stopwatch()
        say(connection, BROKEN[what])
        assert read_to_end(connection) == b""
        assert clock().own < 5
        # A connection that was in the middle of its own request does not notice.
        other.sendall(GOOD[40:])
        assert other.recv(4096) == b"action=550 5.7.1 banned\n\n"
    assert until(lambda: len(daemon.log().splitlines()) >= before + 2)
    time.sleep(0.1)
    said = [line for line in daemon.log().splitlines()[before:] if "decision door=" not in line]
    assert len(said) == 1, said
    assert all(32 <= ord(character) < 127 for character in said[0])


def test_half_a_request_is_no_request(gate):
    """Closing before the empty line: no answer, and the daemon goes on."""
    daemon = gate(RULES)
    with unix_connection() as connection:
        connection.sendall(GOOD[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection) == b""
    with unix_connection() as connection:
        connection.sendall(GOOD)
        assert connection.recv(4096) == b"action=550 5.7.1 banned\n\n"
    daemon.all_decided(1)


def test_a_request_that_never_ends_is_given_up(gate):
    daemon = gate(RULES)
    with unix_connection() as connection:
        clock = stopwatch()
        connection.sendall(GOOD[:-1])
        assert read_to_end(connection) == b""
    took = clock()
    assert took > 1.5 and took.own < 4  # request_timeout of gate.py is 2s
    assert until(lambda: "did not come in time" in daemon.log()), daemon.log()
    assert not daemon.decisions()


def test_byte_by_byte_is_fine(gate):
    gate(RULES)
    with tcp_connection() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in GOOD:
            connection.sendall(bytes([byte]))
        assert connection.recv(4096) == b"action=550 5.7.1 banned\n\n"


def test_many_requests_in_one_packet_are_answered_in_order(gate):
    gate(RULES)
    other = GOOD.replace(b"bad.example", b"good.example")
    with unix_connection() as connection:
        connection.sendall(GOOD + other + GOOD)
        received = b""
        while received.count(b"\n\n") < 3:
            received += connection.recv(4096)
    assert received == (b"action=550 5.7.1 banned\n\n" b"action=DUNNO\n\n"
                        b"action=550 5.7.1 banned\n\n")


def test_what_is_unknown_is_ignored_and_values_may_hold_anything(gate):
    gate(RULES)
    with unix_connection() as connection:
        connection.sendall(b"tls_sni=\nfuture=a=b=c\nsasl_sender=\xff\xfe\n" + GOOD)
        assert connection.recv(4096) == b"action=550 5.7.1 banned\n\n"


def test_what_a_stranger_says_stays_on_one_line_of_the_log(postfix, gate):
    daemon = gate(RULES)
    evil = b"request=smtpd_access_policy\nprotocol_state=RCPT\nhelo_name=a\x1b[31m\rdecision x=\"y\"\nsender=x@bad.example\n\n"
    with unix_connection() as connection:
        connection.sendall(evil)
        assert connection.recv(4096).startswith(b"action=550")
    daemon.all_decided(1)
    assert "\x1b" not in daemon.log() and "\r" not in daemon.log()


def test_postfix_is_served_beside_all_that(postfix, gate):
    gate(RULES)
    with Client(STOCK) as client:
        for data in BROKEN.values():
            with unix_connection() as connection:
                say(connection, data)
                assert client.envelope("x@bad.example").code == 550

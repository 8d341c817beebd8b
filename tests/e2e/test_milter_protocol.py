"""What no MTA says: the daemon stays up, and those beside it and after it are served."""

import os
import struct
import time

import pytest

from gate import LISTEN_TCP, MILTER_SOCKET, MILTER_TCP
from milter_client import ALL_ACTIONS, ALL_STEPS, Answer, MilterClient, frame, strings
from mta import MILTER
from smtp import message
from waiting import stopwatch, until

RULES = """
lists: { banned: { kind: network, entries: [192.0.2.66, "2001:db8:66::/48"] } }
rules:
  - name: ban-client
    when: { client: banned }
    then: reject 550 5.7.1 "banned client"
  - name: ban-helo
    when: { helo: bad.helo.example }
    then: reject 550 5.7.1 "banned helo"
  - name: ban
    when: { sender_domain: bad.example }
    then: reject 550 5.7.1 "banned"
  - name: trap
    when: { recipient: trap@ }
    then: reject 550 5.7.1 "trap"
  - name: hold
    when: { sender: hold@ }
    then: hold me
  - name: mark
    when: { sender: mark@ }
    then: { prepend: "X-Mark: 100% {client}" }
  - name: words
    when: { header.subject: "~words" }
    then: reject 550 5.7.1 "words"
"""

BANNED = Answer("reply", "550 5.7.1 banned")
NEGOTIATION = frame(b"O", struct.pack(">III", 6, ALL_ACTIONS, ALL_STEPS))
CONNECT = frame(b"C", b"host\0" + b"4" + struct.pack(">H", 40000) + b"192.0.2.1\0")
HELO = frame(b"H", strings("client.example"))
MAIL = frame(b"M", strings("<x@bad.example>"))
TO_HELO = NEGOTIATION + CONNECT + HELO

HOSTILE = {
    "nothing": b"",
    "a length of zero": struct.pack(">I", 0),
    "a length of zero later": NEGOTIATION + struct.pack(">I", 0) + b"C",
    "four gigabytes": struct.pack(">I", 0xFFFFFFFF) + b"O" + b"a" * 65536,
    "four gigabytes later": NEGOTIATION + struct.pack(">I", 0xFFFFFFFF) + b"C" + b"a" * 65536,
    "two gigabytes": NEGOTIATION + struct.pack(">I", 0x7FFFFFFF) + b"M" + b"a" * 65536,
    "a megabyte of sender": NEGOTIATION + CONNECT + frame(b"M", b"<" + b"a" * (1 << 20) + b"\0"),
    "one byte": b"\0",
    "half a length": b"\0\0",
    "a length alone": struct.pack(">I", 13),
    "half a negotiation": NEGOTIATION[:9],
    "a short negotiation": frame(b"O", b"\0\0\0\6"),
    "an empty negotiation": frame(b"O"),
    "version 0": frame(b"O", struct.pack(">III", 0, ALL_ACTIONS, ALL_STEPS)),
    "version 2 billion": frame(b"O", struct.pack(">III", 1 << 31, ALL_ACTIONS, ALL_STEPS)),
    "nothing offered": frame(b"O", struct.pack(">III", 6, 0, 0)) + CONNECT + HELO + MAIL,
    "negotiated twice": NEGOTIATION + NEGOTIATION + CONNECT,
    "no negotiation": CONNECT + HELO + MAIL,
    "MAIL first": NEGOTIATION + MAIL,
    "RCPT first": NEGOTIATION + frame(b"R", strings("<a@b.example>")),
    "RCPT before MAIL": NEGOTIATION + CONNECT + HELO + frame(b"R", strings("<a@b.example>")),
    "end of message first": NEGOTIATION + frame(b"E"),
    "end of message before MAIL": NEGOTIATION + CONNECT + HELO + frame(b"E"),
    "header before MAIL": NEGOTIATION + CONNECT + frame(b"L", strings("Subject", "words")),
    "two CONNECTs": NEGOTIATION + CONNECT + CONNECT,
    "MAIL twice": NEGOTIATION + CONNECT + HELO + MAIL + MAIL,
    "an unknown command": NEGOTIATION + frame(b"Z", b"what"),
    "a reply as a command": NEGOTIATION + frame(b"c"),
    "no arguments": NEGOTIATION + CONNECT + HELO + frame(b"M"),
    "an argument that does not end": NEGOTIATION + CONNECT + HELO + frame(b"M", b"<a@b"),
    "empty arguments": NEGOTIATION + CONNECT + HELO + frame(b"M", b"\0\0\0"),
    "ten thousand arguments": NEGOTIATION + CONNECT + HELO + frame(b"M", b"a\0" * 10000),
    "CONNECT without anything": NEGOTIATION + frame(b"C"),
    "CONNECT of no family": NEGOTIATION + frame(b"C", b"host\0"),
    "CONNECT of another family": NEGOTIATION + frame(b"C", b"host\0" + b"X" + b"\0\0x\0"),
    "CONNECT from a socket": NEGOTIATION + frame(b"C", b"host\0" + b"L" + b"\0\0/a/path\0"),
    "CONNECT with no address": NEGOTIATION + frame(b"C", b"host\0" + b"4" + b"\0\0"),
    "CONNECT with a wrong address": NEGOTIATION + frame(b"C", b"h\0" + b"4" + b"\0\1999.1.2\0"),
    "CONNECT with another's address": NEGOTIATION + frame(b"C", b"h\0" + b"6\0\001192.0.2.1\0"),
    "macros for nothing": NEGOTIATION + frame(b"D"),
    "macros for an unknown command": NEGOTIATION + frame(b"D", b"?" + strings("i", "1")),
    "a macro without a value": TO_HELO + frame(b"D", b"Mi\0") + MAIL,
    "a long macro without a value": TO_HELO + frame(b"D", b"M" + b"x" * 60 + b"\0") + MAIL,
    "a macro whose value does not end": TO_HELO + frame(b"D", b"Mi\0Q1") + MAIL,
    "a macro whose name does not end": TO_HELO + frame(b"D", b"Mi") + MAIL,
    "the last macro of three without a value":
        TO_HELO + frame(b"D", b"M" + strings("a", "b", "c", "d", "e")) + MAIL,
    "the last of thousands without a value":
        TO_HELO + frame(b"D", b"M" + strings(*["x"] * 8001)) + MAIL,
    "nothing but ends of macros": TO_HELO + frame(b"D", b"M" + b"\0" * 60001) + MAIL,
    "macros in thousands": NEGOTIATION + frame(b"D", b"M" + strings("i", "1") * 8000) + MAIL,
    "a header without a value": NEGOTIATION + CONNECT + HELO + MAIL + frame(b"L", b"Subject\0"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x7f" * 64,
    "all bytes": bytes(range(256)) * 64,
}


def client(timeout=60):
    return MilterClient(MILTER_SOCKET, timeout)


def assert_serves():
    with client() as mta:
        mta.open()
        assert mta.message("x@bad.example", ["a@b.example"]) == [("mail", BANNED)]
        mta.abort()
        assert mta.message("x@good.example", ["a@b.example"]) == []
        mta.quit()
        assert mta.ends()


def shout(data):
    """Says it, and hangs up without hearing."""
    with client() as mta:
        try:
            mta.say(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough


@pytest.fixture(scope="module")
def daemon(module_milter):
    """One for all hostile tests: what one leaves behind, the next one suffers from."""
    return module_milter(RULES)


@pytest.mark.parametrize("what", HOSTILE)
def test_it_stays_up(daemon, what):
    pid = daemon.process.pid
    with client() as beside:
        beside.open()
        shout(HOSTILE[what])
        assert beside.mail("x@bad.example") == BANNED
    assert_serves()
    assert daemon.process.poll() is None
    assert daemon.process.pid == pid


@pytest.mark.parametrize("what", HOSTILE)
def test_its_log_stays_readable(daemon, what):
    shout(HOSTILE[what])
    assert_serves()
    assert all(32 <= ord(letter) < 127 or letter == "\n" for letter in daemon.log())


@pytest.mark.parametrize("names", [1, 3, 5, 7, 9])
def test_an_odd_number_of_macros_behind_other_bytes(daemon, names):
    """libmilter makes a list of them in memory that held something else before: behind its end are
    the bytes of an earlier command, which are no address of anything."""
    size = 8 * (names + 1) + 8  # of the list, and what the allocator gives with it
    with client() as mta:
        mta.negotiate()
        mta.connect()
        for _ in range(20):
            mta.helo("A" * (size - 1))
        mta.say(frame(b"D", b"M" + strings(*["x" * 40] * names)))
        assert mta.mail("x@bad.example") == BANNED
    assert_serves()


def test_macros_in_front_of_one_without_a_value_hold(daemon):
    with client() as mta:
        mta.open()
        mta.say(frame(b"D", b"M" + strings("i", "QUEUE1", "{auth_authen}")))
        assert mta.mail("x@bad.example") == BANNED
    assert daemon.some_decided(queue_id="QUEUE1")["sender"] == "x@bad.example"


def test_cut_anywhere(daemon):
    whole = (NEGOTIATION + CONNECT + HELO + frame(b"D", b"M" + strings("i", "Q1")) + MAIL
             + frame(b"R", strings("<a@b.example>")) + frame(b"T")
             + frame(b"L", strings("Subject", "words")) + frame(b"N") + frame(b"E"))
    for end in range(0, len(whole), 3):
        shout(whole[:end])
    assert_serves()


def test_bytes_that_mean_nothing(daemon):
    """Random frames behind a proper beginning, the same in each run."""
    state = 20261121
    for _ in range(300):
        data = NEGOTIATION + (CONNECT if state & 1 else b"")
        for _ in range(8):
            state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            noise = struct.pack(">Q", state) * (1 + (state >> 8) % 9)
            data += frame(b"CHMRTLNBEADQKU?"[(state >> 20) % 15:][:1], noise)
        shout(data)
    assert daemon.process.poll() is None
    assert_serves()


def test_byte_by_byte(daemon):
    with client() as mta:
        for byte in NEGOTIATION:
            mta.say(bytes([byte]))
        assert mta.hear()[0] == b"O"
        for byte in CONNECT + HELO + MAIL:
            mta.say(bytes([byte]))
        answers = [mta.hear()]
        while answers[-1][0] == b"c":
            answers.append(mta.hear())
        assert answers[-1] == (b"y", b"550 5.7.1 banned\0")


def test_thousands_of_messages_on_one_connection(daemon):
    with client() as mta:
        mta.open()
        clock = stopwatch()
        for number in range(3000):
            sender = "x@bad.example" if number % 3 == 0 else f"x{number}@good.example"
            said = mta.message(sender, ["a@b.example", "trap@b.example"])
            assert [command for command, _ in said] == (
                ["mail"] if number % 3 == 0 else ["rcpt"]), number
            mta.abort()
        assert clock().own < 30
        mta.quit()
        assert mta.ends()


def test_thousands_of_connections(daemon):
    def open_files():
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    before = open_files()
    for number in range(2000):
        with client() as mta:
            if number % 4:
                mta.open()
            if number % 2:
                mta.mail("a@b.example")
    assert_serves()
    time.sleep(0.5)
    assert open_files() <= before + 3


BANNED_CLIENT = [("mail", Answer("reply", "550 5.7.1 banned client"))]


@pytest.mark.parametrize("address, banned", [
    ("192.0.2.66", True), ("192.0.2.67", False), ("2001:db8:66::1", True),
    ("2001:db8:67::1", False), ("::ffff:192.0.2.66", True)])
def test_every_kind_of_client(daemon, address, banned):
    with client() as mta:
        mta.open(address)
        assert mta.message("a@b.example", ["c@d.example"]) == (BANNED_CLIENT if banned else [])


def test_another_session_on_the_same_connection(daemon):
    """QUIT_NC and the next client without negotiation, which libmilter takes behind a message. What
    was negotiated is not known any more: it goes on unjudged."""
    with client() as mta:
        mta.open("192.0.2.1")
        assert mta.message("a@b.example", ["c@d.example"]) == []
        mta.quit_and_reuse()
        mta.open("192.0.2.66")
        assert mta.message("x@bad.example", ["c@d.example"]) == []
    assert until(lambda: "after SMFIC_QUIT_NC" in daemon.log())


def test_a_client_that_nobody_knows_is_no_listed_client(daemon):
    """sendmail -bs, from a pipe: no address at all."""
    with client() as mta:
        mta.open(None)
        assert mta.message("a@b.example", ["c@d.example"]) == []
        mta.abort()
        assert mta.message("a@bad.example", ["c@d.example"]) == [("mail", BANNED)]


def test_a_second_helo_forgets_the_first(daemon):
    with client() as mta:
        mta.negotiate()
        mta.connect()
        mta.helo("bad.helo.example")
        assert mta.mail("a@b.example") == Answer("reply", "550 5.7.1 banned helo")
        mta.abort()
        mta.helo("good.helo.example")
        assert mta.message("a@b.example", ["c@d.example"]) == []


def test_abort_forgets_the_message(daemon):
    with client() as mta:
        mta.open()
        assert mta.mail("hold@b.example") in (None, Answer("continue"))
        mta.rcpt("a@b.example")
        mta.abort()
        assert mta.message("a@b.example", ["c@d.example"]) == []
        mta.abort()
        assert mta.message("hold@b.example", ["c@d.example"]) == [
            ("eom", Answer("continue", "", (("quarantine", "me"),)))]


def test_a_header_is_put_first_and_keeps_its_percent_sign(daemon):
    with client() as mta:
        mta.open()
        [(command, answer)] = mta.message("mark@b.example", ["c@d.example"])
        assert command == "eom"
        assert answer.kind == "continue"
        [(kind, *rest)] = answer.changes
        assert kind == "insheader"
        assert rest[0] == 0
        assert [text.strip() for text in rest[1:]] == ["X-Mark", "100% 192.0.2.1"]


def test_it_asks_for_no_more_than_its_rules_need(milter):
    milter('rules: [{ name: a, when: { recipient: trap@ }, then: reject }]\n', listen=LISTEN_TCP)
    with MilterClient(MILTER_TCP) as mta:
        negotiated = mta.negotiate()
        assert not negotiated.wants("addheader")
        assert not negotiated.wants("quarantine")
        assert not negotiated.wants("chgbody")
        for command in ("header", "eoh", "body", "unknown"):
            assert not negotiated.is_told(command), command
        # Over TCP: what is not answered, the kernel makes up for by waiting.
        for command in ("connect", "helo", "mail", "rcpt", "data"):
            assert negotiated.is_told(command) and negotiated.answers(command), command


def test_it_asks_for_what_its_rules_need(daemon):
    with client() as mta:
        negotiated = mta.negotiate()
        assert negotiated.wants("addheader")
        assert negotiated.wants("quarantine")
        assert negotiated.is_told("header") and not negotiated.answers("header")
        assert not negotiated.is_told("body")
        assert "i" in negotiated.macros["mail"]


@pytest.mark.parametrize("version, actions, steps", [
    (6, ALL_ACTIONS & ~0x100, ALL_STEPS),  # no SETSYMLIST
    (4, 0x3F, 0x3FF),  # Postfix with milter_protocol = 4
    (2, 0x3F, 0x7F),  # sendmail 8.13
], ids=["no macro lists", "version 4", "version 2"])
def test_an_older_mta_is_served(daemon, version, actions, steps):
    with client() as mta:
        mta.negotiate(actions, steps, version)
        mta.connect()
        mta.helo()
        assert mta.message("x@bad.example", ["a@b.example"]) == [("mail", BANNED)]
        mta.abort()
        [(command, answer)] = mta.message("hold@b.example", ["c@d.example"])
        assert (command, answer.changes) == ("eom", (("quarantine", "me"),))


def test_an_mta_that_cannot_do_what_the_rules_need_hears_of_it(daemon):
    """Never without a word: mail that was to be held would be delivered."""
    with client() as mta:
        mta.say(frame(b"O", struct.pack(">III", 2, 0x1F, 0x7F)))  # no quarantine
        try:
            letter, _ = mta.hear()
            assert letter != b"O"
        except EOFError:
            pass
    assert until(lambda: "quarantine" in daemon.log())
    assert_serves()


def test_the_mtas_are_served_beside_all_that(postfix, milter):
    milter(RULES, listen=LISTEN_TCP)
    for data in HOSTILE.values():
        with MilterClient(MILTER_TCP) as mta:
            try:
                mta.say(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert message(MILTER, "x@bad.example", "a@b.example").mail == "550 5.7.1 banned"

"""What test_budget.py lets loose: crowds of senders, each the dearest of its kind or an ordinary
one, and a name server with answers that no zone file can hold."""

import errno
import functools
import itertools
import multiprocessing
import random
import socket
import socketserver
import struct
import time

from asking import RECIPIENT
from gate import MILTER_SOCKET, SOCKET
from milter_client import MilterClient
from waiting import until


class Crowd:
    """`members` processes; each goes through `send(number)`, a generator that sends once a step."""

    def __init__(self, send, members):
        self._ended = multiprocessing.Event()
        self._sent = multiprocessing.Value("Q", 0)
        self._members = [multiprocessing.Process(target=self._run, args=(send, number), daemon=True)
                         for number in range(members)]

    def _run(self, send, number):
        random.seed(number)
        for _ in send(number):
            with self._sent.get_lock():
                self._sent.value += 1
            if self._ended.is_set():
                return

    def __enter__(self):
        for member in self._members:
            member.start()
        assert until(lambda: self._sent.value >= len(self._members)), "nobody sends"
        return self

    def __exit__(self, *_):
        broken_off = [member for member in self._members if not member.is_alive()]
        self._ended.set()
        for member in self._members:
            member.join(60)
            member.kill()
        assert not broken_off, "a sender of the crowd has failed"


# -- over the policy door --------------------------------------------------------------------------

def request(sender, helo="client.example"):
    return (f"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\n"
            f"helo_name={helo}\nsender={sender}\nrecipient={RECIPIENT}\n\n").encode()


def connections(number):
    opened = []
    for _ in range(number):
        opened.append(socket.socket(socket.AF_UNIX))
        opened[-1].settimeout(60)
        opened[-1].connect(str(SOCKET))
    return opened


def hear(connection):
    answer = b""
    while not answer.endswith(b"\n\n"):
        chunk = connection.recv(4096)
        assert chunk, "the daemon has closed the connection"
        answer += chunk
    assert answer.startswith(b"action="), answer


def at_once(make_request, sessions, interval=0.0):
    """A sender that asks on all of its sessions at once, again when all are answered, but not
    before `interval` is over."""
    def send(number):
        opened = connections(sessions)
        for turn in itertools.count():
            due = time.monotonic() + interval
            for index, connection in enumerate(opened):
                connection.sendall(make_request(f"{number}-{turn}-{index}"))
            yield
            for connection in opened:
                hear(connection)
            time.sleep(max(0.0, due - time.monotonic()))

    return send


def beside_open(beginning, make_request, open_ones, sessions):
    """The same beside connections on which only `beginning` has come."""
    def send(number):
        opened = connections(open_ones)
        for connection in opened:
            connection.sendall(beginning)
        yield from at_once(make_request, sessions)(number)

    return send


# -- over the milter door --------------------------------------------------------------------------

def messages(recipients, make_subject):
    """A sender of messages to so many, of which rules by ten bits of an address know each."""
    everybody = [f"r{index:010b}@here.example" for index in range(recipients)]

    def send(_):
        session = MilterClient(MILTER_SOCKET, 60).open()
        while True:
            said = session.message("a@good.example", everybody,
                                   [("Subject", make_subject())])
            assert all(answer.text.startswith("451 ") for _, answer in said), said
            session.abort()
            yield

    return send


def text_for_regexes(size):
    """New to `win.{0,60}prize` at each of its bytes."""
    return "".join(random.choices(["win", "wi", "wn", "w", "in", "win."], k=size))[:size]


# -- what name servers say -------------------------------------------------------------------------

MX, A = 15, 1
LONGEST = 65535
DEAD_HOSTS = 16
LONG_TAIL = [letter * 60 for letter in "uv"] + ["w" * 40, "big", "example"]


def wire(labels):
    return b"".join(bytes([len(label)]) + label.encode() for label in labels)


def record(kind, data):
    return struct.pack(">HHHIH", 0xC00C, kind, 1, 300, len(data)) + data


def mx(preference, name):
    return record(MX, struct.pack(">H", preference) + name)


def filled(records, room):
    """As many of the records as there is room for."""
    taken = []
    for one in records:
        room -= len(one)
        if room < 0:
            break
        taken.append(one)
    return taken


@functools.cache
def many_hosts(question_end):
    """Thousands of records, each with a name of the greatest length, most of it a pointer."""
    tail = question_end + 12 + 2 + 6  # where the long tail of the first name begins
    first = mx(1, wire(["m0000", *LONG_TAIL]) + b"\0")
    rest = (mx(1, wire([f"m{index:04}"]) + struct.pack(">H", 0xC000 | tail))
            for index in itertools.count(1))
    return filled(itertools.chain([first], rest), LONGEST - question_end)


@functools.cache
def many_addresses(question_end):
    """None of which a mail host can have."""
    return filled((record(A, bytes([10, 0, *divmod(index, 256)])) for index in range(60000)),
                  LONGEST - question_end)


def answers_to(labels, kind, question_end):
    """The records; None: never an answer."""
    if labels[-2:] == ["big", "example"]:
        return many_hosts(question_end) if kind == MX else many_addresses(question_end)
    if "dead" in labels[-2]:
        return None
    if labels[-2:] == ["evil", "example"] and kind == MX:
        tails = [["dead", "example"], [f"dead{labels[0]}", "test"]]
        return [mx(host, wire([f"h{host}", labels[0], *tails[host % 2]]) + b"\0")
                for host in range(DEAD_HOSTS)]
    if kind == MX and labels[0] != "mx":
        return [mx(10, b"\2mx\xc0\x0c")]
    return [record(A, bytes([198, 51, 100, 1]))] if kind == A else []


def reply_to(query, room):
    """The reply to a query, cut and marked as such if it is longer than there is room for."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    end = at + 5
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    records = answers_to(labels, kind, end)
    if records is None:
        return None
    body = b"".join(records)
    cut = end + len(body) > room
    flags, count = (0x8780, 0) if cut else (0x8580, len(records))
    header = query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0)
    return header + query[12:end] + (b"" if cut else body)


class OverUdp(socketserver.BaseRequestHandler):
    def handle(self):
        query, connection = self.request
        reply = reply_to(query, 512)
        if reply:
            connection.sendto(reply, self.client_address)


class OverTcp(socketserver.StreamRequestHandler):
    def handle(self):
        while size := self.rfile.read(2):
            reply = reply_to(self.rfile.read(*struct.unpack(">H", size)), LONGEST)
            if reply:
                self.wfile.write(struct.pack(">H", len(reply)) + reply)


def on_one_port():
    """Both servers; a port that is free over UDP may be taken over TCP."""
    while True:
        udp = socketserver.UDPServer(("127.0.0.1", 0), OverUdp)
        try:
            return udp, socketserver.ThreadingTCPServer(udp.server_address, OverTcp)
        except OSError as error:
            udp.server_close()
            if error.errno != errno.EADDRINUSE:
                raise


class NameServer:
    """A process for each protocol, so that long answers keep no short ones waiting."""

    def __init__(self):
        udp, tcp = on_one_port()
        udp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.port = udp.server_address[1]
        self._servers = [udp, tcp]
        self._processes = [multiprocessing.Process(target=server.serve_forever, daemon=True)
                           for server in self._servers]

    def __enter__(self):
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_):
        for process, server in zip(self._processes, self._servers):
            process.kill()
            process.join(60)
            server.server_close()

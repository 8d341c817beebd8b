"""The MTA's side of the milter protocol, version 6, as sendmail and Postfix speak it.

Sends what the filter has negotiated to be told, and waits for an answer where it has negotiated to
give one. `say` sends anything, for filters that have to stand it.
"""

import dataclasses
import ipaddress
import socket
import struct

# What an MTA offers: to be asked to do, and to leave out.
ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF

ACTIONS = {"addheader": 0x01, "chgbody": 0x02, "addrcpt": 0x04, "delrcpt": 0x08, "chgheader": 0x10,
           "quarantine": 0x20, "chgfrom": 0x40, "addrcpt_par": 0x80, "setsymlist": 0x100}

# A command: its letter, the step "do not tell me", the step "I shall not answer".
COMMANDS = {
    "connect": (b"C", 0x001, 0x01000), "helo": (b"H", 0x002, 0x02000),
    "mail": (b"M", 0x004, 0x04000), "rcpt": (b"R", 0x008, 0x08000),
    "data": (b"T", 0x200, 0x10000), "header": (b"L", 0x020, 0x00080),
    "eoh": (b"N", 0x040, 0x40000), "body": (b"B", 0x010, 0x80000),
    "unknown": (b"U", 0x100, 0x20000), "eom": (b"E", 0, 0)}

# In the order in which a macro list names its stage.
MACRO_STAGES = ["connect", "helo", "mail", "rcpt", "data", "eom", "eoh"]

FINAL = {b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard",
         b"y": "reply", b"s": "skip", b"f": "connection failed", b"4": "shutdown"}
CHANGES = {b"q": "quarantine", b"h": "addheader", b"i": "insheader", b"m": "chgheader",
           b"+": "addrcpt", b"2": "addrcpt_par", b"-": "delrcpt", b"b": "replbody",
           b"e": "chgfrom", b"p": "progress"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """`kind` of FINAL; `text` is that of a reply; `changes` are what went before it, as tuples."""

    kind: str
    text: str = ""
    changes: tuple = ()


@dataclasses.dataclass(frozen=True)
class Negotiated:
    version: int
    actions: int
    steps: int
    macros: dict  # stage to the names that are asked for

    def wants(self, action):
        return bool(self.actions & ACTIONS[action])

    def is_told(self, command):
        since = {"unknown": 3, "data": 4}.get(command, 2)  # versions of the protocol
        return self.version >= since and not self.steps & COMMANDS[command][1]

    def answers(self, command):
        return not self.steps & COMMANDS[command][2]


def frame(command, payload=b""):
    return struct.pack(">I", len(payload) + 1) + command + payload


def strings(*values):
    return b"".join(value.encode() + b"\0" for value in values)


def change(letter, payload):
    """(kind, text...) of something that is done to the message."""
    kind = CHANGES[letter]
    if letter in b"im":
        position = struct.unpack(">I", payload[:4])[0]
        return kind, position, *payload[4:].rstrip(b"\0").decode(errors="replace").split("\0")
    return kind, *payload.rstrip(b"\0").decode(errors="replace").split("\0")


class MilterClient:
    """One SMTP session of an MTA. `address`: the path of a socket, or (host, port)."""

    def __init__(self, address, timeout=60):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(address if isinstance(address, tuple) else str(address))
        self.negotiated = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def close(self):
        self.socket.close()

    # -- bytes ------------------------------------------------------------------------------------

    def say(self, data):
        self.socket.sendall(data)

    def _read(self, size):
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise EOFError("the filter has closed the connection")
            data += chunk
        return data

    def hear(self):
        """The letter and the payload of the next packet; EOFError at the end."""
        size = struct.unpack(">I", self._read(4))[0]
        assert 0 < size < 1 << 20, f"a packet of {size} bytes"
        packet = self._read(size)
        return packet[:1], packet[1:]

    def ends(self):
        """Whether the filter closes the connection, whatever it says before."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            return False
        return True

    # -- the dialogue -----------------------------------------------------------------------------

    def negotiate(self, actions=ALL_ACTIONS, steps=ALL_STEPS, version=6):
        self.say(frame(b"O", struct.pack(">III", version, actions, steps)))
        letter, payload = self.hear()
        assert letter == b"O", f"{letter} in answer to the negotiation"
        version, wanted, left_out = struct.unpack(">III", payload[:12])
        assert not wanted & ~actions, f"actions {wanted:#x} were not offered"
        assert not left_out & ~steps, f"steps {left_out:#x} were not offered"
        macros = {}
        rest = payload[12:]
        while rest:
            stage = MACRO_STAGES[struct.unpack(">I", rest[:4])[0]]
            names, _, rest = rest[4:].partition(b"\0")
            macros[stage] = names.decode().replace(",", " ").split()
        self.negotiated = Negotiated(version, wanted, left_out, macros)
        return self.negotiated

    def macros(self, command, **values):
        """{name}s and single letters that go before a command."""
        pairs = []
        for name, value in values.items():
            pairs += [name if len(name) == 1 else "{" + name + "}", value]
        self.say(frame(b"D", COMMANDS[command][0] + strings(*pairs)))

    def tell(self, command, payload=b""):
        """The answer; None if the filter does not want to be told, or does not answer."""
        if not self.negotiated.is_told(command):
            return None
        self.say(frame(COMMANDS[command][0], payload))
        return self.answer() if self.negotiated.answers(command) else None

    def answer(self):
        changes = []
        while True:
            letter, payload = self.hear()
            if letter in FINAL:
                text = payload.rstrip(b"\0").decode(errors="replace")
                return Answer(FINAL[letter], text, tuple(changes))
            assert letter in CHANGES, f"{letter} is nothing that a filter says"
            changes.append(change(letter, payload))

    def connect(self, address="192.0.2.1", host=None, port=40000):
        """From a client address; None: an MTA that does not know it."""
        host = (host or f"[{address}]").encode() + b"\0"
        if address is None:
            return self.tell("connect", host + b"U")
        family = b"4" if ipaddress.ip_address(address).version == 4 else b"6"
        prefix = b"IPv6:" if family == b"6" else b""
        return self.tell("connect", host + family + struct.pack(">H", port) + prefix
                         + address.encode() + b"\0")

    def helo(self, name="client.example"):
        return self.tell("helo", strings(name))

    def mail(self, sender, *parameters):
        return self.tell("mail", strings(f"<{sender}>", *parameters))

    def rcpt(self, recipient, *parameters):
        return self.tell("rcpt", strings(f"<{recipient}>", *parameters))

    def data(self):
        return self.tell("data")

    def header(self, name, value):
        return self.tell("header", strings(name, value))

    def eoh(self):
        return self.tell("eoh")

    def body(self, data):
        return self.tell("body", data)

    def eom(self):
        return self.tell("eom")

    def unknown(self, line):
        return self.tell("unknown", strings(line))

    def abort(self):
        self.say(frame(b"A"))

    def quit(self):
        self.say(frame(b"Q"))

    def quit_and_reuse(self):
        """The session is over; on the same connection comes the next one, without negotiation."""
        self.say(frame(b"K"))

    def open(self, address="192.0.2.1"):
        """Up to HELO, for those who are after what comes later."""
        if self.negotiated is None:
            self.negotiate()
        self.connect(address)
        self.helo()
        return self

    def message(self, sender, recipients, headers=(("Subject", "hello"),)):
        """A whole message: the answers, as (command, answer), that are not `continue`."""
        said = [("mail", self.mail(sender))]
        if said[0][1] in (None, Answer("continue")):
            said += [("rcpt", self.rcpt(recipient)) for recipient in recipients]
            said.append(("data", self.data()))
            said += [("header", self.header(name, value)) for name, value in headers]
            said += [("eoh", self.eoh()), ("body", self.body(b"hello\r\n")), ("eom", self.eom())]
        return [(command, answer) for command, answer in said
                if answer not in (None, Answer("continue"))]

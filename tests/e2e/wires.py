"""The ways on which an MTA asks, so that one test can go them all.

A rule's reply is seen by the client in the MTA's own form: `seen_as` says in which. On all wires
the client has a loopback address, or the one it is told to take as its source.
"""

import dataclasses
import re
from typing import Any, Callable

import mta
import sendmail
from gate import LISTEN_TCP, LISTEN_UNIX


@dataclasses.dataclass(frozen=True)
class Wire:
    name: str
    mta: Any  # a running mta.Postfix or sendmail.Sendmail
    port: int  # on 127.0.0.1
    ipv6_port: int  # on any IPv6 address
    start: Callable  # start(RULES, dns=SERVER, **settings): the daemon
    sender_answer: str  # the command in answer to which a sender is refused

    def seen_as(self, reply, command, address):
        """`550 5.7.1 text` of a rule, as the client hears it in answer to MAIL or RCPT."""
        code, enhanced, text = reply.split(" ", 2)
        if self.name == "policyd-postfix":
            return f"{code} {enhanced} <{address}>: Recipient address rejected: {text}"
        if self.name.startswith("milter-sendmail") and code in ("450", "550"):
            return f"{code} {enhanced} <{address}>... {text}"
        return reply

    def refuses_sender(self, reply, sender, recipient):
        """(command, answer) of a sender who is refused."""
        address = sender if self.sender_answer == "MAIL" else recipient
        return self.sender_answer, self.seen_as(reply, self.sender_answer, address)

    @property
    def is_milter(self):
        return self.name.startswith("milter")

    def logged_reject(self, text):
        """What the MTA's own log says of it."""
        words = {"policyd-postfix": " reject: RCPT from .*", "milter-postfix": "milter-reject: .*",
                 "milter-sendmail": "Milter: .*reject=.*"}
        return self.mta.logged(words[self.name] + re.escape(text))

    def logged_hold(self, sender, reason):
        """Postfix keeps the reason of a milter to itself."""
        words = {"policyd-postfix": f" hold: RCPT from .*{reason}.* from=<{sender}>",
                 "milter-postfix": f"milter-hold: END-OF-MESSAGE .* from=<{sender}>",
                 "milter-sendmail": f"milter=.*quarantine={reason}"}
        return self.mta.logged(words[self.name])

    def __str__(self):
        return self.name


def make_wire(name, postfix, sendmail_mta, gate, milter):
    """Each argument but `name` is called for what it gives, so that only what is needed starts."""
    def over(listen):
        start = milter()
        return lambda rules, **settings: start(rules, listen=listen, **settings)

    if name == "policyd-postfix":
        return Wire(name, postfix(), mta.STOCK, mta.IPV6, gate(), "RCPT")
    if name == "milter-postfix":
        return Wire(name, postfix(), mta.MILTER, mta.MILTER_IPV6, over(LISTEN_TCP), "MAIL")
    if name == "milter-postfix-unix":
        return Wire(name, postfix(), mta.MILTER_UNIX, mta.MILTER_UNIX_IPV6, over(LISTEN_UNIX),
                    "MAIL")
    if name == "milter-sendmail":
        return Wire(name, sendmail_mta(), sendmail.SHIPPED, sendmail.IPV6, over(LISTEN_UNIX),
                    "MAIL")
    assert name == "milter-sendmail-tcp"
    return Wire(name, sendmail_mta(), sendmail.TCP, 0, over(LISTEN_TCP), "MAIL")


# As shipped, and the other socket of each.
MILTERS = ["milter-postfix", "milter-sendmail"]
OTHER_MILTERS = ["milter-postfix-unix", "milter-sendmail-tcp"]
ALL = ["policyd-postfix", *MILTERS]

"""Asks whether mail from a sender is let in, over each protocol in the same words, on a session
that stays open from one question to the next."""

import socket

from milter_client import Answer, MilterClient
from smtp import Client, transact

RECIPIENT = "someone@here.example"


class PolicyAsker:
    """Postfix's side of the policy protocol."""

    def __init__(self, path, timeout=60):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))

    def ask(self, sender, helo="client.example", client="192.0.2.1"):
        """The reply of a rule, `550 5.7.1 text`; "" for mail that is let in."""
        self._socket.sendall(
            f"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={client}\n"
            f"helo_name={helo}\nsender={sender}\nrecipient={RECIPIENT}\n\n".encode())
        answer = b""
        while not answer.endswith(b"\n\n"):
            chunk = self._socket.recv(4096)
            if not chunk:
                raise EOFError("the daemon has closed the connection")
            answer += chunk
        action = answer.decode().removeprefix("action=").removesuffix("\n\n")
        return "" if action == "DUNNO" else action

    def close(self):
        self._socket.close()


class MilterAsker:
    """An MTA's session with the filter, one message after the other. `whole`: to its end, not only
    up to the answer to its sender."""

    def __init__(self, address, timeout=60, whole=False):
        self._session = MilterClient(address, timeout).open()
        self._whole = whole

    def ask(self, sender):
        if self._whole:
            said = self._session.message(sender, [RECIPIENT])
            answer = said[0][1] if said else Answer("continue")
        else:
            answer = self._session.mail(sender)
        self._session.abort()
        if answer.kind in ("continue", "accept"):
            return ""
        assert answer.kind == "reply", answer
        return answer.text

    def close(self):
        self._session.close()


class SmtpAsker:
    """A client of an MTA that asks the daemon; the reply comes in the MTA's words."""

    def __init__(self, port):
        self._client = Client(port)

    def ask(self, sender):
        outcome = transact(self._client, sender, [RECIPIENT])
        if outcome.refusal:
            return str(outcome.refusal[1])
        assert outcome.end.code == 250, outcome
        return ""

    def close(self):
        self._client.__exit__()

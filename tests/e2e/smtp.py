"""An SMTP client that says one thing after the other and keeps what it was told."""

import dataclasses
import smtplib
import ssl

from waiting import stopwatch


class Reply(str):
    """`550 5.7.1 text`, with the code at hand."""

    @property
    def code(self):
        return int(self[:3])


def reply(answer):
    code, text = answer
    return Reply(f"{code} {text.decode(errors='replace')}")


class Client:
    """One session. `greeted_after` is how long the greeting took."""

    def __init__(self, port, *, source=None, host="127.0.0.1", helo="client.example"):
        clock = stopwatch()
        # With a name of its own: else smtplib asks DNS for it.
        self._smtp = smtplib.SMTP(timeout=60, local_hostname="client.example")
        self._smtp.source_address = (source, 0) if source else None
        self.greeting = reply(self._smtp.connect(host, port))
        self.greeted_after = clock()
        self._helo = helo
        if self.greeting.code == 220 and helo:
            self.say(f"EHLO {helo}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._smtp.quit()
        except smtplib.SMTPException:
            self._smtp.close()

    def say(self, command):
        return reply(self._smtp.docmd(command))

    def start_tls(self):
        """STARTTLS without a look at the certificate, and EHLO again."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._smtp._host = "mx.gate.example"  # smtplib wants a name to send along
        answer = reply(self._smtp.starttls(context=context))
        self.say(f"EHLO {self._helo}")
        return answer

    def claim(self, **attributes):
        """XCLIENT: another client from here on."""
        values = " ".join(f"{key}={value}" for key, value in attributes.items())
        answer = self.say(f"XCLIENT {values}")
        if answer.code == 220:
            self.say(f"EHLO {self._helo}")
        return answer

    def mail(self, sender):
        return self.say(f"MAIL FROM:<{sender}>")

    def rcpt(self, recipient):
        return self.say(f"RCPT TO:<{recipient}>")

    def data(self, body="Subject: hello\r\n\r\nhello\r\n"):
        answer = self.say("DATA")
        return self.body(body) if answer.code == 354 else answer

    def body(self, text="Subject: hello\r\n\r\nhello\r\n"):
        """After the 354."""
        self._smtp.send((text + ".\r\n").encode())
        return reply(self._smtp.getreply())

    def envelope(self, sender, recipient="someone@here.example"):
        """The answer to RCPT, after MAIL has been taken; leaves the session ready for more."""
        assert self.mail(sender).code == 250
        answer = self.rcpt(recipient)
        if answer.code != 421:
            self.say("RSET")
        return answer


def send(port, sender, recipients, *, source=None, body="Subject: hello\r\n\r\nhello\r\n"):
    """One message; the answers to each RCPT and the one to its data (None: no RCPT was taken)."""
    with Client(port, source=source) as client:
        assert client.mail(sender).code == 250
        answers = [client.rcpt(recipient) for recipient in recipients]
        taken = any(answer.code == 250 for answer in answers)
        return answers, client.data(body) if taken else None


@dataclasses.dataclass
class Outcome:
    """What a client heard, command by command; what it did not get to say is missing."""

    greeting: Reply
    helo: Reply = None
    mail: Reply = None
    rcpts: list = dataclasses.field(default_factory=list)
    end: Reply = None  # to the data, or to DATA itself

    @property
    def refusal(self):
        """(command, answer) of the first that was not taken; None if all were."""
        said = [("greeting", self.greeting), ("HELO", self.helo), ("MAIL", self.mail)]
        said += [("RCPT", answer) for answer in self.rcpts] + [("DATA", self.end)]
        return next(((command, answer) for command, answer in said
                     if answer is not None and answer.code >= 400), None)

    @property
    def queue_id(self):
        """`250 2.0.0 Ok: queued as ID`, `250 2.0.0 ID Message accepted for delivery`."""
        assert self.end is not None and self.end.code == 250, self
        words = self.end.split()
        return words[-1] if "queued as" in self.end else words[2]


def transact(client, sender, recipients, body="Subject: hello\r\n\r\nhello\r\n"):
    """One message in a session, as far as it goes; leaves the session ready for more."""
    outcome = Outcome(client.greeting)
    outcome.mail = client.mail(sender)
    if outcome.mail.code == 250:
        outcome.rcpts = [client.rcpt(recipient) for recipient in recipients]
        if any(answer.code == 250 for answer in outcome.rcpts):
            outcome.end = client.data(body)
    if outcome.end is None and outcome.refusal[1].code != 421:
        client.say("RSET")
    return outcome


def message(port, sender, recipients, *, source=None, host="127.0.0.1", helo="client.example",
            body="Subject: hello\r\n\r\nhello\r\n"):
    """One message in a session of its own."""
    recipients = [recipients] if isinstance(recipients, str) else recipients
    with Client(port, source=source, host=host, helo=helo) as client:
        if client.greeting.code != 220:
            return Outcome(client.greeting)
        return transact(client, sender, recipients, body)

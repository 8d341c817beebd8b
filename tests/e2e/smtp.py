"""An SMTP client that says one thing after the other and keeps what it was told."""

import smtplib
import time


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
        began = time.monotonic()
        self._smtp = smtplib.SMTP(timeout=30)
        self._smtp.source_address = (source, 0) if source else None
        self.greeting = reply(self._smtp.connect(host, port))
        self.greeted_after = time.monotonic() - began
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
        if answer.code != 354:
            return answer
        self._smtp.send(body + ".\r\n")
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

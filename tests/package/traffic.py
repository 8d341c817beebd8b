"""Mail for the machine's Postfix, from several clients at once, and what became of each."""

import itertools
import smtplib
import threading

GOOD, BANNED = "someone@good.example", "news@adp-mail.example"
REFUSAL = b"Sender domain banned here"


class Traffic:
    """Every third message is from the banned domain; each client opens a session for each three."""

    CLIENTS = 4

    def __init__(self):
        self.accepted = []  # subjects that Postfix has taken responsibility for
        self.refused = 0
        self.wrong = []
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(self.CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def count(self):
        return len(self.accepted) + self.refused

    def _run(self):
        while not self._over.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", 25, "client.example", timeout=40) as client:
                    for sender in (GOOD, BANNED, GOOD):
                        self._send(client, sender)
            except (smtplib.SMTPException, OSError) as error:
                self.wrong.append(repr(error))

    def _send(self, client, sender):
        subject = f"number-{next(self._numbers)}"
        message = f"Subject: {subject}\r\nFrom: {sender}\r\n\r\ntext\r\n"
        try:
            client.sendmail(sender, "box@box.example", message)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, text)] = error.recipients.values()
            if sender != BANNED or code != 550 or REFUSAL not in text:
                self.wrong.append((sender, code, text))
            self.refused += 1
            return
        if sender == BANNED:
            self.wrong.append((sender, "was not refused"))
        self.accepted.append(subject)

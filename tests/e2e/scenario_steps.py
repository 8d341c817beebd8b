"""Reads the session of a scenario, which is written as SMTP, into steps: what a policy request would
say, and what has to come of it. The form is in tests/scenarios/README.md; tests/scenarios/smtp_steps.h
reads it for the tests without an MTA."""

import re

STATES = {"CONNECT": "CONNECT", "XCLIENT": "XCLIENT", "EHLO": "EHLO", "HELO": "HELO", "MAIL": "MAIL",
          "RCPT": "RCPT", "DATA": "DATA", "BDAT": "BDAT", ".": "END-OF-MESSAGE"}
LISTS = {"also", "would", "asked"}
ACTIONS = {"hold": "HOLD", "discard": "DISCARD", "redirect": "REDIRECT", "header": "PREPEND",
           "copy": "BCC"}
OF_A_MESSAGE = ("headers", "recipients", "recipient_refused", "rcpt_to", "rcpt_addr")


def steps_of(session, defaults):
    """One step for each answer."""
    return _Session(defaults).steps(session)


def _notes(text):
    """`rule=adp; also=` as a dict."""
    pairs = (one.split("=", 1) for one in text.split("; ") if one)
    return {key.strip(): value for key, value in pairs}


def _split(line):
    text, _, notes = line.partition("  # ")
    return text.rstrip(), _notes(notes)


def _expected(reply, notes):
    """The reply in the words of a policy server, and what else is expected."""
    expected = {key: ([one for one in value.split(", ") if one] if key in LISTS else value)
                for key, value in notes.items() if key not in ACTIONS}
    for key, word in ACTIONS.items():
        if key in notes:
            reply = f"{word} {notes[key]}".strip()
    taken = re.match(r"(220|250|354) ", reply)
    return {"reply": "DUNNO" if taken else reply, **expected}


class _Session:
    def __init__(self, defaults):
        self._defaults = dict(defaults)
        self._told = dict(defaults)
        self._state = None
        self._recipients = []
        self._steps = []
        self._in_header = False

    def steps(self, session):
        for line in session.splitlines():
            if self._in_header and not re.match(r"\.($| )|\d{3} ", line):
                self._header(line)
            elif re.match(r"\d{3} ", line):
                self._steps.append({**self._told, "protocol_state": self._state,
                                    **_expected(*_split(line))})
            elif line.startswith("milter: "):
                self._steps[-1]["milter"] = _expected(*_split(line.removeprefix("milter: ")))
            elif line:
                self._command(*_split(line))
        return self._steps

    def _header(self, line):
        headers = self._told["headers"]
        line = re.sub(r"\\u([0-9A-F]{4})", lambda found: chr(int(found[1], 16)), line)
        if line[0] in " \t":
            headers[list(headers)[-1]][-1] += "\n" + line
            return
        name, value = line.split(":", 1)
        headers.setdefault(name, []).append(value.removeprefix(" "))

    def _command(self, text, notes):
        word, _, rest = text.partition(" ")
        if word in ("CONNECT", "XCLIENT"):
            self._told = dict(self._defaults)
            keys = {"ADDR": "client_address", "NAME": "client_name",
                    "REVERSE_NAME": "reverse_client_name"}
            for pair in rest.split():
                key, _, value = pair.partition("=")
                self._told[keys[key]] = value
        elif word in ("EHLO", "HELO"):
            self._told["helo_name"] = rest
        elif word == "AUTH":
            self._told["sasl_username"] = rest
        elif word == "STARTTLS":
            self._told["encryption_protocol"] = rest
        elif word == "MAIL":
            self._path("sender", "mail_from", rest.removeprefix("FROM:"), notes)
            self._told.pop("mail_addr", None)
            for key in OF_A_MESSAGE:
                self._told.pop(key, None)
            self._recipients = []
        elif word == "RCPT":
            for key in OF_A_MESSAGE:
                self._told.pop(key, None)
            self._path("recipient", "rcpt_to", rest.removeprefix("TO:"), notes)
            self._recipients.append(self._told["recipient"])
        elif word in ("DATA", "BDAT"):
            self._told["headers"] = {}
            if len(self._recipients) > 1:
                self._told["recipients"] = self._recipients
                self._told["recipient"] = ""
        elif word != ".":
            raise ValueError(f"what is {text!r}?")
        self._in_header = word in ("DATA", "BDAT")
        self._state = STATES.get(word, self._state)
        self._told.update(notes)

    def _path(self, key, argument_key, argument, notes):
        self._told[key] = notes.pop("postfix", argument[1:-1])
        self._told.pop(argument_key, None)
        if argument != f"<{self._told[key]}>":
            self._told[argument_key] = argument

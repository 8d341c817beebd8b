"""docs/replies.md: what the client hears is said there, for each MTA, and is so.

The page holds the rules and the tables; here each of its lines is a dialogue. With
POSTERN_WRITE_REPLIES=FILE the tables are written to FILE as they were heard.
"""

import os
import re
import smtplib
from pathlib import Path

import pytest

from gate import LISTEN_TCP, LISTEN_UNIX
from mta import MILTER, STAGES
from sendmail import SHIPPED
from smtp import Client

PAGE = Path(__file__).resolve().parents[2] / "docs/replies.md"
RULES = re.search(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.M | re.S).group(1)

# A row of a table: where the rule can be judged, what it does.
ROWS = [
    ("connect", "reject"), ("connect", "defer"), ("connect", "defer 421"),
    ("helo", "reject"), ("helo", "defer"),
    ("mail", "reject"), ("mail", "reject 554"), ("mail", "defer"), ("mail", "defer 421"),
    ("mail", "discard"), ("mail", "hold"),
    ("rcpt", "reject"), ("rcpt", "defer"), ("rcpt", "discard"), ("rcpt", "hold"),
    ("data", "reject"), ("data", "defer"), ("data", "discard"), ("data", "hold"),
    ("eom", "reject"), ("eom", "defer"), ("eom", "discard"), ("eom", "hold"),
]
ACTIONS = ["reject", "defer", "defer 421", "reject 554", "discard", "hold"]
COLUMNS = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "final dot"]

# Of the page's heading: the port to talk to, and how the daemon is asked there.
TABLES = {
    "Postfix with postern-policyd": ("policyd", STAGES, {}),
    "Postfix with postern-milter": ("milter", MILTER, {"listen": LISTEN_TCP}),
    "Postfix with postern-milter, at_greeting":
        ("milter", MILTER, {"listen": LISTEN_TCP, "refuse_clients": "at_greeting"}),
    "sendmail with postern-milter": ("sendmail", SHIPPED, {"listen": LISTEN_UNIX}),
    "sendmail with postern-milter, at_greeting":
        ("sendmail", SHIPPED, {"listen": LISTEN_UNIX, "refuse_clients": "at_greeting"}),
}


def rows_of(title):
    wanted = [row for row in ROWS if row[0] in ("connect", "helo")]
    return wanted if title.endswith("at_greeting") else ROWS


def shown(reply):
    """A cell: the whole reply when it refuses, else its code; what differs by run left out."""
    if reply.code < 400:
        return str(reply.code)
    return re.sub(r"\b[0-9a-zA-Z]{14}\b(?=:)", "ID", reply.replace("\n", " / "))


def dialogue(port, stage, action):
    """What the client hears, command by command, until it is refused (it goes on after EHLO)."""
    number = ACTIONS.index(action) + 1
    trigger = {stage: f"{action.replace(' ', '-')}-at-{stage}"}
    heard = []
    with Client(port, source=f"198.51.100.{number}" if stage == "connect" else "203.0.113.9",
                helo=None) as client:
        heard.append(client.greeting)
        says = [f"EHLO {trigger.get('helo', 'client')}.example",
                f"MAIL FROM:<{trigger.get('mail', trigger.get('data', trigger.get('eom', 's')))}"
                "@x.example>",
                f"RCPT TO:<{trigger.get('rcpt', 'r')}@box.example>"]
        try:
            for command in says:
                heard.append(client.say(command))
                if heard[-1].code >= 400 and not command.startswith("EHLO"):
                    return [*map(shown, heard)]
            heard.append(client.say("DATA"))
            if heard[-1].code < 400:
                heard.append(client.body())
        except smtplib.SMTPServerDisconnected:
            return [*map(shown, heard), "closed"]
    return [*map(shown, heard)]


def table(port, title):
    lines = ["| known from | action | " + " | ".join(COLUMNS) + " |", "|---" * 8 + "|"]
    for stage, action in rows_of(title):
        heard = dialogue(port, stage, action)
        cells = [f"`{cell}`" if " " in cell else cell for cell in heard]
        cells += [""] * (len(COLUMNS) - len(cells))
        lines.append(f"| {stage} | {action} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def written(title):
    found = re.search(rf"^## {re.escape(title)}\n.*?(^\|.*?)\n(?!\|)", PAGE.read_text() + "\n",
                      re.M | re.S)
    return found.group(1) if found else ""


@pytest.mark.parametrize("title", TABLES)
def test_the_client_hears_what_the_page_says(postfix, sendmail, gate, milter, title):
    kind, port, settings = TABLES[title]
    (gate if kind == "policyd" else milter)(RULES, **settings)
    heard = table(port, title)
    if target := os.environ.get("POSTERN_WRITE_REPLIES"):
        with open(target, "a") as out:
            out.write(f"## {title}\n\n{heard}\n\n")
    assert heard == written(title)

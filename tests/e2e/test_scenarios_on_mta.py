"""The scenarios of tests/scenarios once more, as SMTP dialogues with Postfix and sendmail, which
ask the milter: what policy requests come to there, clients have to hear here.

A step (scenario_steps.py) becomes a session up to the command of its `protocol_state`; steps that
name one more recipient of the same message become one. `DUNNO` is a command that is taken, a
refusal comes with its code and text (for a client or HELO in answer to MAIL), DISCARD, HOLD and
PREPEND are looked for in what becomes of the message. What cannot be driven is in NOT_DRIVEN.
"""

import dataclasses
import itertools
import re
from pathlib import Path

import pytest
import yaml

from gate import MilterGate
from mta import MILTER_UNIX, MILTER_UNIX_IPV6
from nameserver import ZoneServer
from scenario_steps import steps_of
from sendmail import IPV6, SHIPPED
from smtp import Client
from waiting import until

SCENARIOS = sorted((Path(__file__).resolve().parents[1] / "scenarios").glob("*.yaml"))
RUN = Path("/mnt/run")
NUMBERS = itertools.count()

DRIVEN = {"protocol_state", "client_address", "helo_name", "sender", "recipient", "instance",
          "recipient_count", "recipients", "headers"}
EXPECTED = {"reply", "rule", "finding", "entry", "would", "also", "pending_rule", "delay", "asked",
            "why"}
STATES = {"CONNECT": 0, "EHLO": 1, "HELO": 1, "MAIL": 2, "RCPT": 3, "DATA": 4,
          "END-OF-MESSAGE": 5}

# Steps that no client can bring about here, and why.
NOT_DRIVEN = [
    (lambda step: step.get("protocol_state") not in STATES, "a state that a milter does not know"),
    (lambda step: "recipient_refused" in step, "these MTAs refuse nobody by themselves"),
    (lambda step: "sasl_username" in step, "nobody authenticates here"),
    (lambda step: step.get("encryption_protocol"), "no TLS here"),
    (lambda step: step.get("client_name", "unknown") != "unknown", "clients have no names here"),
    (lambda step: step.get("reverse_client_name", "unknown") != "unknown",
     "clients have no names here"),
    (lambda step: not re.fullmatch(r"[0-9.]+|[0-9a-f:]+", step["client_address"]),
     "no client has that address"),
    (lambda step: not step["sender"].isascii(), "needs SMTPUTF8"),
    (lambda step: ".." in step["sender"], "an MTA refuses the syntax"),
]

# Whole cases.
NOT_FOR_A_MILTER = {
    ("conditions", "an MTA that does not speak of TLS satisfies neither"):
        "both MTAs speak of it",
    ("campaign", "an entry that has not expired"): "depends on the day",
    ("helo", "no HELO at all"): "the client of these tests says EHLO",
    ("captures", "without a token a dash stands in its place"): "a daemon has tokens",
}


@dataclasses.dataclass(frozen=True)
class Group:
    """What a daemon has to be started for."""

    rules: str
    lists: tuple
    zone: str


@dataclasses.dataclass
class Case:
    file: str
    name: str
    group: Group
    steps: list

    def __str__(self):
        return f"{self.file}: {self.name}"


def cases_of(path):
    file = yaml.load(path.read_text(), yaml.BaseLoader)
    for case in file["cases"]:
        if "session" not in case or "now" in case or "now" in file:
            continue

        def value(key):
            return case.get(key, file.get(key))

        # 6 seconds tell no more than a moment does.
        rules = value("rules").replace("delay 6s", "delay 300ms")
        zone = yaml.safe_dump({"zone": value("zone") or {}})
        lists = tuple(sorted((value("lists") or {}).items()))
        defaults = {"sender": "", "client_address": "192.0.2.1", **(value("defaults") or {})}
        steps = [as_milter(step) for step in steps_of(case["session"], defaults)]
        yield Case(path.stem, case["name"], Group(rules, lists, zone), steps)


def as_milter(step):
    """The step with what its `milter:` says otherwise."""
    step = {**step, **step.get("milter", {})}
    step.pop("milter", None)
    return step


def all_cases():
    """Those that share a daemon one after the other."""
    cases = [case for path in SCENARIOS for case in cases_of(path)]
    groups = list(dict.fromkeys(case.group for case in cases))
    return sorted(cases, key=lambda case: groups.index(case.group))


def undriven(step):
    """Why a step cannot be driven; None if it can."""
    for applies, reason in NOT_DRIVEN:
        if applies(step):
            return reason
    unknown = step.keys() - DRIVEN - EXPECTED - {
        "client_name", "reverse_client_name", "encryption_protocol"}
    return f"says {', '.join(sorted(unknown))}" if unknown else None


class Serving:
    """The daemon for the group of the moment, asked by both MTAs over the unix socket."""

    def __init__(self):
        self.group = None
        self.daemon = None
        self.zone_server = None

    def serve(self, group):
        if group == self.group:
            return self.daemon
        self.stop()
        number = next(NUMBERS)
        self.zone_server = ZoneServer(RUN / f"scenario-zone{number}", group.zone)
        self.zone_server.start()
        self.daemon = MilterGate(
            RUN / f"gate-scenario{number}", group.rules, lists=dict(group.lists),
            mixed_recipients="mildest",  # as MilterSide of the scenarios has it
            upstreams=f'[["127.0.0.1:{self.zone_server.port}"]]')
        self.daemon.start()
        self.group = group
        return self.daemon

    def stop(self):
        self.group = None
        for each in (self.daemon, self.zone_server):
            if each is not None:
                each.stop()
        self.daemon = self.zone_server = None


@pytest.fixture(scope="module")
def serving():
    one = Serving()
    yield one
    one.stop()


# -- from steps to dialogues -----------------------------------------------------------------------

@dataclasses.dataclass
class Dialogue:
    """A session with at most one message, and what each of its recipients is to hear."""

    step: dict
    recipients: list  # (address, step)

    @property
    def stage(self):
        return STATES[self.step["protocol_state"]]

    def body(self, word):
        """A message with the header fields of the step, if it has some."""
        lines = []
        for name, texts in self.step.get("headers", {"Subject": "x"}).items():
            for text in [texts] if isinstance(texts, str) else texts:
                lines.append(f"{name}: {text}".replace("\n", "\r\n"))
        return "\r\n".join([*lines, "", f"body-of-{word}", ""])

    @property
    def words(self):
        """DUNNO, DISCARD, HOLD, PREPEND or a code, of all steps."""
        return {step["reply"].split(" ")[0] for _, step in self.recipients} or {
            self.step["reply"].split(" ")[0]}


def same_message(one, other):
    keys = ("protocol_state", "client_address", "helo_name", "sender", "instance")
    return (one["protocol_state"] == "RCPT" and one.get("recipient") != other.get("recipient")
            and all(one.get(key) == other.get(key) for key in keys))


def dialogues_of(steps):
    """Those of the steps that can be driven. A step behind one that is refused at an earlier stage
    of the same message is out of reach."""
    dialogues = []
    for step in steps:
        if undriven(step):
            continue
        if dialogues and same_message(dialogues[-1].step, step):
            dialogues[-1].recipients.append((step["recipient"], step))
            continue
        recipients = step.get("recipients", [step.get("recipient", "")])
        dialogue = Dialogue(step, [(recipient, step) for recipient in recipients])
        out_of_reach = any(
            before.words & {"550", "554"} and before.stage < dialogue.stage
            and before.step["client_address"] == step["client_address"] for before in dialogues)
        if not out_of_reach:
            dialogues.append(dialogue)
    return dialogues


class Spoken:
    """What was heard in a dialogue, as far as it went."""

    def __init__(self):
        self.answers = []  # (command, address or "", Reply)
        self.greeted_after = 0.0
        self.queue_id = None

    def refusal(self, address=""):
        """The first refusal that concerns everybody, or this recipient."""
        return next((answer for command, about, answer in self.answers
                     if answer.code >= 400 and (command != "RCPT" or about == address)), None)


def speak(ports, dialogue, body):
    """Up to the stage of the dialogue; to the end if it matters what becomes of the message."""
    step = dialogue.step
    spoken = Spoken()
    address = step["client_address"]
    port, host = (ports[1], "2001:db8::25") if ":" in address else (ports[0], "127.0.0.1")
    to_the_end = dialogue.words & {"DISCARD", "HOLD", "PREPEND"}
    stage = 5 if to_the_end else dialogue.stage
    refused = not to_the_end and dialogue.words != {"DUNNO"}
    helo = step.get("helo_name", "client.example") or None

    def say(command, about, answer):
        spoken.answers.append((command, about, answer))
        return answer.code < 400

    with Client(port, source=address, host=host, helo=helo) as client:
        spoken.greeted_after = client.greeted_after
        if not say("greeting", "", client.greeting):
            return spoken
        # Who is refused at CONNECT or HELO hears of it at MAIL.
        if stage < 2 and not refused:
            return spoken
        if not say("MAIL", "", client.mail(step["sender"])) or stage < 3:
            return spoken
        recipients = [recipient for recipient, _ in dialogue.recipients]
        if "PREPEND" in dialogue.words:
            recipients.append("header@box.example")
        taken = [say("RCPT", one, client.rcpt(one or "someone@here.example"))
                 for one in recipients]
        if stage < 4 or not any(taken):
            return spoken
        answer = client.data(body)
        say("DATA", "", answer)
        if answer.code == 250:
            spoken.queue_id = answer.split()[-1] if "queued as" in answer else answer.split()[2]
    return spoken


# -- what they have to come to ---------------------------------------------------------------------

MTAS = {"postfix": (MILTER_UNIX, MILTER_UNIX_IPV6), "sendmail": (SHIPPED, IPV6)}


def assert_refused(spoken, address, reply):
    code, enhanced, text = reply.split(" ", 2)
    refusal = spoken.refusal(address)
    assert refusal is not None, f"taken, not refused with {reply}"
    assert refusal.startswith(f"{code} {enhanced} "), (refusal, reply)
    assert refusal.endswith(text), (refusal, reply)


def assert_logged(daemon, before, step):
    """The decision line of the step, among those that came since."""
    word = step["reply"].split(" ")[0]
    action = {"DISCARD": "discard", "HOLD": "hold", "REDIRECT": "redirect"}.get(
        word, {"5": "reject", "4": "defer"}.get(word[0], "pass"))
    wanted = {"action": action}
    if step.get("rule") is not None:
        wanted["rule"] = step["rule"] or "-"
    if step.get("finding"):
        wanted["finding"] = step["finding"]

    def found():
        return [line for line in daemon.decisions()[before:]
                if all(line.get(key) == value for key, value in wanted.items())]

    assert until(found), f"no decision with {wanted} in\n{daemon.log()[-2000:]}"


def headers_of(text):
    return text.split("\n\n")[0]


def assert_message(mta, dialogue, spoken, word):
    """What became of the message."""
    if "DISCARD" in dialogue.words or "HOLD" in dialogue.words:
        assert spoken.refusal() is None, spoken.answers
        held = until(lambda: spoken.queue_id in mta.held(), 3 if "HOLD" in dialogue.words else 0)
        assert held == ("HOLD" in dialogue.words)
    if "PREPEND" not in dialogue.words:
        return

    def mine():
        return [text for text in mta.delivered() if f"body-of-{word}\n" in text]

    assert until(mine)
    for _, step in dialogue.recipients:
        if step["reply"].startswith("PREPEND "):
            header = step["reply"].removeprefix("PREPEND ")
            assert headers_of(mine()[0]).count(header) == 1, mine()[0]


@pytest.mark.parametrize("mta_name", MTAS)
@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_scenario(request, serving, nsd, case, mta_name):
    reason = NOT_FOR_A_MILTER.get((case.file, case.name))
    dialogues = dialogues_of(case.steps)
    if reason or not dialogues:
        pytest.skip(reason or undriven(case.steps[0]))
    mta = request.getfixturevalue(mta_name)
    daemon = serving.serve(case.group)
    for dialogue in dialogues:
        before = len(daemon.decisions())
        word = f"scenario-{next(NUMBERS)}"
        spoken = speak(MTAS[mta_name], dialogue, dialogue.body(word))
        for recipient, step in dialogue.recipients:
            if step["reply"][0].isdigit():
                assert_refused(spoken, recipient, step["reply"])
            elif step["reply"] == "DUNNO":
                assert spoken.refusal(recipient) is None, spoken.answers
            if step["reply"] != "DUNNO" or step.get("rule"):
                if not step["reply"].startswith("PREPEND"):
                    assert_logged(daemon, before, step)
        assert_message(mta, dialogue, spoken, word)
        if dialogue.step.get("delay", "0s") != "0s":
            assert spoken.greeted_after > 0.29 and spoken.greeted_after.own < 2


def test_every_scenario_is_driven_or_has_a_reason():
    cases = all_cases()
    driven = [case for case in cases if dialogues_of(case.steps)
              and (case.file, case.name) not in NOT_FOR_A_MILTER]
    names = {(case.file, case.name) for case in cases}
    assert names >= set(NOT_FOR_A_MILTER), "a case in the table is not there any more"
    assert len(driven) > 100

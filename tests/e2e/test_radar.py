"""A campaign begins among ordinary mail: the radar proposes from the daemon's log, and the command
that it names stops the rest."""

import contextlib
import json
import os
import re
import shlex
import subprocess
from collections import Counter

import pytest

import mta
import sendmail as sendmail_mta
from gate import BIN
from mta import XCLIENT
from smtp import Client, transact
from waiting import until

RULES = """\
version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - name: campaign
    when: { sender_domain: campaign }
    then: reject 550 5.7.1 "Sender domain banned here"
"""

# As the shipped ones do: without a rule about recipients the milter is not told of them.
RULES_ON_RECIPIENTS = RULES + """\
  - { name: postmaster, when: { recipient: postmaster@ }, then: pass }
"""

RULES_FOR_CLIENTS = """\
version: 1
lists:
  campaign-clients: { kind: network, file: lists/campaign-clients.txt }
  campaign-senders: { kind: address, file: lists/campaign-senders.txt }
rules:
  - name: campaign-senders
    when: { sender: campaign-senders }
    then: reject 550 5.7.1 "Sender banned here"
  - name: campaign-clients
    when: { client: campaign-clients }
    then: reject 550 5.7.1 "Client banned here"
"""

NO_ENTRIES = {"lists/campaign-clients.txt": "", "lists/campaign-senders.txt": ""}

MESSAGES = 300
NETWORKS = 40
LOOK_EVERY = 20  # messages of the campaign


def posternctl(door, *words, statuses=(0,)):
    result = subprocess.run(
        [BIN / "posternctl", "--config", door.settings_file, *words], capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL,
        env=dict(os.environ, SUDO_USER="drj", LC_ALL="C"))
    assert result.returncode in statuses, f"{words}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def rcpt(sender, address):
    """What a client with that address, and a HELO name of its own, hears in answer to RCPT."""
    with Client(XCLIENT, helo=f"h{address.replace('.', '-')}.test") as client:
        assert client.claim(ADDR=address, NAME="[UNAVAILABLE]").code == 220
        return client.envelope(sender, "you@here.example").code


def campaign_mail(number):
    return rcpt(f"service@complains.c{number}x.win", f"11.{number % NETWORKS}.7.{1 + number % 200}")


def ordinary_mail(number):
    return rcpt(f"person{number}@firm{number % 5}.test", f"12.{number % 5}.7.9")


def look(door, decisions):
    """The campaigns that the radar sees in the log, once that has so many decisions."""
    assert until(lambda: door.daemon.log().count(" decision door=") == decisions)
    seen = json.loads(posternctl(door, "radar", "--json", str(door.daemon.log_file)))
    assert seen["events"] == decisions
    return seen["campaigns"]


def test_a_campaign_is_proposed_and_stopped(postfix, doors, figures):
    both = doors(RULES, lists={"lists/campaign.txt": ""})
    both.start()
    door = both.policyd
    accepted, ordinary, obeyed, decisions = 0, 0, set(), 0
    for number in range(MESSAGES):
        accepted += campaign_mail(number) == 250
        decisions += 1
        if number % 3 == 0:
            assert ordinary_mail(number) == 250
            ordinary += 1
            decisions += 1
        if number % LOOK_EVERY == LOOK_EVERY - 1:
            for campaign in look(door, decisions):
                if campaign["id"] not in obeyed:
                    obeyed.add(campaign["id"])
                    posternctl(door, *shlex.split(campaign["command"])[1:])
    assert obeyed == {"C1"}, "ordinary mail was proposed, too"
    assert accepted == LOOK_EVERY, "all after the first look are refused"
    page = posternctl(door, "radar", str(door.daemon.log_file))
    stopped = MESSAGES - accepted
    assert f"accepted {accepted}, refused 0, deferred 0, stopped since {stopped}" in page
    assert "posternctl block 'complains.*' --for 7d --reason 'radar C1'" in page
    figures(f"radar: of {MESSAGES} messages of a campaign from {NETWORKS} networks {accepted} came "
            f"through, of {ordinary} others all")


class Traffic:
    """Sessions from addresses of their own, each kept for all mail from there."""

    def __init__(self, port, mailboxes):
        self.port, self.mailboxes = port, mailboxes
        self.sessions = contextlib.ExitStack()
        self.clients = {}
        self.decisions = 0

    def send(self, sender, address, recipient, subject):
        """Whether it came in."""
        if address not in self.clients:
            self.clients[address] = self.sessions.enter_context(
                Client(self.port, source=address, helo=f"h{address.replace('.', '-')}.test"))
        self.decisions += 1
        outcome = transact(self.clients[address], sender, [recipient],
                           body=f"Subject: {subject}\r\n\r\nhi\r\n")
        return not outcome.refusal

    def in_mailboxes(self, word):
        """The number in the subject of each message whose subject begins with that word."""
        text = "\n".join(self.mailboxes())
        return Counter(re.findall(rf"^Subject: {word}-(\d+)$", text, re.M))


@pytest.mark.parametrize("name", ["policyd-postfix", "milter-sendmail"])
def test_what_got_through_is_what_who_says(name, request, doors, figures):
    """The campaign through a real MTA to mailboxes, each proposal taken at once."""
    server = request.getfixturevalue(name.split("-")[1])
    both = doors(RULES_ON_RECIPIENTS, lists={"lists/campaign.txt": ""})
    both.start()
    door = getattr(both, name.split("-")[0])
    traffic = Traffic(mta.STOCK if door is both.policyd else sendmail_mta.SHIPPED,
                      server.delivered)
    word = f"campaign-{name}"
    accepted, ordinary, obeyed = [], 0, []
    with traffic.sessions:
        for number in range(MESSAGES):
            if number % 3 == 0:
                network = number % 5
                assert traffic.send(f"person{number}@firm{network}.test", f"12.{network}.7.9",
                                    "joe@box.example", f"ordinary-{name}-{number}")
                ordinary += 1
            network = number % NETWORKS
            if traffic.send(f"service@paynotice.c{number}y.win", f"11.{network}.7.{1 + network}",
                            f"user{number % 7}@box.example", f"{word}-{number}"):
                accepted.append(number)
            for campaign in [] if obeyed else seen_in_log(door, traffic.decisions):
                obeyed.append(campaign["id"])
                posternctl(door, *shlex.split(campaign["command"])[1:])
    assert obeyed == ["C1"]
    assert accepted == list(range(len(accepted))), "all after the proposal are refused"
    assert len(accepted) <= 10
    assert until(lambda: traffic.in_mailboxes(f"ordinary-{name}").total() == ordinary)
    boxes = Counter({str(number): 1 for number in accepted})
    assert until(lambda: traffic.in_mailboxes(word) == boxes)

    def receipts():
        answer = posternctl(door, "who", "--proposal", "C1", "--since", "30m", "--json",
                            str(server.log_file), str(door.daemon.log_file))
        return json.loads(answer)["receipts"]

    assert until(lambda: Counter(one["fate"] for one in receipts()) == {
        "delivered": len(accepted), "refused": MESSAGES - len(accepted)}), receipts()
    delivered = [one for one in receipts() if one["fate"] == "delivered"]
    assert Counter(re.search(r"\.c(\d+)y\.win$", one["sender"]).group(1)
                   for one in delivered) == boxes
    assert sorted(one["recipient"] for one in delivered) == sorted(
        f"user{number % 7}@box.example" for number in accepted)
    figures(f"radar, {name}: of {MESSAGES} messages of a campaign from {NETWORKS} networks "
            f"{len(accepted)} were delivered, of {ordinary} others all; who says the same")


def seen_in_log(door, decisions):
    """The campaigns in the log, once that has so many messages."""
    def read():
        # 1: nothing of them is there yet.
        seen = json.loads(posternctl(door, "radar", "--json", str(door.daemon.log_file),
                                     statuses=(0, 1)))
        return seen if seen["events"] == decisions else None

    seen = until(read)
    assert seen, door.daemon.log()
    return seen["campaigns"]


def deliver(sender, address, recipient):
    """A message from a client with that address, as far as it comes in."""
    with Client(XCLIENT) as client:
        assert client.claim(ADDR=address, NAME="[UNAVAILABLE]").code == 220
        return transact(client, sender, [recipient], body="Subject: start to end\r\n\r\nhi\r\n")


@contextlib.contextmanager
def following(door):
    """`posternctl radar --follow`, and what it has said."""
    said = door.home / "radar-said"
    with open(said, "w") as output:
        radar = subprocess.Popen(
            [BIN / "posternctl", "--config", door.settings_file, "radar", "--follow"],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        yield said.read_text
        radar.terminate()
        assert radar.wait(60) == 0, said.read_text()


def in_mailbox(mta):
    return sum("Subject: start to end" in text for text in mta.delivered())


def test_a_campaign_start_to_end(postfix, doors):
    """Found in the journal while it runs, stopped, and its recipients known."""
    both = doors(RULES_FOR_CLIENTS, lists=NO_ENTRIES)
    both.start()
    door = both.policyd
    with following(door) as said:
        assert until(lambda: "read as the past" in said())
        assert until((door.home / "state/radar-memory").exists)
        for number, who in enumerate(["joe", "ann", "joe"]):
            deliver(f"pay@d{number}.win", f"11.77.7.{number}", f"{who}@box.example")
        assert until(lambda: "C1  weak  since" in said()), said()
    assert "11.77.7.0/24" in posternctl(door, "radar", "show", "C1")
    command = re.search("posternctl (block 11.77.7.0/24 .*)", said()).group(1)
    posternctl(door, *shlex.split(command))
    assert deliver("pay@d9.win", "11.77.7.9", "eve@box.example").refusal
    assert until(lambda: in_mailbox(postfix) == 3)

    logs = [str(postfix.log_file), str(door.daemon.log_file)]
    of_it = ["who", "--proposal", "C1", "--since", "10m"]
    receipts = json.loads(posternctl(door, *of_it, "--json", *logs))["receipts"]
    assert sorted(one["recipient"] for one in receipts if one["fate"] == "delivered") == [
        "ann@box.example", "joe@box.example", "joe@box.example"]
    assert {one["recipient"] for one in receipts if one["fate"] == "refused"} == {"eve@box.example"}
    assert posternctl(door, *of_it, "--delivered", "--recipients", *logs) == (
        "ann@box.example\njoe@box.example\n")

    posternctl(door, "radar", "dismiss", "C1", "--reason", "a test")
    assert "no campaign" in posternctl(door, "radar")


def test_one_command_stops_what_is_of_several_kinds(postfix, doors):
    """A network, and a local part from everywhere: each entry goes into the list for it."""
    both = doors(RULES_FOR_CLIENTS, lists=NO_ENTRIES)
    both.start()
    door = both.policyd
    for number in range(8):
        network = "11.79.7" if number < 3 else f"11.{80 + number}.7"
        assert rcpt(f"ach_support@e{number}.win", f"{network}.{number}") == 250
    [campaign] = look(door, 8)
    words = shlex.split(campaign["command"])
    assert set(words[2:4]) == {"11.79.7.0/24", "ach_support@"}
    posternctl(door, *words[1:])
    assert rcpt("other@elsewhere.test", "11.79.7.200") == 550
    assert rcpt("ach_support@e99.win", "11.99.7.1") == 550
    assert rcpt("other@elsewhere.test", "11.99.7.1") == 250

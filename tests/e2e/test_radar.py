"""A campaign begins among ordinary mail: the radar proposes from the daemon's log, and the command
that it names stops the rest."""

import contextlib
import json
import os
import re
import shlex
import subprocess

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


def posternctl(door, *words):
    result = subprocess.run(
        [BIN / "posternctl", "--config", door.settings_file, *words], capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL,
        env=dict(os.environ, SUDO_USER="drj", LC_ALL="C"))
    assert result.returncode == 0, f"{words}\n{result.stdout}\n{result.stderr}"
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

"""A campaign begins among ordinary mail: the radar proposes from the daemon's log, and the command
that it names stops the rest."""

import json
import os
import shlex
import subprocess

from gate import BIN
from mta import XCLIENT
from smtp import Client
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

"""`reload: replay_guard:` with mail of real MTAs: rules that would have lost good mail do not come into
service, and by the name of the candidate they do."""

import os
import re
import subprocess

from gate import BIN
from smtp import message
from waiting import until

RULES = """
well_known: popular
lists:
  popular: { kind: domain, entries: [mx.good.example] }
  banned: { kind: domain, file: lists/banned.txt }
rules:
  - name: banned
    when: { sender_domain: banned }
    then: reject 550 5.7.1 "Banned here"
"""
GOOD = "a@mx.good.example"


def posternctl(daemon, *words):
    return subprocess.run(
        [BIN / "posternctl", "--config", daemon.home / "postern.yaml", *words], capture_output=True,
        text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        env=dict(os.environ, LC_ALL="C"))


def recorded(daemon):
    return posternctl(daemon, "journal", "export").stdout.count("\n")


def refusal(port, sender):
    return message(port, sender, "joe@box.example").refusal


def test_a_reload_that_loses_good_mail_is_refused_until_it_is_accepted_by_name(wire):
    daemon = wire.start(RULES, journal="{}", guarded=True, lists={"lists/banned.txt": ""})
    banned = daemon.home / "lists/banned.txt"
    assert refusal(wire.port, GOOD) is None
    assert refusal(wire.port, "x@bad.example") is None
    assert until(lambda: recorded(daemon) >= 2)

    banned.write_text("bad.example\n")  # nobody knows it as good
    assert until(lambda: refusal(wire.port, "x@bad.example"))

    banned.write_text("bad.example\nmx.good.example\n")
    loss = f"lists/banned.txt:2: error: good mail would be lost: {GOOD} "
    assert until(lambda: loss in daemon.log() and "reload refused: " in daemon.log()), daemon.log()
    assert refusal(wire.port, GOOD) is None, "the rules from before"
    said = posternctl(daemon, "reload")
    assert said.returncode == 1
    assert loss in said.stderr and "mx.good.example is well known; reject 550 by rule banned" in (
        said.stderr)
    assert "REFUSED" in posternctl(daemon, "status").stdout
    name = re.search("posternctl reload --accept-loss ([0-9a-f]{8})\n", said.stderr)[1]

    assert posternctl(daemon, "reload", "--accept-loss", "00000000").returncode == 1
    assert refusal(wire.port, GOOD) is None, "another candidate was accepted"
    accepted = posternctl(daemon, "reload", "--accept-loss", name)
    assert accepted.returncode == 0, accepted.stderr
    assert f"accepted by name: {name}" in accepted.stderr
    assert refusal(wire.port, GOOD)[1].code == 550

    # What is lost already is no loss of the next change.
    banned.write_text("bad.example\nmx.good.example\nother.example\n")
    assert until(lambda: refusal(wire.port, "x@other.example"))


def test_a_start_is_never_refused(door):
    """The files that a daemon refused while it ran are those that it starts with."""
    one = door("version: 1" + RULES.replace("entries: [mx", "entries: [b.example, mx"),
               lists={"lists/banned.txt": ""})
    one.change_settings("rules: rules.yaml", "rules: rules.yaml\nreload: { replay_guard: on }")
    one.control.reload()
    assert one.ask("a@b.example") == ""
    assert until(lambda: one.control.status()["journal"]["records"] >= 1)
    (one.home / "lists/banned.txt").write_text("b.example\n")
    assert until(lambda: one.control.status()["reload"]["last"]["outcome"] == "refused")
    one.restart()
    assert one.ask("a@b.example").startswith("550 ")

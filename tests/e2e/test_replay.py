"""posternctl replay on the log of a real Postfix: what was accepted and refused there, decided again
by other rules."""

import json
import os
import subprocess
from pathlib import Path

from gate import BIN
from mta import XCLIENT
from smtp import Client, message, transact
from waiting import until

RULES = """\
version: 1
lists:
  campaign: {{ kind: domain, entries: [{blocked}] }}
rules:
  - name: campaign
    when: {{ sender_domain: campaign }}
    then: reject 550 5.7.1 "Sender domain banned here"
  - name: helo
    when: {{ helo: {helo}, sender_domain: last.replay.test }}
    then: reject 550 5.7.1 "Client banned here"
"""


def send(sender, recipients, address):
    with Client(XCLIENT, helo="replay7.test") as client:
        assert client.claim(ADDR=address, NAME="[UNAVAILABLE]").code == 220
        return transact(client, sender, recipients)


def replayed(door, folder, log, *options):
    result = subprocess.run(
        [BIN / "posternctl", "--config", door.settings_file, "--json", "replay", "--against", folder,
         *options, log], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        env=dict(os.environ, LC_ALL="C"))
    assert result.returncode in (0, 1), result.stderr
    return json.loads(result.stdout)


def test_a_candidate_on_the_log_of_postfix(postfix, doors, tmp_path):
    both = doors(RULES.format(blocked="bad.replay.test", helo="other.test"))
    both.start()
    boxes = ["joe@box.example", "ann@box.example"]
    good = send("bob@good.replay.test", boxes, "198.51.100.7")
    last = send("eve@last.replay.test", boxes[:1], "198.51.100.8")
    assert send("x@bad.replay.test", boxes[:1], "198.51.100.9").refusal[1].code == 550
    for outcome, recipients in ((good, boxes), (last, boxes[:1])):
        for recipient in recipients:
            postfix.sent(outcome.queue_id, recipient)

    (tmp_path / "rules.yaml").write_text(RULES.format(blocked="good.replay.test",
                                                    helo="replay7.test"))
    mine = (".replay.test", good.queue_id, last.queue_id)

    def own_log():
        """Without the mail of other tests."""
        log = tmp_path / "mail.log"
        log.write_text("".join(line for line in Path(postfix.log_file).open(errors="replace")
                               if any(word in line for word in mine)))
        return log

    def by_domain():
        answer = replayed(both.policyd, tmp_path, own_log())
        return {(change["then"], change["now"], domain): count
                for change in answer["changes"] for domain, count in change["by_domain"].items()
                if domain.endswith(".replay.test")}

    assert until(lambda: len(by_domain()) == 2), by_domain()
    assert by_domain() == {("pass", "reject 550", "good.replay.test"): 2,
                           ("reject 550", "pass", "bad.replay.test"): 1}
    # What the client of an accepted mail has said in HELO is not in the log.
    undecided = replayed(both.policyd, tmp_path, own_log())["undecided"]
    assert [(one["rule"], one["needs"], one["decisions"]) for one in undecided] == [
        ("helo", "helo", 1)]


JUDGED = """
lists:
  banned: { kind: domain, file: lists/banned.txt }
rules:
  - name: helo
    when: { helo: evil.example }
    then: reject 550 5.7.1 "Client banned here"
  - name: banned
    when: { sender_domain: banned }
    then: reject 550 5.7.1 "Banned here"
  - name: traps
    when: { recipient: trap@ }
    then: reject 550 5.1.1 "No such person"
  - name: sender-must-exist
    check: sender_mx
    on: { missing: reject, unknown: defer }
"""
GOOD = "a@mx.good.example"
MAILS = [(GOOD, ["joe@box.example"], "client.example"),
         (GOOD, ["joe@box.example", "trap@box.example", "ann@box.example"], "client.example"),
         (GOOD, ["joe@box.example"], "evil.example"),
         ("x@banned.example", ["joe@box.example"], "client.example"),
         ("x@missing.good.example", ["joe@box.example"], "client.example"),
         ("", ["joe@box.example"], "client.example")]


def test_a_journal_under_its_own_rules_is_as_recorded(wire, figures):
    """Mixed mail through each door, with a reload in it: all comes out as it is recorded."""
    daemon = wire.start(JUDGED, journal="{}", lists={"lists/banned.txt": "banned.example\n"})

    def send_all():
        for sender, recipients, helo in MAILS:
            message(wire.port, sender, recipients, helo=helo)

    send_all()
    (daemon.home / "lists/banned.txt").write_text("mx.good.example\n")
    assert until(lambda: message(wire.port, GOOD, "joe@box.example").refusal is not None)
    send_all()
    daemon.stop()

    def replay(*options):
        result = subprocess.run(
            [BIN / "posternctl", "--config", daemon.home / "postern.yaml", "--json", "replay",
             "--journal", *options], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C"))
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)

    answer = replay()
    recorded = answer["read"]["as_recorded"]
    assert recorded["other"] == 0, recorded
    assert recorded["incomplete"] == {} and recorded["not_kept"] == {}
    assert recorded["same"] == answer["decisions"] >= 2 * len(MAILS)
    figures(f"replay through {wire.name}: {recorded['same']} of {answer['decisions']} decisions of "
            "two generations as recorded")
    # The rules on disk are those of the second half: what they change are mails of the first.
    changed = {(change["then"], change["now"], rule): count for change in answer["changes"]
               for rule, count in change["by_rule"].items()}
    assert ("pass", "reject 550", "banned") in changed, changed

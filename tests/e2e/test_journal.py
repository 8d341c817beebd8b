"""The journal: every decision about mail of a real MTA is in it, with all that it was made of, and a
daemon that was killed leaves it so that it can be read and goes on."""

import json
import subprocess

from gate import BIN, fields
from smtp import message
from waiting import until

RULES = """
rules:
  - name: banned
    when: { sender_domain: banned.example }
    then: reject 550 5.7.1 "Banned here"
  - name: sender-must-exist
    check: sender_mx
    on: { missing: reject, unknown: defer }
"""
GOOD = "a@mx.good.example"


def export(daemon, *more):
    """The records, and what was said about those that could not be read."""
    done = subprocess.run(
        [BIN / "posternctl", "--config", daemon.home / "postern.yaml", "journal", "export",
         "--from", daemon.home / "state/journal", *more],
        capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def written(daemon, number):
    """All records, once there are so many; the first makes the folder."""
    folder = daemon.home / "state/journal"
    assert until(lambda: folder.exists() and len(export(daemon)[0]) >= number)
    return export(daemon)[0]


def test_every_decision_is_there_with_all_that_it_was_made_of(wire):
    daemon = wire.start(RULES, journal="{}")
    assert message(wire.port, GOOD, "a@box.example").refusal is None
    assert message(wire.port, "x@banned.example", "a@box.example").refusal[1].code == 550
    assert message(wire.port, "x@missing.good.example", "a@box.example").refusal[1].code == 550
    daemon.some_decided(rule="sender-must-exist")
    daemon.stop()
    records, said = export(daemon)
    assert said == ""
    logged = [fields(line) for line in daemon.log().splitlines() if "decision door=" in line]
    of_log = [(line["door"], line["stage"], line["rule"], line["action"], line.get("sender", ""),
               line["generation"]) for line in logged]
    of_journal = [(one["door"], one["stage"], one.get("rule", "-"), one["action"],
                   one.get("sender", ""), str(one["generation"])) for one in records]
    assert sorted(of_journal) == sorted(of_log)

    passed = next(one for one in records if one.get("sender") == GOOD and "dns" in one)
    assert passed["dns"][0]["q"] == "MX mx.good.example"
    assert passed["dns"][0]["records"] == ["10 mx1.good.example"]
    refused = next(one for one in records if one.get("finding") == "missing")
    assert refused["dns"][0]["status"] == "absent"
    assert refused["dns"][0]["reason"] == "nxdomain"
    assert refused["reply"].startswith("550 5.")


def test_killed_it_can_be_read_and_goes_on(wire):
    daemon = wire.start(RULES, journal="{}")
    folder = daemon.home / "state/journal"
    assert message(wire.port, "x@banned.example", "a@box.example").refusal[1].code == 550
    before = len(daemon.decisions(rule="banned")) or 1
    count = len(written(daemon, before))
    daemon.kill()
    # As a kill in the midst of a write leaves it.
    [open_segment] = folder.glob("*.jsonl")
    with open_segment.open("a") as file:
        file.write('{"v":1,"t":179587')
    daemon.start()
    assert message(wire.port, "y@banned.example", "a@box.example").refusal[1].code == 550
    records = written(daemon, count + 1)
    senders = {one.get("sender") for one in records}
    assert {"x@banned.example", "y@banned.example"} <= senders
    assert "last lines that were cut, a record each: 1" in export(daemon)[1]
    # What was left behind is closed by the next one.
    assert until(lambda: open_segment.with_name(open_segment.name + ".zst").exists())
    assert len(export(daemon)[0]) >= count + 1


def test_local_parts_stay_where_they_are(wire):
    daemon = wire.start(RULES, journal="{ local_parts: hash }")
    for sender in ("Joe@banned.example", "joe@banned.example", "ann@banned.example"):
        assert message(wire.port, sender, "secret@box.example").refusal is not None
    daemon.stop()
    records = [one for one in export(daemon)[0] if one.get("rule") == "banned"]
    assert all(one["local_parts"] == "hash" for one in records)
    assert len({one["sender"] for one in records}) == 2
    assert all(one["sender"].endswith("@banned.example") for one in records)
    text = "".join(path.read_text() for path in (daemon.home / "state/journal").glob("*.jsonl"))
    assert "joe@" not in text.lower() and "secret@" not in text


def test_a_full_disk_keeps_no_decision_waiting(wire):
    """What stands in the place of the folder takes no record, until it is gone."""
    daemon = wire.start(RULES, journal="{}")
    folder = daemon.home / "state/journal"
    until(lambda: False, 0.1)
    assert not folder.exists()
    folder.write_text("no folder")
    assert message(wire.port, "x@banned.example", "a@box.example").refusal[1].code == 550
    assert until(lambda: "the journal is not written: cannot make" in daemon.log())
    assert message(wire.port, "y@banned.example", "a@box.example").refusal[1].code == 550
    folder.unlink()
    assert until(lambda: "the journal is written again" in daemon.log())
    assert {"x@banned.example", "y@banned.example"} <= {
        one.get("sender") for one in written(daemon, 2)}

"""posternctl shadow on a mail host with both daemons, asked by a real Postfix and sendmail: what
they hear is that of the rules in force, and what is said to differ is what the candidate does once
it is promoted."""

import json
import os
import shutil
import subprocess

import pytest

import mta
import sendmail as sendmail_mta
from gate import BIN
from smtp import message
from waiting import until

RULES = """\
version: 1
lists:
  campaign: {{ kind: domain, file: lists/campaign.txt }}
rules:
  - name: campaign
    when: {{ sender_domain: campaign }}
    then: reject 550 5.7.1 "Sender domain banned here"
{more}"""
CHECK = """\
  - name: must-exist
    when: { sender_domain: missing.good.example }
    check: sender_mx
    on: { missing: reject 550 5.1.8 "No such domain" }
"""
LIVE = "old.example\n"
CANDIDATE = "new.example\nold.example expires=2020-01-01\n"
TO = "joe@box.example"
# A sender; what it hears now; what it would hear; how that is called.
MAILS = [("a@new.example", None, 550, "refused"), ("a@old.example", 550, None, "let_in"),
         ("a@mx.good.example", None, None, "same"),
         ("a@missing.good.example", None, None, "undecided")]


class Host:
    """Both daemons, a candidate in a folder of its own, and the three ways to them."""

    def __init__(self, both):
        self.doors = both
        self.home = both.home
        self.new = self.home / "new"
        shutil.rmtree(self.new, ignore_errors=True)
        (self.new / "lists").mkdir(parents=True)
        self.write_candidate()

    def write_candidate(self, text=CANDIDATE):
        (self.new / "lists/campaign.txt").write_text(text)
        (self.new / "rules.yaml").write_text(RULES.format(more=CHECK))

    def ctl(self, *words, status=(0,)):
        result = subprocess.run(
            [BIN / "posternctl", "--config", self.home / "postern.yaml", *words],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
            env=dict(os.environ, SUDO_USER="drj", LC_ALL="C"))
        assert result.returncode in status, f"{result.stdout}\n{result.stderr}"
        return result.stdout, result.stderr

    def shadows(self):
        """Of both daemons, by door."""
        daemons = json.loads(self.ctl("--json", "shadow", "status", status=(0, 1))[0])["daemons"]
        return {one["daemon"].removeprefix("postern-"): one["shadow"] for one in daemons}

    def counted(self, wanted):
        """Once both doors have counted that, by door and kind; what is nothing is left out."""
        def counts():
            return {door: {kind: count["decisions"] for kind, count in shadow["counts"].items()
                           if count["decisions"]} for door, shadow in self.shadows().items()}
        assert until(lambda: counts() == wanted), counts()
        return self.shadows()


@pytest.fixture
def host(doors, postfix, sendmail):
    both = doors(RULES.format(more=""), lists={"lists/campaign.txt": LIVE})
    both.start()
    return Host(both)


def hear(port, sender):
    refusal = message(port, sender, TO).refusal
    return refusal[1].code if refusal else None


WAYS = [mta.STOCK, mta.MILTER_UNIX, sendmail_mta.SHIPPED]


def send_all(heard_as=1):
    """`heard_as`: 1: as now, 2: as they would hear it."""
    for way in WAYS:
        for mail in MAILS:
            assert hear(way, mail[0]) == mail[heard_as], (way, mail)


def test_what_is_said_to_differ_is_what_the_candidate_does(host):
    before = host.ctl("check")[0]
    out, _ = host.ctl("shadow", "start", str(host.new))
    assert out.count(f"{host.new}/rules.yaml runs beside the rules: 2 rules, 1 lists") == 2
    send_all()
    once = {kind: 1 for _, _, _, kind in MAILS}
    shadows = host.counted({"policyd": once, "milter": {kind: 2 for kind in once}})
    for shadow in shadows.values():
        newest = {example["kind"]: example for example in shadow["examples"]}
        assert newest["refused"]["sender"] == "a@new.example"
        assert newest["refused"]["rule"] == "campaign" and newest["refused"]["live_rule"] is None
        assert newest["refused"]["entry_at"].endswith("lists/campaign.txt:1")
        assert newest["let_in"]["live"] == "reject 550" and newest["let_in"]["candidate"] == "pass"
        assert {row["needs"] for row in shadow["by_rule"] if row["kind"] == "undecided"} == {"DNS"}
        assert shadow["dropped"] == shadow["failed"] == 0
    text, _ = host.ctl("shadow", "status")
    assert "4 decisions: 1 the same, 2 differ, 1 undecided" in text
    assert "undecided 1: rule must-exist needs DNS" in text
    assert host.ctl("check")[0] == before and "generation 1" in host.ctl("status")[0]

    out, _ = host.ctl("shadow", "promote")
    assert "promoted" in out and "in force since generation 2 (policyd), 2 (milter)" in out
    assert (host.home / "rules.yaml").read_text() == (host.new / "rules.yaml").read_text()
    assert (host.home / "lists/campaign.txt").read_text() == CANDIDATE
    assert host.shadows() == {"policyd": None, "milter": None}
    for way in WAYS:
        assert [hear(way, sender) for sender, *_ in MAILS[:3]] == [550, None, None]
        assert hear(way, "a@missing.good.example") == 550, "DNS has no such domain"

    out, _ = host.ctl("history")
    assert "shadow promote" in out
    host.ctl("undo")
    send_all()


def test_a_candidate_that_asks_dns_finds_out_what_is_undecided(host):
    host.ctl("shadow", "start", str(host.new / "rules.yaml"), "--ask-dns")
    send_all()
    once = {"refused": 2, "let_in": 1, "same": 1}
    host.counted({"policyd": once, "milter": {kind: 2 * count for kind, count in once.items()}})
    out, _ = host.ctl("shadow", "drop")
    assert "of 4 decisions 3 differ" in out and "of 8 decisions 6 differ" in out
    host.ctl("shadow", "drop", status=(1,))


def test_a_reload_keeps_the_shadow_against_the_new_rules_and_a_restart_ends_it(host):
    host.ctl("shadow", "start", str(host.new))
    host.ctl("block", "new.example", "--reason", "ticket 4711")
    assert hear(mta.STOCK, "a@new.example") == 550
    shadow = host.counted({"policyd": {"same": 1}, "milter": {}})["policyd"]
    assert shadow["file"] == f"{host.new}/rules.yaml"
    host.doors.policyd.restart()
    shadows = host.shadows()
    assert shadows["policyd"] is None and shadows["milter"] is not None
    assert host.doors.policyd.says("shadow ends: ", "1 decisions compared, 0 differ")


def test_faults_start_nothing_and_what_has_changed_is_not_promoted(host):
    host.write_candidate("no domain at all!\n")
    _, told = host.ctl("shadow", "start", str(host.new), status=(1,))
    assert "lists/campaign.txt:1:1: error: " in told
    host.write_candidate()
    host.ctl("shadow", "start", str(host.new))
    _, told = host.ctl("shadow", "start", str(host.new), status=(1,))
    assert told.count("a shadow runs already") == 2
    host.write_candidate(CANDIDATE + "other.example\n")
    _, told = host.ctl("shadow", "promote", status=(1,))
    assert "it or one of its lists has changed since the shadow began" in told
    assert (host.home / "lists/campaign.txt").read_text() == LIVE
    out, _ = host.ctl("shadow", "promote", "--accept-changed", "--dry-run")
    assert "would promote" in out
    assert (host.home / "lists/campaign.txt").read_text() == LIVE
    host.write_candidate()
    host.ctl("block", "urgent.example", "--reason", "ticket 4712")
    _, told = host.ctl("shadow", "promote", status=(1,))
    assert "the rules or lists in use have changed since the shadow began" in told
    host.write_candidate(CANDIDATE + "other.example\n")
    host.ctl("shadow", "promote", "--accept-changed")
    assert (host.home / "lists/campaign.txt").read_text().endswith("other.example\n")


def test_one_door_that_cannot_read_it_leaves_none_with_a_shadow(host):
    """The daemons read it as nobody, posternctl as root."""
    (host.new / "lists/campaign.txt").chmod(0o600)
    _, told = host.ctl("shadow", "start", str(host.new), status=(1,))
    assert "the shadow is not started" in told and "Permission denied" in told
    assert host.ctl("--json", "shadow", "status", status=(1,))

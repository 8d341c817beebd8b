"""posternctl on a mail host with both daemons: what it says is so, what it changes is in force."""

import fcntl
import json
import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from gate import BIN
from waiting import stopwatch, until

RULES = """\
version: 1
lists:
  trusted: { kind: network, file: lists/trusted.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
  no-mx-check: { kind: domain, file: lists/no-mx-check.txt }
rules:
  - name: trusted
    when: { client: trusted }
    then: pass
  - name: no-mx-check
    when: { sender_domain: no-mx-check }
    then: skip sender_mx
  - name: campaign
    when: { sender_domain: campaign }
    then: reject 550 5.7.1 "Sender domain banned here"
  - name: sender-must-exist
    check: sender_mx
    on: { missing: reject 550 5.1.8 "no such domain" }
"""

CAMPAIGN = """\
# what runs now

old.example   reason="ticket 1" owner=ann   # by hand
"""

BANNED = "550 5.7.1 Sender domain banned here"
NO_DOMAIN = "550 5.1.8 no such domain"

# The answers of both doors follow a block within this.
AT_ONCE = 1.0


class Installation:
    """Both daemons, their files, and posternctl."""

    def __init__(self, both):
        self.doors = both
        self.home = both.home
        self.campaign = both.home / "lists/campaign.txt"
        self.rules_file = both.home / "rules.yaml"

    def ctl(self, *words, status=0):
        """What it writes to standard output and to standard error, after ending as it should."""
        result = subprocess.run(
            [BIN / "posternctl", "--config", self.home / "postern.yaml", *words],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
            env=dict(os.environ, SUDO_USER="drj", LC_ALL="C"))
        assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
        return result.stdout, result.stderr

    def answers(self, sender):
        """Those of both doors, which are to agree."""
        told = {door.ask(sender) for door in self.doors}
        assert len(told) == 1, told
        return told.pop()

    def generations(self):
        return [door.control.generation() for door in self.doors]


@pytest.fixture
def host(doors):
    both = doors(RULES, lists={"lists/campaign.txt": CAMPAIGN, "lists/trusted.txt": "",
                               "lists/no-mx-check.txt": ""})
    both.start()
    return Installation(both)


def test_block_and_unblock(host):
    assert host.answers("x@mx.good.example") == ""
    out, _ = host.ctl("block", "mx.good.example", "--reason", "ticket 4711", "--for", "7d")
    one, other = host.generations()
    assert one == other
    assert f"in force since generation {one} (policyd), {one} (milter)" in out
    assert host.answers("x@mx.good.example") == BANNED
    assert host.campaign.read_text().startswith(CAMPAIGN)
    line = host.campaign.read_text().splitlines()[-1]
    assert re.fullmatch(r'mx\.good\.example reason="ticket 4711" owner=drj expires=\S+Z', line)

    out, _ = host.ctl("unblock", "mx.good.example")
    assert "lists/campaign.txt:4: removed" in out
    assert host.campaign.read_text() == CAMPAIGN
    assert host.answers("x@mx.good.example") == ""


@pytest.fixture(name="hung")
def _hung(host):
    """The same, with daemons that are there and do nothing."""
    processes = [door.daemon.process for door in host.doors]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    yield host
    for process in processes:
        process.send_signal(signal.SIGCONT)


def test_a_block_while_the_daemons_hang(hung):
    """The line is told while it waits; then what holds. The daemons take the file by themselves."""
    command = subprocess.Popen(
        [BIN / "posternctl", "--config", hung.home / "postern.yaml", "block", "mx.good.example"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        env=dict(os.environ, SUDO_USER="drj", LC_ALL="C"))
    assert "added: mx.good.example" in command.stdout.readline()
    assert "mx.good.example" in hung.campaign.read_text()
    assert command.poll() is None
    # Others may edit meanwhile.
    assert not (hung.campaign.parent / ".postern.lock").exists()
    folder = os.open(hung.campaign.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(folder)
    assert "written; waiting for postern-policyd and postern-milter, 5s at most" in (
        command.stderr.readline())
    out, err = command.communicate(timeout=60)
    assert command.returncode == 3, f"{out}\n{err}"
    assert "written; no daemon was reached:" in out
    assert "postern-policyd: no answer in time: the daemon is busy or hangs" in out
    assert "to see whether it has: posternctl status" in out

    out, _ = hung.ctl("unblock", "mx.good.example", status=3)
    assert "removed: mx.good.example" in out
    out, _ = hung.ctl("reload", status=3)
    assert out.count("not reached: no answer in time") == 2
    hung.ctl("block", "late.good.example", status=3)
    for door in hung.doors:
        door.daemon.process.send_signal(signal.SIGCONT)
    assert until(
        lambda: all(door.ask("x@late.good.example") == BANNED for door in hung.doors))
    out, _ = hung.ctl("status")
    assert out.startswith("well: ")


def test_a_typo_in_the_settings_takes_no_command_away(host):
    good = (host.home / "postern.yaml").read_text()
    for typo in ("decision: {\n", "decision: { deadlien: 3s }\n", "\tuser: nobody\n"):
        (host.home / "postern.yaml").write_text(good + typo)
        out, err = host.ctl("block", "mx.good.example")
        assert re.search(r"postern\.yaml:\d+:\d+: error: ", err), err
        assert "going on as postern-policyd runs: rules " in err
        assert "in force since generation" in out
        assert host.answers("x@mx.good.example") == BANNED
        out, _ = host.ctl("status", status=1)
        assert out.startswith("PROBLEM: ")
        assert "would NOT START again" in out.splitlines()[0]
        host.ctl("rollback", "--yes")
        assert host.answers("x@mx.good.example") == ""
        host.ctl("check", status=1)
        out, _ = host.ctl("reload", status=1)
        assert "REFUSED" in out
    (host.home / "postern.yaml").write_text(good)
    host.ctl("reload")
    assert host.ctl("status")[0].startswith("well: ")


def test_how_long_a_block_takes(host, figures):
    """From the start of the command to the first refusal, at each door."""
    for door in host.doors:
        door.ask("x@mx.good.example")  # the session is open, DNS is known

    def first_refusal(door, sender, clock):
        assert until(lambda: door.ask(sender) == BANNED, pause=0.001)
        return clock().own

    worst = {}
    for number in range(5):
        domain = f"phish{number}.good.example"
        with ThreadPoolExecutor() as pool:
            clock = stopwatch()
            waiting = {door.name: pool.submit(first_refusal, door, f"x@{domain}", clock)
                       for door in host.doors}
            host.ctl("block", domain)
            command = clock().own
            times = {name: found.result() for name, found in waiting.items()}
        times["the command itself"] = command
        worst = {name: max(took, worst.get(name, 0)) for name, took in times.items()}
    figures("posternctl block to the first refusal, the longest of 5: "
            + ", ".join(f"{name} {took * 1000:.0f} ms" for name, took in worst.items()))
    assert max(worst.values()) < AT_ONCE, worst


def test_discard_and_allow(host):
    host.ctl("block", "mx.good.example", "--discard")
    assert host.doors.policyd.ask("x@mx.good.example").startswith("DISCARD")
    host.ctl("unblock", "mx.good.example")

    assert host.answers("x@missing.good.example") == NO_DOMAIN
    host.ctl("allow", "missing.good.example", "--check", "sender_mx")
    assert host.answers("x@missing.good.example") == ""
    host.ctl("unblock", "missing.good.example", "--list", "no-mx-check")
    assert host.answers("x@missing.good.example") == NO_DOMAIN

    host.ctl("allow", "192.0.2.0/24")
    assert host.doors.policyd.ask("x@missing.good.example") == ""


def test_reject_takes_a_discard_back(host):
    host.ctl("block", "mx.good.example", "--discard")
    out, _ = host.ctl("block", "mx.good.example", "--reason", "ticket 4711")
    assert "by sender_domain: discard\n" in out and "reject" not in out
    out, _ = host.ctl("block", "mx.good.example", "--reject")
    assert 'by sender_domain: reject 550 5.7.1 "Sender domain banned here"' in out
    assert host.answers("x@mx.good.example") == BANNED
    assert "then=" not in host.campaign.read_text()


def test_what_unblock_cannot_do(host):
    host.ctl("block", ".good.example")
    host.ctl("block", "mx.good.example")
    out, _ = host.ctl("unblock", "mx.good.example", status=1)
    assert re.search(r"still refused by \.good\.example \(.*lists/campaign\.txt:4\)", out), out
    _, err = host.ctl("unblock", "mx.good.example", status=1)
    assert "has no entry mx.good.example" in err
    assert host.answers("x@mx.good.example") == BANNED


def test_status(host):
    out, _ = host.ctl("status")
    assert out.startswith("well: "), out
    assert re.search(r"campaign +domain +1 entries", out)
    told = json.loads(host.ctl("status", "--json")[0])
    assert told["well"] and [one["daemon"] for one in told["daemons"]] == [
        "postern-policyd", "postern-milter"]

    host.doors.milter.stop()
    out, _ = host.ctl("status", status=3)
    assert "PROBLEM: postern-milter DOES NOT ANSWER" in out
    out, _ = host.ctl("block", "mx.good.example", status=3)
    assert "(policyd)" in out and "postern-milter: not reached" in out
    host.doors.milter.start()
    host.ctl("status")


def test_a_broken_file_is_refused_with_its_place(host):
    running = host.generations()
    host.rules_file.write_text(RULES.replace("then: pass", "then: pss", 1))
    out, err = host.ctl("reload", status=1)
    assert err.count("rules.yaml:9:") == 1, err
    assert "postern-policyd: REFUSED" in out and "postern-milter: REFUSED" in out
    assert host.generations() == running
    out, _ = host.ctl("status", status=1)
    assert "PROBLEM: postern-milter: the last reload was REFUSED" in out
    assert "the files on disk are NOT what runs" in out
    _, err = host.ctl("check", status=1)
    assert "rules.yaml:9:" in err
    # Nothing is changed that could not come into force.
    _, err = host.ctl("block", "mx.good.example", status=1)
    assert "do not load" in err and host.campaign.read_text() == CAMPAIGN

    host.rules_file.write_text(RULES)
    host.ctl("reload")
    host.ctl("status")


def test_rollback(host):
    first = host.generations()[0]
    host.ctl("block", "mx.good.example")
    host.campaign.chmod(0o640)
    (host.home / "lists/new.txt").write_text("new.example\n")
    os.chown(host.campaign, 65534, 65534)
    host.rules_file.write_text(
        RULES.replace("rules:\n", "  new: { kind: domain, file: lists/new.txt }\nrules:\n", 1)
        .replace("sender_domain: campaign", "sender_domain: [campaign, new]"))
    host.ctl("reload")
    assert host.answers("x@new.example") == BANNED

    out, _ = host.ctl("rollback", "--list")
    assert "lists/campaign.txt +1/-0 lines" in out
    out, _ = host.ctl("rollback", "--dry-run")
    assert "rules.yaml" in out and "new: {" in host.rules_file.read_text()
    out, _ = host.ctl("rollback", "--yes")
    assert "lists/new.txt stays, but is not used" in out
    assert host.rules_file.read_text() == RULES
    assert host.answers("x@mx.good.example") == BANNED

    out, _ = host.ctl("rollback", "--yes")
    assert f"back to generation {first}," in out
    assert host.campaign.read_text() == CAMPAIGN
    assert host.campaign.stat().st_mode & 0o777 == 0o640
    assert host.campaign.stat().st_uid == 65534
    assert host.answers("x@mx.good.example") == ""


def test_a_rollback_wants_a_person_and_somebody_who_vouches(host):
    host.ctl("block", "mx.good.example")
    blocked = host.campaign.read_text()
    out, err = host.ctl("rollback", status=1)
    assert "going back to generation" in out and "want --yes" in err
    assert host.campaign.read_text() == blocked
    # As if nobody but the account of the daemons had ever had these texts.
    (host.home / ".rules.yaml.vouched").unlink()
    assert "(nobody vouches for it)" in host.ctl("rollback", "--list")[0]
    out, err = host.ctl("rollback", "--yes", status=1)
    assert "NOBODY VOUCHES FOR THIS" in out and " - mx.good.example owner=drj" in out
    assert host.campaign.read_text() == blocked
    assert host.answers("x@mx.good.example") == BANNED
    number, digest = re.search(r"posternctl rollback (\d+) --vouch ([0-9a-f]{64})$", err).groups()
    host.ctl("rollback", number, "--vouch", digest[::-1], status=1)
    host.ctl("rollback", number, "--vouch", digest)
    assert host.campaign.read_text() == CAMPAIGN
    assert host.answers("x@mx.good.example") == ""


def test_rollback_undoes_one_change_after_the_other(host):
    first = host.generations()[0]
    host.ctl("block", "mx.good.example")
    host.ctl("unblock", "mx.good.example")
    out, _ = host.ctl("rollback", "--dry-run")
    assert f"would go back to generation {first + 1}," in out
    assert re.search(r"\n    4 \+ mx\.good\.example owner=drj", out), out
    out, _ = host.ctl("rollback", "--yes")
    assert f"going back to generation {first + 1}," in out
    assert host.answers("x@mx.good.example") == BANNED
    assert "(back to" in host.ctl("rollback", "--list")[0]
    out, _ = host.ctl("rollback", "--yes")
    assert f"going back to generation {first}," in out
    assert host.campaign.read_text() == CAMPAIGN
    host.ctl("rollback", "--yes", status=1)


def test_rollback_while_no_daemon_runs(host):
    """What it has put back is known as that when they start again."""
    first = host.generations()[0]
    for name in ("one", "two", "three"):
        host.ctl("block", f"{name}.good.example")
    for door in host.doors:
        door.stop()
    out, _ = host.ctl("rollback", "--yes", status=3)
    assert f"going back to generation {first + 2}," in out
    out, _ = host.ctl("rollback", "--yes", status=3)
    assert f"going back to generation {first + 1}," in out
    for door in host.doors:
        door.start()
    host.ctl("status")
    assert f"(back to {first + 1}) <- runs" in host.ctl("rollback", "--list")[0]
    out, _ = host.ctl("rollback", "--yes")
    assert f"going back to generation {first}," in out
    assert host.campaign.read_text() == CAMPAIGN
    assert not list(host.home.glob(".*.rollback"))


def test_a_rule_file_that_was_cut_off(host):
    """Every command that meets it says so; a rollback is not held up."""
    first = host.generations()[0]
    host.ctl("vouch")
    host.rules_file.write_text(RULES[:RULES.index("  - name: campaign")])
    _, err = host.ctl("check", status=1)
    assert "rules.yaml:7:3: error: rules: 2 of them, had 4: cut off?" in err
    assert "rules.yaml:4:13: error: list 'campaign' was used by a rule" in err
    out, err = host.ctl("reload", status=1)
    assert "REFUSED" in out and "--accept-shrunk" in err
    out, _ = host.ctl("status", status=1)
    assert "PROBLEM: postern-policyd: the last reload was REFUSED" in out
    assert "cut off?" in out
    assert host.answers("x@old.example") == BANNED

    out, err = host.ctl("allow", "mx.good.example", "--check", "sender_mx", status=1)
    assert "written, but not in force" in out and "cut off?" in err

    host.ctl("reload", "--accept-shrunk")
    assert host.answers("x@old.example") == ""
    host.ctl("check")
    host.ctl("rollback", str(first), "--yes")
    assert host.answers("x@old.example") == BANNED
    host.ctl("block", "mx.good.example")
    host.ctl("rollback", str(first + 1), "--yes")
    assert host.answers("x@old.example") == ""


def test_rollback_keeps_what_was_never_in_force(host):
    host.ctl("block", "mx.good.example")
    host.rules_file.write_text("nonsense: [\n")
    host.ctl("reload", status=1)
    out, _ = host.ctl("rollback", str(host.generations()[0]), "--yes")
    assert (host.home / "rules.yaml.before-rollback").read_text() == "nonsense: [\n"
    assert "rules.yaml.before-rollback" in out
    assert host.rules_file.read_text() == RULES
    host.ctl("status")


def test_rules_and_entries(host):
    host.ctl("block", "never.good.example")
    for _ in range(3):
        host.answers("x@old.example")
    out, _ = host.ctl("rules")
    assert re.search(r"^6 +campaign ", out, re.M), out
    told = json.loads(host.ctl("rules", "--list", "campaign", "--json")[0])
    assert [(entry["entry"], entry["hits"]) for entry in told["shown"]] == [("old.example", 6)]
    out, _ = host.ctl("rules", "--list", "campaign", "--never")
    assert "never.good.example" in out and "old.example" not in out
    host.ctl("rules", "--list", "nix", status=1)


def test_cache(host):
    host.answers("x@mx.good.example")
    out, _ = host.ctl("cache", "mx.good.example")
    assert out.count("MX") == 2 and "found 10 mx1.good.example" in out
    out, _ = host.ctl("cache", "--flush", "mx.good.example")
    assert "postern-policyd: forgot" in out and "postern-milter: forgot" in out
    host.ctl("cache", "mx.good.example", status=1)


def test_check(host):
    out, _ = host.ctl("check")
    assert out.startswith("good: 4 rules, 3 lists, 1 entries")
    host.campaign.write_text(CAMPAIGN + "old.example\n.wide.example\na.wide.example\n")
    out, _ = host.ctl("check")
    assert "campaign.txt:4: note: old.example is there already" in out
    assert "campaign.txt:6: note: a.wide.example could go" in out


def test_what_matches_nearly_everything_is_said_first(host):
    """It is taken, as what a person writes is; and by root, what the daemons cannot read."""
    host.campaign.write_text(CAMPAIGN + "~.\n")
    host.ctl("reload")
    assert host.answers("x@mx.good.example") == BANNED
    warning = ("lists/campaign.txt:4: warning: entry '~.' of list 'campaign' is very broad, and "
               "would make rule 'campaign' reject: it matches q7x2k.com, a name made up to see\n")
    out, _ = host.ctl("status")
    assert out.startswith(f"note: {warning}well: "), out
    out, err = host.ctl("check")
    assert warning in err and "good: " in out
    _, err = host.ctl("block", "~.", status=1)
    assert "it matches q7x2k.com, a name made up to see; if that is meant: --force" in err

    (host.home / "lists/trusted.txt").write_text("0.0.0.0/0\n")
    _, err = host.ctl("check")
    assert "trusted.txt:1: warning: entry '0.0.0.0/0' of list 'trusted' is very broad" in err
    assert "would make rule 'trusted' pass" in err


def test_many_at_once_lose_nothing(host):
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: host.ctl("block", f"phish{number}.example"), range(10)))
    lines = host.campaign.read_text().splitlines()
    assert {line.split()[0] for line in lines if line.startswith("phish")} == {
        f"phish{number}.example" for number in range(10)}
    assert host.answers("x@phish7.example") == BANNED

"""What the daemons log: as JSON and as text, less of it, all about one client; and what is counted
in it afterwards."""

import fcntl
import gzip
import json
import os
import struct
import subprocess
import termios

import pytest

from doors import KEPT
from gate import BIN
from waiting import until

RULES = """\
version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - name: partners
    when: { sender_domain: mx.good.example }
    then: pass
  - name: campaign
    when: { sender_domain: campaign }
    then: reject 550 5.7.1 "Sender domain banned here"
  - name: last
    when: { sender_domain: mail.test }
    then: defer 451 4.7.1 "later"
"""

SENDERS = ["a@spam.example", "b@spam.example", "c@other.example", "x@mx.good.example",
           "y@mx.good.example", "z@two.good.example", "d@mail.test"]


def ctl(home, *words, status=0, text=None):
    result = subprocess.run(
        [BIN / "posternctl", "--config", home / "postern.yaml", *map(str, words)],
        capture_output=True, text=True, timeout=60, input=text or "",
        env=dict(os.environ, LC_ALL="C"))
    assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture
def host(doors):
    def start(log="{}"):
        both = doors(RULES, settings=KEPT + f"log: {log}\n".replace("{", "{{").replace("}", "}}"),
                     lists={"lists/campaign.txt": "spam.example\nother.example\n"})
        both.start()
        return both
    return start


def logs(both):
    return [both.policyd.daemon.log_file, both.milter.daemon.log_file]


def test_the_report_counts_what_was_asked(host):
    """In both forms of the log, through both doors, the same numbers."""
    for log in ("{ format: text }", "{ format: json }"):
        both = host(log)
        for door in both:
            for sender in SENDERS:
                door.ask(sender)
        both.stop()
        report = json.loads(ctl(both.home, "--json", "report", *logs(both)))
        for door in ("policy", "milter"):
            counts = report["by_door"][door]
            assert (counts["reject"], counts["defer"]) == (3, 1), report
        assert report["by_door"]["policy"]["pass"] == 3
        rules = {rule["rule"]: rule for rule in report["rules"]}
        assert rules["campaign"]["reject"] == 6
        assert rules["last"]["defer"] == 2
        assert report["refused"]["sender_domains"]["top"] == [
            {"what": "spam.example", "count": 4}, {"what": "other.example", "count": 2}]
        assert report["lines"]["unreadable"] == 0
        text = ctl(both.home, "report", text="".join(log.read_text() for log in logs(both)))
        assert "        4  spam.example\n" in text


def test_what_a_noting_rule_found_is_in_the_line_and_in_the_report(doors):
    both = doors("""\
version: 1
rules:
  - { name: trial, mode: log, check: sender_mx, preset: mfcheck }
  - { name: sender-must-exist, check: sender_mx, on: { null_mx: log, no_domain: log } }
""", settings=KEPT)
    both.start()
    for door in both:
        for sender in ("x@null.good.example", "root"):
            door.ask(sender)
    both.stop()
    for path in logs(both):
        lines = [line for line in path.read_text().splitlines() if " decision " in line]
        assert any(" found=sender_mx:null_mx " in line and " also=sender-must-exist " in line
                   for line in lines), lines
        assert any(" found=sender_mx:no_domain " in line and " would=trial:reject " in line
                   for line in lines), lines
        packed = both.home / "postern.log.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        report = json.loads(ctl(both.home, "--json", "report", packed))
        found = {row["what"] for row in report["findings"]["top"]}
        assert found == {"sender_mx null_mx", "sender_mx no_domain"}, report


def test_a_log_of_objects(host):
    both = host("{ format: json }")
    for door in both:
        assert door.ask("a@spam.example").startswith("550")
    both.stop()
    for path in logs(both):
        lines = [json.loads(line) for line in path.read_text().splitlines() if line[0] == "{"]
        assert all({"time", "level", "message"} <= set(line) for line in lines)
        refused = [line for line in lines if line.get("rule") == "campaign"]
        assert refused and refused[-1]["sender"] == "a@spam.example"
        assert refused[-1]["at"].endswith("lists/campaign.txt:1")
        one = json.dumps(refused[-1], separators=(",", ":"))
        explained = ctl(both.home, "explain", "--files", "--dns", "none", "--from-log", "-",
                        text=one)
        assert explained.startswith("REJECT  550 5.7.1 Sender domain banned here"), explained


def test_an_everyday_pass_is_not_written(host):
    both = host("{ pass: none }")
    for sender in SENDERS:
        both.policyd.ask(sender)
    decisions = both.policyd.daemon.all_decided(4)
    assert [entry["rule"] for entry in decisions] == ["campaign"] * 3 + ["last"]
    assert both.policyd.control.status()["decisions"] == len(SENDERS)


def test_a_trace_tells_why_and_survives_a_reload(host):
    both = host()
    said = ctl(both.home, "trace", "--sender-domain", ".good.example", "--for", "5m")
    assert said.count("sender_domain=.good.example, for 5m more") == 2
    for door in both:
        door.ask("a@spam.example")
        door.ask("x@mx.good.example")
        door.control.reload()
        door.ask("z@two.good.example")
    for door in both:
        def traced():
            return [line for line in door.daemon.log().splitlines() if " trace id=" in line]
        assert until(lambda: any("sender=z@two.good.example" in line for line in traced()))
        lines = traced()
        assert not any("spam.example" in line and "sender=" in line for line in lines)
        assert any("rule=partners" in line and 'did="DECIDES: pass"' in line for line in lines)
        assert any("rule=campaign" in line and "outcome=no_match" in line and
                   "not in list campaign" in line for line in lines)
        told = door.control.ask("GET", "/v1/trace/lines")["lines"]
        assert until(lambda: len(traced()) == len(told))
    assert ctl(both.home, "trace", "--stop").count("stopped 1 trace\n") == 2
    before = both.policyd.daemon.log().count(" trace id=")
    both.policyd.ask("last@mx.good.example")
    both.policyd.daemon.decided(sender="last@mx.good.example")
    assert both.policyd.daemon.log().count(" trace id=") == before
    assert ctl(both.home, "trace", "--list").count("no trace\n") == 2


def test_following_a_trace_shows_it_as_it_comes(host):
    both = host()
    command = [BIN / "posternctl", "--config", both.home / "postern.yaml", "trace", "--client",
               "192.0.2.1", "--for", "3s", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout.readline().startswith("postern-policyd: trace 1 of client=192.0.2.1")
        both.policyd.ask("a@spam.example")
        out, _ = follower.communicate(timeout=60)
    assert follower.returncode == 0
    assert "policyd: trace id=1 n=1 door=policy stage=rcpt action=reject by=campaign" in out


def test_tail_shows_both_doors_in_one_stream(host, tmp_path):
    both = host()
    both.policyd.ask("a@spam.example")
    both.milter.ask("d@mail.test")
    until(lambda: "rule=last" in both.milter.daemon.log())
    until(lambda: "rule=campaign" in both.policyd.daemon.log())
    shown = tmp_path / "shown"
    words = [BIN / "posternctl", "--config", both.home / "postern.yaml", "tail",
             "--rule", "campaign", *logs(both)]
    with open(shown, "w") as out, subprocess.Popen(words, stdout=out) as tail:
        until(lambda: shown.read_text().count("\n") == 1)
        both.milter.ask("b@spam.example")
        until(lambda: shown.read_text().count("\n") == 2)
        both.policyd.ask("c@other.example")
        until(lambda: shown.read_text().count("\n") == 3)
        tail.terminate()
    rows = shown.read_text().splitlines()
    for row, door, sender in zip(rows, ("policy", "milter", "policy"),
                                 ("a@spam.example", "b@spam.example", "c@other.example")):
        assert f" {door} " in row and " reject   campaign  " in row and f"  {sender}" in row, rows
        assert row.endswith("  550 5.7.1 Sender domain banned here"), rows
    both.stop()
    out = ctl(both.home, "tail", "--once", "--door", "milter", "--action", "defer", *logs(both))
    assert out.count("\n") == 1 and " last " in out, out


def on_a_terminal(home, environment, *words):
    """What posternctl writes there."""
    ours, theirs = os.openpty()
    subprocess.run([BIN / "posternctl", "--config", home / "postern.yaml", *words], check=True,
                   timeout=60, stdin=subprocess.DEVNULL, stdout=theirs,
                   env=dict(os.environ, TERM="xterm", **environment))
    os.close(theirs)
    out = b""
    while True:
        try:
            out += os.read(ours, 65536)
        except OSError:  # the other end is closed, and all is read
            break
    os.close(ours)
    return out.decode()


def test_colours_are_for_terminals_and_those_who_want_them(host):
    both = host()
    both.policyd.ask("a@spam.example")
    both.stop()
    words = ["tail", "--once", both.policyd.daemon.log_file]
    assert "\x1b" not in ctl(both.home, *words)
    assert "\x1b[31mreject  \x1b[0m" in on_a_terminal(both.home, {"NO_COLOR": ""}, *words)
    assert "\x1b" not in on_a_terminal(both.home, {"NO_COLOR": "1"}, *words)


def test_top_shows_what_came(host):
    both = host()
    for door in both:
        for sender in SENDERS:
            door.ask(sender)
    both.stop()
    page = json.loads(ctl(both.home, "--json", "top", *logs(both)))
    assert page["refused"] == 8, page
    refused = {row["what"]: row["refused"] for row in page["sender_domains"]}
    assert refused["spam.example"] == 4 and refused["mail.test"] == 2, page
    assert {row["what"] for row in page["rules"]} >= {"campaign", "last", "partners"}
    assert page["grown"] and page["before"] == 0, page
    text = ctl(both.home, "top", *logs(both))
    assert "  what grew most\n" in text and "  spam.example\n" in text, text


def test_top_fits_into_the_terminal(host):
    """What grew most stands at the top, and has not gone from there."""
    both = host()
    for number in range(20):
        both.policyd.ask(f"a{number}@name{number}.test")
    both.policyd.ask("a@spam.example")
    both.stop()
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with subprocess.Popen(
            [BIN / "posternctl", "--config", both.home / "postern.yaml", "top", *logs(both)],
            stdin=subprocess.DEVNULL, stdout=theirs, env=dict(os.environ, TERM="xterm")) as top:
        shown = ""
        for _ in range(100):  # the page comes again and again
            shown += os.read(ours, 65536).decode()
            if "helo names\r\n" in shown:
                break
        top.terminate()
    os.close(theirs)
    os.close(ours)
    lines = shown.removeprefix("\x1b[H\x1b[2J").split("\r\n")
    assert "  what grew most" in lines[2] and len(lines) <= 24, lines
    assert max(len(line) for line in lines) <= 60, lines

"""What the history tells of changes that real daemons have taken, however the settings are named."""

import json
import subprocess

import pytest

from gate import BIN

RULES = """\
version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - name: campaign
    when: { sender_domain: campaign }
    then: reject 550 5.7.1 "Sender domain banned here"
"""


@pytest.fixture(name="host")
def _host(doors):
    both = doors(RULES, lists={"lists/campaign.txt": "old.example\n"})
    both.start()
    return both


def ctl(host, named, *words, status=0):
    """From the folder of the settings."""
    result = subprocess.run([BIN / "posternctl", "--config", named, *words], cwd=host.home,
                            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
    return result.stdout


def changes(host, named):
    """The numbers of the entries, the latest first; None: it was read from files."""
    entries = json.loads(ctl(host, named, "history", "--json"))["entries"]
    return [entry["number"] for entry in entries]


@pytest.mark.parametrize("way", ["relative", "absolute"])
def test_what_posternctl_has_written_was_not_read_from_files(host, way):
    named = "./postern.yaml" if way == "relative" else host.home / "postern.yaml"
    ctl(host, named, "block", "a.example")
    assert changes(host, named) == [1]
    ctl(host, named, "undo")
    assert changes(host, named) == [2, 1]
    assert (host.home / "lists/campaign.txt").read_text() == "old.example\n"
    assert "are the same" in ctl(host, named, "diff", status=1)
    assert "removed by root" in ctl(host, named, "find", "--removed", "a.example")

    (host.home / "lists/campaign.txt").write_text("old.example\nby.hand.example\n")
    ctl(host, named, "reload")
    assert changes(host, named) == [None, 2, 1]
    ctl(host, named, "rollback", "--yes")
    told = changes(host, named)  # of one second each may be the latest
    assert told.count(None) == 1 and [one for one in told if one] == [3, 2, 1], told
    assert (host.home / "lists/campaign.txt").read_text() == "old.example\n"

"""--check-config says where, what was found and what would be right, and exits with 1."""

import os
import subprocess

import pytest

from gate import POLICYD

GOOD_SETTINGS = """\
version: 1
rules: rules.yaml
policyd: { listen: "inet:127.0.0.1:10040" }
"""
GOOD_RULES = """\
version: 1
rules: []
"""

HEAD = "version: 1\nrules:\n"

# Each with a ¦ in front of what is wrong, and a word of what has to be said about it.
BROKEN_RULES = {
    "unknown key of a rule": (HEAD + "  - name: a\n    ¦wen: { tls: no }\n    then: pass\n", "wen"),
    "unknown key of a condition": (HEAD + "  - { name: a, when: { ¦whne: x }, then: pass }\n", "whne"),
    "unknown key at the top": ("version: 1\n¦rule: []\nrules: []\n", "rule"),
    "duplicate key": (HEAD + "  - name: a\n    then: pass\n    ¦then: reject\n", "twice"),
    "no version": ("¦rules: []\n", "version"),
    "another version": ("version: ¦2\nrules: []\n", "2"),
    "unknown list": (HEAD + "  - { name: a, when: { client: ¦partners }, then: pass }\n", "partners"),
    "no action": (HEAD + "  - ¦name: a\n    when: { tls: no }\n", "then"),
    "unknown action": (HEAD + "  - { name: a, then: ¦refuse 550 }\n", "refuse"),
    "a reject with 4xx": (HEAD + "  - { name: a, then: ¦reject 450 4.7.1 later }\n", "450"),
    "two classes in one reply": (HEAD + "  - { name: a, then: ¦reject 550 4.7.1 text }\n", "4.7.1"),
    "a delay of an hour": (HEAD + "  - { name: a, then: ¦delay 1h }\n", "1h"),
    "a permanent refusal of a DNS fault":
        (HEAD + "  - { name: a, check: sender_mx, on: { unknown: ¦reject } }\n", "unknown"),
    "unknown check": (HEAD + "  - { name: a, check: ¦sender_mxx, preset: standard }\n", "sender_mx"),
    "unknown preset": (HEAD + "  - { name: a, check: sender_mx, preset: ¦strict }\n", "standard"),
    "unknown finding": (HEAD + "  - { name: a, check: sender_mx, on: { ¦nix: pass } }\n", "nix"),
    "the same name twice": (HEAD + "  - { name: a, then: log }\n  - { name: ¦a, then: log }\n", "twice"),
    "hold before there is a message":
        (HEAD + "  - ¦{ name: a, stage: connect, then: hold }\n", "connect"),
    "not a network": ("version: 1\nlists:\n  l: { kind: network, entries: [¦192.0.2.0/33] }\n"
                      "rules: [{ name: a, when: { client: l }, then: pass }]\n", "33"),
    "not a regex": ("version: 1\nlists:\n  l: { kind: domain, entries: [¦'~(('] }\n"
                    "rules: [{ name: a, when: { helo: l }, then: pass }]\n", "(("),
    "not a date": ("version: 1\nlists:\n  l:\n    kind: domain\n"
                   "    entries: [{ entry: a.example, expires: ¦2026-13-01 }]\n"
                   "rules: [{ name: a, when: { helo: l }, then: pass }]\n", "2026-13-01"),
    "a list file that is not there":
        ("version: 1\nlists: { l: { kind: domain, file: ¦nix.txt } }\n"
         "rules: [{ name: a, when: { helo: l }, then: pass }]\n", "nix.txt"),
    "an alias": (HEAD + "  - &x { name: a, then: pass }\n  - ¦*x\n", ""),
    "a tag": (HEAD + "  - { name: ¦!example a, then: pass }\n", ""),
    "a second document": ("version: 1\nrules: []\n¦---\nversion: 1\n", "document"),
    "not closed": (HEAD + "  - { name: a, then: pass\n¦", ""),
    "skip of nothing": (HEAD + "  - ¦{ name: a, then: skip nix }\n", "nix"),
}

BROKEN_SETTINGS = {
    "unknown key of the settings": (GOOD_SETTINGS + "¦thread: 1\n", "thread"),
    "no listener": ("¦version: 1\nrules: rules.yaml\n", "policyd"),
    "not a listener": ("version: 1\nrules: rules.yaml\npolicyd: { listen: ¦localhost }\n", "inet:"),
    "not a duration": (GOOD_SETTINGS + "decision: { deadline: ¦5 }\n", "5s"),
    "a deadline that is too long": (GOOD_SETTINGS + "decision: { deadline: ¦90s }\n", "25s"),
    "not a server": (GOOD_SETTINGS + "dns: { upstreams: [[¦resolver.example]] }\n", "127.0.0.1"),
    "not a size": (GOOD_SETTINGS + "dns: { cache: { max_size: ¦64MB } }\n", "64MB"),
    "not a level": (GOOD_SETTINGS + "log: { level: ¦loud }\n", "info"),
}


def check(home, settings, rules):
    (home / "postern.yaml").write_text(settings)
    (home / "rules.yaml").write_text(rules)
    return subprocess.run([POLICYD, "--check-config", "--config", home / "postern.yaml"],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def place(text):
    """line:column of the mark; the column counts bytes."""
    before = text[:text.index("¦")]
    return f"{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2].encode()) + 1}"


@pytest.mark.parametrize("what", BROKEN_RULES)
def test_broken_rules(tmp_path, what):
    text, word = BROKEN_RULES[what]
    result = check(tmp_path, GOOD_SETTINGS, text.replace("¦", ""))
    assert result.returncode == 1, result.stderr
    expected = f"{tmp_path}/rules.yaml:{place(text)}: error: "
    told = [line for line in result.stderr.splitlines() if line.startswith(expected)]
    assert told, f"want {expected}, found\n{result.stderr}"
    assert word in told[0]


@pytest.mark.parametrize("what", BROKEN_SETTINGS)
def test_broken_settings(tmp_path, what):
    text, word = BROKEN_SETTINGS[what]
    result = check(tmp_path, text.replace("¦", ""), GOOD_RULES)
    assert result.returncode == 1, result.stderr
    expected = f"{tmp_path}/postern.yaml:{place(text)}: error: "
    told = [line for line in result.stderr.splitlines() if line.startswith(expected)]
    assert told, f"want {expected}, found\n{result.stderr}"
    assert word in told[0]


def test_everything_wrong_is_told_in_one_go(tmp_path):
    result = check(tmp_path, GOOD_SETTINGS, HEAD + """\
  - { name: a, when: { whne: x }, then: pass }
  - { name: b, then: refuse }
  - { name: b, then: reject 450 later }
""")
    lines = [line for line in result.stderr.splitlines() if ": error: " in line]
    assert [int(line.split(":")[1]) for line in lines] == [3, 4, 5, 5]


def test_a_line_of_a_list_file_is_named(tmp_path):
    (tmp_path / "l.txt").write_text("# networks\n192.0.2.0/24\n192.0.2.0/99\n")
    result = check(tmp_path, GOOD_SETTINGS, """\
version: 1
lists: { l: { kind: network, file: l.txt } }
rules: [{ name: a, when: { client: l }, then: pass }]
""")
    assert result.returncode == 1
    assert "l.txt:3:1: error: " in result.stderr


def test_a_good_configuration_is_good(tmp_path):
    result = check(tmp_path, GOOD_SETTINGS, GOOD_RULES)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("ok: ")


def test_a_file_that_is_not_there(tmp_path):
    result = subprocess.run([POLICYD, "--check-config", "--config", tmp_path / "nix.yaml"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "nix.yaml" in result.stderr


def test_a_broken_configuration_does_not_start(tmp_path):
    (tmp_path / "postern.yaml").write_text(GOOD_SETTINGS)
    (tmp_path / "rules.yaml").write_text("version: 1\n")
    result = subprocess.run([POLICYD, "--config", tmp_path / "postern.yaml"], capture_output=True,
                            text=True, timeout=60, env=dict(os.environ, LC_ALL="C"))
    assert result.returncode == 1
    assert "rules.yaml:1:1: error: " in result.stderr

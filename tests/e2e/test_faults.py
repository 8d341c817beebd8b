"""Calls of the system fail for a moment, one after the other, in a start and in `posternctl block`:
what was asked for is done, or the command and the daemon say that it is not; and what could not be
done just now is done later, without a person."""

import errno
import os
import subprocess

import pytest

from faults import Faults
from gate import BIN
from waiting import until

RULES = """
lists:
  banned: { kind: domain, file: lists/banned.txt }
rules:
  - name: ban
    when: { sender_domain: banned }
    then: reject 550 5.7.1 "banned"
"""
LISTS = {"lists/banned.txt": "bad.example\n"}
BANNED = "550 5.7.1 banned"

ERRORS = [errno.EMFILE, errno.ENOSPC, errno.EIO]
# More calls than that are not made.
MOST = 2000
# A start waits some seconds after most of its calls: of these every so manieth fails, or each.
STRIDE = 1 if os.environ.get("POSTERN_EVERY_CALL") else 13
NOT_NOW = 5  # the daemon's exit code


@pytest.fixture
def faults(tmp_path):
    return Faults(tmp_path / "faults")


def posternctl(home, *words, environment=None):
    return subprocess.run([BIN / "posternctl", "--config", home / "postern.yaml", *words],
                          capture_output=True, text=True, timeout=60, env=environment)


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_each_call_of_block(doors, faults, figures, error):
    both = doors(RULES, lists=LISTS)
    both.start()
    file = both.home / "lists/banned.txt"
    done = said = 0
    for number in range(1, MOST):
        before, entry = file.read_text(), f"e{number}.example"
        faults.set(number, error)
        ran = posternctl(both.home, "block", entry, "--list", "banned",
                         environment=faults.environ())
        made = faults.calls()
        faults.clear()
        after = file.read_text()
        # The whole of it or nothing.
        assert after == before or (after.startswith(before) and entry in after
                                   and after.endswith("\n")), (number, after[-200:])
        if ran.returncode == 0:
            assert entry in after, (number, ran)
            done += 1
        else:
            assert ran.stderr.strip() or ran.stdout.strip(), (number, ran)
            said += 1
        if made < number:
            break
    assert number > 30 and done > 0
    figures(f"posternctl block, {errno.errorcode[error]} at each of {number - 1} calls: "
            f"{done} done all the same, {said} said so")
    entries = [line.split()[0] for line in file.read_text().splitlines()]
    for one in both:
        assert until(lambda one=one: one.ask(f"x@{entries[-1]}") == BANNED), one.said()[-5:]
    assert until(lambda: posternctl(both.home, "status").returncode == 0), posternctl(
        both.home, "status")
    assert not [left for left in file.parent.iterdir() if left.name.startswith(".banned")]


def test_each_call_of_a_start(doors, faults, figures, monkeypatch):
    """It serves, with the rules of the files, at once or after it has tried again; or it ends with
    the code after which a service manager starts it again, and says why."""
    both = doors(RULES, lists=LISTS)
    one = both.policyd
    one.start()
    one.stop()
    started = ended = 0
    for number in range(1, MOST, STRIDE):
        error = ERRORS[number % len(ERRORS)]
        with monkeypatch.context() as patch:
            for name, value in faults.environment.items():
                patch.setenv(name, value)
            faults.set(number, error)
            size = len(one.daemon.log())
            one.daemon.launch()
        assert until(lambda: one.daemon.process.poll() is not None or one.control.answers()), (
            one.daemon.log()[size:])
        if one.daemon.process.poll() is None:
            made = faults.calls()
            faults.clear()
            assert until(lambda: one.control.status()["rules"] == 1
                         and one.control.status()["not_kept"] is None
                         and one.control.status()["reload"]["last"]["outcome"] != "postponed"), (
                             one.control.status())
            assert one.ask("x@bad.example") == BANNED
            started += 1
            one.stop()
            if made < number:
                break
        else:
            said = one.daemon.log()[size:]
            assert one.daemon.process.returncode in (NOT_NOW, 3), (number, said)
            assert "postern-policyd: " in said, (number, said)
            one.daemon.process = None
            ended += 1
    assert number > 30 and started > 0
    figures(f"a start, EMFILE, ENOSPC or EIO at every {STRIDE}th of {number} calls: {started} served, "
            f"{ended} ended and said why")

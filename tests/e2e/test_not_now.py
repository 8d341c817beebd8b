"""A daemon that has no descriptors left for a while: it takes the edit that was made meanwhile as
soon as it can, without a person, and says what it is waiting for."""

import os
import resource

import pytest
from test_overload import close_all, connect, files_of, limit_files
from waiting import until

pytestmark = pytest.mark.usefixtures("descriptors")

RULES = """
rules:
  - name: ban
    when: { sender_domain: bad.example }
    then: reject 550 5.7.1 "banned"
"""
BANNED = "550 5.7.1 banned"
POSTPONED = "reload postponed: "


def take_all_descriptors(one):
    """The next one would have a number that the limit forbids."""
    until(lambda: False, 0.5)  # for what is about to be closed
    used = {int(name) for name in os.listdir(f"/proc/{one.daemon.process.pid}/fd")}
    limit_files(one, min(set(range(len(used) + 1)) - used))


def raise_limit(one):
    limit_files(one, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def test_an_edit_is_taken_when_there_are_descriptors_again(door, figures):
    one = door(RULES)
    assert one.ask("x@bad.example") == BANNED
    take_all_descriptors(one)
    one.rules_file.write_text(one.rules_file.read_text().replace("bad.example", "worse.example"))
    assert one.says(POSTPONED), one.said()
    # For longer than the first tries take; nobody is told each time.
    until(lambda: False, 4)
    assert one.ask("x@bad.example") == BANNED, "the old rules go on"
    assert sum(POSTPONED in line for line in one.said()) == 1, one.said()
    assert one.says("Too many open files"), one.said()
    raise_limit(one)
    assert until(lambda: one.ask("x@worse.example") == BANNED), one.said()
    assert one.ask("x@bad.example") == ""
    status = one.control.status()
    assert status["reload"]["postponed"] >= 2
    assert (status["reload"]["last"]["outcome"], status["reload"]["last"]["trigger"]) == (
        "done", "retry")
    assert status["not_kept"] is None and status["connections"]["waiting_for"] is None
    assert until(lambda: sum("reload done" in line for line in one.said()) == 1), one.said()
    figures(f"{one.name}: an edit without descriptors, {status['reload']['postponed']} tries in "
            "vain, in force by itself once there were some again")


def test_a_faulty_edit_is_not_tried_again(door):
    """The nearest that stays as it is: it is wrong, and waits for a person."""
    one = door(RULES)
    looks = one.control.looks()
    one.rules_file.write_text("version: 1\nruels: []\n")
    assert one.control.next_look(looks)["outcome"] == "refused"
    until(lambda: False, 3)
    status = one.control.status()
    assert (status["reload"]["refused"], status["reload"]["postponed"]) == (1, 0)


def test_while_connections_wait_control_and_files_do_not(door):
    """Some descriptors are kept back for them."""
    one = door(RULES)
    limit_files(one, files_of(one) + 60)
    many = [connect(one) for _ in range(120)]
    assert one.says("connections have to wait"), one.said()
    assert one.control.status()["connections"]["waiting_for"] == "Too many open files"
    one.rules_file.write_text(one.rules_file.read_text().replace("bad.example", "worse.example"))
    assert until(lambda: one.control.generation() == 2), one.said()
    close_all(many)
    assert until(lambda: one.control.status()["connections"]["waiting_for"] is None)

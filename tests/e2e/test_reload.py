"""Changed files are taken without being told, by every way of changing them; what is wrong changes
nothing; a restart loses nothing."""

import os
import re
import shutil
import signal
import time
from datetime import datetime, timedelta, timezone

import pytest

import writing
from doors import KEPT
from smtp import message
from waiting import PATIENCE, stopwatch, until

# From the end of writing to the first answer by it. The watch itself takes a fifth of a second.
AT_ONCE = 1.5
# Longer than the watch needs to see a file, and to look at files unasked: 2 s.
SEEN = 1.0
LOOKED = 3.5

SIGNALS = [signal.SIGHUP, signal.SIGUSR1]


def rules(state):
    return f"""\
version: 1
lists: {{ banned: {{ kind: domain, file: banned.txt }} }}
rules:
  - name: ban
    when: {{ sender_domain: banned }}
    then: reject 550 5.7.1 "state {state}"
  - name: trap
    when: {{ sender_domain: trap.example }}
    then: reject 550 5.7.1 "trap {state}"
"""


BROKEN = rules(99).replace("when:", "whne:", 1)
BANNED = "bad.example\n"
BROKEN_LIST = "bad.example\nnot..a.name\n"
ENTRIES = [f"n{number}.big.example\n" for number in range(5000)]


def starts_with(door, text, seconds=AT_ONCE, sender="x@bad.example"):
    """Whether mail from there is refused like that, now or soon."""
    return until(lambda: door.ask(sender) == f"550 5.7.1 {text}" if text
                 else door.ask(sender) == "", seconds, pause=0.005)


def taken_after(door, change, text, sender="x@bad.example"):
    """Seconds from the end of the change to the first answer by it."""
    change()
    clock = stopwatch()
    assert starts_with(door, text, PATIENCE, sender), door.control.status()["reload"]
    return clock().own


def refusal_at(door, place):
    """The line of the log that says what is wrong there."""
    pattern = re.compile(rf"\b{place}: error: ")
    found = until(lambda: next(filter(pattern.search, reversed(door.said())), None))
    assert found, f"nothing about {place}:\n" + "\n".join(door.said()[-20:])
    return found


def last_of(door):
    return door.control.status()["reload"]["last"]


def is_unmoved(door, generation, text="state 1"):
    return door.ask("x@bad.example") == f"550 5.7.1 {text}" and (
        door.control.generation() == generation)


# -- every way of changing a file ------------------------------------------------------------------

@pytest.mark.parametrize("write", writing.WAYS, ids=lambda write: write.__name__)
def test_a_changed_file_is_taken_however_it_was_written(door, figures, write):
    door = door(rules(1), lists={"banned.txt": BANNED})
    assert door.ask("x@bad.example") == "550 5.7.1 state 1"
    took = [taken_after(door, lambda: write(door.rules_file, rules(2)), "state 2")]
    took.append(taken_after(door, lambda: write(door.home / "banned.txt", "other.example\n"),
                            "state 2", "x@other.example"))
    took.append(taken_after(door, lambda: write(door.rules_file, rules(3)), "state 3",
                            "x@other.example"))
    assert door.ask("x@bad.example") == ""
    figures(f"{door.name}, {write.__name__}: taken "
            + ", ".join(f"{seconds * 1000:.0f}" for seconds in took) + " ms after it was written")
    assert max(took) < AT_ONCE
    last = last_of(door)
    assert (last["trigger"], last["outcome"], last["errors"]) == ("files", "done", 0)


def test_mail_through_the_mta_is_refused_at_once(wire, figures):
    """From the line in the list to the first refusal, as the client hears it."""
    daemon = wire.start(rules(1), lists={"banned.txt": "other.example\n"})
    assert message(wire.port, "x@bad.example", "a@b.example").end.code == 250
    (daemon.home / "banned.txt").write_text(BANNED)
    clock = stopwatch()
    refusal = until(lambda: message(wire.port, "x@bad.example", "a@b.example").refusal)
    took = clock().own
    assert refusal == wire.refuses_sender("550 5.7.1 state 1", "x@bad.example", "a@b.example")
    figures(f"{wire}: first mail refused {took * 1000:.0f} ms after the list was written")
    assert took < AT_ONCE


def laid_out_as_links(home):
    """rules.yaml and banned.txt as links to ..data/NAME, and ..data to a folder, which is how
    Kubernetes mounts a ConfigMap. Gives what puts another folder there."""
    def put(number, texts):
        folder = home / f"..version{number}"
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text)
        (home / "..data_tmp").symlink_to(folder.name)
        (home / "..data_tmp").rename(home / "..data")
        for old in home.glob("..version*"):
            if old != folder:
                shutil.rmtree(old)

    put(1, {name: (home / name).read_text() for name in ("rules.yaml", "banned.txt")})
    for name in ("rules.yaml", "banned.txt"):
        (home / name).unlink()
        (home / name).symlink_to(f"..data/{name}")
    return put


def test_a_link_to_a_folder_that_is_set_anew(door, figures):
    door = door(rules(1), lists={"banned.txt": BANNED})
    put = laid_out_as_links(door.home)
    assert until(lambda: last_of(door)["trigger"] == "files", SEEN)
    took = []
    for state in (2, 3, 4):
        took.append(taken_after(
            door, lambda: put(state, {"rules.yaml": rules(state), "banned.txt": BANNED}),
            f"state {state}"))
    figures(f"{door.name}, ..data: taken "
            + ", ".join(f"{seconds * 1000:.0f}" for seconds in took) + " ms after it was set")
    assert max(took) < AT_ONCE
    put(5, {"rules.yaml": BROKEN, "banned.txt": BANNED})
    refusal_at(door, r"rules\.yaml:5:5")
    assert door.ask("x@bad.example") == "550 5.7.1 state 4"


def test_a_folder_of_lists_that_is_put_in_the_place_of_another(door):
    """Of the folder itself nobody is told: it is seen when the files are looked at."""
    door = door(rules(1).replace("banned.txt", "lists/banned.txt"),
                lists={"lists/banned.txt": BANNED})
    assert door.ask("x@bad.example") == "550 5.7.1 state 1"
    new = door.home / "lists.new"
    new.mkdir()
    (new / "banned.txt").write_text("other.example\n")
    (door.home / "lists").rename(door.home / "lists.old")
    new.rename(door.home / "lists")
    assert starts_with(door, "state 1", LOOKED, "x@other.example")
    assert door.ask("x@bad.example") == ""
    # And there, too, it goes on watching.
    (door.home / "lists/banned.txt").write_text("third.example\n")
    assert starts_with(door, "state 1", AT_ONCE, "x@third.example")


def test_a_file_that_was_only_touched_is_no_new_generation(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    os.utime(door.rules_file)
    writing.by_rename(door.home / "banned.txt", BANNED)
    assert until(lambda: last_of(door)["trigger"] == "files", SEEN), last_of(door)
    last = last_of(door)
    assert (last["outcome"], last["generation"]) == ("unchanged", generation)
    assert door.control.looks() == looks
    assert is_unmoved(door, generation)


# -- half written, gone, broken --------------------------------------------------------------------

def test_half_a_rule_file_changes_nothing(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    new = rules(2)
    half = new.index("te 2")
    door.rules_file.write_text(new[:half])
    last = door.control.next_look(looks)
    assert (last["trigger"], last["outcome"]) == ("files", "refused")
    refusal_at(door, r"rules\.yaml:6:\d+")
    assert is_unmoved(door, generation)
    with open(door.rules_file, "a") as file:
        file.write(new[half:])
    assert starts_with(door, "state 2")
    assert door.control.generation() == generation + 1


def test_a_rule_file_cut_between_two_rules_changes_nothing(door):
    """It loads, and everything below would come in."""
    whole = rules(1) + "".join(
        f"  - {{ name: more{number}, when: {{ sender_domain: more{number}.example }},"
        " then: reject }\n"
        for number in range(3))
    door = door(whole, lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    door.rules_file.write_text(whole[:whole.index("  - { name: more0")])
    assert door.control.next_look(looks)["outcome"] == "refused"
    refusal_at(door, r"rules\.yaml:4:\d+")
    assert is_unmoved(door, generation)
    assert door.ask("x@more2.example") != ""

    looks = door.control.looks()
    door.rules_file.write_text(
        whole[:whole.index("  - name: ban")] + "  - { name: only, then: log }\n")
    assert door.control.next_look(looks)["outcome"] == "refused"
    refusal_at(door, r"rules\.yaml:2:\d+")  # the list that has lost its rule

    door.rules_file.write_text(whole.replace("more2", "other2"))
    assert until(lambda: door.ask("x@other2.example") != "")
    assert door.control.generation() == generation + 1


def test_half_a_list_changes_nothing(door):
    """All its lines are right, but there are too few of them."""
    door = door(rules(1), lists={"banned.txt": BANNED + "".join(ENTRIES)})
    generation, looks = door.control.generation(), door.control.looks()
    (door.home / "banned.txt").write_text("".join(ENTRIES[:2000]))
    assert door.control.next_look(looks)["outcome"] == "refused"
    assert is_unmoved(door, generation)
    assert starts_with(door, "state 1", sender="x@n4999.big.example")
    with open(door.home / "banned.txt", "a") as file:
        file.writelines([*ENTRIES[2000:], "new.example\n"])
    assert starts_with(door, "state 1", sender="x@new.example")
    assert door.ask("x@bad.example") == ""
    assert door.control.generation() == generation + 1


def test_who_has_a_file_open_and_pauses_is_waited_for(door):
    """Even when what is there by then looks right."""
    door = door(rules(1), lists={"banned.txt": "".join(ENTRIES)})
    generation, looks = door.control.generation(), door.control.looks()
    with open(door.home / "banned.txt", "w") as file:
        file.writelines(ENTRIES[:4000])
        file.flush()
        time.sleep(SEEN)  # nothing tells that nothing happens
        assert door.ask("x@n4999.big.example") == "550 5.7.1 state 1"
        assert (door.control.generation(), door.control.looks()) == (generation, looks)
        file.writelines([*ENTRIES[4000:], "new.example\n"])
    assert starts_with(door, "state 1", sender="x@new.example")
    assert (door.control.generation(), door.control.looks()) == (generation + 1, looks + 1)


def test_a_list_that_never_rests_is_taken_all_the_same(doors, figures):
    """As from a program that adds a line whenever it has found one."""
    both = doors(rules(1), lists={"banned.txt": BANNED})
    both.start()
    began = time.monotonic()
    taken = {}
    for number in range(400):
        with open(both.home / "banned.txt", "a") as file:
            file.write(f"n{number}.example\n")
        time.sleep(0.02)  # the pace of the program
        for door in both:
            if door.name not in taken and door.ask("x@n0.example"):
                taken[door.name] = time.monotonic() - began
        if len(taken) == 2:
            break
    figures("a list that is added to all the time: taken after "
            + ", ".join(f"{seconds:.1f} s by {name}" for name, seconds in taken.items()))
    assert len(taken) == 2, taken


@pytest.mark.parametrize("name", ["rules.yaml", "banned.txt"])
def test_a_file_that_is_gone_changes_nothing(door, name):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    text = (door.home / name).read_text()
    (door.home / name).unlink()
    last = door.control.next_look(looks)
    assert (last["outcome"], last["generation"]) == ("refused", generation)
    assert name in last["diagnostics"][0]["message"] + last["diagnostics"][0]["file"]
    if name == "banned.txt":  # the place that names it
        assert re.search(r"rules\.yaml:2:\d+: error: ", refusal_at(door, r"rules\.yaml:2:\d+"))
    assert is_unmoved(door, generation)
    # As it was: the same generation. And a new one is seen, where there was no file.
    (door.home / name).write_text(text)
    assert until(lambda: last_of(door)["outcome"] == "unchanged", SEEN)
    assert is_unmoved(door, generation)
    (door.home / name).unlink()
    door.control.next_look(looks + 1)
    writing.by_rename(door.home / name, text.replace("state 1", "state 2") + "# mended\n")
    assert until(lambda: door.control.generation() == generation + 1, AT_ONCE)
    assert starts_with(door, "state 2" if name == "rules.yaml" else "state 1")


def test_a_broken_list_is_refused_at_its_line(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    (door.home / "banned.txt").write_text(BROKEN_LIST)
    found = door.control.next_look(looks)["diagnostics"][0]
    assert (found["severity"], found["line"], found["column"]) == ("error", 2, 1)
    assert found["file"].endswith("banned.txt")
    refusal_at(door, r"banned\.txt:2:1")
    assert is_unmoved(door, generation)
    (door.home / "banned.txt").write_text("new.example\n")
    assert starts_with(door, "state 1", sender="x@new.example")


@pytest.mark.parametrize("by", SIGNALS, ids=lambda by: by.name)
def test_a_signal_is_a_reload_and_not_two(door, by):
    """What the signal has taken the watch does not take again."""
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    door.rules_file.write_text(rules(2))
    door.daemon.process.send_signal(by)
    last = door.control.next_look(looks)
    assert (last["trigger"], last["outcome"]) == ("signal", "done")
    assert door.ask("x@bad.example") == "550 5.7.1 state 2"
    time.sleep(SEEN)  # nothing tells that nothing happens
    assert door.control.looks() == looks + 1
    assert last_of(door)["trigger"] == "signal"
    assert door.control.generation() == generation + 1


def test_a_reload_that_is_asked_for_tells_what_it_came_to(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation = door.control.generation()
    assert door.control.reload()["outcome"] == "unchanged"
    door.rules_file.write_text(rules(2))
    told = door.control.reload()
    assert (told["trigger"], told["outcome"], told["generation"]) == (
        "control", "done", generation + 1)
    assert door.ask("x@bad.example") == "550 5.7.1 state 2"
    door.rules_file.write_text(BROKEN)
    told = door.control.reload()
    assert (told["outcome"], told["generation"]) == ("refused", generation + 1)
    assert told["errors"] == len(told["diagnostics"]) > 0
    found = told["diagnostics"][0]
    assert (found["severity"], found["line"], found["column"]) == ("error", 5, 5)
    assert found["file"].endswith("rules.yaml")
    assert door.ask("x@bad.example") == "550 5.7.1 state 2"


# -- a list that has shrunk ------------------------------------------------------------------------

def test_a_list_that_has_shrunk_is_taken_when_that_is_wanted(door):
    door = door(rules(1), lists={"banned.txt": "".join(ENTRIES)})
    generation, looks = door.control.generation(), door.control.looks()
    (door.home / "banned.txt").write_text("".join(ENTRIES[:100]))
    told = door.control.next_look(looks)
    assert (told["outcome"], told["generation"]) == ("refused", generation)
    words = told["diagnostics"][0]["message"]
    assert "5000" in words and "100" in words, words
    told = door.control.reload()
    assert told["outcome"] == "refused"
    assert door.ask("x@n4999.big.example") == "550 5.7.1 state 1"
    told = door.control.reload(accept_shrunk=True)
    assert (told["outcome"], told["generation"]) == ("done", generation + 1)
    assert door.ask("x@n4999.big.example") == ""
    assert door.ask("x@n99.big.example") == "550 5.7.1 state 1"


def test_a_list_that_may_shrink_does(door):
    text = rules(1).replace("file: banned.txt", "file: banned.txt, may_shrink: yes")
    door = door(text, lists={"banned.txt": "".join(ENTRIES)})
    (door.home / "banned.txt").write_text("".join(ENTRIES[:100]))
    assert starts_with(door, "", sender="x@n4999.big.example")
    assert door.ask("x@n99.big.example") == "550 5.7.1 state 1"


# -- time ------------------------------------------------------------------------------------------

def test_an_entry_expires_without_a_reload(door):
    end = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=4)
    door = door(rules(1), lists={
        "banned.txt": f"bad.example expires={end:%Y-%m-%dT%H:%M:%SZ}\nother.example\n"})
    generation, looks = door.control.generation(), door.control.looks()
    assert door.ask("x@bad.example") == "550 5.7.1 state 1"
    left = (end - datetime.now(timezone.utc)).total_seconds()
    assert starts_with(door, "", left + 1.5)
    late = (datetime.now(timezone.utc) - end).total_seconds()
    assert late > -1.1
    assert door.ask("x@other.example") == "550 5.7.1 state 1"
    assert (door.control.generation(), door.control.looks()) == (generation, looks)


# -- restarts --------------------------------------------------------------------------------------

def test_a_restart_keeps_the_number_of_the_generation(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    for state in (2, 3):
        assert taken_after(door, lambda: door.rules_file.write_text(rules(state)),
                           f"state {state}")
    generation = door.control.generation()
    before = door.control.status()
    door.restart()
    after = door.control.status()
    assert (after["generation"], after["fingerprint"]) == (generation, before["fingerprint"])
    assert after["generations_kept"]
    assert f"generation {generation}" in "\n".join(
        line for line in door.said() if " started: " in line).splitlines()[-1]
    assert is_unmoved(door, generation, "state 3")
    door.stop()
    door.rules_file.write_text(rules(4))
    door.start()
    assert is_unmoved(door, generation + 1, "state 4")


def test_without_a_state_folder_numbers_count_from_the_start(door):
    door = door(rules(1), lists={"banned.txt": BANNED},
                settings=KEPT.replace("state: {home}/state\n", ""))
    assert taken_after(door, lambda: door.rules_file.write_text(rules(2)), "state 2")
    assert door.control.generation() == 2
    assert not door.control.status()["generations_kept"]
    door.restart()
    assert is_unmoved(door, 1, "state 2")


@pytest.mark.parametrize("name, text", [
    ("rules.yaml", BROKEN), ("rules.yaml", None), ("rules.yaml", ""), ("banned.txt", BROKEN_LIST),
    ("banned.txt", None)], ids=["rules", "no rules", "empty rules", "list", "no list"])
def test_with_broken_files_it_starts_with_the_last_good_ones(door, name, text):
    door = door(rules(1), lists={"banned.txt": BANNED})
    assert taken_after(door, lambda: door.rules_file.write_text(rules(2)), "state 2")
    generation = door.control.generation()
    good = (door.home / name).read_text()
    door.stop()
    if text is None:
        (door.home / name).unlink()
    else:
        (door.home / name).write_text(text)
    door.start()
    assert is_unmoved(door, generation, "state 2")
    reload = door.control.status()["reload"]
    assert (reload["last"]["trigger"], reload["last"]["outcome"]) == ("start", "refused")
    assert reload["last"]["errors"] > 0
    refusal_at(door, r"(banned\.txt|rules\.yaml)(:\d+:\d+)?")
    assert door.says(f"starting with generation {generation} "), door.said()
    # It mends itself when the file is mended, without being told; what was there is no new state.
    (door.home / name).write_text(good)
    assert until(lambda: last_of(door)["outcome"] == "unchanged", SEEN)
    assert is_unmoved(door, generation, "state 2")
    assert taken_after(door, lambda: door.rules_file.write_text(rules(3)), "state 3")
    assert door.control.generation() == generation + 1


def test_both_daemons_count_alike(doors):
    both = doors(rules(1), lists={"banned.txt": BANNED})
    both.start()
    for state in range(2, 7):
        both.policyd.rules_file.write_text(rules(state))
        for door in both:
            assert starts_with(door, f"state {state}")
        numbers = {door.control.generation() for door in both}
        assert len(numbers) == 1, numbers
    last = numbers.pop()
    assert last == 6
    # One is away while the other goes on.
    both.milter.stop()
    for state in (7, 8):
        assert taken_after(both.policyd, lambda: both.policyd.rules_file.write_text(rules(state)),
                           f"state {state}")
    both.milter.start()
    assert is_unmoved(both.milter, last + 2, "state 8")
    assert is_unmoved(both.policyd, last + 2, "state 8")
    fingerprints = {door.control.status()["fingerprint"] for door in both}
    assert len(fingerprints) == 1


def test_both_daemons_start_at_the_same_time(doors):
    """Neither finds a generation that the other has only half written."""
    for _ in range(5):
        both = doors(rules(1), lists={"banned.txt": BANNED + "".join(ENTRIES)})
        for door in both:
            door.daemon.launch()
        for door in both:
            door.daemon.wait_for_sockets()
            assert until(door.control.answers)
            assert is_unmoved(door, 1)
        both.stop()

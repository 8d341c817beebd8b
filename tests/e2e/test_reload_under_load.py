"""Many reloads in a row, half of them of broken files, while both doors and both MTAs are busy:
nobody is cut off or kept waiting, and nothing is decided but by one whole state of the files.

POSTERN_RELOADS and POSTERN_RELOAD_NAMES say how many, and how many entries the big list has.
"""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mta
import sendmail as sendmail_mta
import states
from gate import MILTER_SOCKET, SOCKET, fields
from load import Load
from states import ALWAYS, EVEN, FAULTS, NEVER
from waiting import until

RELOADS = int(os.environ.get("POSTERN_RELOADS", "200"))
NAMES = int(os.environ.get("POSTERN_RELOAD_NAMES", "200000"))
QUIET_SECONDS = 6
SENDERS = [*ALWAYS, NEVER, "x@n7.big.example", EVEN, f"x@n{NAMES - 1}.big.example"]

# How a changed file comes to the daemons' notice. They see the change by themselves, too; what is
# told is taken without waiting for that.
CALLS = ["files", "SIGHUP", "control", "files", "SIGUSR1", "control"]


class Journal:
    """The lines of a daemon's log beside its decisions, from one look to the next."""

    def __init__(self, door):
        self._file = open(door.daemon.log_file, errors="replace")
        self._file.seek(0, os.SEEK_END)
        self._part = ""

    def news(self):
        *lines, self._part = (self._part + self._file.read()).split("\n")
        return [line for line in lines if "decision door=" not in line]


class Reloads:
    """Changes the files of both daemons, and waits until both have taken or refused them."""

    def __init__(self, doors, files):
        self._doors = list(doors)
        self._files = files
        self._journals = {door: Journal(door) for door in doors}
        self.begun = []  # (time, state): from then on a decision may be by that state
        self.done = []  # (time, state): from then on none is by an older one
        self.took = {}  # seconds from the change to the outcome, by what called for it

    def take(self, number, state, write):
        self.begun.append((time.monotonic(), state))
        call = CALLS[number % len(CALLS)]
        for last in self._change(call, lambda: self._files.put(state, write, number % 4 < 2)):
            assert (last["outcome"], last["errors"]) == ("done", 0), last
        for door in self._doors:
            assert until(lambda: door.ask("x@two.example") ==
                         f"550 5.7.1 list {state} rule two-{state}"), f"not state {state}"
        self.done.append((time.monotonic(), state))
        return {door.control.generation() for door in self._doors}

    def refuse(self, number, fault, write):
        for journal in self._journals.values():
            journal.news()
        call = CALLS[number % len(CALLS)]
        for last in self._change(call, lambda: self._files.break_with(fault, write)):
            assert last["outcome"] == "refused", (str(fault), last)
            assert last["errors"] > 0
            assert re.search(fault.where, self._first_place(last)), (str(fault), last)
        for door in self._doors:
            self._see_refusal(door, fault)
            state = self._files.state
            assert door.ask("x@one.example") == f"550 5.7.1 state {state}", str(fault)

    def _change(self, call, change):
        looks = [door.control.looks() for door in self._doors]
        began = time.monotonic()
        change()
        if call == "control":
            # Of both at once: one that has to wait would see the files by itself.
            with ThreadPoolExecutor(2) as pool:
                told = list(pool.map(lambda door: door.control.reload(), self._doors))
        else:
            for door in self._doors:
                if call.startswith("SIG"):
                    door.daemon.process.send_signal(signal.Signals[call])
            told = [door.control.next_look(before)
                    for door, before in zip(self._doors, looks)]
        self.took.setdefault(call, []).append(time.monotonic() - began)
        return told

    @staticmethod
    def _first_place(last):
        found = next(one for one in last["diagnostics"] if one["severity"] == "error")
        place = f":{found['line']}:{found['column']}" if found["line"] else ""
        return found["file"] + place

    def _see_refusal(self, door, fault):
        lines = []
        place = re.compile(rf"{fault.where}: error: ")

        def seen():
            lines.extend(self._journals[door].news())
            return any(place.search(line) for line in lines) and (
                any("reload refused" in line for line in lines))

        assert until(seen), f"{fault}: not in the log of {door.name}:\n" + "\n".join(lines)


def at(changes, when):
    """The state of the last of the changes that came before."""
    return [state for moment, state in changes if moment <= when][-1]


class Traffic:
    """What was asked and answered by one kind of client."""

    def __init__(self, load, questions):
        self.name = load.name
        self.questions = questions

    def check(self, reloads, torn):
        """`torn`: states that may have been read in part."""
        failed = [question for question in self.questions if question.error]
        assert not failed, f"{len(failed)} without an answer: {failed[:3]}"
        for question in self.questions:
            self._check_answer(question, reloads, torn)

    def _check_answer(self, question, reloads, torn):
        first, last = at(reloads.done, question.began), at(reloads.begun, question.ended)
        if not question.answer:
            possible = range(first, last + 1)
            assert not all(states.is_listed(question.sender, n) for n in possible), question
            return
        assert question.answer.startswith("550 5.7.1 "), question
        assert question.sender != NEVER, question
        numbers = states.numbers_in(question.answer)
        assert numbers and first <= min(numbers) and max(numbers) <= last, (
            question, f"want one of {first} to {last}")
        assert len(numbers) == 1 or numbers <= torn, f"mixed: {question}"
        assert numbers <= torn or states.is_listed(question.sender, *numbers), question

    def milliseconds(self, began, ended):
        took = sorted(question.took * 1000 for question in self.questions
                      if began <= question.due < ended)
        assert len(took) >= 20, f"{self.name}: only {len(took)} questions"
        return took


def percentiles(took):
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    return p99, f"p50 {p50:.2f}, p99 {p99:.1f}, worst {took[-1]:.1f} ms ({len(took)})"


def check_decisions(door, since, torn):
    """Every line is by one state, and every generation is one state: {generation: state}, and how
    many lines there were."""
    found = {}
    lines = [line for line in door.daemon.log()[since:].splitlines() if "decision door=" in line]
    entries = [fields(line) for line in lines]
    for entry in entries:
        numbers = states.numbers_logged(entry)
        if numbers and not numbers <= torn:
            assert len(numbers) == 1, f"mixed: {entry}"
            generation, state = int(entry["generation"]), numbers.pop()
            assert found.setdefault(generation, state) == state, f"two states: {entry}"
    assert len(set(found.values())) == len(found), found
    for entry in entries:
        check_listed(entry, found.get(int(entry["generation"])))
    return found, len(entries)


def check_listed(entry, state):
    """What was let in was on no list of that very state."""
    if state is None or entry["stage"] not in ("mail", "rcpt"):
        return
    assert (entry["action"] == "reject") == states.is_listed(entry["sender"], state), entry


def kilobytes(door, key):
    status = Path(f"/proc/{door.daemon.process.pid}/status").read_text()
    return int(status.partition(f"{key}:")[2].split()[0])


@pytest.fixture
def loads(tmp_path):
    """loads(NAME, DOOR, ADDRESS, STREAMS, PER_SECOND): traffic from now on."""
    running = []

    def start(name, door, address, streams, per_second):
        running.append(Load(name, door, address, streams, per_second,
                            tmp_path / str(len(running)), SENDERS))
        return running[-1]

    yield start
    for load in running:
        load.kill()


def start_traffic(loads):
    return [
        loads("policy", "policy", SOCKET, 12, 400),
        loads("milter", "milter", MILTER_SOCKET, 8, 120),
        loads("Postfix, policy", "smtp", mta.STOCK, 3, 9),
        loads("Postfix, milter", "smtp", mta.MILTER_UNIX, 3, 9),
        loads("sendmail, milter", "smtp", sendmail_mta.SHIPPED, 3, 9)]


def complaints(log):
    """What an MTA says when a daemon does not answer as it should."""
    return [line for line in log.splitlines() if re.search(
        r"warning: .*(policy|milter|10040|/mnt/run)|problem talking|milter.*(error|timeout|lost)",
        line, re.I)]


def test_reloads_under_load(postfix, sendmail, doors, loads, figures):
    """All of it at once, because the one may break the other."""
    both = doors(states.texts(1, "")["rules.yaml"], lists=states.texts(1, ""))
    files = states.Files(both.home, NAMES)
    files.put(1)
    both.start()
    mta_logs = [(one, len(one.log())) for one in (postfix, sendmail)]
    starts = {door: len(door.daemon.log()) for door in both}
    reloads = Reloads(both, files)
    reloads.begun.append((0, 1))
    reloads.done.append((0, 1))

    running = start_traffic(loads)
    time.sleep(2)  # connections are made, caches filled
    quiet = time.monotonic()
    time.sleep(QUIET_SECONDS)
    began = time.monotonic()
    kilobytes_before = {door: kilobytes(door, "VmHWM") for door in both}
    numbers = {1: {1}}
    for number in range(RELOADS):
        write = states.by_rename if number // 2 % 2 else states.in_place
        if number % 2 == 0:
            fault = FAULTS[number // 2 % len(FAULTS)]
            reloads.refuse(number // 2, fault, write)
        else:
            state = files.state + 1
            numbers[state] = reloads.take(number // 2, state, write)
        if number == RELOADS // 4:
            kilobytes_before = {door: kilobytes(door, "VmRSS") for door in both}
    ended = time.monotonic()
    traffic = [Traffic(load, load.stop()) for load in running]

    for one in traffic:
        one.check(reloads, files.torn)
    for one, since in mta_logs:
        assert not complaints(one.log()[since:])
    check_both(both, starts, numbers, files.torn)
    assert len(files.torn) <= RELOADS // 10, "the machine is too busy to tell a mixed state"
    report(figures, both, reloads, traffic, (quiet, began, ended), kilobytes_before)


def report(figures, both, reloads, traffic, times, kilobytes_before):
    quiet, began, ended = times
    figures(f"{RELOADS} reloads in {ended - began:.1f} s, half of them of broken files; a list of "
            f"{NAMES} names; both daemons")
    for call, took in reloads.took.items():
        times_text = percentiles([seconds * 1000 for seconds in sorted(took)])[1]
        figures(f"  by {call}: both are done after {times_text}")
    for one in traffic:
        _, calm = percentiles(one.milliseconds(quiet, began))
        busy_p99, busy = percentiles(one.milliseconds(began, ended))
        figures(f"  {one.name}: quiet {calm}; while reloading {busy}")
        # How fast it is depends on the machine. That nobody hangs does not.
        assert busy_p99 < 5000, f"{one.name}: while reloading {busy}"
    for door in both:
        figures(f"  {door.name}: {kilobytes_before[door] >> 10} MB after a quarter of them, "
                f"{kilobytes(door, 'VmRSS') >> 10} MB at the end")


def check_both(both, starts, numbers, torn):
    """`numbers`: of the generations in which the daemons said each state is."""
    by_door = []
    for door in both:
        status = door.control.status()
        assert status["reload"]["refused"] >= RELOADS - (len(numbers) - 1), status["reload"]
        assert status["reload"]["done"] >= len(numbers) - 1, status["reload"]
        assert status["connections"]["refused"] == 0
        found, decisions = check_decisions(door, starts[door], torn)
        assert decisions > 1000
        for generation, state in found.items():
            assert numbers[state] == {generation}, (state, numbers[state], generation)
        by_door.append(found)
    both_saw = by_door[0].keys() & by_door[1].keys()
    assert all(by_door[0][generation] == by_door[1][generation] for generation in both_saw)
    assert len(both_saw) > RELOADS // 4
    kept = sorted(int(path.name) for path in (both.home / "state/generations").glob("[0-9]*"))
    assert kept[-1] == both.policyd.control.generation() == both.milter.control.generation()
    newest = range(max(1, kept[-1] - 9), kept[-1] + 1)  # server/config/generation_pruning.h
    assert kept[-10:] == list(newest)
    assert len(kept) <= 60

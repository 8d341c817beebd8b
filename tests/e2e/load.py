"""Traffic that does not stop: streams of questions over one protocol, at a steady rate, in a
process of their own, so that what changes the files does not slow down what is measured.

    load.py policy|milter|smtp ADDRESS STREAMS PER_SECOND FILE SENDER...

Runs until its input ends, then writes what was asked and answered to FILE. A question that comes
late because the one before was answered late counts from when it was due.
"""

import dataclasses
import itertools
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from asking import MilterAsker, PolicyAsker, SmtpAsker

QUESTIONS_PER_SESSION = 5  # of a stream that does not stay on one session


@dataclasses.dataclass(frozen=True)
class Question:
    """Times are of the machine's monotonic clock, in seconds."""

    stream: int
    sender: str
    due: float
    began: float
    ended: float
    answer: str  # "" for mail that is let in; None when there was none
    error: str = ""

    @property
    def took(self):
        return self.ended - self.due


def session(door, address, stream):
    if door == "policy":
        return PolicyAsker(address)
    if door == "milter":
        return MilterAsker(address, whole=stream % 4 == 3)
    return SmtpAsker(int(address))


def is_steady(door, stream):
    """Whether a stream has one session for all its questions: some do, others come and go."""
    return door == "policy" or stream % 2 == 0


class Stream(threading.Thread):
    def __init__(self, door, address, number, interval, senders, ended):
        super().__init__(daemon=True)
        self.questions = []
        self._open = lambda: session(door, address, number)
        self._steady = is_steady(door, number)
        self._number = number
        self._interval = interval
        self._senders = itertools.islice(itertools.cycle(senders), number, None)
        self._ended = ended
        self._asker = None
        self._left = 0

    def run(self):
        due = time.monotonic() + self._interval * self._number / 7
        while not self._ended.wait(max(0, due - time.monotonic())):
            self._ask(next(self._senders), due)
            due += self._interval
        self._close()

    def _ask(self, sender, due):
        began = time.monotonic()
        answer, error = None, ""
        try:
            if not self._asker:
                self._asker = self._open()
                self._left = QUESTIONS_PER_SESSION
            answer = self._asker.ask(sender)
            self._left -= 1
        except Exception as exception:  # all of it is what the test is about
            error = repr(exception)
        self.questions.append(
            Question(self._number, sender, due, began, time.monotonic(), answer, error))
        if error or (self._left == 0 and not self._steady):
            self._close()

    def _close(self):
        try:
            if self._asker:
                self._asker.close()
        except OSError:
            pass
        self._asker = None


def main(door, address, streams, per_second, file, *senders):
    ended = threading.Event()
    interval = int(streams) / float(per_second)
    all_streams = [Stream(door, address, number, interval, senders, ended)
                   for number in range(int(streams))]
    for stream in all_streams:
        stream.start()
    sys.stdin.read()
    ended.set()
    for stream in all_streams:
        stream.join(60)
    questions = [dataclasses.astuple(question)
                 for stream in all_streams for question in stream.questions]
    Path(file).write_text(json.dumps(questions))


class Load:
    """One such process, from the test's side."""

    def __init__(self, name, door, address, streams, per_second, file, senders):
        self.name = name
        self.streams = streams
        self._file = Path(file)
        self._process = subprocess.Popen(
            [sys.executable, __file__, door, str(address), str(streams), str(per_second),
             str(file), *senders], stdin=subprocess.PIPE)

    def stop(self):
        """All questions, by when they began."""
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        found = [Question(*values) for values in json.loads(self._file.read_text())]
        return sorted(found, key=lambda question: question.began)

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)


if __name__ == "__main__":
    main(*sys.argv[1:])

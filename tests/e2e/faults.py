"""System calls of a program that fail: tests/support/fault_calls.cpp in it."""

import os
import struct

from gate import BIN

LIBRARY = BIN / "fault_calls.so"
FORM = "=qqqq"  # FaultPlan


class Faults:
    """What to start a program with, and which of its calls fail."""

    def __init__(self, file):
        assert LIBRARY.exists(), "./dev build release makes it"
        self._file = file
        self._file.write_bytes(bytes(struct.calcsize(FORM)))
        self._file.chmod(0o600)

    @property
    def environment(self):
        return {"LD_PRELOAD": str(LIBRARY), "FAULT_CALLS": str(self._file)}

    def environ(self):
        return {**os.environ, **self.environment}

    def set(self, first, error, last=None):
        """From the next call on, which is number 1."""
        with open(self._file, "r+b") as file:
            file.write(struct.pack(FORM, first, last or first, error, 0))

    def clear(self):
        self.set(0, 0)

    def calls(self):
        return struct.unpack(FORM, self._file.read_bytes())[3]

"""The daemon under test: its files, its life, its log."""

import os
import re
import signal
import subprocess
from pathlib import Path

from waiting import until

BIN = Path(os.environ["POSTERN_BIN"])
POLICYD = BIN / "postern-policyd"
SOCKET = Path("/mnt/run/policy")

SETTINGS = """\
version: 1
rules: rules.yaml
user: nobody
dns:
  upstreams: {upstreams}
  attempt_timeout: 300ms
  query_timeout: {query_timeout}
  cache: {{ failure_ttl: 1s }}
decision: {{ deadline: {deadline}, max_delayed: {max_delayed} }}
policyd:
  listen:
    - "inet:127.0.0.1:10040"
    - {{ unix: /mnt/run/policy, owner: nobody, group: postfix, mode: 0660 }}
  request_timeout: 2s
  stop_timeout: 3s
"""


def fields(line):
    """A logfmt line as a dictionary."""
    found = {}
    for key, quoted, plain in re.findall(r'([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', line):
        found[key] = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
    return found


class Gate:
    def __init__(self, home, rules, upstreams, *, deadline="3s", query_timeout="2s",
                 max_delayed=50, lists=None):
        self.home = Path(home)
        self.home.mkdir(mode=0o755, exist_ok=True)
        self.rules_file = self.home / "rules.yaml"
        self.log_file = self.home / "log"
        self.process = None
        self._listening = 0
        self.change_rules(rules)
        for name, text in (lists or {}).items():
            (self.home / name).write_text(text)
        (self.home / "postern.yaml").write_text(SETTINGS.format(
            upstreams=upstreams, deadline=deadline, query_timeout=query_timeout,
            max_delayed=max_delayed))
        self.log_file.write_text("")

    def change_rules(self, rules):
        self.rules_file.write_text("version: 1\n" + rules)

    # -- its life ---------------------------------------------------------------------------------

    def start(self):
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                [POLICYD, "--config", self.home / "postern.yaml"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT)
        self._listening += 2  # lines in the log, one for each socket
        assert until(lambda: self.process.poll() is not None or self._serves(), 10), self.log()
        assert self.process.poll() is None, f"the daemon did not start:\n{self.log()}"

    def _serves(self):
        return self.log().count("listening on ") >= self._listening

    def stop(self):
        """As a service manager does; the daemon has to go by itself, with success."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        self.process = None
        assert status == 0, f"the daemon ended with {status}:\n{self.log()[-4000:]}"

    def reload(self, rules):
        """New rules, and what was logged about them."""
        before = self.log().count("\n")
        self.change_rules(rules)
        self.process.send_signal(signal.SIGHUP)

        def told():
            lines = self.log().splitlines()[before:]
            return "\n".join(line for line in lines if "decision door=" not in line)

        assert until(told, 5), "nothing was logged about the reload"
        until(lambda: False, 0.2)
        return told()

    # -- what it said -----------------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace")

    def decisions(self, **wanted):
        """The decisions, as dictionaries, whose fields are as wanted."""
        found = [fields(line) for line in self.log().splitlines() if "decision door=" in line]
        return [entry for entry in found
                if all(entry.get(key) == value for key, value in wanted.items())]

    def decided(self, number=1, **wanted):
        """The last of that many decisions, which may take a moment to be written."""
        return self.all_decided(number, **wanted)[-1]

    def all_decided(self, number, **wanted):
        until(lambda: len(self.decisions(**wanted)) >= number, 3)
        found = self.decisions(**wanted)
        assert len(found) == number, f"{len(found)} decisions with {wanted}:\n{self.log()[-4000:]}"
        return found

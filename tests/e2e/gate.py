"""The daemon under test: its files, its life, its log."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import mmdb_writer
from waiting import until

BIN = Path(os.environ["POSTERN_BIN"])
POLICYD = BIN / "postern-policyd"
MILTER = BIN / "postern-milter"
SOCKET = Path("/mnt/run/policy")
# In a folder as systemd makes it: the daemon's own, and nobody else writes to it.
MILTER_SOCKET = Path("/mnt/run/postern/milter")
MILTER_TCP = ("127.0.0.1", 10050)

# What `milter: listen:` says.
LISTEN_UNIX = f"{{ unix: {MILTER_SOCKET}, owner: nobody, group: postfix, mode: 0660 }}"
LISTEN_TCP = '"inet:{}:{}"'.format(*MILTER_TCP)

SETTINGS = """\
version: 1
rules: rules.yaml
user: nobody
dns:
  upstreams: {upstreams}
  attempt_timeout: {attempt_timeout}
  query_timeout: {query_timeout}
  cache: {{ failure_ttl: 1s }}
decision: {{ deadline: {deadline}, max_delayed: {max_delayed} }}
"""

POLICYD_SETTINGS = """\
policyd:
  listen:
    - "inet:127.0.0.1:10040"
    - { unix: /mnt/run/policy, owner: nobody, group: postfix, mode: 0660 }
  request_timeout: 2s
  stop_timeout: 3s
"""

MILTER_SETTINGS = """\
milter:
  listen: {listen}
  refuse_clients: {refuse_clients}
  mixed_recipients: {mixed_recipients}
  max_connections: {max_connections}
  stop_timeout: 3s
"""


def fields(line):
    """A logfmt line as a dictionary."""
    found = {}
    for key, quoted, plain in re.findall(r'([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', line):
        found[key] = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
    return found


# For a test of answers that come: on a busy machine a name server is late, and is waited for.
PATIENT = {"attempt_timeout": "10s", "query_timeout": "20s", "deadline": "20s"}


class Gate:
    """postern-policyd. What stands here holds for postern-milter too."""

    PROGRAM = POLICYD
    SOCKETS = 2

    def __init__(self, home, rules, upstreams, *, deadline="3s", attempt_timeout="300ms",
                 query_timeout="2s", max_delayed=50, lists=None, door_settings=POLICYD_SETTINGS,
                 journal=None, guarded=False):
        self.home = Path(home)
        self.home.mkdir(mode=0o755, exist_ok=True)
        self.rules_file = self.home / "rules.yaml"
        self.log_file = self.home / "log"
        self.process = None
        self._listening = 0
        self.change_rules(rules)
        for name, text in (lists or {}).items():
            (self.home / name).parent.mkdir(exist_ok=True)
            content = mmdb_writer.of_lines(text) if name.endswith(".mmdb") else text.encode()
            (self.home / name).write_bytes(content)
        (self.home / "postern.yaml").write_text(SETTINGS.format(
            upstreams=upstreams, deadline=deadline, attempt_timeout=attempt_timeout,
            query_timeout=query_timeout, max_delayed=max_delayed) + door_settings
            + self._journal_settings(journal) + self._guard_settings(guarded))
        self.log_file.write_text("")

    def _journal_settings(self, journal):
        """`journal`: its keys, as YAML; the folder is HOME/state/journal. None: no journal."""
        if journal is None:
            return ""
        state = self.home / "state"
        state.mkdir(exist_ok=True)
        shutil.chown(state, "nobody", "nogroup")
        return f"state: {state}\njournal: {journal}\n"

    def _guard_settings(self, guarded):
        """`guarded`: changed rules are tried on the journal, and posternctl finds the daemon."""
        if not guarded:
            return ""
        return f"reload: {{ replay_guard: on }}\ncontrol: {{ folder: {self.home}/state }}\n"

    def change_rules(self, rules):
        if not re.match(r"\W*version:", rules):
            rules = "version: 1\n" + rules
        self.rules_file.write_text(rules)

    # -- its life ---------------------------------------------------------------------------------

    def start(self):
        self.launch()
        self.wait_for_sockets()

    def launch(self):
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                [self.PROGRAM, "--config", self.home / "postern.yaml"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT)
        self._listening += self.SOCKETS  # lines in the log, one for each

    def wait_for_sockets(self):
        assert until(lambda: self.process.poll() is not None or self._serves()), self.log()
        assert self.process.poll() is None, f"the daemon did not start:\n{self.log()}"

    def _serves(self):
        return self.log().count("listening on ") >= self._listening

    def stop(self):
        """As a service manager does; the daemon has to go by itself, with success."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.process = None
        assert status == 0, f"the daemon ended with {status}:\n{self.log()[-4000:]}"

    def kill(self):
        """As a crash."""
        self.process.kill()
        self.process.wait(60)
        self.process = None

    def reload(self, rules, by=signal.SIGHUP):
        """New rules, and what was logged about them."""
        before = self.log().count("\n")
        self.change_rules(rules)
        self.process.send_signal(by)

        def told():
            lines = self.log().splitlines()[before:]
            return "\n".join(line for line in lines if "decision door=" not in line)

        outcome = re.compile("reload (done|refused|postponed|unchanged)")
        assert until(lambda: outcome.search(told())), f"no outcome of the reload:\n{told()}"
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

    def some_decided(self, **wanted):
        """The last of the decisions that are as wanted, when there are any: a milter is asked at
        more stages than a policy service."""
        found = until(lambda: self.decisions(**wanted))
        assert found, f"no decision with {wanted}:\n{self.log()[-4000:]}"
        return self.decisions(**wanted)[-1]

    def all_decided(self, number, **wanted):
        until(lambda: len(self.decisions(**wanted)) >= number)
        found = self.decisions(**wanted)
        assert len(found) == number, f"{len(found)} decisions with {wanted}:\n{self.log()[-4000:]}"
        return found


class MilterGate(Gate):
    """postern-milter. It has one socket, so `listen` says which of the MTA's ports ask it."""

    PROGRAM = MILTER
    SOCKETS = 1

    def __init__(self, home, rules, upstreams, *, listen=LISTEN_UNIX, refuse_clients="at_mail",
                 mixed_recipients="split", max_connections=2000, **settings):
        MILTER_SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
        shutil.chown(MILTER_SOCKET.parent, "nobody", "nogroup")
        super().__init__(home, rules, upstreams, **settings, door_settings=MILTER_SETTINGS.format(
            listen=listen, refuse_clients=refuse_clients, mixed_recipients=mixed_recipients,
            max_connections=max_connections))

"""Both daemons over one folder of settings and rules, as they run on a mail host."""

import shutil

from asking import MilterAsker, PolicyAsker
from control import Control
from gate import (
    LISTEN_UNIX, MILTER_SETTINGS, MILTER_SOCKET, POLICYD_SETTINGS, SOCKET, Gate, MilterGate)
from waiting import until

KEPT = """\
state: {home}/state
control: {{ folder: {home}/control }}
"""


class Door:
    """One daemon, the control socket it has, and a session to ask over."""

    def __init__(self, daemon, connect):
        self.daemon = daemon
        self.name = daemon.PROGRAM.name
        self.home = daemon.home
        self.rules_file = daemon.rules_file
        self.settings_file = daemon.home / "postern.yaml"
        self.control = Control(daemon.home / f"control/{self.name}.control")
        self._connect = connect
        self._asker = None

    def start(self):
        self.daemon.start()
        assert until(self.control.answers), f"no control socket:\n{self.daemon.log()}"

    def hang_up(self):
        """What is asked next is asked on a new session."""
        if self._asker:
            self._asker.close()
            self._asker = None

    def stop(self):
        self.hang_up()
        self.daemon.stop()

    def restart(self):
        self.stop()
        self.start()

    def ask(self, sender):
        """The reply of a rule; "" for mail that is let in."""
        if not self._asker:
            self._asker = self._connect()
        return self._asker.ask(sender)

    def change_settings(self, old, new):
        """In place, one text for another."""
        text = self.settings_file.read_text()
        assert old in text
        self.settings_file.write_text(text.replace(old, new))

    def said(self):
        """What it logged beside its decisions."""
        return [line for line in self.daemon.log().splitlines() if "decision door=" not in line]

    def says(self, *words):
        """Whether one line of that has all these words, once its writer had the time: the log is
        written by a thread of its own, later than the daemon answers."""
        return until(lambda: any(all(word in line for word in words) for line in self.said()))


class Doors:
    """`policyd` and `milter` with the same files; neither runs before it is started."""

    def __init__(self, home, rules, upstreams, *, lists=None, settings=KEPT, **numbers):
        milter_section = MILTER_SETTINGS.format(
            listen=LISTEN_UNIX, refuse_clients="at_mail", mixed_recipients="split", max_connections=2000)
        milter = MilterGate(home, rules, upstreams)
        milter.log_file = milter.home / "log-milter"
        milter.log_file.write_text("")
        policyd = Gate(
            home, rules, upstreams, lists=lists, **numbers,
            door_settings=POLICYD_SETTINGS + milter_section + settings.format(home=home))
        for name in ("state", "control"):
            (policyd.home / name).mkdir(mode=0o755)
            shutil.chown(policyd.home / name, "nobody", "nogroup")
        self.home = policyd.home
        self.policyd = Door(policyd, lambda: PolicyAsker(SOCKET))
        self.milter = Door(milter, lambda: MilterAsker(MILTER_SOCKET))

    def __iter__(self):
        return iter((self.policyd, self.milter))

    def start(self):
        for door in self:
            door.start()

    def stop(self):
        for door in self:
            door.stop()

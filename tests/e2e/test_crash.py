"""kill -9 in the middle of load: what the MTAs answer meanwhile is what their snippets say, nothing
is lost or refused for good, and nothing but the daemon needs a restart."""

import itertools
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from smtp import message
from test_life import ban
from waiting import until

MESSAGES = 400
KILLS = 5
AT_ONCE = 8


class Killer:
    """Ends a daemon and starts it again, over and over, until stop()."""

    def __init__(self, daemon, every):
        self._daemon = daemon
        self._every = every
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kills = 0
        self._thread.start()

    def _run(self):
        while not self._enough.wait(self._every):
            self._daemon.kill()
            self.kills += 1
            time.sleep(0.05)  # a service manager takes a moment
            self._daemon.start()

    def stop(self):
        self._enough.set()
        self._thread.join()


def deliver(wire, word, killer):
    """At least MESSAGES, and until there were KILLS. Every fifth is from a sender that is banned;
    (banned, number, outcome) of each."""
    numbers = itertools.count()

    def work(_):
        outcomes = []
        for number in numbers:
            if number >= MESSAGES and killer.kills >= KILLS:
                return outcomes
            bad = number % 5 == 0
            sender = f"n{number}@{'bad' if bad else 'good'}.example"
            outcomes.append((bad, number, message(wire.port, sender, "a@box.example",
                                                  body=f"Subject: n\r\n\r\n{word}-{number}.\r\n")))
            time.sleep(0.01)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(work, range(AT_ONCE)), [])


def test_killed_again_and_again_no_mail_is_lost_or_refused(wire, figures):
    """Clients hear 5xx from the rule alone, and what was taken is delivered."""
    daemon = wire.start(ban("bad.example"))
    word = f"traffic-{wire}"
    killer = Killer(daemon, every=0.25)
    try:
        outcomes = deliver(wire, word, killer)
    finally:
        killer.stop()
    taken, deferred, refused = [], 0, 0
    for bad, number, outcome in outcomes:
        if outcome.refusal is None:
            taken.append((bad, number))
        elif outcome.refusal[1].code >= 500:
            assert bad, outcome
            assert outcome.refusal[1].endswith("banned bad.example"), outcome
            refused += 1
        else:
            deferred += 1
    unjudged = sum(bad for bad, _ in taken)
    figures(f"{wire}, {killer.kills} times kill -9 during {len(outcomes)} messages: {len(taken)} taken "
            f"({unjudged} of {sum(bad for bad, _, _ in outcomes)} banned ones unjudged), "
            f"{deferred} 4xx, {refused} 5xx")
    assert refused > 0
    assert taken
    if "sendmail" in str(wire):
        assert unjudged == 0  # F=T
    else:
        assert deferred == 0  # default_action=DUNNO, default_action=accept
    wanted = {f"{word}-{number}." for _, number in taken}
    assert until(lambda: wanted <= set(re.findall(rf"^{word}-\d+\.$", "\n".join(
        wire.mta.delivered()), re.M)), pause=0.3)
    # The MTA is the one of before.
    assert message(wire.port, "x@bad.example", "a@b.example").refusal[1].code == 550
    assert message(wire.port, "x@good.example", "a@b.example").refusal is None

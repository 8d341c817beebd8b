"""A store that hosts share over Redis: both doors, and a server that fails in every way under load."""

import re
import shutil
import signal
import subprocess
import threading

import pytest
from asking import MilterAsker, PolicyAsker
from doors import KEPT
from gate import BIN, MILTER_SOCKET, SOCKET
from redis_server import RedisServer, SlowWay
from test_doctor import Doctor
from waiting import stopwatch, until

SENDER = "busy@news.example"
TIGHT = """
rules:
  - { name: tight, check: rate, key: sender, limit: 2/1h, preset: standard }
"""
# Whatever is not known shows in the reply.
WIDE = """
rules:
  - name: wide
    check: rate
    key: sender
    limit: 100000/1h
    on: { over: defer 450 4.7.1 "over", unknown: defer 450 4.7.1 "unknown" }
"""
STORE = """\
store:
  backend: redis
  redis:
    server: unix:{socket}
    timeout: 1s
"""


@pytest.fixture
def server(tmp_path):
    made = RedisServer(tmp_path / "redis")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    made.start()
    yield made
    made.kill()


def settings_for(path):
    return KEPT + STORE.replace("{socket}", str(path))


def connect(door):
    return PolicyAsker(SOCKET) if door == "policyd" else MilterAsker(MILTER_SOCKET, whole=True)


def store(both, *words):
    done = subprocess.run(
        [BIN / "posternctl", "--config", both.home / "postern.yaml", "store", *words],
        capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def minutes_of_debt(said):
    found = re.search(r"full again in (\d+)m", said)
    return int(found[1]) if found else 0


def test_what_one_door_counts_on_the_server_the_other_knows(doors, server):
    both = doors(TIGHT, settings=settings_for(server.socket))
    both.start()
    policy, milter = connect("policyd"), connect("milter")
    assert f"shared by unix:{server.socket}, 0 effects waiting" in store(both, "status")
    record = ("rate", "tight", SENDER)
    assert policy.ask(SENDER) == ""
    assert until(lambda: minutes_of_debt(store(both, "get", *record)) > 0)
    assert milter.ask(SENDER) == ""
    assert until(lambda: minutes_of_debt(store(both, "get", *record)) > 30)
    assert policy.ask(SENDER).startswith("450 4.7.1")
    assert milter.ask(SENDER).startswith("450 4.7.1")
    keys = server.says("--scan").splitlines()
    assert len([key for key in keys if key.startswith("p1:{mx}:c:")]) == 1
    assert all(key.startswith("p1:{mx}:") for key in keys)
    assert ": forgotten" in store(both, "forget", *record)
    assert policy.ask(SENDER) == ""
    for asker in (policy, milter):
        asker.close()


class Load:
    """One who asks all the time: what was said, and the longest that it took."""

    def __init__(self, door):
        self.said, self.longest, self._is_over = set(), 0, False
        self.number = 0
        self._asker = connect(door)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._is_over:
            clock = stopwatch()
            self.said.add(self._asker.ask(SENDER))
            self.longest = max(self.longest, clock().own)
            self.number += 1

    def more(self, number=20):
        wanted = self.number + number
        assert until(lambda: self.number >= wanted or not self._thread.is_alive())
        assert self._thread.is_alive()

    def end(self):
        self._is_over = True
        self._thread.join(60)
        self._asker.close()


def no_disk(server, way):
    shutil.rmtree(server.data)
    server.says("BGSAVE")


def slow(server, way):
    way.delay = 1.5


def quick(server, way):
    way.delay = 0


FAULTS = {
    "killed": (lambda server, way: server.kill(), lambda server, way: server.start(), ""),
    "stopped": (lambda server, way: server.signal(signal.SIGSTOP),
                lambda server, way: server.signal(signal.SIGCONT), "no answer within 1s"),
    "full disk": (no_disk, lambda server, way:
                  server.says("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"), "MISCONF"),
    "replica": (lambda server, way: server.says("REPLICAOF", "127.0.0.1", "1"),
                lambda server, way: server.says("REPLICAOF", "NO", "ONE"), "READONLY"),
    "slow": (slow, quick, "no answer within 1s"),
}


@pytest.mark.parametrize("door", ["policyd", "milter"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_fails_delays_and_refuses_no_mail(doors, server, tmp_path, fault, door):
    breaks, mends, why = FAULTS[fault]
    path = tmp_path / "way"
    way = SlowWay(path, server.socket)
    one = getattr(doors(WIDE, settings=settings_for(path)), door)
    one.start()
    load = Load(door)
    try:
        load.more()
        breaks(server, way)
        assert one.says("is not in use", why), one.said()
        load.more()
        mends(server, way)
        assert one.says("is in use again"), one.said()
        load.more()
    finally:
        load.end()
    assert load.said == {""}, "neither deferred nor unknown"
    assert load.longest < 2.5, "a decision has three seconds"
    told = [line for line in one.said() if "shared store" in line]
    assert len(told) == 2, told


def test_the_doctor_asks_the_server_about_itself(doors, server, tmp_path):
    one = doors(TIGHT, settings=settings_for(server.socket)).policyd
    one.start()
    doctor = Doctor(one, "--postconf-n", tmp_path / "main.cf")
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n")

    def found():
        # Nothing asks the daemon in this main.cf.
        return {name for name in doctor.look(1) if name.startswith("store-server")}

    assert found() == {"store-server-memory"}
    server.says("CONFIG", "SET", "maxmemory", "64mb")
    server.says("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    assert found() == set()
    server.says("REPLICAOF", "127.0.0.1", "1")
    assert found() == {"store-server-replica"}
    server.says("REPLICAOF", "NO", "ONE")
    no_disk(server, None)
    assert until(lambda: found() == {"store-server-save"})
    server.kill()
    assert found() == {"store-server-away"}

"""Greylisting: pools of servers, several recipients, many tries, and each door with the same records."""

import contextlib
import errno
import shutil
import subprocess
import time

import pytest

from asking import RECIPIENT, PolicyAsker
from doors import KEPT
from gate import BIN, MILTER_SOCKET, SOCKET
from milter_client import MilterClient
from smtp import Client, transact
from waiting import until

ZONE = """\
zone:
  shop.example: { TXT: ["v=spf1 ip4:198.51.100.0/24 -all"] }
"""
SENDER = "orders@shop.example"
POOL = [f"198.51.100.{server}" for server in range(1, 17)]


def rules(delay):
    return f"rules:\n  - {{ name: grey, check: greylist, delay: {delay}, preset: standard }}\n"


def told(wire, client, sender=SENDER, recipients=(RECIPIENT,)):
    """The codes that the client hears of the recipients; every 450 is the rule's."""
    with Client(wire.port, source=client) as session:
        outcome = transact(session, sender, recipients)
    assert all("Greylisted, please try again in" in answer for answer in outcome.rcpts
               if answer.code == 450)
    return [answer.code for answer in outcome.rcpts]


def test_a_pool_of_sixteen_servers_passes_at_its_second_try(wire, zone_server):
    wire.start(rules("3s"), dns=zone_server(ZONE), journal="off")
    assert told(wire, POOL[0]) == [450]
    assert told(wire, "192.0.2.9") == [450], "not of the pool"
    time.sleep(4)
    for client in POOL[1:]:
        assert told(wire, client) == [250]
    assert told(wire, "203.0.113.9") == [450]


def test_a_message_to_four_recipients_gets_one_answer(wire, zone_server):
    wire.start(rules("3s"), dns=zone_server(ZONE), journal="off")
    four = [f"{name}@here.example" for name in ("ann", "bob", "eve", "joe")]
    assert told(wire, POOL[0], recipients=four) == [450] * 4
    time.sleep(4)
    assert told(wire, POOL[0], recipients=four) == [250] * 4
    assert told(wire, POOL[0], recipients=["else@here.example"]) == [250]


def test_a_bounce_does_not_wait(wire, zone_server):
    wire.start(rules("1h"), dns=zone_server(ZONE), journal="off")
    assert told(wire, POOL[0], sender="") == [250]


class Policy:
    """What a client is told through the policy door: "" or the reply of a rule."""

    def __init__(self, both):
        both.policyd.start()
        self._asker = PolicyAsker(SOCKET)
        self.close = self._asker.close

    def ask(self, client, sender=SENDER):
        return self._asker.ask(sender, client=client)


class Milter:
    """The same through the milter."""

    def __init__(self, both):
        both.milter.start()

    def ask(self, client):
        with MilterClient(MILTER_SOCKET) as session:
            session.open(client).mail(SENDER)
            answer = session.rcpt(RECIPIENT)
        return answer.text if answer.kind == "reply" else ""

    def close(self):
        pass


def posternctl(both, *words, status):
    """`status`: the one that it must end with, or None."""
    done = subprocess.run([BIN / "posternctl", "--config", both.home / "postern.yaml", *words],
                          capture_output=True, text=True, timeout=60)
    assert status in (None, done.returncode), done
    return done.stdout


def record(both, *key):
    """(marked, members) of a record."""
    said = posternctl(both, "store", "get", *key, status=None)
    return "has come through" in said, "1 members" in said


@pytest.mark.parametrize("door", [Policy, Milter])
def test_forty_tries_change_nothing_and_each_door_leaves_the_same_records(doors, zone_server, door):
    both = doors(rules("15s"), dns=zone_server(ZONE))
    asked = door(both)
    by_network = ("greylist", "grey", "shop.example", "198.51.100.0/24")
    by_spf = ("greylist", "grey", "shop.example", "spf")
    of_network = ("distinct", "grey", "198.51.100.0/24")

    posternctl(both, "explain", "--client", POOL[0], "--sender", SENDER, "--recipient", RECIPIENT,
               status=0)
    for key in (by_network, by_spf, of_network):
        assert "absent" in posternctl(both, "store", "get", *key, status=1)

    assert asked.ask(POOL[0]).startswith("450 4.7.1 Greylisted")
    begun = time.monotonic()  # or earlier
    for _ in range(40):
        assert asked.ask(POOL[0]).startswith("450 4.7.1 Greylisted")
    assert [record(both, *key) for key in (by_network, by_spf)] == [(False, False)] * 2
    assert "absent" in posternctl(both, "store", "get", *of_network, status=1)

    time.sleep(max(0.0, begun + 16 - time.monotonic()))
    assert asked.ask(POOL[0]) == ""
    assert until(lambda: record(both, *by_network) == record(both, *by_spf) == (True, False))
    assert until(lambda: record(both, *of_network) == (False, True))
    assert asked.ask(POOL[1]) == ""

    posternctl(both, "store", "forget", *by_spf, status=0)
    posternctl(both, "store", "forget", *by_network, status=0)
    assert asked.ask(POOL[1]).startswith("450 4.7.1 Greylisted")
    asked.close()


@contextlib.contextmanager
def small_disk(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0755", "small", folder], check=True,
                   timeout=60)
    shutil.chown(folder, "nobody", "nogroup")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True, timeout=60)


def fill_up(file):
    with open(file, "wb", buffering=0) as filler, pytest.raises(OSError) as full:
        while True:
            filler.write(bytes(4096))
    assert full.value.errno == errno.ENOSPC


def test_a_full_disk_defers_nobody_for_ever_and_heals_by_itself(doors, zone_server):
    both = doors(rules("1h"), dns=zone_server(ZONE), settings=KEPT + "journal: off\n")
    state = both.home / "state"
    numbers = iter(range(100_000))
    with small_disk(state):
        asked = Policy(both)

        def ask_of_another():
            return asked.ask("192.0.2.9", sender=f"a@n{next(numbers)}.example")

        # The file has grown, and has pages that can be used anew.
        for _ in range(1000):
            assert ask_of_another().startswith("450 4.7.1 Greylisted")
        fill_up(state / "filler")
        assert until(lambda: ask_of_another() == "")
        for _ in range(2):  # each time it has tried again
            time.sleep(12)
            assert ask_of_another() == ""
            assert asked.ask("192.0.2.9", sender="a@n1.example") == "", "a second try"
        (state / "filler").unlink()
        assert until(lambda: ask_of_another().startswith("450"))
        assert asked.ask("192.0.2.9", sender="a@n1.example").startswith("450"), "and not over"
        said = both.policyd.daemon.log
        assert until(lambda: said().count("the store is in use again") == 1)
        assert said().count("the store is not in use: ") == 1
        asked.close()
        both.policyd.stop()

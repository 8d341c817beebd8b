#!/usr/bin/python3
"""How fast the daemons are, each figure beside a bare reference that is measured in the same run.

    daemons.py [DATA] [--bin FOLDER] [--seconds S] [--only WORD]

Prints one table as Markdown; what is measured goes to stderr as it comes. A reference runs before
and after what is compared with it, and their mean counts. DATA: the folder with the lists, without
them generated ones of the same size. Nothing is gated; the status is 1 when an answer was wrong.
"""

import argparse
import os
import platform
import resource
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench_fixture import REQUEST, WARM_SENDERS, BenchFixture, Table, connected

CONNECTIONS = 50
COLD_CONNECTIONS = 100
IDLE = 5000
MANY = 10_000
DELAYED = 1000
CACHED = 200_000
RELOAD_RATE = 10_000  # requests a second: a busy daemon, not one that cannot take more


def say(text):
    print(text, file=sys.stderr, flush=True)


def number(value):
    return f"{value:,.0f}"


def micros(value):
    return f"{value:.2f} µs" if value < 100 else f"{value:.0f} µs"


def mean(loads, what):
    return sum(getattr(load, what) for load in loads) / len(loads)


class Figures:
    def __init__(self, fixture, table, seconds):
        self.fixture = fixture
        self.table = table
        self.seconds = seconds
        self._fresh = WARM_SENDERS  # the first name that nobody has asked for

    def _new_names(self):
        self._fresh += 100_000_000
        return self._fresh

    def _warm_load(self, server, door, connections=CONNECTIONS):
        return self.fixture.ask(server, door, senders=WARM_SENDERS, connections=connections,
                                seconds=self.seconds)

    def _around(self, door, server, reference):
        """The reference, ours, and the reference again: (ours, references)."""
        before = self._warm_load(reference, door)
        ours = self._warm_load(server, door)
        return ours, [before, self._warm_load(reference, door)]

    # ---- the policy door ------------------------------------------------------------------------

    def policy(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site)
        quiet = self.fixture.daemon("postern-policyd", self.fixture.site, level="warning")
        self.fixture.warm(server)
        self.fixture.warm(quiet)
        for door, name in (("policy", "unix socket"), ("tcp", "TCP")):
            reference = self.fixture.bare(door)
            ours, bare = self._around(door, server, reference)
            unlogged = self._warm_load(quiet, door)
            self.fixture.stop(reference)
            self._policy_rows(name, ours, bare, unlogged)
        self.fixture.stop(server, quiet)

    def _policy_rows(self, name, ours, bare, unlogged):
        theirs = mean(bare, "per_second")
        self.table.add(f"policy requests a second on one core, {name}, {CONNECTIONS} connections",
                       number(ours.per_second), "bare epoll loop", number(theirs),
                       ours.per_second / theirs, "≥ 0.80")
        self.table.add(f"the p99 of them, {name}", micros(ours.p99), "bare epoll loop",
                       micros(mean(bare, "p99")), ours.p99 / mean(bare, "p99"), "≤ 1.5")
        self.table.add(f"CPU that a warm decision adds, {name}",
                       micros(ours.cpu - mean(bare, "cpu")), "a request of the bare loop",
                       micros(mean(bare, "cpu")))
        self.table.add(f"of that the log line, {name}", micros(ours.cpu - unlogged.cpu))

    # ---- the milter door ------------------------------------------------------------------------

    def milter(self):
        server = self.fixture.daemon("postern-milter", self.fixture.site)
        reference = self.fixture.bare("milter")
        self.fixture.warm(server, "milter")
        ours, bare = self._around("milter", server, reference)
        self.fixture.stop(server, reference)
        theirs = mean(bare, "per_second")
        self.table.add(f"milter sessions a second, connect to RCPT, {CONNECTIONS} connections",
                       number(ours.per_second), "accept-all filter on libmilter", number(theirs),
                       ours.per_second / theirs, "≥ 0.90")

    # ---- DNS ------------------------------------------------------------------------------------

    def cold(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site)
        bare = [self._cold_names()]
        ours = self.fixture.ask(server, "policy", connections=COLD_CONNECTIONS,
                                seconds=self.seconds, first=self._new_names())
        bare.append(self._cold_names())
        self.fixture.stop(server)
        theirs = sum(bare) / len(bare)
        self.table.add(f"cold decisions a second, {COLD_CONNECTIONS} connections",
                       number(ours.per_second), f"plain c-ares loop, {COLD_CONNECTIONS} at once",
                       number(theirs), ours.per_second / theirs, "≥ 0.70")

    def _cold_names(self):
        return self.fixture.ask_dns(at_once=COLD_CONNECTIONS, seconds=self.seconds,
                                    first=self._new_names())

    def cached(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site, level="warning")

        def fill(count):
            self.fixture.ask(server, "policy", connections=COLD_CONNECTIONS, count=count,
                             first=self._new_names())
            return server.memory()
        before = fill(CACHED // 4)
        grown = fill(CACHED) - before
        self.fixture.stop(server)
        self.table.add("memory of a cached DNS answer, with a name of 25 letters",
                       f"{grown / CACHED:.0f} B", goal="≤ 200 B")

    # ---- what a decision costs ------------------------------------------------------------------

    def many_rules(self):
        def rules(count):
            lines = [f"  - {{ name: r{n}, when: {{ sender_domain: .r{n}.example }}, then: reject }}"
                     for n in range(count)]
            return {"rules.yaml": "\n".join(["version: 1", "rules:", *lines, ""])}
        self._growth("10 rules → 10,000 rules", rules(10), rules(10_000))

    def long_list(self):
        text = ("version: 1\nlists:\n  long: { kind: domain, file: long.txt }\n"
                "rules:\n  - { name: long, when: { sender_domain: long }, then: reject }\n")

        def with_list(count):
            lines = "".join(f"listed-{n}.example\n" for n in range(count))
            return {"rules.yaml": text, "long.txt": lines}
        self._growth("list of 1,000 → 1,000,000 entries", with_list(1000), with_list(1_000_000))

    def _growth(self, name, small, big):
        """CPU above that of the bare loop, without the log line: strictly the decision."""
        reference = self.fixture.bare("policy")
        few = self.fixture.daemon("postern-policyd", small, level="warning")
        many = self.fixture.daemon("postern-policyd", big, level="warning")
        runs = [self._warm_load(server, "policy").cpu
                for server in (reference, few, many, few, many, reference)]
        self.fixture.stop(reference, few, many)
        socket = (runs[0] + runs[5]) / 2
        low, high = (runs[1] + runs[3]) / 2 - socket, (runs[2] + runs[4]) / 2 - socket
        self.table.add(f"CPU of a decision without its request and log line, {name}", micros(high),
                       "the small one", micros(low), high / max(low, 0.01), "≤ 1.5")

    # ---- reload ---------------------------------------------------------------------------------

    def reload(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site, cores="both")
        self.fixture.warm(server)
        before = self._steady_load(server)
        child = os.fork()
        if child == 0:
            self._reload_for_ever(server)
        try:
            time.sleep(0.5)
            ours = self._steady_load(server, 2 * self.seconds)
        finally:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        reloads = server.logged("reload done")
        time.sleep(2)  # the last of them
        bare = (before.p99 + self._steady_load(server).p99) / 2
        self.fixture.stop(server)
        self.table.add(f"p99 while reloading all of it ({reloads} times), "
                       f"{number(RELOAD_RATE)} requests a second, 2 cores", micros(ours.p99),
                       "quiet", micros(bare), ours.p99 / bare, "≤ 3")

    def _steady_load(self, server, seconds=None):
        return self.fixture.ask(server, "policy", senders=WARM_SENDERS, connections=CONNECTIONS,
                                rate=RELOAD_RATE, seconds=seconds or self.seconds)

    def _reload_for_ever(self, server):
        """Both lists change each time, so that neither is taken over from before."""
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        for turn in range(10_000):
            for name in ("domains", "networks"):
                source = self.fixture.lists / f"{name}.{('other', 'txt')[turn % 2]}"
                fresh = server.home / f"{name}.new"
                fresh.unlink(missing_ok=True)
                os.link(source, fresh)
                os.replace(fresh, server.home / f"{name}.txt")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(1)
        os._exit(0)

    # ---- connections ----------------------------------------------------------------------------

    def idle(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site, level="warning")
        self.fixture.warm(server)
        before = server.memory()
        peers = self._peers(server, IDLE, "RCPT", "192.0.2.1")
        for peer in peers:
            assert peer.recv(100) == b"action=DUNNO\n\n"
        used = server.memory() - before
        for peer in peers:
            peer.close()
        self.fixture.stop(server)
        self.table.add(f"idle connection to policyd that has asked once, of {number(IDLE)}",
                       f"{used / IDLE / 1024:.1f} KiB", goal="≤ 8 KiB")

    def many_connections(self):
        server = self.fixture.daemon("postern-policyd", self.fixture.site)
        self.fixture.warm(server)
        few = [self._warm_load(server, "policy", 100)]
        peers = self._peers(server, DELAYED, "CONNECT", "10.9.0.1")
        many = self._warm_load(server, "policy", MANY - DELAYED)
        waiting = select.poll()
        for peer in peers:
            waiting.register(peer, select.POLLIN)
        answered = len(waiting.poll(0))
        for peer in peers:
            peer.close()
        if answered:
            self.fixture.wrong.append(f"{answered} of {DELAYED} greetings were not delayed")
        few.append(self._warm_load(server, "policy", 100))
        self.fixture.stop(server)
        theirs = mean(few, "per_second")
        self.table.add(f"policy requests a second on {number(MANY)} connections, "
                       f"{number(DELAYED)} of them delayed", number(many.per_second),
                       "on 100 connections", number(theirs), many.per_second / theirs, "≥ 0.9")

    @staticmethod
    def _peers(server, count, stage, client):
        request = REQUEST.format(stage=stage, client=client, sender="", recipient="a@here.example")
        peers = []
        for _ in range(count):
            peer = connected(server.address("policy"))
            peer.sendall(request.encode())
            peers.append(peer)
        return peers


ALL = ["policy", "milter", "cold", "many_rules", "long_list", "reload", "idle", "many_connections",
       "cached"]


def machine():
    """One sentence."""
    cpu = next((line.split(":", 1)[1].strip() for line in
                Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")),
               platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (f"{len(os.sched_getaffinity(0))} cores {cpu}, {memory:.0f} GiB, Linux "
            f"{platform.release()}, {platform.freedesktop_os_release()['PRETTY_NAME']}; "
            f"load {os.getloadavg()[0]:.1f} when it began.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", default="")
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--only", choices=ALL, action="append")
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    table, described = Table(say), machine()
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as home:
        os.chmod(home, 0o755)
        fixture = BenchFixture(home, options.bin, options.data or "none", say)
        try:
            figures = Figures(fixture, table, options.seconds)
            for name in options.only or ALL:
                began = time.monotonic()
                getattr(figures, name)()
                say(f"{name}: {time.monotonic() - began:.0f} s")
        finally:
            fixture.stop()
    print(f"{described}\n\n{table}")
    for wrong in fixture.wrong:
        say(f"wrong: {wrong}")
    sys.exit(1 if fixture.wrong else 0)


if __name__ == "__main__":
    main()

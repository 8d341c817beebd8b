#!/usr/bin/python3
"""What a decision with more checks costs, beside one with sender_mx, measured in the same run.

    checks.py [--bin FOLDER] [--rounds R] [--requests N]

CPU time of postern-policyd, user and kernel, of all its threads, the writers of log, journal and
records among them. All facts are in the cache and all records known. The daemons are asked in
turn, round by round, and the medians compared, so that what else the machine does strikes all.
Prints a table as Markdown. Nothing is gated; the status is 1 when an answer was wrong.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from bench_fixture import REQUEST, Table, connected

say = partial(print, file=sys.stderr, flush=True)

SENDERS = 50
CONNECTIONS = 20
CLIENT = "203.0.113.77"
NAME = "mail.s0.example"

SETTINGS = """\
version: 1
rules: rules.yaml
user: nobody
{state}dns: {{ upstreams: [ ["127.0.0.1:{dns}"] ] }}
log: {{ level: info, file: {home}/log }}
policyd: {{ listen: ["unix:{home}/policy"] }}
"""

SENDER_MX = "  - { name: must-exist, check: sender_mx, preset: standard }\n"
FIVE = """\
  - { name: known-good, check: dnswl, zones: [wl.example], preset: standard }
  - name: block-lists
    check: dnsbl
    zones: [bl1.example, bl2.example, bl3.example]
    preset: standard
  - { name: spf, check: spf, preset: standard }
  - { name: names, check: rdns, preset: standard }
  - { name: helo, check: helo, preset: standard }
"""
RATE = ("  - { name: limit, check: rate, key: client_network, limit: 1000000/1h, "
        "on: { over: defer } }\n")
FIRST_SEEN = "  - { name: seen, check: first_seen, preset: standard }\n"
# The shortest delay, so that all are known soon.
GREYLIST = "  - { name: grey, check: greylist, delay: 1s, preset: standard }\n"


def zone():
    """Every sender with a mail host and three includes, a client with a confirmed name, and lists
    that are well and have nothing."""
    records = {f"2.0.0.127.bl{n}.example": {"A": ["127.0.0.2"]} for n in (1, 2, 3)}
    records["2.0.0.127.wl.example"] = {"A": ["127.0.5.3"]}
    records["77.113.0.203.in-addr.arpa"] = {"PTR": [NAME]}
    records[NAME] = {"A": [CLIENT]}
    for number in range(SENDERS):
        name = f"s{number}.example"
        records[name] = {"MX": [f"10 mx.{name}"], "TXT": [
            f"v=spf1 include:a.{name} include:b.{name} include:c.{name} -all"]}
        records[f"mx.{name}"] = {"A": ["203.0.113.25"], "AAAA": ["2001:db8::25"]}
        for part, network in (("a", "0/28"), ("b", "16/28"), ("c", "64/26")):
            records[f"{part}.{name}"] = {"TXT": [f"v=spf1 ip4:203.0.113.{network} -all"]}
    return {"zone": records}


class Daemon:
    """postern-policyd with these rules, and connections to it."""

    def __init__(self, program, home, dns, rules, state):
        home.mkdir()
        (home / "rules.yaml").write_text("version: 1\nrules:\n" + rules)
        kept = f"state: {home}/state\n" if state else ""
        (home / "postern.yaml").write_text(SETTINGS.format(dns=dns, home=home, state=kept))
        (home / "state").mkdir()
        if os.geteuid() == 0:  # the daemon will be somebody else
            for folder in (home, home / "state"):
                shutil.chown(folder, "nobody", "nogroup")
        with open(home / "stderr", "w") as errors:
            self._process = subprocess.Popen([program, "--config", home / "postern.yaml"],
                                             stdout=errors, stderr=subprocess.STDOUT)
        address, end = f"unix:{home}/policy", time.monotonic() + 60
        while (first := connected(address)) is None:
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((home / "stderr").read_text()[-2000:])
            time.sleep(0.02)
        self._peers = [first] + [connected(address) for _ in range(CONNECTIONS - 1)]

    def _cpu(self):
        """Nanoseconds."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def ask(self, count, answers):
        """Microseconds of CPU each; one request in flight on each connection, as with Postfix."""
        began = self._cpu()
        for turn in range(count // CONNECTIONS):
            for number, peer in enumerate(self._peers):
                asked = turn * CONNECTIONS + number
                request = REQUEST.format(stage="RCPT", client=CLIENT, recipient="a@here.example",
                                         sender=f"a@s{asked % SENDERS}.example")
                request = request.replace("client_name=unknown", f"client_name={NAME}")
                request = request.replace("client.example", NAME)
                # Another message each time: what one message has counted is not counted again.
                request = request.replace("1a2b.", f"{time.monotonic_ns():x}.")
                peer.sendall(request.encode())
            for peer in self._peers:
                said = b""
                while not said.endswith(b"\n\n"):
                    said += peer.recv(4096)
                answers[said.decode().strip()] += 1
        return (self._cpu() - began) / count / 1000

    def stop(self):
        for peer in self._peers:
            peer.close()
        self._process.terminate()
        self._process.wait(30)


def compared(options, home, dns, state, variants):
    """{name: median}, of daemons that are asked in turn."""
    costs, daemons = {name: [] for name in variants}, {}
    with contextlib.ExitStack() as stack:
        for name, rules in variants.items():
            daemons[name] = Daemon(options.bin / "postern-policyd", home / name.replace(" ", "-"),
                                   dns, rules, state)
            stack.callback(daemons[name].stop)
            daemons[name].ask(4 * SENDERS * CONNECTIONS, Counter())
        time.sleep(1.1)  # the delay of the greylist
        for daemon in daemons.values():
            daemon.ask(4 * SENDERS * CONNECTIONS, Counter())
        for _ in range(options.rounds):
            for name, daemon in daemons.items():
                answers = Counter()
                costs[name].append(daemon.ask(options.requests, answers))
                if set(answers) != {"action=DUNNO"}:
                    options.wrong.append(f"{name}: {answers}")
    for name, found in costs.items():
        say(f"  {name}: {min(found):.2f} to {max(found):.2f} µs")
    return {name: statistics.median(found) for name, found in costs.items()}


def rows(table, base, goal, costs):
    for name, cost in costs.items():
        if name != base:
            table.add(f"CPU of a warm decision: {name}", f"{cost:.2f} µs", base,
                      f"{costs[base]:.2f} µs", cost / costs[base], goal.get(name, "–"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=20_000, help="of each round")
    options = parser.parse_args()
    options.bin, options.wrong, table = options.bin.resolve(), [], Table(say)
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        (home / "zone.yaml").write_text(json.dumps(zone()))
        server = subprocess.Popen(
            [options.bin / "postern-zone-server", "--listen", "127.0.0.1:0", "--port-file",
             home / "port", home / "zone.yaml"], stdout=subprocess.DEVNULL)
        try:
            while not (home / "port").exists() or not (home / "port").read_text().endswith("\n"):
                time.sleep(0.02)
            dns = (home / "port").read_text().strip()
            rows(table, "sender_mx", {"five checks": "≤ 2"}, compared(
                options, home, dns, False, {"sender_mx": SENDER_MX, "five checks": FIVE}))
            rows(table, "sender_mx and journal", {"rate and greylist": "≤ 1.3"}, compared(
                options, home, dns, True,
                {"sender_mx and journal": SENDER_MX, "rate": SENDER_MX + RATE,
                 "first_seen": SENDER_MX + FIRST_SEEN, "greylist": SENDER_MX + GREYLIST,
                 "rate and greylist": SENDER_MX + RATE + GREYLIST}))
        finally:
            server.terminate()
            server.wait()
    print(table)
    for wrong in options.wrong:
        say(f"wrong: {wrong}")
    sys.exit(1 if options.wrong else 0)


if __name__ == "__main__":
    main()

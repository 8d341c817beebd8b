#!/usr/bin/env python3
"""Runs fuzz targets until each has made so many executions, in parts: what was interrupted goes on
from its last part. The targets are built without sanitizers, which cost more than the code under
test; whatever input covered something new then runs once more under them. `./dev fuzz --runs N`;
elsewhere, with copies of programs and corpus:

    long_run.py --bin BIN --corpus CORPUS --state STATE --runs N [--replay REPLAY] [TARGET...]
    long_run.py --state STATE --table
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

# What reads the bytes of those who need no account here: SMTP clients through the MTA's two
# protocols, name servers, whoever connects to a socket, and what is read back from the log.
EXPOSED = ["charset", "control_request", "dns_echo", "dns_message", "domain_name", "header_text",
           "ip_network", "log_line", "mail_address", "milter_session", "policy_request",
           "spf"]

# Its own account of which input found what (entropic) costs milter_session ten times what the code
# under test does. Where inputs are kept for how often they did something (counters), too, long ones
# are kept, and half as many run; `./dev fuzz` does that, with inputs of up to 4 KiB. The time of an
# input is the clock's, and this may run as what has to wait for everything else.
FLAGS = ["-timeout=120", "-rss_limit_mb=2048", "-print_final_stats=1", "-reload=0", "-entropic=0",
         "-use_counters=0", "-max_len=256"]


class Target:
    """What is known of one target; kept in a file."""

    def __init__(self, name, state):
        self.name, self.folder = name, state / name
        self._file = state / f"{name}.json"
        self.counts = {"executions": 0, "seconds": 0, "coverage": 0, "replayed": 0, "findings": []}
        if self._file.exists():
            self.counts.update(json.loads(self._file.read_text()))

    def _keep(self):
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self.counts) + "\n")
        os.replace(new, self._file)

    def is_open(self, runs):
        return self.counts["executions"] < runs and not self.counts["findings"]

    def run_part(self, options):
        """For a while, or to the end of what is left."""
        found = self.folder / "found"
        found.mkdir(parents=True, exist_ok=True)
        log = self.folder / "log"
        left = options.runs - self.counts["executions"]
        with open(log, "w") as out:
            status = subprocess.run(
                [options.bin / f"{self.name}_fuzz", f"-runs={left}",
                 f"-max_total_time={options.part}", f"-artifact_prefix={self.folder}/", *FLAGS,
                 found, options.corpus / self.name],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT).returncode
        self._count(log.read_text(errors="replace"), status)

    def retry_findings(self, binaries):
        """Those that still break the target stay. What only sanitizers see a replay finds again."""
        self.counts["findings"] = [
            name for name in self.counts["findings"] if (self.folder / name).is_file() and
            subprocess.run([binaries / f"{self.name}_fuzz", self.folder / name],
                           capture_output=True).returncode != 0]

    def replay(self, program):
        """What covered something new, by a `corpus_replay` that was built with sanitizers."""
        done = subprocess.run([program, self.name, self.folder / "found"], capture_output=True,
                              text=True, errors="replace")
        inputs = [line for line in done.stdout.splitlines() if line.startswith(str(self.folder))]
        self.counts["replayed"] = len(inputs)
        if done.returncode != 0:
            (self.folder / "replay.log").write_text(done.stdout + done.stderr)
            self.counts["findings"].append(os.path.relpath(inputs[-1], self.folder)
                                           if inputs else f"status {done.returncode}")
        self._keep()

    def _count(self, text, status):
        def last(pattern):
            numbers = re.findall(pattern, text, re.MULTILINE)
            return int(numbers[-1]) if numbers else 0
        executions = last(r"number_of_executed_units: +(\d+)")
        rate = last(r"average_exec_per_sec: +(\d+)")
        self.counts["executions"] += executions
        self.counts["seconds"] += round(executions / rate) if rate else 0
        self.counts["coverage"] = max(self.counts["coverage"], last(r" cov: (\d+) "))
        if status != 0:
            inputs = sorted(path.name for path in self.folder.iterdir() if "-" in path.name)
            self.counts["findings"] = inputs or [f"status {status}"]
        self._keep()

    def row(self):
        counts = self.counts
        rate = counts["executions"] // counts["seconds"] if counts["seconds"] else 0
        findings = " ".join(str(self.folder / name) for name in counts["findings"]) or "none"
        return (f"| {self.name} | {counts['executions']:,} | {rate:,} | {counts['coverage']:,} | "
                f"{counts['replayed']:,} | {findings} |")


def table(targets):
    return "\n".join([
        "| target | executions | a second | edges covered | inputs under sanitizers | findings |",
        "|---|---:|---:|---:|---:|---|", *(target.row() for target in targets)])


def run_all(targets, options):
    """Part by part, each target in its turn."""
    waiting, lock = list(targets), threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                target = waiting.pop(0)
            if target.is_open(options.runs):
                target.run_part(options)
                with lock:
                    waiting.append(target)

    workers = [threading.Thread(target=work) for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=100_000_000)
    parser.add_argument("--part", type=int, default=300, help="seconds at a time")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only show what was reached")
    parser.add_argument("targets", nargs="*", default=EXPOSED)
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    targets = [Target(name, options.state) for name in options.targets or EXPOSED]
    if not options.table:
        for target in targets:
            target.retry_findings(options.bin)
        run_all(targets, options)
        for target in targets if options.replay else []:
            target.replay(options.replay)
    print(table(targets))
    return 1 if any(target.counts["findings"] for target in targets) else 0


if __name__ == "__main__":
    sys.exit(main())

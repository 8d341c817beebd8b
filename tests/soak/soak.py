"""Many decisions through one door, for as long as told, with reloads in between and the memory of
the daemon looked at every second.

    soak.py policy|milter DECISIONS|MINUTESm [--bin FOLDER] [--growth PERCENT]

Needs no privileges, and runs beside whatever else runs: the daemon, the name server and the load
have sockets and ports of their own. Fails when an answer is wrong or missing, when a connection
breaks, when a reload is refused, or when the memory has grown by more than 2 MiB and 5 % since a
tenth of the way; under a sanitizer, which keeps what was freed, there is no such bound (--growth
0).
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RULES = """\
version: 1
lists:
  banned: {{ kind: domain, file: banned.txt }}
  other: {{ kind: network, file: other.txt }}
rules:
  - name: ban
    when: {{ sender_domain: banned }}
    then: reject 550 5.7.1 "banned"
  - name: other-{number}
    when: {{ client: other }}
    then: discard
  - name: must-exist
    when: {{ sender_domain: .looked-up.example }}
    check: sender_mx
    on:
      missing: reject 550 5.1.8 "no such domain"
      unknown: defer
"""

# A cache that is full soon, so that what is measured is the daemon and not the filling of it.
SETTINGS = """\
version: 1
rules: rules.yaml
user: nobody
dns:
  upstreams: [ ["127.0.0.1:{dns}"] ]
  query_timeout: 8s
  passes: 5
  cache: {{ max_size: 4MiB }}
decision: {{ deadline: 20s }}
log: {{ level: info, file: {home}/log }}
policyd: {{ listen: "unix:{home}/policy", threads: 2 }}
milter: {{ listen: "unix:{home}/milter" }}
"""

# No name is there; NXDOMAIN is an answer as good as any.
ZONE = "zone:\n  nobody.example: { A: [198.51.100.1] }\n"

SAMPLE_SECONDS = 1
RELOAD_SECONDS = 5
# Until buffers and heaps have their size, in a short run.
WARM_SECONDS = 30
BANNED = 20_000
# In KiB: what the log may take for a while, when more is logged than is written.
LOG_BUFFERS = 32 << 10


def rss(pid):
    """In KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


class Soak:
    def __init__(self, door, home, programs):
        self.door = door
        self.home = Path(home)
        self._programs = Path(programs)
        self._started = []
        self.reloads = 0
        self.refused = ""

    def start(self):
        name_server = self._start(
            "postern-zone-server", "--listen", "127.0.0.1:0", "--port-file", self.home / "port",
            self.home / "zone.yaml", files={"zone.yaml": ZONE})
        self._wait(name_server, (self.home / "port").exists)
        self._write_rules()
        (self.home / "postern.yaml").write_text(
            SETTINGS.format(dns=(self.home / "port").read_text().strip(), home=self.home))
        self.daemon = self._start(
            {"policy": "postern-policyd", "milter": "postern-milter"}[self.door],
            "--config", self.home / "postern.yaml")
        self._wait(self.daemon, (self.home / self.door).exists)

    def _start(self, program, *arguments, files=None):
        for name, text in (files or {}).items():
            (self.home / name).write_text(text)
        errors = open(self.home / f"{program}.stderr", "w")
        process = subprocess.Popen([self._programs / program, *arguments], stdout=errors,
                                   stderr=subprocess.STDOUT)
        self._started.append(process)
        return process

    @staticmethod
    def _wait(process, condition):
        end = time.monotonic() + 20
        while not condition():
            assert process.poll() is None and time.monotonic() < end, "it did not start"
            time.sleep(0.05)

    def _write_rules(self):
        """Another generation, with the same answers. The long list is another object every time."""
        names = "".join(f"n{number}.of-{self.reloads}.example\n" for number in range(BANNED))
        self._replace("banned.txt", ".banned.example\n" + names)
        self._replace("other.txt", f"192.0.2.{self.reloads % 256}\n")
        self._replace("rules.yaml", RULES.format(number=self.reloads))

    def _replace(self, name, text):
        """Whole: half a list is refused when this script loses the processor while it writes."""
        fresh = self.home / f"{name}.new"
        fresh.write_text(text)
        fresh.replace(self.home / name)

    def reload(self):
        self.reloads += 1
        self._write_rules()
        self.daemon.send_signal(signal.SIGHUP)

    def load(self, count, seconds):
        """A process that asks; its output is one line."""
        connections, at_once = (32, 4) if self.door == "policy" else (24, 1)
        return subprocess.Popen(
            [self._programs / "postern-load", self.door, f"unix:{self.home / self.door}",
             "--connections", str(connections), "--at-once", str(at_once), "--per-connection",
             "5000", "--count", str(count), "--seconds", str(seconds)], stdout=subprocess.PIPE,
            text=True)

    def empty_log(self):
        """Looks for what must not be there, and makes room."""
        log = self.home / "log"
        if not log.exists():
            return
        for line in log.read_text(errors="replace").splitlines():
            if "decision door=" not in line and any(
                    word in line for word in ("refused", "error", "dropped", "not asked")):
                self.refused = self.refused or line
        os.truncate(log, 0)

    def stop(self):
        status = 0
        for process in reversed(self._started):
            process.send_signal(signal.SIGTERM)
            if process.wait(60) != 0 and process is self.daemon:
                status = process.returncode
        return status


def parse_amount(text):
    """(decisions, seconds)"""
    if text.endswith("m"):
        return 1 << 62, int(float(text[:-1]) * 60)
    return int(text.replace("_", "")), 24 * 3600


def memory_table(samples):
    """A dozen of them, and the last."""
    step = max(1, len(samples) // 12)
    shown = samples[::step]
    if samples[-1] not in shown:
        shown.append(samples[-1])
    return "\n".join(f"{second:8.0f} s {kib:10d} KiB" for second, kib in shown)


def growth(samples):
    """(more, early, peak) in KiB: the median of the last fifth above that of the second tenth, or of
    what comes after the warm-up; that one itself; and the most of all."""
    sizes = [kib for _, kib in samples]
    tenth = max(1, len(sizes) // 10)
    warm = max(tenth, min(WARM_SECONDS // SAMPLE_SECONDS, len(sizes) // 2))
    early = int(statistics.median(sizes[warm:warm + tenth + 1]))
    return int(statistics.median(sizes[-2 * tenth:])) - early, early, max(sizes)


def soak(door, amount, programs, percent):
    count, seconds = parse_amount(amount)
    with tempfile.TemporaryDirectory(prefix="postern-soak-") as home:
        os.chmod(home, 0o755)
        run = Soak(door, home, programs)
        if os.geteuid() == 0:  # the daemon will be somebody else
            shutil.chown(home, "nobody", "nogroup")
        run.start()
        began = time.monotonic()
        load = run.load(count, seconds)
        samples = []
        while load.poll() is None:
            time.sleep(SAMPLE_SECONDS)
            samples.append((time.monotonic() - began, rss(run.daemon.pid)))
            run.empty_log()
            if len(samples) % RELOAD_SECONDS == 0:
                run.reload()
        said = load.stdout.read().strip()
        run.empty_log()
        alive = run.daemon.poll() is None
        status = run.stop() if alive else run.daemon.returncode
        errors = (Path(home) / f"postern-{'policyd' if door == 'policy' else 'milter'}.stderr")
        stderr = errors.read_text(errors="replace")
    print(f"{door}: {said}\n{memory_table(samples)}")
    more, early, peak = growth(samples)
    bound = max(2048, early * percent // 100)
    print(f"{door}: {run.reloads} reloads, {more:+d} KiB since a tenth of the way, "
          f"peak {peak} KiB", flush=True)
    problems = []
    if load.returncode != 0:
        problems.append(f"answers wrong or missing: {said}")
    if not alive or status != 0:
        problems.append(f"the daemon ended with {status}: {stderr[-2000:]}")
    if run.refused:
        problems.append(f"the log says: {run.refused}")
    if percent and more > bound:
        problems.append(f"memory has grown by {more} KiB, which is more than {bound}")
    if percent and peak > early + LOG_BUFFERS:
        problems.append(f"memory has been {peak} KiB at a time")
    if "ERROR: AddressSanitizer" in stderr or "runtime error" in stderr:
        problems.append(stderr[-4000:])
    for problem in problems:
        print(f"{door}: FAILED: {problem}", file=sys.stderr)
    return not problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("door", choices=["policy", "milter"])
    parser.add_argument("amount")
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--growth", type=int, default=5)
    options = parser.parse_args()
    sys.exit(0 if soak(options.door, options.amount, options.bin, options.growth) else 1)


if __name__ == "__main__":
    main()

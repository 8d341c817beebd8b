"""What daemons.py measures: daemons and references, each on a core of its own, with their rules,
their load and what they use."""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# Of distinct senders, each with a domain of its own, whose facts are in the cache.
WARM_SENDERS = 10_000
DOMAINS = 606_958
NETWORKS = 243_034
TICK = 1 / os.sysconf("SC_CLK_TCK")

SETTINGS = """\
version: 1
rules: rules.yaml
user: nobody
dns:
  upstreams: [ ["127.0.0.1:{dns}"] ]
  cache: {{ max_size: 512MiB }}
decision: {{ max_delayed: 5000 }}
log: {{ level: {level}, file: {home}/log }}
policyd: {{ listen: ["unix:{home}/policy", "inet:127.0.0.1:{port}"], max_connections: 20000 }}
milter: {{ listen: "unix:{home}/milter" }}
"""

# As a site would have them. None lets in or refuses what bench_load asks about, so that all are
# looked at.
RULES = """\
version: 1
lists:
  domains: { kind: domain, file: domains.txt }
  networks: { kind: network, file: networks.txt }
  trusted: { kind: network, entries: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7] }
  partners: { kind: domain, entries: [.partner.example, friend.example, .news.example] }
rules:
  - { name: postmaster, when: { recipient: [postmaster@, abuse@] }, then: pass }
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: users, when: { authenticated: yes }, then: pass }
  - { name: late, when: { client: 10.9.0.0/16 }, stage: connect, then: delay 20s }
  - { name: networks, when: { client: networks }, then: reject }
  - { name: domains, when: { sender_domain: domains }, then: reject }
  - { name: helo-us, when: { helo: [here.example, mx.here.example] }, then: reject }
  - { name: helo-local, when: { helo: [localhost., .localdomain, .local] }, then: reject }
  - { name: dynamic, when: { client_name: [.dyn.example, .dsl.example] }, then: defer }
  - { name: no-ptr, when: { reverse_client_name: .pool.example }, then: defer }
  - { name: sender-one, when: { sender: [offers@news.example, win@] }, then: reject }
  - { name: from-us, when: { sender_domain: here.example }, then: reject }
  - { name: trap, when: { recipient: [trap@here.example, old@here.example] }, then: discard }
  - { name: closed, when: { recipient_domain: [.closed.example] }, then: reject }
  - { name: campaign-1, when: { sender_domain: [.c1.example, .c2.example] }, then: reject }
  - { name: campaign-2, when: { client: [10.8.0.0/16, 10.7.1.0/24] }, then: reject }
  - { name: campaign-3, when: { helo: .c3.example, sender_domain: .c4.example }, then: hold }
  - { name: look, when: { client: 10.6.0.0/16, tls: no }, then: log }
  - { name: partners, when: { sender_domain: partners }, then: skip sender_mx }
  - { name: must-exist, check: sender_mx, preset: standard }
"""

REQUEST = """\
request=smtpd_access_policy
protocol_state={stage}
protocol_name=ESMTP
client_address={client}
client_name=unknown
helo_name=client.example
sender={sender}
recipient={recipient}
instance=1a2b.65a0.3c.1

"""


class Table:
    """Of figures, as Markdown; each row is also said when it comes."""

    def __init__(self, say):
        self.rows = []
        self._say = say

    def add(self, figure, ours, reference="–", theirs="–", ratio=None, goal="–"):
        shown = "–" if ratio is None else f"{ratio:.2f}"
        self.rows.append(f"| {figure} | {ours} | {reference} | {theirs} | {shown} | {goal} |")
        self._say(self.rows[-1])

    def __str__(self):
        return "\n".join(["| figure | ours | reference | | ratio | goal |",
                          "|---|---:|---|---:|---:|---:|", *self.rows])


@dataclass
class Load:
    """What was asked of a server in one run, and what that cost it."""
    per_second: float
    p99: float  # microseconds
    cpu: float  # microseconds a question
    busy: float  # of one core


class Server:
    """A program that is running, and where it listens."""

    def __init__(self, process, home, addresses):
        self.process = process
        self.name = Path(process.args[3]).name  # behind taskset and its words
        self.home = home
        self._addresses = addresses

    def address(self, door):
        return self._addresses[door]

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def memory(self):
        """In bytes: what is its own."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no RssAnon")

    def logged(self, text):
        """How many lines with this in them since the last run began."""
        if not (self.home / "log").exists():
            return 0
        return int(subprocess.run(["grep", "-a", "-c", "-F", text, self.home / "log"],
                                  capture_output=True, check=False).stdout)

    def empty_log(self):
        if (self.home / "log").exists():
            os.truncate(self.home / "log", 0)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def connected(address):
    """A socket, or nothing when nobody listens."""
    kind, _, where = address.partition(":")
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    peer = socket.socket(family, socket.SOCK_STREAM)
    try:
        peer.connect(where if kind == "unix" else ("127.0.0.1", int(where.rsplit(":", 1)[1])))
    except OSError:
        peer.close()
        return None
    return peer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BenchFixture:
    """Starts programs in folders of their own below `home`; the daemon or the reference on one
    core, all that asks or answers it on another."""

    def __init__(self, home, programs, data, say):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise SystemExit("daemons.py: a core for the daemon and one for the load are needed")
        self._server_core, self._load_core = str(cores[0]), str(cores[1])
        self._both_cores = f"{cores[0]},{cores[1]}"
        self._zone_core = str(cores[2] if len(cores) > 2 else cores[1])
        self._home = Path(home)
        self._programs = Path(programs).resolve()
        self._data = Path(data)
        self._say = say
        self._running = []
        self._names = 0
        self.wrong = []
        port_file = self._folder("zone") / "port"
        zone = self._popen(self._zone_core, "bare_zone", port_file)
        self._await(zone, lambda: port_file.exists() and port_file.read_text().endswith("\n"))
        self._dns = port_file.read_text().strip()
        self._zone = Server(zone, port_file.parent, {})
        self._running.append(self._zone)
        self.site = self._write_lists()

    # ---- programs -------------------------------------------------------------------------------

    def _folder(self, name):
        self._names += 1
        folder = self._home / f"{name}{self._names}"
        folder.mkdir()
        return folder

    def _popen(self, core, program, *arguments, **more):
        return subprocess.Popen(["taskset", "-c", core, self._programs / program, *arguments],
                                **more)

    @staticmethod
    def _await(process, condition):
        end = time.monotonic() + 60
        while not condition():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{process.args[3]} did not start")
            time.sleep(0.02)

    def _started(self, process, home, addresses, door):
        def answers():
            peer = connected(addresses[door])
            return peer is not None and peer.close() is None
        self._await(process, answers)
        server = Server(process, home, addresses)
        self._running.append(server)
        return server

    def bare(self, door):
        """The reference for `policy`, `tcp` or `milter`."""
        home = self._folder("bare")
        address = f"inet:127.0.0.1:{free_port()}" if door == "tcp" else f"unix:{home}/socket"
        program = "bare_milter" if door == "milter" else "bare_policy"
        process = self._popen(self._server_core, program, address)
        return self._started(process, home, {door: address}, door)

    def daemon(self, program, files, level="info", cores=None):
        """`files`: what stands beside the settings, texts or paths."""
        home = self._folder(program)
        port = free_port()
        for name, content in files.items():
            if isinstance(content, Path):
                os.link(content, home / name)
            else:
                (home / name).write_text(content)
        (home / "postern.yaml").write_text(
            SETTINGS.format(dns=self._dns, level=level, home=home, port=port))
        if os.geteuid() == 0:  # the daemon will be somebody else
            shutil.chown(home, "nobody", "nogroup")
        with open(home / "stderr", "w") as errors:
            process = self._popen(
                self._both_cores if cores == "both" else self._server_core, program, "--config",
                home / "postern.yaml", stdout=errors, stderr=subprocess.STDOUT)
        addresses = {"policy": f"unix:{home}/policy", "tcp": f"inet:127.0.0.1:{port}",
                     "milter": f"unix:{home}/milter"}
        try:
            return self._started(process, home, addresses,
                                 "milter" if program == "postern-milter" else "policy")
        except RuntimeError as error:
            said = (home / "stderr").read_text() + (
                (home / "log").read_text() if (home / "log").exists() else "")
            raise RuntimeError(f"{error}: {said[-2000:]}") from None

    def stop(self, *servers):
        for server in servers or tuple(reversed(self._running)):
            self._running.remove(server)
            server.stop()

    # ---- load -----------------------------------------------------------------------------------

    def _asked(self, program, arguments, whom):
        words = [word for name, value in arguments.items()
                 for word in (f"--{name.replace('_', '-')}", str(value))]
        core = self._load_core if program[0] == "bench_load" else self._server_core
        done = subprocess.run(["taskset", "-c", core, self._programs / program[0], *program[1:],
                               *words], capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0 or not done.stdout:
            self.wrong.append(f"{whom} {arguments}: {done.stdout}{done.stderr}".strip())
            self._say(self.wrong[-1])
        return dict(pair.split("=") for pair in done.stdout.split())

    def ask(self, server, door, **arguments):
        """One run of bench_load (bench_options.h)."""
        server.empty_log()
        used, began = server.cpu_seconds(), time.monotonic()
        protocol = "milter" if door == "milter" else "policy"
        said = self._asked(("bench_load", protocol, server.address(door)), arguments,
                           server.name)
        used, took = server.cpu_seconds() - used, time.monotonic() - began
        asked = max(1, int(said.get("asked", 0)))
        load = Load(float(said.get("per_second", 0)), float(said.get("p99_us", 0)),
                    used / asked * 1e6, used / took)
        self._say(f"  {server.name} {door}: {load.per_second:.0f}/s, "
                  f"p99 {load.p99:.0f} µs, {load.cpu:.2f} µs of CPU each, "
                  f"busy {load.busy:.0%}")
        if server.logged("log lines dropped"):
            self._say("  log lines were dropped: the disk is too slow for this figure")
        return load

    def warm(self, server, door="policy"):
        """Until the facts about all of them are in the cache."""
        self.ask(server, door, senders=WARM_SENDERS, count=WARM_SENDERS)

    def ask_dns(self, **arguments):
        """Questions a second of bare_dns."""
        said = self._asked(("bare_dns", self._dns), arguments, "bare_dns")
        self._say(f"  bare_dns: {said.get('per_second')}/s")
        return float(said.get("per_second", 0))

    # ---- lists ----------------------------------------------------------------------------------

    def _lines(self, name, spare):
        file = self._data / name
        if not file.exists():
            return spare
        with gzip.open(file, "rt") as lines:
            return [line.split()[0] for line in lines if line.strip()]

    def _write_lists(self):
        """The files of a site: with the lists in DATA, or with generated ones of their size."""
        domains = self._lines("domains/blocklistproject-union.txt.gz",
                              [f"listed-{number}.example" for number in range(DOMAINS)])
        networks = self._lines(
            "networks/rir-country-aggregated.v4v6.txt.gz",
            [f"{11 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/25" for n in range(NETWORKS)])
        folder = self._folder("lists")
        self._write(folder / "domains.txt", domains)
        self._write(folder / "networks.txt", networks)
        # The same and one more, for a reload that reads all of it.
        self._write(folder / "domains.other", [*domains, "one-more.example"])
        self._write(folder / "networks.other", [*networks, "10.5.0.0/24"])
        self.lists = folder
        return {"rules.yaml": RULES, "domains.txt": folder / "domains.txt",
                "networks.txt": folder / "networks.txt"}

    @staticmethod
    def _write(path, lines):
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)

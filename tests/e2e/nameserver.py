"""The name servers: nsd, which is right, postern-zone-server, which is wrong to order, and one that
answers when it is told to."""

import os
import socket
import subprocess
import threading
from pathlib import Path

from waiting import until, wait_for_port

NSD_PORT = 5300
BIN = Path(os.environ["POSTERN_BIN"])

ZONE = """\
$ORIGIN good.example.
$TTL 300
@           SOA  ns hostmaster 1 3600 600 86400 60
@           NS   ns
ns          A    198.51.100.1
mx1         A    198.51.100.25
mx2         A    198.51.100.26
six         AAAA 2001:db8::25
host        A    203.0.113.10
forged      A    203.0.113.99
"""


# Names of clients, by the network and the last number of the address. An address that does not come
# back from its name is not confirmed.
NAMES = {
    "198.51.100": {25: "mx1", 99: "mx1"},
    "203.0.113": {10: "host", 11: "forged", 12: "nowhere"},
}

REVERSE_ZONE = """\
$TTL 300
@  SOA ns.good.example. hostmaster.good.example. 1 3600 600 86400 60
@  NS  ns.good.example.
"""


def reverse_name(network):
    return ".".join(reversed(network.split("."))) + ".in-addr.arpa"


class Nsd:
    """Authoritative for good.example and what tests add, on 127.0.0.1."""

    def __init__(self, home, records):
        self.home = Path(home)
        self.records = records
        self.process = None

    def start(self):
        self.home.mkdir(mode=0o755, exist_ok=True)
        (self.home / "good.example.zone").write_text(ZONE + self.records)
        zones = ""
        for network, names in NAMES.items():
            records = "".join(f"{last} PTR {name}.good.example.\n" for last, name in names.items())
            (self.home / network).write_text(REVERSE_ZONE + records)
            zones += f'zone:\n  name: "{reverse_name(network)}"\n  zonefile: "{network}"\n'
        (self.home / "nsd.conf").write_text(f"""\
server:
  ip-address: 127.0.0.1@{NSD_PORT}
  ip-address: 127.0.0.1@53
  zonesdir: "{self.home}"
  zonelistfile: "{self.home}/zone.list"
  database: ""
  pidfile: ""
  xfrdfile: "{self.home}/xfrd.state"
  xfrdir: "{self.home}"
  logfile: "{self.home}/nsd.log"
  username: ""
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "good.example"
  zonefile: "good.example.zone"
{zones}""")
        self.process = subprocess.Popen(
            ["/usr/sbin/nsd", "-d", "-c", self.home / "nsd.conf"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port("127.0.0.1", NSD_PORT)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class ZoneServer:
    """postern-zone-server with a zone that a test may change at any time."""

    def __init__(self, home, zone, listen="127.0.0.1:0"):
        self.home = Path(home)
        self.home.mkdir(mode=0o755, exist_ok=True)
        self.listen = listen
        self.zone_file = self.home / "zone.yaml"
        self.log_file = self.home / "queries"
        self.process = None
        self.port = 0
        self.change(zone)

    def start(self):
        port_file = self.home / "port"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BIN / "postern-zone-server", "--listen", self.listen, "--port-file", port_file,
             "--log", self.log_file, self.zone_file], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        assert until(port_file.exists), "postern-zone-server did not start"
        self.port = int(port_file.read_text())

    def change(self, zone):
        """Replaces the zone, which the server reads again by itself."""
        new = self.zone_file.with_suffix(".new")
        new.write_text(zone)
        os.replace(new, self.zone_file)

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def queries(self, name, kind):
        """How often it was asked for one name and type, by UDP or TCP."""
        return sum(line.split()[1:] == [name, kind] for line in self.log().splitlines())

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class HesitantServer:
    """Says nothing until it is told to; then that every domain takes no mail (RFC 7505)."""

    HEADER = bytes([0x85, 0x80, 0, 1])  # an authoritative answer without error, to one question
    MX = 15
    NULL_MX = bytes([0xC0, 12, 0, MX, 0, 1, 0, 0, 1, 44, 0, 3, 0, 0, 0])

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def answer(self):
        """What has come, and what will."""
        threading.Thread(target=self._answer_all, daemon=True).start()

    def _answer_all(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            question = query[12:query.index(0, 12) + 5]
            answers = [self.NULL_MX] if question[-3] == self.MX else []
            self._socket.sendto(query[:2] + self.HEADER + bytes([0, len(answers), 0, 0, 0, 0])
                                + question + b"".join(answers), client)

"""rbldnsd, which most block lists run, with lists of every kind that a site meets."""

import subprocess
from pathlib import Path

from waiting import until

PORT = 5354

SOA = "$SOA 300 ns.lists.example hostmaster.lists.example 1 600 300 86400 300\n"
LISTED = "198.51.100.9"
LISTED_IPV6 = "2001:db8::9"

# What stands in a file, by dataset.
FILES = {
    "bl.ip4set": SOA + f":127.0.0.2:listed\n127.0.0.2\n{LISTED} :127.0.0.4:exploited\n"
                       "198.51.100.10 :127.0.0.10:dial-up\n",
    "bl.ip6trie": f":127.0.0.2:listed\n0:0:0:0:0:ffff:7f00:2/128\n{LISTED_IPV6}/128\n",
    "two.ip4set": SOA + f":127.0.0.2:listed\n127.0.0.2\n{LISTED}\n",
    # Its domain has lapsed: everybody is there.
    "wild.ip4trie": SOA + ":127.0.0.2:listed\n0.0.0.0/0\n",
    # Sold: it answers with the address of a web server.
    "sold.ip4trie": SOA + ":203.0.113.80:buy me\n0.0.0.0/0\n",
    # It has ended, and is still served.
    "ended.ip4set": SOA,
    "closed.ip4set": SOA + ":127.0.0.2:listed\n127.0.0.2\n",
    "closed.acl": "0.0.0.0/0 :127.255.255.254:public resolver\n",
    "names.dnset": SOA + ":127.0.1.2:listed\ntest\nbad.example\n.worse.example\n",
    "wl.ip4set": SOA + f":127.0.10.0:listed\n127.0.0.2\n{LISTED} :127.0.5.2:medium\n",
}
ZONES = {"bl": ["ip4set:bl.ip4set", "ip6trie:bl.ip6trie"], "two": ["ip4set:two.ip4set"],
         "wild": ["ip4trie:wild.ip4trie"], "sold": ["ip4trie:sold.ip4trie"],
         "ended": ["ip4set:ended.ip4set"], "closed": ["ip4set:closed.ip4set", "acl:closed.acl"],
         "names": ["dnset:names.dnset"], "wl": ["ip4set:wl.ip4set"]}


class Rbldnsd:
    """On 127.0.0.1, as ZONE.lists.example. It refuses to speak of any other zone."""

    port = PORT

    def __init__(self, home):
        self.home = Path(home)
        self.process = None

    def start(self):
        self.home.mkdir(mode=0o755, exist_ok=True)
        for name, text in FILES.items():
            (self.home / name).write_text(text)
        zones = [f"{zone}.lists.example:{source}" for zone, sources in ZONES.items()
                 for source in sources]
        self.process = subprocess.Popen(
            ["/usr/sbin/rbldnsd", "-n", "-u", "nobody", "-w", self.home,
             "-b", f"127.0.0.1/{PORT}", *zones],
            stdin=subprocess.DEVNULL, stdout=(self.home / "log").open("w"),
            stderr=subprocess.STDOUT)
        assert until(lambda: "started" in (self.home / "log").read_text()), \
            (self.home / "log").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

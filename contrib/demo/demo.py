#!/usr/bin/env python3
"""Starts postern-policyd with a demonstration, asks it what Postfix would ask, shows the answers.

./dev run builds the programs and calls this. Nothing but a unix socket and the loopback address is
used, and with --system-dns the name servers of this machine.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What happens, the request's attributes, and what the answer has to begin with.
EMBEDDED = [
    ("an ordinary sender", dict(sender="ann@good.example"), "DUNNO"),
    ("a domain with an address, but no MX", dict(sender="bob@a-only.example"), "DUNNO"),
    ("a bounce: the null sender", dict(sender=""), "DUNNO"),
    ("a domain that does not exist", dict(sender="eve@missing.example"), "550 5.1.8 "),
    ("a domain that takes no mail", dict(sender="eve@null.example"), "550 5.7.27 "),
    ("its MX leads to 127.0.0.1", dict(sender="eve@nowhere.example"), "550 5.1.8 "),
    ("its name server is broken", dict(sender="kim@servfail.example"), "451 4.4.3 "),
    ("its name server is dead", dict(sender="kim@dead.example"), "451 4.4.3 "),
    ("a campaign", dict(sender="hr@payroll.adp-mail.example"), "550 5.7.1 Sender banned"),
    ("a campaign, an entry with a reason", dict(sender="hr@a.phish.example"), "550 5.7.1 Sender"),
    ("an entry with an action of its own", dict(sender="x@trap.example"), "DISCARD "),
    ("a partner with a broken domain",
     dict(sender="pat@missing.example", client_address="192.0.2.77"), "DUNNO"),
    ("a partner over IPv6",
     dict(sender="pat@missing.example", client_address="2001:db8:25::7"), "DUNNO"),
    ("someone to look at", dict(sender="billing@odd.example"), "HOLD "),
    ("no TLS from this one", dict(sender="ann@plain.example"), "PREPEND X-Postern: "),
    ("a client of a slow pool connects",
     dict(protocol_state="CONNECT", client_address="198.51.100.9", sender="", recipient="",
          helo_name="", instance=""), "DUNNO"),
]

SYSTEM = [
    ("a big provider", dict(sender="someone@gmail.com"), None),
    ("Debian", dict(sender="someone@debian.org"), None),
    ("a null MX (RFC 7505)", dict(sender="someone@example.com"), None),
    ("a name that cannot exist", dict(sender="someone@host.invalid"), None),
    ("a bounce: the null sender", dict(sender=""), None),
    ("a partner with a broken domain",
     dict(sender="pat@host.invalid", client_address="192.0.2.77"), None),
    ("a campaign", dict(sender="hr@payroll.adp-mail.example"), None),
]

# As Postfix sends it at RCPT, but for what is always empty here.
REQUEST = dict(
    request="smtpd_access_policy", protocol_state="RCPT", protocol_name="ESMTP",
    client_address="203.0.113.9", client_name="unknown", reverse_client_name="unknown",
    client_port="40000", helo_name="client.example", sender="", recipient="you@here.example",
    recipient_count="0", queue_id="", instance="", size="0", sasl_method="", sasl_username="",
    sasl_sender="", encryption_protocol="", encryption_cipher="", encryption_keysize="0",
    server_address="127.0.0.1", server_port="25")


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Demo:
    def __init__(self, programs, home, system_dns):
        self.programs, self.home, self.system_dns = programs, home, system_dns
        self.socket = home / "run/policy"
        self.log = home / "log"
        self.children = []

    def start(self, program, *arguments, log):
        with open(log, "w") as out:
            child = subprocess.Popen([self.programs / program, *arguments], stdout=out,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def start_dns(self):
        port_file = self.home / "dns-port"
        self.start("postern-zone-server", "--listen", "127.0.0.1:0", "--port-file", port_file,
                   self.home / "zone.yaml", log=self.home / "dns-log")
        if not until(port_file.exists, 10):
            sys.exit("the name server did not start:\n" + (self.home / "dns-log").read_text())
        return int(port_file.read_text())

    def start_daemon(self):
        settings = (self.home / "postern.yaml").read_text()
        if self.system_dns:
            settings = re.sub(r'upstreams: .*', "upstreams: system", settings)
        else:
            settings = settings.replace("127.0.0.1:5353", f"127.0.0.1:{self.start_dns()}")
        for name, default in (("run", "/run/postern"), ("state", "/var/lib/postern")):
            (self.home / name).mkdir()
            if os.geteuid() == 0:
                shutil.chown(self.home / name, "nobody")
            settings = settings.replace(default, str(self.home / name))
        (self.home / "postern.yaml").write_text(settings)
        self.daemon = self.start("postern-policyd", "--config", self.home / "postern.yaml",
                                 log=self.log)
        if not until(self.is_ready, 10) or self.daemon.poll() is not None:
            sys.exit("postern-policyd did not start:\n" + self.log.read_text())

    def connect(self, timeout):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(str(self.socket))
        return connection

    def is_ready(self):
        try:
            self.connect(timeout=1).close()
            return True
        except OSError:
            return self.daemon.poll() is not None

    def ask(self, attributes):
        """The daemon's action, and how long it took."""
        lines = [f"{name}={value}\n" for name, value in {**REQUEST, **attributes}.items()]
        began = time.monotonic()
        with self.connect(timeout=30) as connection:
            connection.sendall("".join(lines).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n\n"):
                received = connection.recv(4096)
                if not received:
                    return "(no answer)", time.monotonic() - began
                answer += received
        return answer.decode().strip().removeprefix("action="), time.monotonic() - began

    def show(self, transactions, first=0):
        """Prints what is decided; how many decisions are not as expected."""
        wrong = 0
        print(f"{'':2}{'who':37}{'sender':30}{'time':>7}  action")
        for number, (what, attributes, expected) in enumerate(transactions, first):
            instance = {"instance": f"demo.{number}"} | attributes
            action, took = self.ask(instance)
            good = expected is None or action.startswith(expected)
            wrong += not good
            sender = "<" + attributes["sender"] + ">"
            print(f"{'' if good else '!':2}{what:37}{sender:30}{took:6.2f}s  {action}")
            if not good:
                print(f"  expected: {expected}")
        return wrong

    def posternctl(self, *words):
        """Runs it as a postmaster would; prints the command and what it says."""
        shown = [word if re.fullmatch(r"[\w./=@:-]+", word) else f"'{word}'" for word in words]
        print("\n$ posternctl " + " ".join(shown), flush=True)
        done = subprocess.run([self.programs / "posternctl", "--config",
                               self.home / "postern.yaml", *words], timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout.replace(str(self.home), "DEMO"), end="", flush=True)
        return done.returncode

    def show_campaign(self):
        """One command stops a campaign; how many of the answers are not as expected."""
        print("\nA campaign starts, while the daemon runs:", flush=True)
        mail = ("the campaign's mail", dict(sender="win@prize.example"))
        wrong = self.show([(*mail, "DUNNO")], first=100)
        wrong += self.posternctl("block", "prize.example", "--for", "7d", "--reason", "ticket 4712")
        wrong += self.show([(*mail, "550 5.7.1 Sender domain banned")], first=101)
        wrong += self.posternctl("explain", "--sender", "win@prize.example")
        wrong += self.posternctl("unblock", "prize.example")
        wrong += self.show([(*mail, "DUNNO")], first=102)
        wrong += self.posternctl("status")
        return wrong

    def show_log(self, number):
        until(lambda: self.log.read_text().count("decision door=") >= number, 3)
        print("\nWhy, in the words of the daemon's log:\n")
        print(self.log.read_text(), end="", flush=True)

    def follow(self):
        print(f"""
Listening on {self.socket} until Ctrl-C. Try it: edit the rules, and ask.

  $EDITOR {self.home}/rules.yaml
  posternctl --config {self.home}/postern.yaml status
  printf 'request=smtpd_access_policy\\nprotocol_state=RCPT\\nsender=a@good.example\\n\\n' |
    nc -q 1 -U {self.socket}
""", flush=True)
        with open(self.log) as log:
            log.seek(0, os.SEEK_END)
            while self.daemon.poll() is None:
                line = log.readline()
                if line:
                    print(line, end="", flush=True)
                else:
                    time.sleep(0.1)
        sys.exit(f"postern-policyd ended with {self.daemon.returncode}")

    def stop(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()


def main():
    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("--bin", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true",
                        help="stop after the demonstration; fail when a decision is unexpected")
    parser.add_argument("--system-dns", action="store_true",
                        help="ask this machine's name servers instead of the demonstration's")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    transactions = SYSTEM if options.system_dns else EMBEDDED
    with tempfile.TemporaryDirectory(prefix="postern-demo-") as folder:
        # The daemon gives up root and has to be able to read its files afterwards.
        os.chmod(folder, 0o755)
        home = Path(folder)
        for name in ("postern.yaml", "rules.yaml", "zone.yaml", "campaign.txt"):
            shutil.copyfile(HERE / name, home / name)
        demo = Demo(options.bin.resolve(), home, options.system_dns)
        try:
            demo.start_daemon()
            wrong = demo.show(transactions)
            demo.show_log(len(transactions))
            if not options.system_dns:
                wrong += demo.show_campaign()
            if not options.once:
                demo.follow()
        except KeyboardInterrupt:
            print()
            return 0
        finally:
            demo.stop()
    if wrong:
        print(f"{wrong} of the decisions shown were not as expected", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

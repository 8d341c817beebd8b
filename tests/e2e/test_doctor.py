"""posternctl doctor on a Postfix and a sendmail that run: nothing is found where mail is judged,
what is broken on purpose is found, and the line that it says to write mends it."""

import json
import os
import re
import socket
import struct
import subprocess
import threading

import pytest

import mta
import sendmail as sendmail_rig
from gate import BIN, LISTEN_UNIX, MILTER_SOCKET, SOCKET
from mta import MTA, Postfix
from smtp import Client
from waiting import until

RULES = """
rules:
  - name: refused
    when: { sender_domain: refused.example }
    then: reject 550 5.7.1 "refused by Postern"
"""
REFUSED = "refused by Postern"
POSTFIX_PORT = 2570
SENDMAIL_PORT = 2571
# One that answers every question of this kind: nobody has such a name.
EMPTY_ZONE = "zone: { somebody.example: { A: [192.0.2.1] } }\n"

GOOD_LIST = mta.over_tcp(mta.snippet("main.cf.snippet"))
BEHIND_PERMIT = GOOD_LIST.replace("    check_policy_service", "    permit,\n    check_policy_service")


class SmallPostfix(Postfix):
    """One SMTP server, and in main.cf what a test says."""

    PROBE = POSTFIX_PORT
    settings = GOOD_LIST

    def main_text(self):
        return mta.MAIN_CF.format(mta=MTA, home=self.home) + self.settings + "\n"

    def master_text(self):
        others = mta.MASTER_CF[mta.MASTER_CF.index("tlsmgr "):]
        return f"127.0.0.1:{POSTFIX_PORT} inet n - n - - smtpd\n{others}"

    def rewire(self, settings):
        """As a postmaster does: edit main.cf and reload."""
        self.settings = settings
        self.write_configuration()
        self.reload()


class NoSyslog:
    """The other sendmail of the tests has it."""

    def start(self):
        pass

    stop = start


class SmallSendmail(sendmail_rig.Sendmail):
    """One listener, and the filter as shipped, or with one text changed."""

    PROBE = SENDMAIL_PORT
    change = ("", "")

    def __init__(self, home):
        super().__init__(home)
        self._syslog = NoSyslog()

    def shipped_filter(self):
        return super().shipped_filter().replace(*self.change)

    def daemons(self):
        return [f"Name=small, Addr=127.0.0.1, Port={SENDMAIL_PORT}"]


@pytest.fixture(scope="module")
def small_postfix():
    server = SmallPostfix("/mnt/small-postfix")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def small_sendmail():
    server = SmallSendmail("/mnt/small-sendmail")
    server.start()
    yield server
    server.stop()


class Doctor:
    """posternctl doctor beside a daemon, for one MTA."""

    def __init__(self, daemon, *words):
        self._words = words
        self._settings = daemon.home / "postern.yaml"
        path = f"{MTA}/usr/sbin:{os.environ['PATH']}"
        self._env = dict(os.environ, PATH=path, LD_LIBRARY_PATH=str(MTA / "usr/lib/postfix"))

    def look(self, status):
        """The findings, by name, after ending as it should; /etc/hosts is the machine's own."""
        result = subprocess.run(
            [BIN / "posternctl", "--config", self._settings, "--json", "doctor", *self._words],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=self._env)
        assert result.returncode == status, result.stdout + result.stderr
        found = json.loads(result.stdout)["findings"]
        return {one["name"]: one for one in found if not one["name"].startswith("hosts-")}


def is_judged(port):
    """Whether a mail that a rule refuses is refused."""
    with Client(port) as client:
        first = client.say("MAIL FROM:<x@refused.example>")
        answer = first if first.code != 250 else client.say("RCPT TO:<r@dest.example>")
    return REFUSED in answer


@pytest.fixture
def doctor_of_postfix(small_postfix, gate, zone_server):
    daemon = gate(RULES, dns=zone_server(EMPTY_ZONE))
    yield Doctor(daemon, "--postconf", small_postfix.etc)
    small_postfix.rewire(GOOD_LIST)


def test_a_good_postfix(small_postfix, doctor_of_postfix):
    assert is_judged(POSTFIX_PORT)
    assert doctor_of_postfix.look(0) == {}


def test_what_it_says_to_write_mends_postfix(small_postfix, doctor_of_postfix):
    small_postfix.rewire(BEHIND_PERMIT)
    assert until(lambda: not is_judged(POSTFIX_PORT))
    found = doctor_of_postfix.look(1)
    assert set(found) == {"policy-after-permit"}
    assert found["policy-after-permit"]["where"] == "main.cf: smtpd_recipient_restrictions"

    small_postfix.rewire("\n".join(found["policy-after-permit"]["write"]))
    assert until(lambda: is_judged(POSTFIX_PORT))
    assert doctor_of_postfix.look(0) == {}


def test_a_postfix_that_nobody_has_told(small_postfix, doctor_of_postfix):
    small_postfix.rewire("smtpd_recipient_restrictions = permit_mynetworks")
    assert until(lambda: not is_judged(POSTFIX_PORT))
    found = doctor_of_postfix.look(1)
    assert set(found) == {"policy-not-asked"}

    small_postfix.rewire("\n".join(found["policy-not-asked"]["write"]))
    assert until(lambda: is_judged(POSTFIX_PORT))
    assert doctor_of_postfix.look(0) == {}


def test_a_socket_that_postfix_may_not_use(small_postfix, doctor_of_postfix):
    small_postfix.rewire(GOOD_LIST.replace("inet:127.0.0.1:10040", f"unix:{SOCKET}"))
    assert until(lambda: is_judged(POSTFIX_PORT))
    assert doctor_of_postfix.look(0) == {}

    os.chmod(SOCKET, 0o600)
    small_postfix.rewire(small_postfix.settings)  # new SMTP servers, without a connection
    assert until(lambda: not is_judged(POSTFIX_PORT))
    found = doctor_of_postfix.look(1)
    assert set(found) == {"socket-barred"}
    assert re.search("postfix may not .*owner nobody, group postfix, mode 0600",
                     found["socket-barred"]["found"])


def test_a_daemon_that_is_not_there(small_postfix, gate, zone_server):
    daemon = gate(RULES, dns=zone_server(EMPTY_ZONE))
    daemon.stop()
    found = Doctor(daemon, "--postconf", small_postfix.etc).look(1)
    assert set(found) == {"socket-silent"}
    assert not is_judged(POSTFIX_PORT)


class Liar:
    """A name server for which every name there can be is 192.0.2.80."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            question = query[12:query.index(0, 12) + 5]
            address = struct.pack(">HHHIH4B", 0xC00C, 1, 1, 60, 4, 192, 0, 2, 80)
            head = query[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0)
            self._socket.sendto(head + question + address, client)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(60)
        self._socket.close()


@pytest.fixture
def liar():
    server = Liar()
    yield server
    server.stop()


def test_a_name_server_that_lies(small_postfix, gate, liar):
    found = Doctor(gate(RULES, dns=liar), "--postconf", small_postfix.etc).look(1)
    assert set(found) == {"resolver-lies"}
    assert "192.0.2.80" in found["resolver-lies"]["found"]


def test_a_name_server_for_others(small_postfix, gate):
    """nsd knows its own zones, and refuses the rest."""
    found = Doctor(gate(RULES), "--postconf", small_postfix.etc).look(1)
    assert set(found) == {"resolver-refuses"}


def shipped_line():
    """The one line of the shipped snippet that is no comment."""
    return sendmail_rig.shipped_filter().rstrip("\n").splitlines()[-1]


def test_sendmail(small_sendmail, milter, zone_server):
    daemon = milter(RULES, dns=zone_server(EMPTY_ZONE), listen=LISTEN_UNIX)
    doctor = Doctor(daemon, "--sendmail-cf", small_sendmail.etc / "sendmail.cf")
    assert is_judged(SENDMAIL_PORT)
    assert doctor.look(0) == {}

    small_sendmail.change = ("F=T,", "F=R,")
    small_sendmail.make_cf()
    assert set(doctor.look(1)) == {"sendmail-refuses-without"}

    small_sendmail.change = ("INPUT_MAIL_FILTER(", "MAIL_FILTER(")
    small_sendmail.make_cf()
    found = doctor.look(1)
    assert set(found) == {"sendmail-filter-unused"}
    [line] = found["sendmail-filter-unused"]["write"]
    assert line.startswith(f"INPUT_MAIL_FILTER(`postern', `S=local:{MILTER_SOCKET}, F=T, ")

    small_sendmail.change = (shipped_line(), line)
    small_sendmail.make_cf()
    assert doctor.look(0) == {}


def test_sendmail_takes_a_folder_of_everybody_for_unsafe(small_sendmail, milter, zone_server):
    small_sendmail.change = ("", "")
    small_sendmail.make_cf()
    daemon = milter(RULES, dns=zone_server(EMPTY_ZONE), listen=LISTEN_UNIX)
    doctor = Doctor(daemon, "--sendmail-cf", small_sendmail.etc / "sendmail.cf")
    MILTER_SOCKET.parent.chmod(0o777)
    try:
        assert set(doctor.look(1)) == {"socket-folder-open"}
    finally:
        MILTER_SOCKET.parent.chmod(0o755)


class StrictSendmail(SmallSendmail):
    """As it is without a word about sender domains, and with an access map."""

    PROBE = 2573
    features = ""

    def daemons(self):
        return [f"Name=strict, Addr=127.0.0.1, Port={self.PROBE}"]

    def _mc(self):
        (self.etc / "access").write_text("From:mx2.good.example REJECT\n")
        return super()._mc().replace(
            "FEATURE(`accept_unresolvable_domains')",
            f"FEATURE(`access_db', `text -k0 -v1 {self.etc}/access')dnl\n"
            # Without a resolver's answer for the same name below this host's domain.
            f"define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl\n{self.features}")


@pytest.fixture(params=["", "FEATURE(`delay_checks')"], ids=["at MAIL", "at RCPT"])
def strict_sendmail(request, nsd):
    server = StrictSendmail(f"/mnt/strict-sendmail-{len(request.param)}")
    server.features = request.param
    server.start()
    yield server
    server.stop()


def test_what_sendmail_refuses_before_anybody_is_asked(strict_sendmail, milter, zone_server):
    """As docs/sendmail.md says. sendmail asks nsd, which knows good.example and refuses the rest."""
    rules = RULES.replace("refused.example", "mx1.good.example")
    daemon = milter(rules, dns=zone_server(EMPTY_ZONE), listen=LISTEN_UNIX)
    said = {}
    for domain in ("nobody.good.example", "elsewhere.example", "mx2.good.example",
                   "mx1.good.example"):
        with Client(strict_sendmail.PROBE) as client:
            said[domain] = client.mail(f"x@{domain}")
            if strict_sendmail.features and said[domain].code == 250:
                said[domain] = client.rcpt("r@dest.example")
    assert re.match(r"553 5\.1\.8 .*Domain of sender address x@nobody\.good\.example does not exist",
                    said["nobody.good.example"])
    assert re.match(r"451 4\.1\.8 .*Domain of sender address x@elsewhere\.example does not resolve",
                    said["elsewhere.example"])
    assert said["mx2.good.example"].startswith("550 5.7.1 ")
    assert REFUSED not in said["mx2.good.example"] and REFUSED in said["mx1.good.example"]
    daemon.some_decided(sender="x@mx1.good.example")
    # With delay_checks the filter has been told of the sender by then, but not of the recipient.
    stage = {"stage": "rcpt"} if strict_sendmail.features else {}
    for domain in ("nobody.good.example", "elsewhere.example", "mx2.good.example"):
        assert daemon.decisions(sender=f"x@{domain}", **stage) == []

"""Each restriction list that posternctl doctor says to write, taken by a real Postfix: who may send
where before and after, and whom Postern then refuses."""

import base64
import os
import re
import socket
import threading

import pytest

import mta
from mta import MTA
from smtp import Client
from test_doctor import EMPTY_ZONE, RULES, Doctor, SmallPostfix
from waiting import until

PORT = 2572
AUTH_SOCKET = "/mnt/run/auth"
ASKING = "check_policy_service { inet:127.0.0.1:10040, timeout=10s, default_action=DUNNO }"
OF_DEBIAN = "permit_mynetworks permit_sasl_authenticated defer_unauth_destination"
TO_US, ELSEWHERE = "r@box.example", "r@elsewhere.example"


class AuthServer:
    """Speaks Dovecot's authentication protocol with Postfix: whoever says PLAIN is who it says."""

    def __init__(self, path):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o666)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection):
        connection.sendall(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nDONE\n")
        for line in connection.makefile("rb"):
            words = line.rstrip(b"\n").split(b"\t")
            if words[0] != b"AUTH":
                continue
            [said] = [word[5:] for word in words if word.startswith(b"resp=")]
            user = base64.b64decode(said).split(b"\0")[1]
            connection.sendall(b"OK\t" + words[1] + b"\tuser=" + user + b"\n")

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class RelayingPostfix(SmallPostfix):
    """One SMTP server that takes mail for box.example alone, and lets a client say who it is."""

    PROBE = PORT

    def __init__(self, home):
        super().__init__(home)
        self.main = {}
        self.options = {}  # -o of the server
        self._turn = 0

    def main_text(self):
        settings = {"relay_domains": "", "mynetworks": "203.0.113.0/24",
                    "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
                    "smtpd_sasl_path": f"unix:{AUTH_SOCKET}", **self.main,
                    "smtpd_banner": f"$myhostname ESMTP turn {self._turn}"}
        text = mta.MAIN_CF.format(mta=MTA, home=self.home)
        for name, value in settings.items():
            text = re.sub(rf"^{name} =.*\n", "", text, flags=re.M) + f"{name} = {value}\n"
        return text

    def master_text(self):
        others = mta.MASTER_CF[mta.MASTER_CF.index("tlsmgr "):]
        options = "".join(f"  -o {{ {name} = {value} }}\n" for name, value in self.options.items())
        return (f"127.0.0.1:{PORT} inet n - n - - smtpd\n"
                f"  -o smtpd_authorized_xclient_hosts=127.0.0.0/8\n{options}{others}")

    def take(self, lines):
        """Writes what the doctor says where it says it."""
        for line in lines:
            setting = re.fullmatch(r"(?:  -o \{ )?(\w+) = ?(.*?)(?: \})?", line)
            assert setting or line.startswith("#"), line
            if setting:
                options = line.startswith("  -o")
                name, value = setting.groups()
                if not options:
                    value = line.partition("=")[2].strip()
                (self.options if options else self.main)[name] = value
        self.reload()

    def reload(self):
        self._turn += 1
        self.write_configuration()
        self.command("postfix", "check")
        self.command("postfix", "reload")
        assert until(self._has_turned)

    def _has_turned(self):
        with Client(PORT) as client:
            return client.greeting.endswith(f"turn {self._turn}")


@pytest.fixture(scope="module")
def relaying_postfix():
    auth = AuthServer(AUTH_SOCKET)
    server = RelayingPostfix("/mnt/relaying-postfix")
    server.start()
    yield server
    server.stop()
    auth.stop()


CLIENTS = {
    "authenticated": ({"ADDR": "198.51.100.9"}, ELSEWHERE),
    "mynetworks": ({"ADDR": "203.0.113.9"}, ELSEWHERE),
    "stranger to us": ({"ADDR": "198.51.100.9"}, TO_US),
    "stranger to elsewhere": ({"ADDR": "198.51.100.9"}, ELSEWHERE),
}


def answers(sender):
    """What each of the four is told about that sender: the first digit of the last reply."""
    told = {}
    for name, (who, recipient) in CLIENTS.items():
        with Client(PORT) as client:
            assert client.claim(**who).code == 220
            if name == "authenticated":
                word = base64.b64encode(b"\0joe\0secret").decode()
                assert client.say(f"AUTH PLAIN {word}").code == 235
            reply = client.mail(sender)
            told[name] = str((client.rcpt(recipient) if reply.code == 250 else reply).code)[0]
    return told


LISTS = {
    "permits only those who log in": ("policy-not-asked", {
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
        "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject_non_fqdn_recipient"}),
    "stock Debian": ("policy-not-asked", {"smtpd_relay_restrictions": OF_DEBIAN}),
    "relay restrictions come last": ("policy-not-asked", {
        "compatibility_level": "2", "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": "permit_mynetworks, reject_non_fqdn_recipient"}),
    "asked before relaying is refused": ("policy-before-relay-check", {
        "compatibility_level": "2", "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": f"permit_mynetworks, permit_sasl_authenticated, {ASKING}"}),
    "exempts nobody": ("policy-own-clients", {
        "smtpd_relay_restrictions": OF_DEBIAN, "smtpd_recipient_restrictions": ASKING}),
    "asked in the sender restrictions": ("policy-own-clients", {
        "smtpd_relay_restrictions": OF_DEBIAN, "smtpd_sender_restrictions": ASKING}),
    "behind a permit": ("policy-after-permit", {
        "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
                                        f"reject_unauth_destination, permit, {ASKING}"}),
    "permits what comes in": ("policy-not-asked", {
        "smtpd_relay_restrictions": "",
        "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
                                        "permit_auth_destination, reject"}),
    "a table in braces": ("policy-not-asked", {
        "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions":
            "permit_mynetworks, permit_sasl_authenticated, "
            "check_sender_access inline:{{a@b.test = reject }, {c@d.test = 550 no $$}}, "
            "reject_unauth_destination, check_client_access "
            "regexp:{{/^host{1,2}$$/ reject}}"}),
    "a class that permits": ("policy-not-asked", {
        "smtpd_relay_restrictions": OF_DEBIAN, "smtpd_restriction_classes": "ours",
        "ours": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, permit",
        "smtpd_recipient_restrictions": "reject_non_fqdn_sender, ours"}),
    "only logged": ("refusal-only-logged", {
        "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
                                        f"warn_if_reject {ASKING}, reject_non_fqdn_sender"}),
    "a mistyped port": ("address-unserved", {
        "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
                                        + ASKING.replace("10040", "10400")}),
}


def new_warnings(server, before):
    """What its SMTP servers have complained of."""
    lines = server.log()[before:].splitlines()
    return [line for line in lines if re.search(r"smtpd\[\d+\]: (warning|fatal|error):", line)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_proposed(name, relaying_postfix, gate, zone_server):
    finding, settings = LISTS[name]
    daemon = gate(RULES, dns=zone_server(EMPTY_ZONE))
    doctor = Doctor(daemon, "--postconf", relaying_postfix.etc)
    relaying_postfix.main, relaying_postfix.options = dict(settings), {}
    relaying_postfix.reload()
    before = answers("x@sender.example")
    assert before["authenticated"] == before["stranger to us"] == "2"
    assert before["stranger to elsewhere"] != "2"

    found = doctor.look(0 if finding == "policy-own-clients" and "sender" not in name else 1)
    length = len(relaying_postfix.log())
    relaying_postfix.take(found[finding]["write"])
    assert answers("x@sender.example") == before
    assert answers("x@refused.example") == {**before, "stranger to us": "5"}
    assert new_warnings(relaying_postfix, length) == []
    assert doctor.look(0) == {}


def test_an_override_of_master_cf(relaying_postfix, gate, zone_server):
    doctor = Doctor(gate(RULES, dns=zone_server(EMPTY_ZONE)), "--postconf", relaying_postfix.etc)
    relaying_postfix.main = {"smtpd_relay_restrictions": OF_DEBIAN,
                             "smtpd_recipient_restrictions": f"permit_mynetworks, {ASKING}"}
    relaying_postfix.options = {"smtpd_recipient_restrictions":
                                "permit_mynetworks, permit_sasl_authenticated, "
                                "reject_unauth_destination"}
    relaying_postfix.reload()
    before = answers("x@refused.example")
    found = doctor.look(1)
    assert found["policy-not-asked"]["write"][1].startswith("  -o { smtpd_recipient_restrictions")
    relaying_postfix.take(found["policy-not-asked"]["write"])
    assert answers("x@refused.example") == {**before, "stranger to us": "5"}
    assert doctor.look(0) == {}


def test_a_misspelt_restriction(relaying_postfix, gate, zone_server):
    doctor = Doctor(gate(RULES, dns=zone_server(EMPTY_ZONE)), "--postconf", relaying_postfix.etc)
    relaying_postfix.options = {}
    relaying_postfix.main = {
        "smtpd_relay_restrictions": OF_DEBIAN,
        "smtpd_recipient_restrictions": "permit_mynetworks, permit_sasl_authenticated, "
                                        f"reject_unath_destination, {ASKING}"}
    relaying_postfix.reload()
    assert answers("x@sender.example")["stranger to us"] == "4"
    found = doctor.look(1)
    assert set(found) == {"restriction-unknown"}
    relaying_postfix.take(found["restriction-unknown"]["write"])
    assert answers("x@sender.example")["stranger to us"] == "2"
    assert doctor.look(0) == {}


OWN_PEOPLE = "permit_mynetworks, permit_sasl_authenticated"
ASKED = {"smtpd_relay_restrictions": OF_DEBIAN,
         "smtpd_recipient_restrictions": f"{OWN_PEOPLE}, {ASKING}"}


@pytest.mark.parametrize("finding, settings", [
    ("soft-bounce", {"soft_bounce": "yes"}),
    ("refusal-deferred", {
        "smtpd_recipient_restrictions": f"{OWN_PEOPLE}, warn_if_reject defer_if_reject, {ASKING}"}),
    ("refusal-deferred", {
        "smtpd_relay_restrictions": f"{OWN_PEOPLE}, reject_unauth_destination, defer_if_reject"}),
])
def test_what_weakens_a_refusal(finding, settings, relaying_postfix, gate, zone_server):
    doctor = Doctor(gate(RULES, dns=zone_server(EMPTY_ZONE)), "--postconf", relaying_postfix.etc)
    relaying_postfix.options, relaying_postfix.main = {}, {**ASKED, **settings}
    relaying_postfix.reload()
    assert answers("x@refused.example")["stranger to us"] == "4"
    found = doctor.look(1)
    assert set(found) == {finding}
    relaying_postfix.take(found[finding]["write"])
    assert answers("x@refused.example")["stranger to us"] == "5"
    assert doctor.look(0) == {}


@pytest.mark.parametrize("name", ["client", "helo", "sender"])
def test_defer_if_reject_ends_with_its_list(name, relaying_postfix, gate, zone_server):
    doctor = Doctor(gate(RULES, dns=zone_server(EMPTY_ZONE)), "--postconf", relaying_postfix.etc)
    relaying_postfix.options = {}
    relaying_postfix.main = {**ASKED, f"smtpd_{name}_restrictions": "defer_if_reject"}
    relaying_postfix.reload()
    assert answers("x@refused.example")["stranger to us"] == "5"
    assert doctor.look(0) == {}

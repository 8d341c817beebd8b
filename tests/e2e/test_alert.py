"""posternctl alert: a strong proposal gets to a command, to a mailbox through the real MTA, and to
a server that checks who has sent it; each once."""

import contextlib
import hashlib
import hmac
import json
import os
import shlex
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gate import BIN
from mta import MTA, XCLIENT
from smtp import Client
from waiting import until

RULES = """\
version: 1
rules:
  - { name: bad, when: { sender: bad@ }, then: reject 550 5.7.1 "Banned here" }
"""
KEY = "k" * 40


class Receiver(contextlib.AbstractContextManager):
    """What docs/alerts.md tells a receiver to do."""

    def __init__(self, certificate=None):
        receiver = self
        self.got = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert receiver.is_genuine(self.headers, body)
                receiver.got.append((self.path, self.headers, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_genuine(self, fields, body):
        signed = fields["Postern-Timestamp"].encode() + b"." + body
        wanted = "v1=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
        return (hmac.compare_digest(wanted, fields["Postern-Signature"])
                and abs(time.time() - int(fields["Postern-Timestamp"])) < 300)

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Hooks:
    """The settings of a door with all hooks, and `posternctl alert` on them."""

    def __init__(self, door, webhook, mta):
        self.door, self.home = door, door.home
        self.env = dict(os.environ, MAIL_CONFIG=str(mta.etc), LC_ALL="C",
                        LD_LIBRARY_PATH=str(MTA / "usr/lib/postfix"))
        (self.home / "key").write_text(KEY + "\n")
        (self.home / "key").chmod(0o640)
        (self.home / "hook").write_text(f"#!/bin/sh\ncat >>{self.home}/command-got\n")
        (self.home / "hook").chmod(0o755)
        self.write(webhook, self.sendmail(mta))

    def sendmail(self, mta):
        """As an administrator's sendmail(8) is called."""
        if hasattr(mta, "command"):
            return MTA / "usr/sbin/sendmail"
        program = self.home / "sendmail"
        # What is sent from here sendmail looks up: not at a name server, of which there is none.
        (self.home / "switch").write_text("hosts files\naliases files\n")
        program.write_text(f"#!/bin/sh\nexec {MTA}/usr/libexec/sendmail/sendmail -Am -odi "
                           f"-C {mta.etc}/sendmail.cf -O ServiceSwitchFile={self.home}/switch "
                           "\"$@\"\n")
        program.chmod(0o755)
        return program

    def write(self, webhook, sendmail):
        with open(self.door.settings_file, "a") as file:
            file.write(f"radar:\n  alert_command: {self.home}/hook\n"
                       f"  alert_mail: watch@box.example\n  sendmail: {sendmail}\n"
                       f"  alert_webhook: {webhook}\n  webhook_key: {self.home}/key\n")

    def posternctl(self, *words):
        return [BIN / "posternctl", "--config", self.door.settings_file, *words]

    def run(self, *words, **env):
        return subprocess.run(self.posternctl(*words), capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, env=dict(self.env, **env))

    @contextlib.contextmanager
    def following(self, *words):
        """A posternctl that goes on, and what it has said."""
        said = self.home / f"{words[0]}-said"
        with open(said, "w") as output:
            process = subprocess.Popen(self.posternctl(*words, "--follow"), stdout=output,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env=self.env)
        yield said.read_text
        process.terminate()
        assert process.wait(60) == 0, said.read_text()

    def by_command(self):
        got = self.home / "command-got"
        return [json.loads(line) for line in got.read_text().splitlines()] if got.exists() else []


def alerts_in(mta):
    return [text for text in mta.delivered() if "Subject: Postern radar: C1 on " in text]


def begin_campaign():
    """Strong: one of three is refused by a rule."""
    for number, local in enumerate(["pay", "bad", "pay"]):
        with Client(XCLIENT, helo=f"h{number}.test") as client:
            assert client.claim(ADDR=f"11.91.7.{number}", NAME="[UNAVAILABLE]").code == 220
            client.envelope(f"{local}@alert-d{number}.win", "joe@box.example")


@pytest.fixture(params=["postfix", "sendmail"])
def mta(request):
    return request.getfixturevalue(request.param)


def test_a_strong_proposal_is_told_once_by_each_hook(postfix, mta, doors):
    both = doors(RULES)
    both.start()
    before = len(alerts_in(mta))
    with Receiver() as receiver:
        hooks = Hooks(both.policyd, f"'http://127.0.0.1:{receiver.port}/x?y=1'", mta)
        with hooks.following("radar") as radar, hooks.following("alert") as alert:
            assert until((both.policyd.home / "state/radar-memory").exists), radar()
            begin_campaign()
            assert until(lambda: len(alerts_in(mta)) == before + 1), (
                radar() + alert() + mta.log()[-2000:])
            assert until(lambda: "by webhook: sent" in alert()), alert()
        assert hooks.run("alert").returncode == 0, "nothing is due any more"
        [(path, fields, body)] = receiver.got
    assert path == "/x?y=1"
    assert fields["Postern-Alert"] == body["id"]
    [campaign] = body["campaigns"]
    command = "posternctl block 11.91.7.0/24 --for 7d --reason 'radar C1'"
    assert campaign["command"] == command
    [by_command] = hooks.by_command()
    assert by_command["campaigns"] == body["campaigns"]
    mail = alerts_in(mta)[-1]
    assert f"\n    {command}\n" in mail and "\nAuto-Submitted: auto-generated\n" in mail
    assert "has failed" not in hooks.run("radar").stderr


def certificate(folder, name):
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=receiver", "-addext", f"subjectAltName={name}",
         "-out", certificate, "-keyout", key], check=True, capture_output=True, timeout=60)
    return certificate, key


@pytest.mark.parametrize("name, trusted, why", [
    ("IP:127.0.0.1", True, ""),
    ("IP:127.0.0.1", False, "certificate problem"),
    ("IP:127.0.0.2", True, "no alternative certificate subject name matches"),
    ("DNS:receiver.example", True, "no alternative certificate subject name matches")],
    ids=["right", "unknown", "of-another-address", "of-a-name"])
def test_a_server_has_to_prove_who_it_is(tmp_path, postfix, doors, name, trusted, why):
    made = certificate(tmp_path, name)
    both = doors(RULES)
    with Receiver(certificate=made) as receiver:
        hooks = Hooks(both.policyd, f"https://127.0.0.1:{receiver.port}/", postfix)
        known = made if trusted else certificate(tmp_path, "DNS:other.example")
        result = hooks.run("alert", "--test", CURL_CA_BUNDLE=str(known[0]))
        assert ("webhook: a test was sent" in result.stdout) == (not why), result.stderr
        assert why in result.stderr
        assert len(receiver.got) == (0 if why else 1)


RULES_FOR_CLIENTS = """\
version: 1
lists:
  campaign-clients: { kind: network, file: lists/campaign-clients.txt }
rules:
  - { name: bad, when: { sender: bad@ }, then: reject 550 5.7.1 "Banned here" }
  - name: campaign-clients
    when: { client: campaign-clients }
    then: reject 550 5.7.1 "Client banned here"
"""


def test_the_brake_holds_until_somebody_blocks(postfix, doors):
    both = doors(RULES_FOR_CLIENTS, lists={"lists/campaign-clients.txt": ""})
    both.start()
    hooks = Hooks(both.policyd, "http://127.0.0.1:1/", postfix)
    with open(both.policyd.settings_file, "a") as file:
        file.write("  brake: 1h\n")

    def answer(address):
        with Client(XCLIENT, helo="h.test") as client:
            assert client.claim(ADDR=address, NAME="[UNAVAILABLE]").code == 220
            return client.envelope("new@elsewhere.test", "joe@box.example").code

    proposals = both.policyd.home / "state/radar-proposals"
    with hooks.following("radar") as radar:
        assert until((both.policyd.home / "state/radar-memory").exists), radar()
        begin_campaign()
        assert until(lambda: "C1" in proposals.read_text()), radar()
    assert answer("11.91.7.200") == 250
    result = hooks.run("brake")
    assert result.returncode == 0, result.stderr
    assert answer("11.91.7.200") == 451
    assert answer("11.92.7.200") == 250
    # The alert waits for the brake, and says what it has done.
    assert until(lambda: hooks.run("alert") and hooks.by_command())
    [braked] = hooks.by_command()[0]["braked"]
    assert braked["entry"] == "11.91.7.0/24"
    command = hooks.by_command()[0]["campaigns"][0]["command"]
    assert hooks.run(*shlex.split(command)[1:]).returncode == 0
    assert answer("11.91.7.200") == 550
    assert hooks.run("undo").returncode == 0
    assert answer("11.91.7.200") == 451

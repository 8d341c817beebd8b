"""A mail host in namespaces of its own, as the reader of the manual has it: /etc/postern, port 25,
`systemctl`, `journalctl`. The comment that describes it:

    mta: postfix | sendmail    which one listens on port 25; left out: none
    guarded: policyd | milter  installed, enforcing, started, with the lines of contrib/ in the MTA
    resolvers: {ADDRESS: ZONE} name servers on port 53, as in tests/support/zone_map.h
    files: {NAME: TEXT}        what is there besides; of a NAME.mmdb the lines of mmdb_writer.of_lines()

The comment that says what mail comes in, a list; `{n}` in its texts counts from 1:
    - { client: ADDRESS, helo: NAME, from: ADDRESS, to: ADDRESS, subject: TEXT,
        times: N, answer: CODE }

Packages, systemd and make are what tests/e2e/host_bin puts in their place.
"""

import re
import shutil
import subprocess
from pathlib import Path

import yaml

import mmdb_writer
import mta
import sendmail
from syslogd import Syslog
from waiting import until

HERE = Path(__file__).resolve().parent
MAIL_LOG = "/var/log/mail.log"
SPOOL = Path("/var/spool/mta")
QUEUE = Path("/var/spool/postfix")


class Host:
    def __init__(self, folder, description):
        self.folder = Path(folder)
        self._description = dict(description or {})
        self._holder = None
        self._syslog = None
        self._pid = 0
        sources, programs = self.folder / "sources", self.folder / "bin"
        self._env = {
            "PATH": f"{sources}/tests/e2e/host_bin:{programs}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root", "USER": "root", "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "SOURCES": str(sources), "POSTERN_BIN": str(programs), "MTA": str(mta.MTA)}

    # -- its life ---------------------------------------------------------------------------------

    def start(self):
        self.folder.mkdir(mode=0o755)
        self._describe()
        if self._mta == "sendmail":
            self._syslog = Syslog(self.folder / "mail.log", self.folder / "dev-log")
            self._syslog.start()
        self._open_namespaces()
        for address, zone in self._description.pop("resolvers", {}).items():
            self._serve_zone(address, zone)
        self._start_mta()
        if self._guarded:
            self._guard()
        for name, text in self._description.pop("files", {}).items():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            content = mmdb_writer.of_lines(text) if name.endswith(".mmdb") else text.encode()
            self.path(name).write_bytes(content)
        assert not self._description, f"not known of a host: {self._description}"

    def _describe(self):
        self._mta = self._description.pop("mta", None)
        self._guarded = self._description.pop("guarded", None)
        assert self._mta in (None, "postfix", "sendmail")
        assert self._guarded in (None, "policyd", "milter")

    def _open_namespaces(self):
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child",
             "--mount-proc", HERE / "manual_host", self.folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n"
        children = f"/proc/{self._holder.pid}/task/{self._holder.pid}/children"
        self._pid = int(Path(children).read_text(encoding="ascii"))
        if self._syslog:
            self._inside("mount", "--bind", self._syslog.file, MAIL_LOG)

    def stop(self):
        """With everything that runs there."""
        if self._holder:
            self._holder.kill()
            self._holder.wait(60)
            self._holder.stdout.close()
        if self._syslog:
            self._syslog.stop()

    # -- what is on it ----------------------------------------------------------------------------

    def path(self, name):
        """A file of the host, seen from outside."""
        return Path(f"/proc/{self._pid}/root") / str(name).lstrip("/")

    def _entering(self, *command):
        return ["nsenter", f"--target={self._pid}", "--mount", "--net", "--pid", "--uts", "--",
                *command]

    def _inside(self, *command):
        subprocess.run(self._entering(*command), env=self._env, check=True, timeout=60,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def run(self, command, person=""):
        """What a shell command writes, both ways together, and how it ends."""
        with open(self.folder / "output", "w+") as output:
            # A file and not a pipe: what it starts in the background may keep its output.
            status = subprocess.run(
                self._entering("bash", "-c", command),
                env={**self._env, **({"PERSON": person} if person else {})}, timeout=60, cwd="/",
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT).returncode
            output.seek(0)
            # What is said when a daemon has been silent for a second: the machine is busy.
            said = re.sub(r"^posternctl: .*waiting for .* at most\n", "", output.read(), flags=re.M)
            return said, status

    def _serve_zone(self, address, zone):
        place = self.folder / f"zone-{address}"
        place.mkdir()
        (place / "zone.yaml").write_text(yaml.safe_dump({"zone": zone or {}}))
        subprocess.Popen(
            self._entering(self.folder / "bin/postern-zone-server", "--listen", f"{address}:53",
                           "--port-file", place / "port", place / "zone.yaml"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        assert until((place / "port").exists), "postern-zone-server did not start"

    def _start_mta(self):
        if self._mta == "postfix":
            self._lay_out_postfix()
        elif self._mta == "sendmail":
            self._lay_out_sendmail()
            self._inside("make", "-s", "-C", "/etc/mail")
        if self._mta:
            self._inside("systemctl", "start", self._mta)

    def _lay_out_postfix(self):
        home = self.path(SPOOL)
        for folder in (home, home / "boxes", self.path(QUEUE)):
            folder.mkdir(mode=0o755)
        shutil.chown(home / "boxes", 65534, 65534)
        settings = mta.MAIN_CF.format(mta=mta.MTA, home=SPOOL)
        for name, value in (("maillog_file", MAIL_LOG), ("maillog_file_prefixes", "/var"),
                            ("myhostname", "mx.box.example"), ("queue_directory", QUEUE)):
            settings = re.sub(rf"^{name} =.*\n", "", settings, flags=re.M)
            settings += f"{name} = {value}\n"
        services = mta.MASTER_CF[mta.MASTER_CF.index("tlsmgr "):]
        self.path("/etc/postfix/main.cf").write_text(settings)
        self.path("/etc/postfix/master.cf").write_text("smtp inet n - n - - smtpd\n" + services)

    def _lay_out_sendmail(self):
        home = self.path(SPOOL)
        for folder in ("", "etc", "queue", "boxes"):
            (home / folder).mkdir(mode=0o755)
        (home / "queue").chmod(0o700)
        shutil.chown(home / "boxes", "nobody", "nogroup")
        (home / "statistics").touch()
        (home / "etc/local-host-names").write_text("localhost\n")
        (home / "etc/service.switch").write_text("hosts files dns\naliases files\n")
        (home / "etc/deliver").write_text(sendmail.DELIVER)
        (home / "etc/deliver").chmod(0o755)
        text = sendmail.MC.format(
            home=SPOOL, mta=mta.MTA, shipped="", tcp="", unjudged="", refusing="",
            daemons="DAEMON_OPTIONS(`Name=MTA, Addr=0.0.0.0, Port=25')dnl")
        # No TLS here, and no filter but those of the page.
        text = re.sub(r"^(MAIL_FILTER|define\(`conf(CACERT|SERVER_)).*\n", "", text, flags=re.M)
        text = text.replace("mx.gate.example", "mx.box.example")
        # As sendmail is without a word about it.
        text = text.replace("FEATURE(`accept_unresolvable_domains')dnl\n", "")
        text = text.replace("FEATURE(`promiscuous_relay')", "RELAY_DOMAIN(`box.example')")
        self.path("/etc/mail/sendmail.mc").write_text(text)

    # -- guarded already --------------------------------------------------------------------------

    def _guard(self):
        """As the first chapters leave it."""
        self._inside("apt", "install", "./postern_*.deb")
        self._edit("/etc/postern/rules.yaml", "^    mode: log  .*", "    mode: enforce", 1)
        if self._guarded == "milter":
            self._guard_by_milter()
            return
        self._inside("systemctl", "start", "postern-policyd.socket", "postern-policyd")
        if self._mta == "postfix":
            self._append_to_main_cf(mta.snippet("main.cf.snippet"))

    def _append_to_main_cf(self, lines):
        with self.path("/etc/postfix/main.cf").open("a") as file:
            file.write(lines + "\n")
        self._inside("systemctl", "reload", "postfix")

    def _guard_by_milter(self):
        listen = ('"inet:127.0.0.1:10050"' if self._mta == "postfix" else
                  "{ unix: /run/postern/milter, mode: 0600 }")
        self._edit("/etc/postern/postern.yaml", r"^policyd: (?s:.*)",
                   f"milter: {{ listen: {listen} }}\n", 1)
        if self._mta == "postfix":
            self._inside("systemctl", "start", "postern-milter")
            self._append_to_main_cf(mta.snippet("milter.cf.snippet").replace(
                "unix:postern/milter", "inet:127.0.0.1:10050"))
        else:
            self._inside("systemctl", "start", "postern-milter.socket", "postern-milter")
            lines = ("FEATURE(`accept_unresolvable_domains')dnl\n"
                     + re.search("^INPUT_MAIL_FILTER.*", sendmail.SNIPPET.read_text(), re.M)[0])
            self._edit("/etc/mail/sendmail.mc", r"^(?=MAILER\(`smtp')", f"{lines}\n", 1)
            self._inside("make", "-s", "-C", "/etc/mail")
            self._inside("systemctl", "restart", "sendmail")

    def _edit(self, name, pattern, text, times):
        changed, count = re.subn(pattern, text, self.path(name).read_text(), flags=re.M)
        assert count == times, f"{name}: {count} times {pattern}"
        self.path(name).write_text(changed)

    # -- mail that comes in -----------------------------------------------------------------------

    def receive(self, mails):
        for mail in mails:
            for n in range(1, mail.get("times", 1) + 1):
                self._receive_one({key: str(value).format(n=n) for key, value in mail.items()})

    def _receive_one(self, mail):
        result = subprocess.run(self._entering(
            "/usr/bin/swaks", "-s", "mx.box.example", "--local-interface", mail["client"],
            "--helo", mail["helo"], "-f", mail["from"], "-t", mail["to"], "--header",
            f"Subject: {mail.get('subject', 'test')}"), env=self._env, timeout=60, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        refused = re.search(r"^<\*\* (\d+)", result.stdout, re.M)
        answer = refused[1] if refused else "250" if result.returncode == 0 else "none"
        assert answer == mail.get("answer", "250"), f"{mail}\n{result.stdout}{result.stderr}"

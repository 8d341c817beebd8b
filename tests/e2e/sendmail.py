"""A private sendmail: its own configuration, queue and log, on loopback ports."""

import re
import shutil
import subprocess
from pathlib import Path

from gate import MILTER_SOCKET, MILTER_TCP
from mta import MTA, make_certificate
from syslogd import Syslog
from waiting import until, wait_for_port

CF = MTA / "usr/share/sendmail/cf"
PROGRAM = MTA / "usr/libexec/sendmail/sendmail"
SNIPPET = Path(__file__).resolve().parents[2] / "contrib/sendmail/postern.mc"

# What each port of the instance is for.
SHIPPED = 2545  # contrib/sendmail/postern.mc as it is: over the unix socket
TCP = 2546  # the same over TCP
PLAIN = 2547  # never asks
IPV6 = 2548  # as SHIPPED, on ::
UNJUDGED = 2549  # as SHIPPED, without F=: what the snippet says about that
REFUSING = 2550  # and with F=R

MC = """\
divert(0)dnl
define(`MAIL_SETTINGS_DIR', `{home}/etc/')dnl
VERSIONID(`end to end')dnl
OSTYPE(`linux')dnl
undefine(`ALIAS_FILE')dnl
define(`confPID_FILE', `{home}/pid')dnl
define(`QUEUE_DIR', `{home}/queue')dnl
define(`STATUS_FILE', `{home}/statistics')dnl
define(`HELP_FILE', `{mta}/etc/mail/helpfile')dnl
define(`confCW_FILE', `-o {home}/etc/local-host-names')dnl
define(`confSERVICE_SWITCH_FILE', `{home}/etc/service.switch')dnl
define(`confDOMAIN_NAME', `mx.gate.example')dnl
define(`confDEF_USER_ID', `nobody:nogroup')dnl
define(`confTO_IDENT', `0')dnl
define(`confLOG_LEVEL', `10')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confMAX_DAEMON_CHILDREN', `0')dnl
define(`confREFUSE_LA', `9999')dnl
define(`confQUEUE_LA', `9999')dnl
define(`confDELAY_LA', `0')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confMAX_RCPTS_PER_MESSAGE', `0')dnl
define(`confPRIVACY_FLAGS', `')dnl
define(`confCACERT_PATH', `{home}/etc')dnl
define(`confCACERT', `{home}/etc/certificate.pem')dnl
define(`confSERVER_CERT', `{home}/etc/certificate.pem')dnl
define(`confSERVER_KEY', `{home}/etc/key.pem')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`promiscuous_relay')dnl
{shipped}
MAIL_FILTER(`tcp', `{tcp}')dnl
MAIL_FILTER(`unjudged', `{unjudged}')dnl
MAIL_FILTER(`refusing', `{refusing}')dnl
{daemons}
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Msink, P=[FILE], F=lsDFMPEouq9, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, T=DNS/RFC822/X-Unix,
	A=FILE /dev/null
Mbox, P={home}/etc/deliver, F=lsDFMPn, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, T=DNS/RFC822/X-Unix,
	A=deliver {home}/boxes $u
LOCAL_RULE_0
Rnobody < @ box . example $* >	$#error $@ 5.1.1 $: "550 User unknown"
R$+ < @ box . example $* >	$#box $@ localhost $: $1
R$+ < @ $+ >	$#sink $@ $2 $: $1 < @ $2 >
"""

DAEMONS = [
    # Asked by name; without one of its own a listener takes all INPUT_MAIL_FILTER lines.
    f"Name=shipped, Addr=127.0.0.1, Port={SHIPPED}, Listen=200",
    f"Name=tcp, Addr=127.0.0.1, Port={TCP}, Listen=200, InputMailFilters=tcp",
    f"Name=plain, Addr=127.0.0.1, Port={PLAIN}, Listen=200, InputMailFilters=",
    f"Name=ipv6, Family=inet6, Addr=::, Port={IPV6}, Listen=200",
    f"Name=unjudged, Addr=127.0.0.1, Port={UNJUDGED}, InputMailFilters=unjudged",
    f"Name=refusing, Addr=127.0.0.1, Port={REFUSING}, InputMailFilters=refusing",
]

DELIVER = """\
#!/bin/sh
new=$(mktemp "$1/.XXXXXX") && cat >"$new" && mv "$new" "$1/inbox${new##*/}"
"""


def shipped_filter():
    """The snippet that is shipped, with the socket of the tests."""
    text = SNIPPET.read_text()
    assert "S=local:/run/postern/milter," in text
    return text.replace("/run/postern/milter", str(MILTER_SOCKET))


def equates_of(snippet):
    """What its INPUT_MAIL_FILTER line says about the filter."""
    return re.search(r"^INPUT_MAIL_FILTER\(`postern', `([^']*)'\)dnl$", snippet, re.M).group(1)


class Sendmail:
    """As mta.Postfix is."""

    PROBE = PLAIN

    def __init__(self, home):
        self.home = Path(home)
        self.etc = self.home / "etc"
        self.boxes = self.home / "boxes"
        self.log_file = self.home / "maillog"
        self.process = None
        self._syslog = Syslog(self.log_file)

    def start(self):
        self._lay_out()
        self._syslog.start()
        with open(self.home / "stdout", "w") as stdout:
            self.process = subprocess.Popen(
                [PROGRAM, "-C", self.etc / "sendmail.cf", "-L", "sm-mta", "-bD", "-q30m"],
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.STDOUT)
        wait_for_port("127.0.0.1", self.PROBE)

    def _lay_out(self):
        self.home.mkdir(mode=0o755, exist_ok=True)
        self.etc.mkdir(mode=0o755)
        (self.home / "queue").mkdir(mode=0o700)
        self.boxes.mkdir(mode=0o755)
        shutil.chown(self.boxes, "nobody", "nogroup")
        (self.home / "statistics").touch()
        (self.etc / "local-host-names").write_text("localhost\n")
        (self.etc / "service.switch").write_text("hosts files dns\naliases files\n")
        (self.etc / "deliver").write_text(DELIVER)
        (self.etc / "deliver").chmod(0o755)
        make_certificate(self.etc)
        self.make_cf()

    def make_cf(self):
        (self.etc / "sendmail.mc").write_text(self._mc())
        cf = subprocess.run(["m4", f"-D_CF_DIR_={CF}/", "m4/cf.m4", self.etc / "sendmail.mc"],
                            cwd=CF, check=True, capture_output=True, text=True, timeout=60)
        (self.etc / "sendmail.cf").write_text(cf.stdout)

    def shipped_filter(self):
        return shipped_filter()

    def daemons(self):
        return DAEMONS

    def _mc(self):
        shipped = self.shipped_filter()
        unix = equates_of(shipped_filter())
        tcp = unix.replace(f"local:{MILTER_SOCKET}", "inet:{1}@{0}".format(*MILTER_TCP))
        daemons = "\n".join(f"DAEMON_OPTIONS(`{options}')dnl" for options in self.daemons())
        return MC.format(
            home=self.home, mta=MTA, shipped=shipped, tcp=tcp, daemons=daemons,
            unjudged=unix.replace(" F=T,", ""), refusing=unix.replace("F=T", "F=R"))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self._syslog.stop()

    # -- what it did ------------------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace")

    def logged(self, pattern):
        """The first line of the log that matches, which may take a moment to be written."""
        found = until(lambda: re.search(f"^.*{pattern}.*$", self.log(), re.M))
        assert found, f"no line like /{pattern}/ in sendmail's log:\n{self.log()[-4000:]}"
        return found.group(0)

    def held(self):
        """The messages in quarantine, by queue id."""
        return {path.name[2:] for path in (self.home / "queue").rglob("hf*")}

    def delivered(self):
        """Every message in the mailbox of box.example, as text."""
        return [path.read_text() for path in sorted(self.boxes.glob("inbox.*"))]

    def sent(self, queue_id, recipient):
        """Waits for the delivery to one recipient."""
        self.logged(rf"{queue_id}: to=<{re.escape(recipient)}>.*stat=Sent")

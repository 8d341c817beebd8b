"""A private Postfix: its own configuration, queue and log, on loopback ports."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from gate import MILTER_SOCKET
from waiting import until, wait_for_port

MTA = Path("/mnt/mta")
SNIPPETS = Path(__file__).resolve().parents[2] / "contrib" / "postfix"

# Where the daemon under test listens.
POLICY_TCP = "inet:127.0.0.1:10040"
POLICY_UNIX = "unix:/mnt/run/policy"
MILTER_TCP = "inet:127.0.0.1:10050"

# What each port of the instance is for.
STOCK = 2525  # main.cf as contrib/postfix/main.cf.snippet has it, but over TCP: at RCPT
UNIX = 2526  # the same over the unix socket
GREETING = 2527  # contrib/postfix/greeting-delay.cf.snippet: asked at CONNECT too
XCLIENT = 2528  # as STOCK, and a client may say who it is
PLAIN = 2529  # never asks
STAGES = 2530  # asked at every stage, with XCLIENT
IPV6 = 2531  # as STOCK, on ::
MILTER = 2532  # contrib/postfix/milter.cf.snippet and no policy service: over TCP
MILTER_UNIX = 2533  # the same over the unix socket
MILTER_XCLIENT = 2534  # as MILTER, and a client may say who it is
MILTER_IPV6 = 2535  # as MILTER, on ::
MILTER_UNIX_IPV6 = 2537  # as MILTER_UNIX, on ::
MILTER_TLS = 2538  # as MILTER, with STARTTLS
MILTER_TEMPFAIL = 2536  # as MILTER with default_action=tempfail: what the snippet says about that

MAIN_CF = """\
compatibility_level = 3.6
command_directory = {mta}/usr/sbin
daemon_directory = {mta}/usr/lib/postfix/sbin
shlib_directory = {mta}/usr/lib/postfix
meta_directory = {mta}/etc/postfix
sendmail_path = {mta}/usr/sbin/sendmail
mailq_path = {mta}/usr/bin/mailq
newaliases_path = {mta}/usr/bin/newaliases
manpage_directory = {mta}/usr/share/man
html_directory = no
readme_directory = no
queue_directory = {home}/queue
data_directory = {home}/data
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
    LD_LIBRARY_PATH
export_environment = TZ MAIL_CONFIG LANG LD_LIBRARY_PATH
maillog_file = {home}/maillog
maillog_file_prefixes = /mnt
myhostname = mx.gate.example
mydestination =
mynetworks = 203.0.113.77/32
inet_interfaces = all
inet_protocols = all
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = !box.example, static:ALL
relay_recipient_maps =
default_transport = discard:sink
relay_transport = discard:sink
virtual_mailbox_domains = box.example
virtual_mailbox_base = {home}/boxes
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
smtpd_tls_security_level = none
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 200
notify_classes =
in_flow_delay = 0
"""

MASTER_CF = """\
127.0.0.1:{stock}   inet n - n - - smtpd
127.0.0.1:{unix}    inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service {{ {policy_unix}, timeout=10s, default_action=DUNNO }} }}
127.0.0.1:{greeting} inet n - n - - smtpd
{greeting_options}
127.0.0.1:{xclient} inet n - n - - smtpd
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
127.0.0.1:{plain}   inet n - n - - smtpd
  -o smtpd_recipient_restrictions=
127.0.0.1:{stages}  inet n - n - - smtpd
  -o smtpd_delay_reject=no
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
  -o smtpd_client_restrictions=check_policy_service,{policy_unix}
  -o smtpd_helo_restrictions=check_policy_service,{policy_unix}
  -o smtpd_sender_restrictions=check_policy_service,{policy_unix}
  -o smtpd_recipient_restrictions=check_policy_service,{policy_unix}
  -o smtpd_data_restrictions=check_policy_service,{policy_unix}
  -o smtpd_end_of_data_restrictions=check_policy_service,{policy_unix}
[::]:{ipv6}         inet n - n - - smtpd
127.0.0.1:{milter}  inet n - n - - smtpd
{milter_options}
127.0.0.1:{milter_unix} inet n - n - - smtpd
{milter_unix_options}
127.0.0.1:{milter_xclient} inet n - n - - smtpd
{milter_options}
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
127.0.0.1:{milter_tls} inet n - n - - smtpd
{milter_options}
  -o smtpd_tls_security_level=may
  -o smtpd_tls_cert_file={certificate}
  -o smtpd_tls_key_file={key}
[::]:{milter_ipv6}  inet n - n - - smtpd
{milter_options}
[::]:{milter_unix_ipv6} inet n - n - - smtpd
{milter_unix_options}
127.0.0.1:{milter_tempfail} inet n - n - - smtpd
{milter_tempfail_options}
tlsmgr    unix  - - n 1000? 1 tlsmgr
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n -  0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n -  - trivial-rewrite
bounce    unix  - - n -  0 bounce
defer     unix  - - n -  0 bounce
trace     unix  - - n -  0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -  - proxymap
smtp      unix  - - n -  - smtp
relay     unix  - - n -  - smtp
showq     unix  n - n -  - showq
error     unix  - - n -  - error
retry     unix  - - n -  - error
discard   unix  - - n -  - discard
virtual   unix  - n n -  - virtual
anvil     unix  - - n -  1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


def snippet(name):
    """The settings of a snippet that is shipped, without its comments."""
    lines = (SNIPPETS / name).read_text().splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.startswith("#"))


def as_master_options(settings):
    """main.cf settings as `-o { name = value }` lines of master.cf."""
    joined = re.sub(r"\n\s+", " ", settings)
    return "\n".join(f"  -o {{ {line} }}" for line in joined.splitlines())


def over_tcp(settings):
    """The shipped lines for the policy service, at a port: the shipped socket is in the queue
    directory, and there is one of its own for every instance here."""
    assert "{ unix:postern/policy," in settings
    return settings.replace("unix:postern/policy", POLICY_TCP)


def milter_options(address, old="", new=""):
    """What makes a service ask the milter alone, as shipped but for the address, or with one more
    thing changed."""
    settings = snippet("milter.cf.snippet")
    assert "{ unix:postern/milter," in settings and old in settings
    settings = settings.replace("unix:postern/milter", address).replace(old, new)
    return as_master_options("smtpd_recipient_restrictions =\n" + settings)


def make_certificate(folder):
    """A self-signed one, and its key, as files that only root may read."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=mx.gate.example", "-out", certificate,
         "-keyout", key], check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
    return certificate, key


class Postfix:
    PROBE = PLAIN  # a port that answers without anybody else

    def __init__(self, home):
        self.home = Path(home)
        self.etc = self.home / "etc"
        self.log_file = self.home / "maillog"
        self.env = dict(os.environ, LD_LIBRARY_PATH=str(MTA / "usr/lib/postfix"))

    def main_text(self):
        return (MAIN_CF.format(mta=MTA, home=self.home)
                + over_tcp(snippet("main.cf.snippet")) + "\n")

    def master_text(self):
        certificate, key = make_certificate(self.etc)
        return MASTER_CF.format(
            stock=STOCK, unix=UNIX, greeting=GREETING, xclient=XCLIENT, plain=PLAIN,
            stages=STAGES, ipv6=IPV6, policy_unix=POLICY_UNIX,
            greeting_options=as_master_options(
                over_tcp(snippet("greeting-delay.cf.snippet"))),
            milter=MILTER, milter_unix=MILTER_UNIX, milter_xclient=MILTER_XCLIENT,
            milter_ipv6=MILTER_IPV6, milter_unix_ipv6=MILTER_UNIX_IPV6,
            milter_tempfail=MILTER_TEMPFAIL, milter_tls=MILTER_TLS,
            certificate=certificate, key=key,
            milter_options=milter_options(MILTER_TCP),
            milter_unix_options=milter_options(f"unix:{MILTER_SOCKET}"),
            milter_tempfail_options=milter_options(MILTER_TCP, "=accept", "=tempfail"))

    def start(self):
        for folder in ("", "etc", "queue", "boxes"):
            (self.home / folder).mkdir(mode=0o755, exist_ok=True)
        shutil.chown(self.home / "boxes", 65534, 65534)
        self.write_configuration()
        self.command("postfix", "start")
        wait_for_port("127.0.0.1", self.PROBE)

    def write_configuration(self):
        (self.etc / "main.cf").write_text(self.main_text())
        (self.etc / "master.cf").write_text(self.master_text())
        # Postfix rereads, with pauses, a main.cf that was changed this very second.
        minute_ago = time.time() - 60
        for name in ("main.cf", "master.cf"):
            os.utime(self.etc / name, (minute_ago, minute_ago))

    def reload(self):
        """Until no smtpd is there that knows the old configuration."""
        before = self.smtpds()
        self.command("postfix", "reload")
        assert until(lambda: not before & self.smtpds()), "an smtpd outlives the reload"

    def smtpds(self):
        master = (self.home / "queue/pid/master.pid").read_text().strip()
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return set(children) & set(subprocess.run(
            ["pgrep", "-x", "smtpd"], check=False, capture_output=True, text=True).stdout.split())

    def stop(self):
        self.command("postfix", "stop", check=False)

    def command(self, program, *arguments, check=True):
        return subprocess.run(
            [MTA / "usr/sbin" / program, "-c", self.etc, *arguments], env=self.env, check=check,
            capture_output=True, text=True, timeout=60).stdout

    # -- what it did ------------------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def logged(self, pattern):
        """The first line of the log that matches, which may take a moment to be written."""
        found = until(lambda: re.search(f"^.*{pattern}.*$", self.log(), re.M))
        assert found, f"no line like /{pattern}/ in Postfix's log:\n{self.log()[-4000:]}"
        return found.group(0)

    def held(self):
        return {path.name for path in (self.home / "queue/hold").rglob("*") if path.is_file()}

    def delivered(self):
        """Every message in the mailbox of box.example, as text."""
        box = self.home / "boxes/inbox/new"
        return [path.read_text() for path in sorted(box.glob("*"))] if box.exists() else []

    def sent(self, queue_id, recipient):
        """Waits for the delivery to one recipient."""
        self.logged(rf"{queue_id}: to=<{re.escape(recipient)}>.*status=sent")

"""The life of the package: each test goes on where the one before it has stopped."""

import json
import re
import socket
import struct

import pytest

from conftest import DEB, field
from machine import ROOT, until, written
from traffic import Traffic

POLICY = "/var/spool/postfix/postern/policy"
SNIPPET = "usr/share/doc/postern/postfix/main.cf.snippet"
# What dpkg and other programs keep for themselves, whatever is installed or purged.
OF_OTHERS = re.compile(
    r"/(var/lib/dpkg|var/cache|var/log|var/spool/postfix|var/lib/postfix|var/boxes|var/lib/systemd"
    r"/(?!deb-systemd)|run|tmp|media|root)(/|$)|/etc/(passwd|group|g?shadow|sub[ug]id)-$"
    r"|/etc/\.pwd\.lock$|/var/lib/systemd$|/var/lib$|/var$|/etc/ld\.so\.cache$"
    r"|/etc/postfix/main\.cf$")
before = {}


def states(machine, unit):
    return machine.run("systemctl", "is-active", unit, check=False).stdout.strip()


def journal(machine, unit="postern-policyd.service"):
    return machine.output("journalctl", "-q", "--no-pager", "-o", "cat", "-u", unit)


def traces():
    return {path: content for path, content in written().items() if not OF_OTHERS.search(path)}


def test_it_depends_on_what_its_programs_are_linked_with():
    depends = {name.split()[0] for name in field(DEB, "Depends").split(",")}
    assert {"libc6", "libstdc++6", "libmaxminddb0", "libmilter1.0.1"} <= depends
    # Each release has its own versions of these.
    for library in (r"libyaml-cpp0\.\d", r"libre2-\d+.*", r"libboost-iostreams1\.\d+\.0.*"):
        assert [name for name in depends if re.fullmatch(library, name)], library


def test_it_installs_and_serves(machine):
    before.update(traces())
    assert machine.run("getent", "passwd", "postern", check=False).returncode != 0
    print(machine.output("dpkg", "-i", "/media/postern.deb"))
    assert states(machine, "postern-policyd.service") == "active", journal(machine)
    assert states(machine, "postern-policyd.socket") == "active"
    told = f"listening on unix:{POLICY}, opened by the service manager"
    assert until(lambda: told in journal(machine))
    assert machine.output("systemctl", "is-enabled", "postern-policyd.service") == "enabled"
    # Its section of the settings is for a person to write.
    assert states(machine, "postern-milter.service") == "inactive"


@pytest.mark.parametrize("path, wanted", [
    ("/etc/postern", "root:postern 750"), ("/etc/postern/postern.yaml", "root:root 644"),
    ("/var/lib/postern", "postern:postern 750"), ("/var/log/postern", "postern:postern 755"),
    ("/run/postern", "postern:postern 755"),
    ("/etc/postern/lists/campaign.txt", "root:root 644"),
    ("/run/postern/postern-policyd.control", "postern:postern 600"),
    ("/usr/sbin/postern-policyd", "root:root 755"),
    ("/usr/share/man/man8/posternctl.8", "root:root 644"),
    ("/usr/share/bash-completion/completions/posternctl", "root:root 644"),
    ("/usr/share/doc/postern/copyright", "root:root 644"),
    ("/usr/share/doc/postern/postern.cdx.json", "root:root 644"),
    # A folder of root's, in which nobody else can put a socket in the place of this one.
    ("/var/spool/postfix/postern", "root:root 755"),
    (POLICY, "postern:postfix 660"),
])
def test_its_files_have_owner_and_mode(machine, path, wanted):
    assert machine.output("stat", "--format=%U:%G %a", path) == wanted


def test_what_people_edit_is_a_conffile(machine):
    listed = machine.output("dpkg-query", "-W", "-f", "${Conffiles}", "postern")
    names = set(re.findall(r"^ ?(/\S+) ", listed, re.MULTILINE))
    there = {f"/{path.relative_to(ROOT)}" for path in (ROOT / "etc/postern").rglob("*")
             if path.is_file()}
    # What posternctl writes on every machine would be a question at each change of its comments.
    written = {f"/etc/postern/lists/{name}.txt" for name in (
        "trusted", "no-mx-check", "allowed", "allowed-senders", "campaign", "campaign-senders",
        "campaign-clients", "campaign-helo", "campaign-subjects")}
    written.add("/etc/postern/.rules.yaml.vouched")
    assert written < there
    assert names == there - written | {"/etc/logrotate.d/postern"}


def test_links_of_the_installed_manual_lead_somewhere():
    manual = ROOT / "usr/share/doc/postern"
    pages = list(manual.rglob("*.md"))
    assert manual / "docs/README.md" in pages
    broken = [f"{page.relative_to(manual)}: {target}" for page in pages
              for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
              if "://" not in target and not (page.parent / target).exists()]
    assert not broken


@pytest.mark.parametrize("name", ["postern.yaml", "rules.yaml"])
def test_a_configuration_names_its_schema_where_it_is(name):
    """For editors that read the language server's line."""
    text = (ROOT / "etc/postern" / name).read_text()
    schema = re.search(r"^# yaml-language-server: \$schema=(/.+)$", text, re.MULTILINE).group(1)
    assert (ROOT / schema.lstrip("/")).read_text().startswith("{")


def test_the_account_is_a_closed_one(machine):
    assert machine.output("getent", "passwd", "postern").endswith(":/nonexistent:/usr/sbin/nologin")


def test_systemd_finds_the_units_right(machine):
    units = machine.output("sh", "-c", "ls /usr/lib/systemd/system/postern-*").split()
    # Service and socket of each daemon, service and path that vouch for the rules, the radar, its
    # alerts, service and path of its brake.
    assert len(units) == 10
    result = machine.run("systemd-analyze", "verify", *units, check=False)
    assert not [line for line in result.stdout.splitlines() if "postern" in line]


def may_connect(machine, account, group):
    """Whether one who has this account, or what it is refused with."""
    code = f"import socket; socket.socket(socket.AF_UNIX).connect('{POLICY}')"
    result = machine.run("setpriv", "--reuid", account, "--regid", group, "--clear-groups",
                         "python3", "-c", code, check=False)
    return result.stdout.strip().rpartition("\n")[2] or "connected"


def test_nobody_but_postfix_may_ask(machine):
    assert may_connect(machine, "postfix", "postfix") == "connected"
    assert may_connect(machine, "nobody", "nogroup").startswith("PermissionError")
    # Nor put a socket of its own there, whatever becomes of this one.
    moved = machine.run("setpriv", "--reuid", "postern", "--regid", "postern", "--clear-groups",
                        "mv", POLICY, f"{POLICY}.old", check=False)
    assert moved.returncode != 0 and "Permission denied" in moved.stdout


def test_postfix_finds_nothing_wrong_with_the_folder(machine):
    assert "postern" not in machine.run("postfix", "check").stdout


def test_the_daemon_knows_no_account_but_its_own(machine):
    pid = machine.main_pid("postern-policyd.service")
    lines = machine.output("cat", f"/proc/{pid}/uid_map").splitlines()
    own = machine.output("id", "-u", "postern")
    assert {line.split()[1] for line in lines} == {"0", own}


def test_what_it_is_made_of_is_in_the_package(machine):
    sbom = json.loads((ROOT / "usr/share/doc/postern/postern.cdx.json").read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    listed = {entry["value"] for one in sbom["components"] for entry in one["properties"]
              if entry["name"] == "postern:library"}
    loaded = set()
    for program in ("postern-policyd", "postern-milter", "posternctl"):
        said = machine.output("ldd", f"/usr/sbin/{program}")
        loaded |= set(re.findall(r"^\s*(\S+) => /", said, re.MULTILINE))
    assert "libstdc++.so.6" in loaded
    assert loaded <= listed


def test_the_version_names_the_commit(machine):
    told = machine.output("postern-policyd", "--version")
    assert re.fullmatch(r"postern-policyd [\d.]+ \(commit ([0-9a-f]{12}|unknown)\)", told)


def test_a_real_postfix_refuses_a_campaign(machine):
    """By what stands in the package's own text, as it stands there, and from a chroot."""
    assert re.search(r"^smtp +inet +n +- +y ", (ROOT / "etc/postfix/master.cf").read_text(),
                     re.MULTILINE)
    with (ROOT / "etc/postfix/main.cf").open("a") as main_cf:
        main_cf.write((ROOT / SNIPPET).read_text())
    machine.run("postfix", "reload")
    machine.run("posternctl", "block", "adp-mail.example", "--for", "7d", "--reason", "ticket 4711")
    swaks = ["swaks", "--server", "127.0.0.1:25", "--to", "box@box.example", "--from"]
    refused = machine.run(*swaks, "news@adp-mail.example", check=False)
    assert "550 5.7.1 <box@box.example>: Recipient address rejected: Sender domain banned here" \
        in refused.stdout
    assert " queued as " in machine.run(*swaks, "someone@good.example").stdout
    assert until(lambda: "rule=campaign action=reject" in journal(machine))


def delivered():
    box = ROOT / "var/boxes/inbox/new"
    found = set()
    for path in box.glob("*") if box.exists() else ():
        found.update(re.findall(r"^Subject: (number-\d+)$", path.read_text(), re.MULTILINE))
    return found


def upgrade(machine, version):
    return machine.run("dpkg", "--force-confold", "-i", f"/media/postern_{version}.deb").stdout


def test_an_upgrade_loses_and_misjudges_no_message(machine):
    old = machine.main_pid("postern-policyd.service")
    with Traffic() as traffic:
        assert until(lambda: traffic.count() >= 60), traffic.wrong
        upgrade(machine, "2.0")
        new = machine.main_pid("postern-policyd.service")
        count = traffic.count()
        assert until(lambda: traffic.count() >= count + 60), traffic.wrong
    assert new != old
    assert machine.output("dpkg-query", "-W", "-f", "${Version}", "postern") == "2.0"
    assert traffic.wrong == []
    assert traffic.refused > 30
    assert until(lambda: delivered() >= set(traffic.accepted))
    assert "adp-mail.example" in (ROOT / "etc/postern/lists/campaign.txt").read_text()


def test_a_restart_and_a_kill_refuse_no_connection(machine):
    """The socket is systemd's, whatever becomes of the daemon."""
    with Traffic() as traffic:
        for command in (["restart"], ["kill", "--signal=KILL"], ["restart"]):
            count = traffic.count()
            assert until(lambda: traffic.count() >= count + 20), traffic.wrong
            machine.run("systemctl", *command, "postern-policyd.service")
        count = traffic.count()
        assert until(lambda: traffic.count() >= count + 20), traffic.wrong
    assert traffic.wrong == []


def test_a_reload_is_told_to_systemd(machine):
    machine.run("systemctl", "reload", "postern-policyd.service")
    assert until(lambda: "reload unchanged" in journal(machine))
    assert states(machine, "postern-policyd.service") == "active"


def test_with_a_faulty_configuration_the_old_daemon_goes_on(machine):
    settings = ROOT / "etc/postern/postern.yaml"
    right = settings.read_text()
    old = machine.main_pid("postern-policyd.service")
    settings.write_text(right + "nonsense: 1\n")
    said = upgrade(machine, "3.0")
    assert "postern.yaml:" in said
    assert "the old one goes on" in said
    assert machine.main_pid("postern-policyd.service") == old
    settings.write_text(right)
    assert machine.output("dpkg-query", "-W", "-f", "${Status}", "postern") == \
        "install ok installed"
    machine.run("systemctl", "restart", "postern-policyd.service")


def test_settings_that_nobody_has_tried_yet_are_not_tried_by_an_upgrade(machine):
    settings = ROOT / "etc/postern/postern.yaml"
    right = settings.read_text()
    old = machine.main_pid("postern-policyd.service")

    def waits():
        return "need a restart" in machine.run("posternctl", "status", check=False).stdout
    settings.write_text(right.replace(f"{POLICY},", f"{POLICY}.other,"))
    assert until(waits)
    said = upgrade(machine, "3.0")
    assert "postern-policyd was not restarted" in said
    assert "(policyd.listen)" in said
    assert machine.main_pid("postern-policyd.service") == old
    settings.write_text(right)
    assert until(lambda: not waits())


def is_refused():
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(ROOT / POLICY.lstrip("/")))
        except (ConnectionRefusedError, FileNotFoundError):
            return True
    return False


def test_a_socket_that_the_settings_do_not_have_is_an_error_that_names_both(machine):
    settings = ROOT / "etc/postern/postern.yaml"
    right = settings.read_text()
    settings.write_text(re.sub(r"^    - \{ unix: .*$", '    - "inet:127.0.0.1:10041"', right,
                               flags=re.MULTILINE))
    machine.run("systemctl", "restart", "postern-policyd.service", check=False)
    told = (f"the service manager listens on unix:{POLICY} (postern-policyd.socket), but"
            " `listen:` says inet:127.0.0.1:10041")
    assert until(lambda: told in journal(machine))
    # Nobody waits for a daemon that never comes.
    assert until(is_refused), journal(machine)
    assert states(machine, "postern-policyd.socket") == "failed"
    settings.write_text(right)
    machine.run("systemctl", "reset-failed", "postern-policyd.socket", "postern-policyd.service")
    machine.run("systemctl", "restart", "postern-policyd.socket", "postern-policyd.service")
    assert states(machine, "postern-policyd.service") == "active"


MILTER = """
milter:
  listen: { unix: /run/postern/milter, owner: postern, group: postern, mode: 0660 }
"""
TCP_MILTER = """
milter:
  listen: "inet:127.0.0.1:10050"
"""


def test_a_milter_for_postfix_needs_no_socket_unit(machine):
    """The one that ships is for sendmail, and is enabled by name."""
    milter = "postern-milter.service"
    settings = ROOT / "etc/postern/postern.yaml"
    before_it = settings.read_text()
    settings.write_text(before_it + TCP_MILTER)
    machine.run("systemctl", "enable", "--now", milter)
    assert until(lambda: "listening on inet:127.0.0.1:10050" in journal(machine, milter))
    enabled = machine.run("systemctl", "is-enabled", "postern-milter.socket", check=False)
    assert enabled.stdout.strip() == "disabled"
    assert states(machine, "postern-milter.socket") == "inactive"
    machine.run("systemctl", "disable", "--now", milter)
    settings.write_text(before_it)


def test_the_milter_serves_and_survives_an_upgrade(machine):
    with (ROOT / "etc/postern/postern.yaml").open("a") as settings:
        settings.write(MILTER)
    machine.run("systemctl", "enable", "--now", "postern-milter.socket", "postern-milter.service")
    milter = "postern-milter.service"
    told = "listening on unix:/run/postern/milter, opened by the service manager"
    assert until(lambda: told in journal(machine, milter))
    old = machine.main_pid(milter)
    upgrade(machine, "4.0")
    assert machine.main_pid(milter) not in (0, old)
    assert states(machine, milter) == "active"
    assert machine.output("posternctl", "status").count("postern-milter") > 0


def negotiate(machine, session):
    session.settimeout(60)
    session.connect(machine.path("run/postern/milter"))
    session.sendall(struct.pack(">I", 13) + b"O" + struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
    return session.recv(4096)[4:5]


def test_a_milter_session_that_begins_during_a_restart_is_the_next_daemons(machine):
    milter = "postern-milter.service"
    old = machine.main_pid(milter)
    with socket.socket(socket.AF_UNIX) as held, socket.socket(socket.AF_UNIX) as begun:
        assert negotiate(machine, held) == b"O"
        machine.run("systemctl", "restart", "--no-block", milter)
        assert until(lambda: states(machine, milter) == "deactivating")
        # The old one waits for the session that is open, and takes no other.
        assert negotiate(machine, begun) == b"O"
        assert machine.main_pid(milter) not in (0, old)


PROPOSED = {"v": 1, "campaigns": [{
    "id": "C1", "text": "C1  strong\n", "proposals": [
        {"kind": "network", "key": "11.93.7.0/24", "entries": ["11.93.7.0/24"],
         "strength": "strong"}]}]}


def test_what_the_radar_leaves_is_mailed_and_braked(machine):
    """By units that may do no more than they have to: the one has Postfix's postdrop take on the
    group of the queue, the other writes a list."""
    settings = ROOT / "etc/postern/postern.yaml"
    before_it = settings.read_text()
    settings.write_text(before_it + "radar: { alert_mail: watch@box.example, brake: 10m }\n")
    machine.run("systemctl", "start", "postern-brake.path", "postern-alert.service")
    now = machine.output("date", "--utc", "+%Y-%m-%dT%H:%M:%SZ")
    PROPOSED["campaigns"][0]["proposals"][0]["time"] = now
    (ROOT / "var/lib/postern/left").write_text(json.dumps(PROPOSED))
    machine.run("sh", "-c", "cd /var/lib/postern && chown postern:postern left && chmod 600 left &&"
                            " mv left radar-proposals")
    clients = ROOT / "etc/postern/lists/campaign-clients.txt"
    assert until(lambda: "then=defer" in clients.read_text()), journal(machine, "postern-brake")
    boxes = ROOT / "var/boxes/inbox/new"
    assert until(lambda: any("Subject: Postern radar: C1 on " in path.read_text()
                             for path in boxes.glob("*"))), journal(machine, "postern-alert")
    machine.run("systemctl", "stop", "postern-brake.path", "postern-alert.service")
    machine.run("posternctl", "unblock", "11.93.7.0/24")
    settings.write_text(before_it)


def test_an_upgrade_begins_anew_what_follows_the_journal(machine):
    """What runs goes on as the new version, and what does not run stays so."""
    services = "postern-radar.service", "postern-alert.service"
    machine.run("systemctl", "start", "postern-radar.service", "postern-brake.path")

    def begun(unit):
        return machine.output("systemctl", "show", "--value",
                              "--property=ActiveEnterTimestampMonotonic", unit)
    watched = begun("postern-brake.path")
    old = machine.main_pid(services[0])
    machine.run("/var/lib/dpkg/info/postern.postinst", "configure", "1.0")
    assert until(lambda: machine.main_pid(services[0]) not in (0, old))
    assert begun("postern-brake.path") not in ("0", watched)
    assert states(machine, services[1]) == "inactive"
    machine.run("systemctl", "start", services[1])
    old = machine.main_pid(services[1])
    machine.run("/var/lib/dpkg/info/postern.postinst", "configure", "1.0")
    assert until(lambda: machine.main_pid(services[1]) not in (0, old))
    machine.run("systemctl", "stop", "postern-brake.path", *services)


SERVICES = "postern-policyd.service", "postern-milter.service"
UNITS = *SERVICES, "postern-policyd.socket", "postern-milter.socket"


def all_are(machine, wanted, units=UNITS):
    return all(states(machine, unit) == wanted for unit in units)


def test_removed_and_installed_again_all_that_was_enabled_runs(machine):
    machine.run("dpkg", "--remove", "postern")
    assert all_are(machine, "inactive")
    lists = ROOT / "etc/postern/lists"
    (lists / "trusted.txt").unlink()
    upgrade(machine, "4.0")
    assert all_are(machine, "active"), journal(machine)
    assert (lists / "trusted.txt").read_text().startswith("# Networks")
    assert "adp-mail.example" in (lists / "campaign.txt").read_text()


def test_what_a_removal_had_stopped_runs_again_when_it_is_broken_off(machine):
    machine.run("/var/lib/dpkg/info/postern.prerm", "remove")
    assert all_are(machine, "inactive")
    machine.run("/var/lib/dpkg/info/postern.postinst", "abort-remove", "in-favour", "other", "1")
    assert all_are(machine, "active"), journal(machine)


def test_without_systemd_a_removal_stops_the_daemons_too(machine):
    machine.run("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run/systemd &&"
                " exec /var/lib/dpkg/info/postern.prerm remove")
    assert until(lambda: all_are(machine, "inactive", SERVICES))
    machine.run("systemctl", "start", *SERVICES)


def test_a_stuck_daemon_is_killed_and_started_again(machine):
    """The watchdog of the unit, with a shorter patience."""
    drop_in = ROOT / "etc/systemd/system/postern-policyd.service.d"
    drop_in.mkdir()
    (drop_in / "test.conf").write_text("[Service]\nWatchdogSec=4s\nWatchdogSignal=SIGKILL\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "postern-policyd.service")
    old = machine.main_pid("postern-policyd.service")
    assert not until(lambda: machine.main_pid("postern-policyd.service") != old, 6), "it is alive"
    machine.run("kill", "-STOP", str(old))
    assert until(lambda: machine.main_pid("postern-policyd.service") not in (0, old))
    assert "Watchdog timeout" in journal(machine)


def removed(machine):
    """What is said where sendmail asks it, too."""
    etc_mail = ROOT / "etc/mail"
    was_there = etc_mail.exists()
    etc_mail.mkdir(exist_ok=True)
    (etc_mail / "sendmail.cf").write_text("Xpostern, S=local:/run/postern/milter, F=T\n")
    said = machine.run("dpkg", "--remove", "postern").stdout
    (etc_mail / "sendmail.cf").unlink()
    if not was_there:
        etc_mail.rmdir()
    return said


def test_removed_and_purged_it_leaves_nothing(machine):
    said = removed(machine)
    assert "/etc/postfix/main.cf still asks it" in said
    assert "/etc/mail/sendmail.cf still asks it: WITH F=T ALL MAIL IS ANSWERED 451" in said
    assert states(machine, "postern-policyd.socket") == "inactive"
    assert (ROOT / "etc/postern/lists/campaign.txt").exists()
    # Without it Postfix does as the snippet says: it takes the mail.
    taken = machine.run("swaks", "--server", "127.0.0.1:25", "--to", "box@box.example", "--from",
                        "news@adp-mail.example")
    assert " queued as " in taken.stdout
    machine.run("dpkg", "--purge", "postern")
    assert machine.run("getent", "passwd", "postern", check=False).returncode != 0
    assert machine.run("getent", "group", "postern", check=False).returncode != 0
    assert machine.run("ls", "/run/postern", check=False).returncode != 0
    after = traces()
    assert {path for path in after if "postern" in path} == set()
    changed = {path for path in after.keys() | before.keys()
               if after.get(path) != before.get(path)}
    # The folders above what has come and gone.
    assert {path for path in changed if after.get(path) != "folder"} == set()


def test_installed_again_it_starts_again(machine):
    machine.run("dpkg", "-i", "/media/postern.deb")
    assert states(machine, "postern-policyd.service") == "active"


def test_purged_where_nothing_may_be_stopped_it_leaves_no_account(machine):
    policy = ROOT / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    machine.run("dpkg", "--purge", "postern")
    policy.unlink()
    assert machine.run("getent", "passwd", "postern", check=False).returncode != 0
    machine.run("systemctl", "stop", "postern-policyd.socket", "postern-policyd.service",
                check=False)

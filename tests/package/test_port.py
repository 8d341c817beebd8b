"""Machines where Postfix asks at the port that was shipped once, and those without a Postfix: after
the story of test_package.py, which ends without the package."""

import re
import socket

from machine import ROOT, until
from test_package import POLICY, SNIPPET, journal, states, upgrade
from traffic import Traffic

PORT = "inet:127.0.0.1:10040"
SETTINGS = ROOT / "etc/postern/postern.yaml"
DROP_IN = ROOT / "etc/systemd/system/postern-policyd.socket.d/00-port.conf"
SERVICE = "postern-policyd.service"


def smtpds(machine):
    return set(machine.output("sh", "-c", "pgrep -x smtpd || true").split())


def ask_at(machine, address):
    """Rewires Postfix, by the package's own text. An smtpd of before the reload would ask at the old
    address."""
    before = smtpds(machine)
    text = (ROOT / SNIPPET).read_text()
    with (ROOT / "etc/postfix/main.cf").open("a") as main_cf:
        main_cf.write(text.replace("{ unix:postern/policy,", f"{{ {address},"))
    machine.run("postfix", "reload")
    assert until(lambda: not before & smtpds(machine), 60), "an smtpd outlives the reload"


def answers_at_the_port():
    with socket.create_connection(("127.0.0.1", 10040), 10) as connection:
        connection.sendall(b"request=smtpd_access_policy\nprotocol_state=RCPT\n"
                           b"sender=a@adp-mail.example\nrecipient=box@box.example\n\n")
        return connection.recv(4096).startswith(b"action=550 5.7.1")


def install_old(machine):
    machine.run("dpkg", "-i", "/media/postern_0.0.1.deb")
    assert until(lambda: f"listening on {PORT}, opened by" in journal(machine))
    machine.run("posternctl", "block", "adp-mail.example", "--for", "7d", "--reason", "ticket 4711")


def warnings(machine):
    """What Postfix has complained of, and what the daemon says."""
    lines = machine.output("journalctl", "--quiet", "--facility=mail").splitlines()
    told = [line for line in lines if "warning: " in line and "overriding" not in line]
    return "\n".join([*told[-20:], journal(machine)[-3000:]])


def upgrade_under_traffic(machine, version):
    """The daemon is another one afterwards, and no message was judged by nobody. What was accepted."""
    old = machine.main_pid(SERVICE)
    with Traffic() as traffic:
        assert until(lambda: traffic.count() >= 30, 60), traffic.wrong
        upgrade(machine, version)
        count = traffic.count()
        assert until(lambda: traffic.count() >= count + 30, 60), traffic.wrong
    assert traffic.wrong == [], warnings(machine)
    assert traffic.refused > 10
    assert machine.main_pid(SERVICE) not in (0, old)
    return set(traffic.accepted)


def test_settings_that_nobody_has_edited_keep_the_port_at_an_upgrade(machine):
    install_old(machine)
    ask_at(machine, PORT)
    assert until(answers_at_the_port)
    upgrade_under_traffic(machine, "2.0")
    assert answers_at_the_port()
    # All else is as the new package has it.
    new = SETTINGS.read_text()
    assert f'    - "{PORT}"\n' in new and "{ unix: /var/spool" not in new
    assert "PrivateUsers=no" in new
    assert not (ROOT / "etc/postern/.policy-port-in-use").exists()


def test_after_a_boot_it_is_still_the_port(machine):
    machine.run("systemctl", "stop", "postern-policyd.socket", SERVICE)
    machine.run("systemctl", "start", "postern-policyd.socket", SERVICE)
    assert answers_at_the_port()


def test_settings_that_somebody_has_edited_keep_the_port_at_an_upgrade(machine):
    machine.run("dpkg", "--purge", "postern")
    assert not DROP_IN.exists()
    install_old(machine)
    edited = SETTINGS.read_text().replace("# threads: 1 ", "threads: 2  # ")
    SETTINGS.write_text(edited)
    machine.run("systemctl", "restart", SERVICE)
    upgrade_under_traffic(machine, "3.0")
    assert SETTINGS.read_text() == edited
    assert answers_at_the_port()


def test_a_second_upgrade_changes_nothing_of_it(machine):
    before = SETTINGS.read_text(), DROP_IN.read_text()
    upgrade_under_traffic(machine, "4.0")
    assert (SETTINGS.read_text(), DROP_IN.read_text()) == before
    assert answers_at_the_port()


def test_the_manual_leads_from_the_port_to_the_socket(machine):
    page = (ROOT / "usr/share/doc/postern/docs/postfix.md").read_text()
    chapter = page[page.index("## From the port to the socket"):]
    commands = re.findall(r"^    (\S.*)$", chapter, re.MULTILINE)
    [line] = re.findall(r"^    (    - \{ unix: .*)$", chapter, re.MULTILINE)
    SETTINGS.write_text(SETTINGS.read_text().replace(f'    - "{PORT}"', line))
    machine.run("sh", "-c", "set -e; " + "; ".join(
        command for command in commands if command.startswith(("rm ", "systemctl "))))
    ask_at(machine, "unix:postern/policy")
    assert states(machine, SERVICE) == "active", journal(machine)
    assert machine.output("stat", "--format=%U:%G %a", POLICY) == "postern:postfix 660"
    with Traffic() as traffic:
        assert until(lambda: traffic.count() >= 20, 60), traffic.wrong
    assert traffic.wrong == [], warnings(machine)
    assert traffic.refused > 0


def test_a_group_that_somebody_gave_the_daemon_is_still_its_own_after_an_upgrade(machine):
    """With PrivateUsers=yes it would not start."""
    machine.run("dpkg", "--purge", "postern")
    install_old(machine)
    drop_in = ROOT / "etc/systemd/system/postern-policyd.service.d"
    drop_in.mkdir()
    (drop_in / "override.conf").write_text("[Service]\nSupplementaryGroups=adm\n")
    SETTINGS.write_text(SETTINGS.read_text().replace(
        "\ncontrol: /run/postern\n",
        "\ncontrol: { folder: /run/postern, group: adm, mode: 0660 }\n"))
    machine.run("systemctl", "daemon-reload")
    upgrade(machine, "2.0")
    machine.run("systemctl", "restart", SERVICE)
    assert states(machine, SERVICE) == "active", journal(machine)
    assert machine.output("stat", "--format=%G %a", "/run/postern/postern-policyd.control") \
        == "adm 660"
    machine.run("dpkg", "--purge", "postern")
    assert not drop_in.exists()


def test_without_postfix_nothing_fails_and_it_starts_when_postfix_comes(machine):
    machine.run("groupmod", "--new-name", "away", "postfix")
    machine.run("dpkg", "-i", "/media/postern.deb")
    assert machine.output("dpkg-query", "-W", "-f", "${Status}", "postern") == \
        "install ok installed"
    units = SERVICE, "postern-policyd.socket"
    assert {states(machine, unit) for unit in units} == {"inactive"}
    assert {machine.run("systemctl", "is-enabled", unit, check=False).stdout.strip()
            for unit in units} == {"disabled"}
    machine.run("groupmod", "--new-name", "postfix", "away")
    machine.run("dpkg-trigger", "--no-await", "--by-package=postern",
                "/usr/lib/postfix/sbin/smtpd")
    machine.run("dpkg", "--triggers-only", "postern")
    assert {states(machine, unit) for unit in units} == {"active"}, journal(machine)
    # What somebody has stopped then stays so, whatever version of Postfix comes.
    machine.run("systemctl", "disable", "--now", *units)
    machine.run("dpkg-trigger", "--no-await", "--by-package=postern",
                "/usr/lib/postfix/sbin/smtpd")
    machine.run("dpkg", "--triggers-only", "postern")
    assert {states(machine, unit) for unit in units} == {"inactive"}
    machine.run("dpkg", "--purge", "postern")

"""A machine with a real Postfix, onto which the tests of this folder put the package, in order."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from machine import DEBS, ROOT, Machine

DEB = Path(os.environ["POSTERN_DEB"])
POSTFIX_DEB = Path(os.environ["POSTFIX_DEB"])
# The package of the release before and, beside it, the packages of libraries that it wants; may be
# nothing.
DEB_BEFORE = Path(os.environ["POSTERN_DEB_BEFORE"])

# As on an exchanger that takes mail for box.example, before it has heard of Postern.
MAIN_CF = """\
compatibility_level = 3.6
myhostname = mx.gate.example
mydestination =
mynetworks = 203.0.113.77/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = box.example
virtual_mailbox_base = /var/boxes
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
"""


def field(deb, name):
    return subprocess.run(["dpkg-deb", "--field", deb, name], check=True, capture_output=True,
                          text=True, timeout=60).stdout.strip()


def nothing(_folder):
    pass


def repacked(deb, version, change=nothing):
    """The same package under another version, and with something else changed in its files."""
    folder = DEBS / "unpacked"
    subprocess.run(["dpkg-deb", "-R", deb, folder], check=True, timeout=60)
    control = folder / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {field(deb, 'Version')}\n",
                                                   f"Version: {version}\n"))
    change(folder)
    subprocess.run(["dpkg-deb", "-Znone", "-b", folder, DEBS / f"postern_{version}.deb"],
                   check=True, capture_output=True, timeout=60)
    shutil.rmtree(folder)


def with_the_port(folder):
    """As it was when the policy service was shipped at a port."""
    settings = folder / "etc/postern/postern.yaml"
    text, count = re.subn(r"^    - \{ unix: /var/spool/postfix/postern/policy, .*\n.*\n",
                          '    - "inet:127.0.0.1:10040"\n', settings.read_text(), flags=re.M)
    assert count == 1
    settings.write_text(text)
    unit = folder / "usr/lib/systemd/system/postern-policyd.socket"
    text, count = re.subn(r"^ListenStream=.*\nSocketUser=.*\nSocketGroup=.*\nSocketMode=.*\n",
                          "ListenStream=127.0.0.1:10040\n", unit.read_text(), flags=re.M)
    assert count == 1
    unit.write_text(text)
    for name in ("preinst", "triggers"):
        (folder / "DEBIAN" / name).unlink()


def of_the_release_before():
    """The version that it has: that of the package of then, or what it would be."""
    if DEB_BEFORE.is_file():
        return field(DEB_BEFORE, "Version")
    version = re.fullmatch(r"(.*\D)(\d+)", field(DEB, "Version"))
    return f"{version[1]}{int(version[2]) - 1}"


def install_before(machine):
    """The package of the release before, with what an upgrade of Debian leaves there for it."""
    if DEB_BEFORE.is_file():
        shutil.copy(DEB_BEFORE, DEBS / "before.deb")
        for library in DEB_BEFORE.parent.glob("lib*.deb"):
            shutil.copy(library, DEBS)
            # Those that this release has under the same name are newer.
            machine.run("sh", "-c", f"dpkg-deb --fsys-tarfile /media/{library.name} |"
                                    " tar -x --skip-old-files -C / --wildcards '*.so.*'")
        machine.run("ldconfig")
    else:
        repacked(DEB, of_the_release_before())
        (DEBS / f"postern_{of_the_release_before()}.deb").rename(DEBS / "before.deb")
    machine.run("dpkg", "--force-depends", "-i", "/media/before.deb")


def purge_other_mtas(machine):
    """Those of the machine outside, which its Postfix would be in conflict with."""
    listed = machine.output("dpkg-query", "-W", "-f",
                            "${Package} ${db:Status-Status} ${Provides}\\n")
    mtas = [line.split()[0] for line in listed.splitlines()
            if re.search(r" installed .*\bmail-transport-agent\b", line)]
    if mtas:
        machine.run("dpkg", "--force-depends", "--no-triggers", "--purge", *mtas)


def install_postfix(machine):
    shutil.copy(POSTFIX_DEB, DEBS / "postfix.deb")
    (DEBS / "answers").write_text("postfix postfix/main_mailer_type select No configuration\n")
    machine.run("debconf-set-selections", "/media/answers")
    # Nothing is started: there is no configuration yet.
    policy = ROOT / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    purge_other_mtas(machine)
    # What it depends on is here or does not matter (cpio).
    machine.run("dpkg", "--force-depends", "--no-triggers", "-i", "/media/postfix.deb")
    policy.unlink()
    etc = ROOT / "etc/postfix"
    (etc / "main.cf").write_text(MAIN_CF)
    shutil.copy(ROOT / "usr/share/postfix/master.cf.dist", etc / "master.cf")
    boxes = ROOT / "var/boxes"
    boxes.mkdir(exist_ok=True)
    shutil.chown(boxes, 65534, 65534)


@pytest.fixture(scope="session")
def machine():
    one = Machine()
    one.prepare()
    assert not (ROOT / "etc/postern").exists(), "there is a Postern on this machine"
    if not one.boot():
        one.halt()
        told = "NOTHING WAS TESTED: systemd does not boot here (no control groups?)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    try:
        install_postfix(one)
        one.run("postfix", "start")
        shutil.copy(DEB, DEBS / "postern.deb")
        shutil.copy(DEB, DEBS / "postern_of_this_release.deb")
        for version in ("2.0", "3.0", "4.0"):
            repacked(DEB, version)
        repacked(DEB, "0.0.1", with_the_port)
        yield one
    finally:
        one.halt()

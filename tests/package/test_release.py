"""The day on which Debian itself is upgraded, after the story of test_port.py, which ends without the
package: first there is the package of the release before, on this one's libraries and MTA."""

from conftest import DEB, field, install_before, of_the_release_before
from machine import ROOT, until
from test_package import POLICY, delivered, journal, states
from test_port import SERVICE, ask_at, upgrade_under_traffic
from traffic import Traffic


def installed_version(machine):
    return machine.output("dpkg-query", "-W", "-f", "${Version}", "postern")


def test_the_package_of_the_release_before_comes_before_this_one(machine):
    old, new = of_the_release_before(), field(DEB, "Version")
    machine.run("dpkg", "--compare-versions", old, "lt", new)


def test_the_package_of_the_release_before_goes_on_here(machine):
    install_before(machine)
    assert installed_version(machine) == of_the_release_before()
    assert states(machine, SERVICE) == "active", journal(machine)
    machine.run("posternctl", "block", "adp-mail.example", "--for", "7d", "--reason", "ticket 4711")
    ask_at(machine, "unix:postern/policy")
    with Traffic() as traffic:
        assert until(lambda: traffic.count() >= 30, 60), traffic.wrong
    assert traffic.wrong == []
    assert traffic.refused > 0


def test_its_upgrade_to_the_package_of_this_release_loses_and_misjudges_no_message(machine):
    settings = (ROOT / "etc/postern/postern.yaml").read_text() + "# edited here\n"
    (ROOT / "etc/postern/postern.yaml").write_text(settings)
    accepted = upgrade_under_traffic(machine, "of_this_release")
    assert installed_version(machine) == field(DEB, "Version")
    assert until(lambda: delivered() >= accepted, 60)
    assert (ROOT / "etc/postern/postern.yaml").read_text() == settings
    assert "adp-mail.example" in (ROOT / "etc/postern/lists/campaign.txt").read_text()
    assert machine.output("stat", "--format=%U:%G %a", POLICY) == "postern:postfix 660"
    # What it was linked with of the release before is nobody's any more.
    said = machine.output("ldd", "/usr/sbin/postern-policyd", "/usr/sbin/posternctl")
    assert "not found" not in said
    machine.run("dpkg", "--purge", "postern")

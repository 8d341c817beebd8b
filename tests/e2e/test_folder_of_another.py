"""A folder of lists that belongs to somebody else: root's posternctl writes nowhere else for them."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gate import BIN

OWNER = 12345
THIRD = 12346

RULES = """\
version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
  deep: { kind: domain, file: lists/sub/deep.txt }
rules:
  - name: campaign
    when: { sender_domain: campaign }
    then: reject
  - name: deep
    when: { sender_domain: deep }
    then: reject
"""
LIST = "old.example\n"
SEQUENCES = 50


class Host:
    """Both daemons, a folder of lists that is OWNER's, and a folder beside it that is not."""

    def __init__(self, both):
        self.home = both.home
        self.lists = both.home / "lists"
        self.outside = both.home / "outside"
        self.table = both.home / "table.txt"
        self.table.write_text("table.example\n")
        self.outside.mkdir()
        # Those that load as a list, and two that do not.
        for name, mode, owner in (("list.txt", 0o644, 0), ("deep.txt", 0o644, 0),
                                  ("program", 0o755, 0), ("third.txt", 0o644, THIRD),
                                  ("passwd", 0o644, 0), ("secret", 0o600, 0)):
            file = self.outside / name
            no_list = name in ("passwd", "secret")
            file.write_text("root:x:0:0:root..:/root\n" if no_list else LIST)
            file.chmod(mode)
            os.chown(file, owner, 0)
        self.settle()

    def settle(self):
        """The lists as they belong."""
        shutil.rmtree(self.lists)
        (self.lists / "sub").mkdir(parents=True)
        for file in (self.lists / "campaign.txt", self.lists / "sub/deep.txt"):
            file.write_text(LIST)
            os.chown(file, OWNER, OWNER)
        for folder in (self.lists, self.lists / "sub"):
            os.chown(folder, OWNER, OWNER)

    def ctl(self, *words):
        return subprocess.run(
            [BIN / "posternctl", "--config", self.home / "postern.yaml", *words],
            capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)

    def roll_back(self):
        confirmed = ["--yes"] if "--yes" in self.ctl("rollback", "--help").stdout else []
        return self.ctl("rollback", *confirmed)

    @contextlib.contextmanager
    def exchanging(self, number):
        """Its owner exchanges what is in the folder meanwhile."""
        script = Path(__file__).with_name("folder_owner.py").read_text()
        with subprocess.Popen(
                [sys.executable, "-c", script, str(number), self.outside], cwd=self.lists,
                user=OWNER, group=OWNER, extra_groups=[], stdout=subprocess.PIPE) as owner:
            assert owner.stdout.readline() == b"begun\n"
            yield
            assert owner.poll() is None
            owner.kill()

    def of_others(self):
        """All outside of the folder that is not the daemons' own: what it is, and what is in it."""
        found = {}
        for path in [self.table, self.home / "postern.yaml", self.home / "rules.yaml",
                     self.outside, *sorted(self.outside.rglob("*"))]:
            about = path.lstat()
            text = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
            owner = (about.st_uid, about.st_gid)
            found[path.relative_to(self.home)] = (about.st_mode, owner, text)
        return found


@pytest.fixture(name="host")
def _host(doors):
    both = doors(RULES, lists={"lists/campaign.txt": LIST, "lists/sub/deep.txt": LIST})
    both.home.chmod(0o755)
    host = Host(both)
    both.start()
    return host


@pytest.mark.parametrize("first", range(0, SEQUENCES, 10))
def test_whatever_its_owner_exchanges_nothing_else_is_written(host, first):
    before = host.of_others()
    for number in range(first, first + 10):
        # So that there is something to go back to.
        quiet = host.ctl("block", f"quiet{number}.example")
        assert quiet.returncode == 0, f"{quiet.stdout}\n{quiet.stderr}"
        with host.exchanging(number):
            host.ctl("block", f"new{number}.example")
            host.ctl("block", f"new{number}.example", "--list", "deep")
            host.roll_back()
            host.ctl("import", "--format", "domain-list", "--about", "sender_domain", "--then",
                     "reject", "--name", "new", "--into", host.lists / "new", host.table)
        assert host.of_others() == before, number
        host.settle()


def test_a_link_to_a_file_of_another_is_named(host):
    campaign = host.lists / "campaign.txt"
    campaign.unlink()
    campaign.symlink_to(host.outside / "list.txt")
    os.lchown(campaign, OWNER, OWNER)
    result = host.ctl("block", "new.example")
    assert result.returncode == 1
    assert (f"will not replace {host.outside}/list.txt as root: the link {campaign} belongs to "
            f"{OWNER}, and {host.outside}/list.txt, where it leads, to root") in result.stderr
    assert (host.outside / "list.txt").read_text() == LIST
    # Root's own link is what root means.
    os.lchown(campaign, 0, 0)
    os.chown(host.lists, 0, 0)
    assert host.ctl("block", "new.example").returncode == 0
    assert "new.example" in (host.outside / "list.txt").read_text()


def test_a_rollback_by_such_a_link_writes_nothing(host):
    assert host.ctl("block", "new.example").returncode == 0
    campaign = host.lists / "campaign.txt"
    campaign.unlink()
    campaign.symlink_to(host.outside / "passwd")
    os.lchown(campaign, OWNER, OWNER)
    before = host.of_others()
    result = host.roll_back()
    assert result.returncode != 0, result.stdout
    assert host.of_others() == before


@pytest.mark.parametrize("way", ["of its owner", "of root", "in the rules"])
def test_no_line_is_shown_of_what_the_daemons_cannot_read(host, way):
    campaign = host.lists / "campaign.txt"
    if way == "in the rules":
        rules = host.home / "rules.yaml"
        rules.write_text(RULES.replace("lists/campaign.txt", "outside/secret"))
    else:
        campaign.unlink()
        campaign.symlink_to(host.outside / "secret")
        os.lchown(campaign, OWNER if way == "of its owner" else 0, 0)
    for words in (["check"], ["--json", "check"], ["block", "new.example"], ["unblock", "root..:"],
                  ["explain", "--files", "--sender", "a@new.example"], ["rollback", "--dry-run"],
                  ["doctor"], ["status"], ["import", "--format", "domain-list", campaign]):
        result = host.ctl(*words)
        assert "root:x" not in result.stdout + result.stderr, words
    said = host.ctl("check").stderr
    assert ":1:1: error: what it is, is not shown, as 'nobody'" in said
    assert f"{host.outside}/secret has owner root, group root, mode 0600" in said


def test_what_cannot_be_shown_is_not_rolled_back(host):
    assert host.ctl("block", "new.example").returncode == 0
    campaign = host.lists / "campaign.txt"
    for path in (host.lists, campaign):
        os.chown(path, 0, 0)
    campaign.chmod(0o600)
    campaign.write_text(LIST + "private.example\n")
    result = host.roll_back()
    assert result.returncode != 0
    assert "private.example" not in result.stdout + result.stderr
    assert f"the daemons cannot read {campaign} as 'nobody'" in result.stderr
    assert "private.example" in campaign.read_text()


def test_a_list_of_the_owners_stays_the_owners(host):
    assert host.ctl("block", "new.example").returncode == 0
    campaign = host.lists / "campaign.txt"
    assert (campaign.stat().st_uid, campaign.stat().st_gid) == (OWNER, OWNER)
    assert campaign.read_text().startswith(LIST + "new.example")
    assert not (host.lists / ".postern.lock").exists()
    assert host.roll_back().returncode == 0
    assert campaign.stat().st_uid == OWNER
    assert campaign.read_text() == LIST

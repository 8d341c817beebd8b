"""What a daemon that root has started keeps of root, and who may talk to it."""

import grp
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gate import BIN, SOCKET
from test_life import ban
from test_milter_life import status_of

NOBODY = 65534

# A process of another account, which says how its connect(2) ends.
CONNECT = """
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except OSError as error:
    sys.exit(error.errno)
"""


def connect_as(user, path):
    """0, or the errno."""
    return subprocess.run([sys.executable, "-c", CONNECT, path], user=user, group=user,
                          extra_groups=[], timeout=60, check=False).returncode


def threads_of(daemon):
    return os.listdir(f"/proc/{daemon.process.pid}/task")


def test_nothing_of_root_is_left(door):
    fields = status_of(door(ban("bad.example")).daemon)
    assert fields["Uid"].split() == [str(NOBODY)] * 4
    assert fields["Gid"].split() == [str(NOBODY)] * 4
    assert fields["Groups"].split() == [str(NOBODY)]
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(fields[name], 16) == 0, name
    assert fields["NoNewPrivs"].strip() == "1"


def test_the_bounding_set_is_empty_where_root_may_empty_it(door):
    with open("/proc/self/status", encoding="ascii") as status:
        [mine] = [line for line in status if line.startswith("CapEff:")]
    may = int(mine.split()[1], 16) >> 8 & 1  # CAP_SETPCAP
    left = int(status_of(door(ban("bad.example")).daemon)["CapBnd"], 16)
    assert left == 0 or not may


def test_no_thread_is_root(door):
    """System calls change one thread; that they changed all is the C library's doing."""
    daemon = door(ban("bad.example")).daemon
    assert len(threads_of(daemon)) > 1
    for thread in threads_of(daemon):
        with open(f"/proc/{daemon.process.pid}/task/{thread}/status", encoding="ascii") as status:
            fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        assert fields["Uid"].split() == [str(NOBODY)] * 4
        assert int(fields["CapPrm"], 16) == 0
        assert fields["NoNewPrivs"].strip() == "1"


def test_the_control_socket_is_closed_to_others(door):
    one = door(ban("bad.example"))
    path = one.control.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.owner() == "nobody"
    assert connect_as(12345, path) == 13  # EACCES
    assert connect_as(NOBODY, path) == 0


def test_the_control_socket_has_the_mode_that_is_configured(doors):
    both = doors(ban("bad.example"), settings="""\
control: {{ folder: {home}/control, group: postfix, mode: 0660 }}
""")
    both.start()
    for one in both:
        path = one.control.path
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.group() == "postfix"
        assert connect_as(12345, path) == 13


@pytest.fixture(name="run_folder")
def _run_folder():
    """/run/postern as the units make it, on a /run of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "run", "/run"], check=True)
    folder = Path("/run/postern")
    folder.mkdir(mode=0o755)
    shutil.chown(folder, "nobody", "nogroup")
    yield folder
    subprocess.run(["umount", "--lazy", "/run"], check=True)


def ctl_as(user, groups, settings_file, *words):
    return subprocess.run([BIN / "posternctl", "--config", settings_file, *words], user=user,
                          group=user, extra_groups=groups, capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_the_group_of_the_control_socket_gets_in_and_nobody_else(doors, run_folder):
    """Though settings and rules are not for that group, as the package has it."""
    both = doors(ban("bad.example"), settings=f"""\
state: {{home}}/state
control: {{{{ folder: {run_folder}, group: adm, mode: 0660 }}}}
""")
    for one in both:
        one.control.path = run_folder / f"{one.name}.control"
    both.start()
    shutil.chown(both.home, "root", "nogroup")
    both.home.chmod(0o750)
    adm = grp.getgrnam("adm").gr_gid
    settings_file = both.home / "postern.yaml"
    status = ctl_as(12345, [adm], settings_file, "status")
    assert status.returncode == 0, f"{status.stdout}\n{status.stderr}"
    assert "may not read" in status.stderr
    assert "postern-policyd  generation 1" in status.stdout
    assert "postern-milter  generation 1" in status.stdout
    assert "generation 1 is in force" in ctl_as(12345, [adm], settings_file, "reload").stdout
    assert ctl_as(12345, [adm], settings_file, "rules").returncode == 0
    for groups in ([], [adm + 12345]):
        other = ctl_as(12346, groups, settings_file, "status")
        assert other.returncode == 3
        assert "DOES NOT ANSWER" in other.stdout
        assert "group adm" in other.stdout


def test_the_mta_socket_is_closed_to_others(gate):
    gate(ban("bad.example"))
    assert connect_as(12345, SOCKET) == 13
    with socket.socket(socket.AF_UNIX) as root:
        root.connect(str(SOCKET))


def test_kept_generations_and_the_log_are_not_for_everybody(door):
    one = door(ban("bad.example"))
    kept = one.home / "state/generations/1/rules.yaml"
    assert stat.S_IMODE(kept.stat().st_mode) & 0o007 == 0
    assert kept.owner() == "nobody"


def test_rules_that_everybody_may_write_are_refused(door):
    one = door(ban("bad.example"))
    one.rules_file.chmod(0o666)
    one.rules_file.write_text("version: 1\nrules: []\n")
    last = one.control.reload()
    assert last["outcome"] == "refused"
    assert "everybody" in str(last["diagnostics"]) or "write" in str(last["diagnostics"])
    assert one.ask("x@bad.example") == "550 5.7.1 banned bad.example"

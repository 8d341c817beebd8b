"""A machine with a systemd of its own, over this one's files; what is written is in UPPER."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = Path("/mnt/machine")
UPPER = Path("/mnt/upper")
DEBS = Path("/mnt/debs")  # /media there

# All that is started there besides what a test starts.
UNITS = "systemd-journald.socket", "systemd-journald-dev-log.socket"
JOURNALD = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n"


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    return condition()


class Machine:
    def __init__(self):
        self._boot = None
        self._pid = None

    def prepare(self):
        """Nothing of this machine's own services, nor of an earlier Postern."""
        units = ROOT / "etc/systemd/system"
        shutil.rmtree(units, ignore_errors=True)
        units.mkdir()
        for folder in (ROOT / "lib/systemd/system").glob("*.wants"):
            shutil.rmtree(folder)
        for unit in UNITS:
            self._want("sockets.target", ROOT / "lib/systemd/system" / unit)
        (units / "default.target").symlink_to("/lib/systemd/system/basic.target")
        (ROOT / "etc/systemd/journald.conf").write_text(JOURNALD)
        (ROOT / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
        # Such as one that leaves out pages and documents, where disks are small.
        shutil.rmtree(ROOT / "etc/dpkg/dpkg.cfg.d", ignore_errors=True)
        # Its index of all man pages is the slowest part of an installation.
        (ROOT / "var/lib/man-db/auto-update").unlink(missing_ok=True)
        (ROOT / "etc/resolv.conf").unlink(missing_ok=True)
        (ROOT / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        (ROOT / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")

    @staticmethod
    def _want(target, unit):
        folder = ROOT / "etc/systemd/system" / f"{target}.wants"
        folder.mkdir(exist_ok=True)
        (folder / unit.name).symlink_to(Path("/") / unit.relative_to(ROOT))

    def boot(self):
        """Whether systemd has come up."""
        def join_group():
            (Path(os.environ["POSTERN_CGROUP"]) / "cgroup.procs").write_text(str(os.getpid()))
        if not os.environ["POSTERN_CGROUP"]:
            return False
        self._boot = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child", HERE / "boot",
             ROOT],
            preexec_fn=join_group, stdin=subprocess.DEVNULL)
        return bool(until(self._is_up))

    def _is_up(self):
        if self._boot.poll() is not None:
            return False
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text()
        if not children:
            return False
        self._pid = int(children.split()[0])
        return self.run("systemctl", "is-active", "basic.target", check=False).returncode == 0

    def halt(self):
        if self._boot is None:
            return
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
        self._boot.kill()
        self._boot.wait(60)

    def run(self, *command, check=True, seconds=180):
        """A command there; `output` is all that it wrote."""
        if self._pid is None:
            enter = ["chroot", ROOT]
        else:
            enter = ["nsenter", f"--target={self._pid}", "--pid", "--mount", "env", "--chdir=/"]
        result = subprocess.run(
            [*enter, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=seconds,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                 "LC_ALL": "C", "SYSTEMD_PAGER": ""})
        assert not check or result.returncode == 0, f"{command}: {result.stdout}"
        return result

    def path(self, name):
        """A file there, seen from outside, also below what is mounted there alone."""
        return f"/proc/{self._pid}/root/{name}"

    def output(self, *command):
        return self.run(*command).stdout.strip()

    def main_pid(self, unit):
        return int(self.output("systemctl", "show", "--property=MainPID", "--value", unit))


def written():
    """Every path that is not as it is outside of this machine: with its kind or its content."""
    found = {}
    for path in UPPER.rglob("*"):
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = path.read_bytes()
        else:
            content = "folder" if path.is_dir() else "removed"
        outside = Path("/") / path.relative_to(UPPER)
        if not (path.is_file() and outside.is_file() and outside.read_bytes() == content):
            found[str(outside)] = content
    return found

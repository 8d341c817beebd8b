"""The snippets and units that ship are taken by the programs they are for."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, tracked

MTA = ROOT / "build/mta/root"
SNIPPETS = sorted((ROOT / "contrib/postfix").glob("*.snippet"))
UNIT = ROOT / "contrib/systemd/postern-policyd.service"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=[path.name for path in SNIPPETS])
def test_postconf_takes_the_snippet(tmp_path, snippet):
    (tmp_path / "main.cf").write_text(f"""\
compatibility_level = 3.6
meta_directory = {MTA}/etc/postfix
shlib_directory = {MTA}/usr/lib/postfix
daemon_directory = {MTA}/usr/lib/postfix/sbin
{snippet.read_text()}""")
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    result = subprocess.run(
        [MTA / "usr/sbin/postconf", "-c", tmp_path, "-n"], capture_output=True, text=True,
        env=dict(os.environ, LD_LIBRARY_PATH=str(MTA / "usr/lib/postfix")), timeout=20)
    assert result.returncode == 0
    assert result.stderr == ""
    settings = dict(line.split(" = ", 1) for line in result.stdout.splitlines())
    asks = [value for value in settings.values() if "check_policy_service {" in value]
    assert len(asks) == 1
    assert "default_action=DUNNO }" in asks[0]
    assert "OK" not in asks[0]


def test_the_recipient_snippet_cannot_open_a_relay():
    text = (ROOT / "contrib/postfix/main.cf.snippet").read_text()
    assert text.index("    reject_unauth_destination,") < text.index("    check_policy_service")


def test_the_snippets_timeout_is_above_the_deadline():
    for snippet in SNIPPETS:
        seconds = int(re.search(r"\btimeout=(\d+)s", snippet.read_text()).group(1))
        assert seconds > 5


def test_the_unit_is_one(tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/sbin/postern-policyd", "/bin/true"))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True,
                            text=True, timeout=60)
    complaints = [line for line in result.stderr.splitlines() if UNIT.name in line]
    assert not complaints


def test_the_unit_is_locked_down(tmp_path):
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", UNIT],
                            capture_output=True, text=True, timeout=60)
    exposure = re.search(r"Overall exposure level.*: ([\d.]+)", result.stdout)
    assert exposure, result.stderr
    assert float(exposure.group(1)) <= 1.5


SCRIPTS = [path for path in tracked() if path.is_file() and os.access(path, os.X_OK)]


@pytest.mark.parametrize("script", SCRIPTS, ids=[str(path.relative_to(ROOT)) for path in SCRIPTS])
def test_scripts_parse(script):
    first = script.open(errors="replace").readline()
    if "bash" in first:
        subprocess.run(["bash", "-n", script], check=True, timeout=20)
    elif "python" in first:
        compile(script.read_text(), str(script), "exec")
    else:
        pytest.fail(f"an executable file that is no script: {first}")


def test_ci_runs_the_tests():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "./dev test" in (ROOT / ".ci/run").read_text()


def test_nothing_names_this_machine():
    home = str(ROOT.parent) + os.sep
    assert len(home) > 4
    for path in tracked():
        if path.suffix not in {".cpp", ".h", ".py", ".md", ".yaml", ".scd", ".txt", ""}:
            continue
        assert home not in path.read_bytes().decode(errors="replace"), path
    assert Path(__file__).exists()

"""What whoever packs Postern meets: cmake without one of our presets."""

import json
import re
import subprocess

import pytest

from conftest import ROOT


def configured(folder, *options):
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", *options], check=True,
                   capture_output=True, text=True, timeout=120)
    return folder


def commands(folder):
    """How each source of the programs is compiled."""
    return {entry["file"].removeprefix(f"{ROOT}/"): entry["command"]
            for entry in json.loads((folder / "compile_commands.json").read_text())}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return configured(tmp_path_factory.mktemp("plain"), "-DPOSTERN_SYSTEMD_DIR=",
                      "-DPOSTERN_LOGROTATE_DIR=")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return configured(tmp_path_factory.mktemp("release"), "-DCMAKE_BUILD_TYPE=Release",
                      "-DCMAKE_INSTALL_PREFIX=/usr")


def test_it_is_optimised_and_a_new_warning_breaks_nothing(plain):
    command = commands(plain)["rules/engine.cpp"]
    assert " -O2 -g " in command and " -Wall " in command
    assert "-Werror" not in command
    assert "ccache" not in command
    assert "-fuse-ld" not in (plain / "build.ninja").read_text()


def config_dir(folder):
    command = commands(folder)["server/config/settings_file.cpp"]
    return re.search(r'POSTERN_CONFIG_DIR=\\"([^\\]*)\\"', command).group(1)


def test_the_programs_read_the_settings_where_they_are_installed(plain, release):
    assert config_dir(plain) == "/usr/local/etc/postern"
    assert config_dir(release) == "/etc/postern"
    assert '/usr/local/etc/postern"' in (plain / "cmake_install.cmake").read_text()


def test_systemd_and_logrotate_can_be_left_out(plain, release):
    names = re.compile(r"/systemd/system|/sysusers\.d|/tmpfiles\.d|/logrotate\.d")
    assert not names.search((plain / "cmake_install.cmake").read_text())
    found = set(names.findall((release / "cmake_install.cmake").read_text()))
    assert found == {"/systemd/system", "/sysusers.d", "/tmpfiles.d", "/logrotate.d"}


def test_ctest_of_a_release_build_says_that_there_is_nothing_tested(release):
    said = subprocess.run(["ctest"], cwd=release, capture_output=True, text=True,
                          timeout=60).stdout
    assert re.search(r" unit_rules \.+\*+Not Run \(Disabled\)", said)
    assert "100% tests passed" not in said


# g++ takes the `else` inside the macro for one of that `if`, with -Werror from some version on, and
# clang does not.
BARE_IF = re.compile(r"^ *(?:else )?if \(.*\)\s+(?:ASSERT|EXPECT)_", re.M)


def test_no_expectation_stands_behind_a_bare_if():
    for bad in ("  if (a) ASSERT_EQ(b, c);", "  if (a)\n    EXPECT_TRUE(b);"):
        assert BARE_IF.search(bad)
    for good in ("  if (a) {\n    EXPECT_TRUE(b);\n  }", "  if (!a) continue;\n  EXPECT_TRUE(b);"):
        assert not BARE_IF.search(good)
    found = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("*.cpp"))
             if BARE_IF.search(path.read_text())]
    assert not found

"""What the last lines of `./dev test` say: what failed, where its log is, and the count."""

import fnmatch
import os
import re
import subprocess

from conftest import ROOT

# The parts of a run that say what real ones would, in the place of the real ones.
PARTS = r"""
need_for_tests() { :; }
jobs=2
program() { mkdir -p "${1%/*}" && printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod +x "$1"; }
passes() { tally "$1" 0; }
part_format() { echo 'a.h:3:1: error: code should be clang-formatted'; false; }
part_release() { passes 1; }
part_package() { passes 20; }
part_end_to_end() {
  pytest() {
    echo 'FAILED tests/e2e/test_x.py::test_y[a: b-c] - AssertionError: 1 - 2'
    echo '<testsuite name="pytest" errors="0" failures="1" skipped="2" tests="9">' >"${1#*=}"
    false
  }
  run_pytest end-to-end pytest
}
part_asan_ubsan() {
  program build/asan-ubsan/bin/unit_gone 'exit 139'
  program build/asan-ubsan/bin/unit_bad 'echo "[  FAILED  ] All/Suite.Test/0, where x"
    echo "[  FAILED  ] 1 test, listed below:"
    echo "<testsuites tests=\"5\" failures=\"1\" disabled=\"1\" errors=\"0\">" >"${2#*xml:}"
    exit 1'
  at_once 2 run_unit_test asan-ubsan -- unit_gone unit_bad
}
part_corpus() {
  program build/asan-ubsan/bin/corpus_replay 'echo "tests/fuzz/corpus/$1/1"; [ "$1" = b ] || {
    echo "tests/fuzz/corpus/$1/2"
    exit 134
  }'
  at_once 2 replay_corpus -- a b
}
part_system() { passes 7; }
part_tsan() { passes 100; }
part_lint() { return 3; }
part_lint_changed() { passes 1000; }
part_meta() { passes 10000; }
"""


def run(folder, *parts):
    script = f'source "{ROOT}/dev"; cd "{folder}"\n{PARTS}\ncommand_test {" ".join(parts)}'
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout.splitlines()


def test_what_failed_stands_in_the_last_lines(tmp_path):
    status, said = run(tmp_path)
    assert status == 1
    named = said[said.index(next(line for line in said if line.startswith("whole run: "))) + 1:]
    assert sorted(named[:-1]) == [
        "FAILED asan-ubsan: All/Suite.Test/0  (build/reports/asan-ubsan-unit_bad.log)",
        "FAILED asan-ubsan: unit_gone ended with status 139 and no report  "
        "(build/reports/asan-ubsan-unit_gone.log)",
        "FAILED corpus: a over tests/fuzz/corpus/a/2  (build/reports/corpus-a.log)",
        "FAILED end-to-end: tests/e2e/test_x.py::test_y[a: b-c]  (build/reports/end-to-end.log)",
        "FAILED format: a.h:3:1: error: code should be clang-formatted  (build/reports/format.log)"]
    assert named[-1] == f"{1 + 20 + 6 + 3 + 1 + 1000 + 10000} passed, 5 failed"


def test_more_parts_take_the_place_of_what_they_hold(tmp_path):
    status, said = run(tmp_path, "tsan", "lint")
    assert status == 1
    assert "FAILED lint: ended with status 3  (build/reports/lint.log)" in said
    assert said[-1] == f"{1 + 20 + 6 + 3 + 1 + 100 + 10000} passed, 6 failed"


def test_a_brief_run(tmp_path):
    status, said = run(tmp_path, "--brief")
    assert status == 1
    assert said[-1] == f"{1 + 20 + 6 + 7} passed, 1 failed"


def with_the_other_release(folder, status):
    """What is said when the tests on that release end so."""
    program = folder / "tests/releases/run"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!/bin/sh
echo "FAILED end-to-end: a b  (build/reports/end-to-end.log)"
echo "12 passed, 1 failed"
echo "tests/releases/run: trixie is LEFT OUT: no mirror" >&2
exit {status}
""")
    program.chmod(0o755)
    return run(folder, "trixie")[1]


def test_the_other_release_says_what_failed_there_and_where_its_log_is(tmp_path):
    said = with_the_other_release(tmp_path, 1)
    assert "FAILED trixie: end-to-end: a b  (build/trixie/reports/end-to-end.log)" in said
    assert said[-1] == f"{1 + 20 + 6 + 3 + 1 + 1000 + 10000 + 12} passed, 6 failed"


def test_the_other_release_is_neither_passed_nor_failed_where_it_cannot_be_made(tmp_path):
    said = with_the_other_release(tmp_path, 77)
    assert "trixie       left out: no mirror" in said
    assert "LEFT OUT trixie: no mirror" in said
    assert said[-1] == f"{1 + 20 + 6 + 3 + 1 + 1000 + 10000} passed, 5 failed"


def test_a_system_that_cannot_be_made_says_why(tmp_path):
    for name in ("apt-get", "debootstrap"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    ended = subprocess.run([ROOT / "tests/releases/run", "no-release", "true"], text=True, timeout=60,
                           capture_output=True, env={
                               "PATH": f"{tmp_path}:{os.environ['PATH']}",
                               "POSTERN_RELEASES": str(tmp_path / "releases")})
    assert ended.returncode == 77
    assert "no-release is LEFT OUT: " in ended.stderr


def test_a_part_that_there_is_not(tmp_path):
    assert run(tmp_path, "tests") == (2, [])


def test_what_the_thread_sanitizer_leaves_out_is_there():
    left_out = re.search(r"GTEST_FILTER=-(\S+)", (ROOT / "dev").read_text())[1].split(":")
    named = re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)",
                       "\n".join(path.read_text() for path in (ROOT / "tests/unit").rglob("*.cpp")),
                       re.MULTILINE)
    tests = [".".join(names) for names in named]
    assert [pattern for pattern in left_out if not fnmatch.filter(tests, pattern)] == []

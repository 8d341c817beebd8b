"""HACKING.md says which files a change touches. Here each is made in a copy of the tree and touches
those files; together they compile, and what holds pages, lists and schemas together is content."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from changes import CHANGES
from conftest import ROOT, tracked

# Of tests/meta, what needs no program that knows the change.
PAGES_AND_LISTS = ["test_docs.py", "test_manual.py", "test_rooms.py", "test_schema.py"]
# Makes its edits where another attribute does.
ALONE = "an attribute through the milter"
NEED_A_PROGRAM = "examples or shipped or option or command or read or load or setting"


def promised():
    """{change: files} of the table in HACKING.md."""
    section = (ROOT / "HACKING.md").read_text().split("\n## What a change touches\n")[1]
    rows = re.findall(r"^\| ([^|`]+) \| (`.*) \|$", section.split("\n## ")[0], re.M)
    return {change.strip(): set(re.findall("`([^`]+)`", files)) for change, files in rows}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the repository, configured once: tree(commands=True) has compile commands."""
    copy = tmp_path_factory.mktemp("tree")
    for path in tracked():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(path.stat().st_mode)
    run("git", "init", "-q", cwd=copy)
    run("git", "add", "-A", cwd=copy)
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x", cwd=copy)
    return copy


def run(*command, cwd, **options):
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, **options)
    assert result.returncode == 0, f"{shlex.join(map(str, command))}\n{result.stdout}{result.stderr}"
    return result.stdout


def clean(tree):
    run("git", "reset", "-q", "--hard", cwd=tree)
    run("git", "clean", "-qfd", "-e", "build", cwd=tree)


def compile_commands(tree):
    """{source: its command's words}, as CMake has it now."""
    run("cmake", "--preset", "dev", "-Wno-dev", cwd=tree)
    entries = json.loads((tree / "build/dev/compile_commands.json").read_text())
    return {entry["file"]: shlex.split(entry["command"]) for entry in entries}


def check_syntax(tree, touched):
    """As one translation unit, which is a third of the work, with what any of them is compiled with."""
    sources = {tree / name for name in touched if name.endswith(".cpp")}
    sources |= {path for name in touched if name.endswith(".h")
                for path in [(tree / name).with_suffix(".cpp")] if path.exists()}
    commands = compile_commands(tree)
    words = []
    for source in sorted(map(str, sources)):
        assert source in commands, f"CMake does not build {source}"
        words += (word for word in commands[source][:commands[source].index("-o")]
                  if word not in words)
    together = tree / "build/together.cpp"
    together.write_text("".join(f'#include "{source}"\n' for source in sorted(sources)))
    run(*words, "-Wno-subobject-linkage", "-fsyntax-only", together, cwd=tree)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_what_hacking_says(tree, change):
    name, template = CHANGES[change]
    touched = template.make(tree)
    try:
        told = run("git", "status", "--porcelain", "-uall", cwd=tree).splitlines()
        assert touched == {line[3:] for line in told}
        assert len(touched) <= template.most
        assert {path.replace(name, "NAME") for path in touched} == promised()[change]
    finally:
        clean(tree)


@pytest.mark.parametrize("changes", [CHANGES.keys() - {ALONE}, {ALONE}], ids=["", ALONE])
def test_changed_sources_compile_and_the_pages_agree(tree, changes):
    touched = set()
    try:
        for change in sorted(changes):
            touched |= CHANGES[change][1].make(tree)
        check_syntax(tree, touched)
        run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            *(tree / "tests/meta" / test for test in PAGES_AND_LISTS),
            "-k", f"not ({NEED_A_PROGRAM})", cwd=tree,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    finally:
        clean(tree)


def test_hacking_promises_nothing_that_is_not_tried():
    assert promised().keys() == CHANGES.keys()

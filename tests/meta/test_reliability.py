"""The tests that docs/reliability.md names as showing what it promises are there."""

import re

import pytest

from conftest import ROOT

PAGE = ROOT / "docs/reliability.md"
NAMED = re.findall(r"`(tests/[\w/.-]+): ([\w.]+)`", PAGE.read_text())


def test_it_names_some():
    assert len(NAMED) > 20


@pytest.mark.parametrize("path, name", NAMED, ids=[name for _, name in NAMED])
def test_the_test_is_there(path, name):
    text = (ROOT / path).read_text()
    suite, _, case = name.rpartition(".")
    if path.endswith(".py"):
        wanted = rf"^def {name}\("
    else:
        wanted = rf"^TEST(_F|_P)?\({suite or '[A-Za-z]+'},\s*{case}\)"
    assert re.search(wanted, text, re.MULTILINE)


def test_every_promise_has_one():
    [table] = re.findall(r"^\| promise \| shown by \|\n\|---\|---\|\n((?:\|.*\n)+)",
                         PAGE.read_text(), re.MULTILINE)
    for row in table.splitlines():
        assert re.search(r"`tests/[^`]+`|\(#\w+\)", row), row


def test_every_fuzz_target_has_seeds():
    folder = ROOT / "tests/fuzz"
    built = set(re.findall(r"^postern_fuzz\((\w+) ", (folder / "CMakeLists.txt").read_text(),
                           re.MULTILINE))
    assert built == {path.name.removesuffix("_fuzz.cpp") for path in folder.glob("*_fuzz.cpp")}
    for target in built:
        assert any((folder / "corpus" / target).iterdir()), target

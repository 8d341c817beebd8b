"""What docs/reliability.md and docs/store.md promise is shown by the tests that tests/promises.md
names."""

import re

import pytest

from conftest import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text()
STORE = (ROOT / "docs/store.md").read_text()
SHOWN = (ROOT / "tests/promises.md").read_text()
NAMED = re.findall(r"`(tests/[\w/.-]+): ([\w.]+)`", SHOWN)


def test_it_names_some():
    assert len(NAMED) > 100


@pytest.mark.parametrize("path, name", NAMED, ids=[name for _, name in NAMED])
def test_the_test_is_there(path, name):
    text = (ROOT / path).read_text()
    suite, _, case = name.rpartition(".")
    if path.endswith(".py"):
        wanted = rf"^def {name}\("
    else:
        wanted = rf"^TEST(_F|_P)?\({suite or '[A-Za-z]+'},\s*{case}\)"
    assert re.search(wanted, text, re.MULTILINE)


def headings(text):
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_every_promise_has_one():
    promises = re.findall(r"^- \*\*(.*?)\.\*\* ", PAGE.split("\n## ")[0], re.MULTILINE)
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", SHOWN, re.MULTILINE)[1:]
    assert len(promises) > 10
    assert [promise for promise, _ in rows] == promises
    sections = {text.split("\n")[0]: text for text in re.split("^## ", SHOWN, flags=re.MULTILINE)}
    for promise, shown in rows:
        section = re.fullmatch(r"see (\w+) below", shown)
        assert "`tests/" in (sections[section[1]] if section else shown), promise


def test_they_stand_below_the_headings_of_the_pages_and_not_on_them():
    assert {*headings(SHOWN)} - {"Promises"} <= {*headings(PAGE), *headings(STORE)}
    assert not re.search(r"`tests/[\w/.-]+: ", PAGE + STORE)


def items(text, heading):
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^- (.*)$", section, re.MULTILINE)


@pytest.mark.parametrize("heading", ["What it can and cannot do to mail", "Several hosts"])
def test_every_item_about_the_store_has_one(heading):
    shown = [re.sub(r"(, \.\.\.)?:$", "", item) for item in items(SHOWN, heading)]
    promised = items(STORE, heading)
    assert len(shown) == len(promised) > 5
    for text, promise in zip(shown, promised, strict=True):
        assert promise.startswith(text)


def test_every_fuzz_target_has_seeds():
    folder = ROOT / "tests/fuzz"
    built = set(re.findall(r"^postern_fuzz\((\w+) ", (folder / "CMakeLists.txt").read_text(),
                           re.MULTILINE))
    assert built == {path.name.removesuffix("_fuzz.cpp") for path in folder.glob("*_fuzz.cpp")}
    for target in built:
        assert any((folder / "corpus" / target).iterdir()), target

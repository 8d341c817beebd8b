"""What the documents say is so: examples load, checks and keys are described, pages build."""

import json
import re
import subprocess

import pytest

from conftest import BIN, ROOT, load_yaml, tracked
from rules_schema import names_of_checks, rules_schema

SETTINGS_KEYS = {"state", "control", "user", "group", "dns", "decision", "log", "journal", "store", "radar",
                 "policyd", "milter"}
RULES_KEYS = {"lists", "mode"}
MAN_PAGES = sorted((ROOT / "docs").glob("*.scd"))


def examples():
    """Every YAML block of the documents, with where it stands."""
    found = []
    for path in tracked("*.md", "docs/*.scd"):
        text = path.read_text()
        fence = r"^```yaml\n(.*?)^```$" if path.suffix == ".md" else r"^```\n(.*?)^```$"
        for match in re.finditer(fence, text, re.M | re.S):
            block = match.group(1)
            if not re.match(r"\s*(#|-|\w+:)", block):
                continue
            line = text.count("\n", 0, match.start()) + 1
            found.append(pytest.param(block, id=f"{path.relative_to(ROOT)}:{line}"))
    return found


@pytest.mark.parametrize("block", examples())
def test_examples_load(check_config, block):
    document = load_yaml(block)
    if isinstance(document, dict) and ("zone" in document or "cases" in document):
        return  # a test's file, which its tests read
    if isinstance(document, list):
        indented = "".join("  " + line for line in block.splitlines(True))
        result = check_config(rules="version: 1\nrules:\n" + indented)
    elif set(document) & SETTINGS_KEYS:
        if "version" not in document:
            block = "version: 1\nrules: rules.yaml\n" + block
        if "policyd" not in document:
            block += 'policyd: { listen: "inet:127.0.0.1:10040" }\n'
        result = check_config(settings=block)
    elif isinstance(document.get("rules"), list) or set(document) & RULES_KEYS:
        if "version" not in document:
            block = "version: 1\n" + block
        if "rules" not in document:
            block += "rules: []\n"
        result = check_config(rules=block)
    else:
        pytest.fail(f"an example that cannot be checked:\n{block}")
    assert result.returncode == 0, result.stderr


def test_shipped_configuration_loads(check_config):
    for folder in ("conf", "contrib/demo"):
        result = check_config(settings=(ROOT / folder / "postern.yaml").read_text(),
                              rules=(ROOT / folder / "rules.yaml").read_text())
        assert result.returncode == 0, result.stderr
        assert "error" not in result.stderr


@pytest.mark.parametrize("check", names_of_checks(ROOT))
def test_a_check_is_described_everywhere(check):
    page = (ROOT / f"rules/checks/{check}.md").read_text()
    assert (ROOT / f"tests/unit/rules/checks/{check}_test.cpp").exists()
    rule = rules_schema(ROOT)["definitions"]["rule"]
    assert check in rule["properties"]["check"]["enum"]
    for heading in ("Purpose", "Findings", "Options", "Example"):
        assert f"\n## {heading}\n" in page
    findings = set(re.findall(r"^\| `(\w+)` \|", page.split("## Findings")[1].split("\n## ")[0],
                              re.M))
    assert findings
    source = (ROOT / f"rules/checks/{check}.cpp").read_text()
    known = set(re.findall(r'\{"(\w+)", FindingClass::', source))
    assert findings == known
    assert known <= set(rule["properties"]["on"]["properties"])
    presets = set(re.findall(r'\{"(\w+)", k\w+\}', source.partition("<CheckPreset, ")[2]))
    assert set(re.findall(r"`preset: (\w+)`", page)) == presets


def test_no_finding_is_described_that_no_check_has():
    rule = rules_schema(ROOT)["definitions"]["rule"]
    known = set()
    for check in names_of_checks(ROOT):
        source = (ROOT / f"rules/checks/{check}.cpp").read_text()
        known |= set(re.findall(r'\{"(\w+)", FindingClass::', source))
    assert set(rule["properties"]["on"]["properties"]) == known


def test_the_man_page_says_where_the_checks_are_described():
    assert "_rules/checks/NAME.md_" in (ROOT / "docs/postern-rules.5.scd").read_text()


def keys_of(schema):
    for key, value in schema.get("properties", {}).items():
        yield key
        yield from keys_of(value)
        for other in value.get("oneOf", []):
            yield from keys_of(other)


def test_the_man_page_has_every_setting_and_no_other():
    schema = json.loads((ROOT / "conf/postern.schema.json").read_text())
    sections = {"dns", "cache", "decision", "log", "journal", "store", "redis", "radar", "reload", "policyd",
                "milter"}
    page = (ROOT / "docs/postern.yaml.5.scd").read_text()
    described = set(re.findall(r"^\*(\w+):\*", page, re.M))
    assert described == set(keys_of(schema)) - sections


SECTIONS = {
    "": "{bad: 1}",
    "dns": "{dns: {bad: 1}}",
    "cache": "{dns: {cache: {bad: 1}}}",
    "decision": "{decision: {bad: 1}}",
    "log": "{log: {bad: 1}}",
    "journal": "{journal: {bad: 1}}",
    "store": "{store: {bad: 1}}",
    "redis": "{store: {redis: {bad: 1}}}",
    "radar": "{radar: {bad: 1}}",
    "reload": "{reload: {bad: 1}}",
    "policyd": "{policyd: {bad: 1}}",
    "milter": "{milter: {bad: 1}}",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_schema_has_the_settings_that_are_read(tmp_path, section):
    """What is said about an unknown key lists those that are known."""
    schema = json.loads((ROOT / "conf/postern.schema.json").read_text())["properties"]
    if section:
        above = {"cache": "dns", "redis": "store"}.get(section)
        schema = (schema[above]["properties"] if above else schema)[section]
        schema = schema.get("oneOf", [schema])[-1]["properties"]  # a word may stand in its place
    (tmp_path / "postern.yaml").write_text(SECTIONS[section] + "\n")
    told = subprocess.run(
        [BIN / "postern-policyd", "--check-config", "--config", tmp_path / "postern.yaml"],
        capture_output=True, text=True, timeout=60).stderr
    known = re.search("found the key 'bad', want (.*)", told).group(1)
    assert set(re.split(", | or ", known)) == set(schema)


@pytest.mark.parametrize("page", MAN_PAGES, ids=[page.name for page in MAN_PAGES])
def test_man_pages_build(page):
    name, section = page.stem.rsplit(".", 1)
    with open(page) as text:
        result = subprocess.run(["scdoc"], stdin=text, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert f'.TH "{name}" "{section}"' in result.stdout


def test_the_man_pages_that_are_named_exist():
    there = {page.stem for page in MAN_PAGES}
    named = set()
    for path in tracked("*.md", "*.scd", "*.yaml", "*.service", "*/main.cpp"):
        named |= set(re.findall(r"(postern[\w.-]*|rules\.yaml)\*?\((\d)\)", path.read_text()))
    assert {f"{name}.{section}" for name, section in named} <= there


def test_links_between_documents_lead_somewhere():
    broken = []
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def anchors_of(page):
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S),
                          re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_to_headings_lead_somewhere():
    broken = []
    for path in tracked("*.md"):
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", path.read_text()):
            page = path.parent / target if target else path
            if "://" not in target and anchor not in anchors_of(page):
                broken.append(f"{path.relative_to(ROOT)}: {target}#{anchor}")
    assert not broken


def cells(row):
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def test_the_summary_of_the_replies_is_of_the_tables_below_it():
    """Its cells are `COMMAND: reply`, with <...> for addresses."""
    def shape(reply):
        return re.sub("<.*?>", "<>", reply)

    first, *sections = re.split("^## ", (ROOT / "docs/replies.md").read_text(), flags=re.M)
    heard = {}  # the replies below a heading, by command
    for section in sections:
        head, *rows = [cells(row) for row in re.findall(r"^\|.*", section, re.M)] or [[]]
        heard[section.split("\n")[0].replace(" with", ",")] = {
            column: {shape(row[number]) for row in rows} for number, column in enumerate(head)}
    head, _, *rows = [cells(row) for row in re.findall(r"^\|.*", first, re.M)]
    assert len(rows) == 4
    for row in rows:
        for mta, cell in zip(head[1:], row[1:]):
            if cell != "cannot":
                command, reply = cell.split(": ", 1)
                assert shape(reply) in heard[mta][command], (mta, cell)


def test_every_package_has_its_reason():
    dev = (ROOT / "dev").read_text()
    reasons = (ROOT / "docs/dependencies.md").read_text()
    groups = re.findall(r"^\w+_packages=\((.*?)\)", dev, re.M | re.S)
    packages = set(re.findall(r"[^\s'|]+", " ".join(groups)))
    assert len(packages) > 20
    assert not [package for package in packages if package not in reasons]

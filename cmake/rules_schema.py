"""The JSON Schema of the rule file: conf/rules.schema.json with conditions, actions and checks.

    rules_schema.py ROOT >rules.schema.json

Names come from rules/checks.list; findings, presets and options from the page of each check, which
tests/meta compares with what the check registers. Conditions come from the table in
docs/postern-rules.5.scd, actions from that in docs/actions.md, which unit_rules compares with the
program. An option of a check may stand in
conf/rules.schema.json with a type; one that does not takes any value here. So may a condition or an
action that takes something special.
"""

import json
import re
import sys
from pathlib import Path


def names_of_checks(root):
    lines = (root / "rules/checks.list").read_text().splitlines()
    return [line.strip() for line in lines if re.match("[a-z]", line)]


def section_of(page, heading):
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows_of(text):
    """{first cell: second cell} of the tables whose first cell is a word in backticks."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.M))


def conditions(root):
    page = (root / "docs/postern-rules.5.scd").read_text()
    for key, about, kind in re.findall(r"^\|  \*([\w.]+)\*\n:  (.*)\n:  ([\w-]+)\n", page, re.M):
        asked = {"type": ["boolean", "string"], "enum": [True, False, "yes", "no", "true", "false"]}
        compared = {"$ref": "#/definitions/values"}
        yield key, {**(asked if kind == "-" else compared), "description": about}


def actions(root):
    """{word: schema of what stands behind it} in a map of one action, and a pattern for a text."""
    page = (root / "docs/actions.md").read_text()
    behind, words = {}, {"": [], "( .*)?": [], " .+": []}
    for word, form in re.findall(r"^\| `(\w+) ?(.*?)` \| (?:yes|no) \|", page, re.M):
        if not form:
            behind[word] = {"type": "null"}
        elif form.startswith("["):
            behind[word] = {"type": ["string", "null"]}
        else:
            behind[word] = {"type": "string", "minLength": 1}
        words["" if not form else "( .*)?" if form.startswith("[") else " .+"].append(word)
    return behind, "|".join(f"({'|'.join(these)}){rest}" for rest, these in words.items())


def rules_schema(root):
    schema = json.loads((root / "conf/rules.schema.json").read_text())
    keys = schema["definitions"]["condition"]["properties"]
    for key, value in conditions(root):
        own = keys.get(key)
        keys[key] = {"description": value["description"], **own} if own else value
    text, by_word = schema["definitions"]["action"]["oneOf"]
    behind, text["pattern"] = actions(root)
    text["pattern"] = f"^({text['pattern']})$"
    for word, value in behind.items():
        by_word["properties"].setdefault(word, {}).update(value)
    keys = schema["definitions"]["rule"]["properties"]
    keys["check"]["enum"] = names_of_checks(root)
    presets = []
    for check in keys["check"]["enum"]:
        page = (root / f"rules/checks/{check}.md").read_text()
        for finding in rows_of(section_of(page, "Findings")):
            keys["on"]["properties"][finding] = {"$ref": "#/definitions/actions"}
        options = section_of(page, "Options")
        presets += re.findall(r"`preset: (\w+)`", options)
        for option, meaning in rows_of(options.split("\n\n| finding")[0]).items():
            keys.setdefault(option, {"description": f"{check}: {meaning}"})
    keys["preset"]["enum"] = list(dict.fromkeys(presets))
    return schema


if __name__ == "__main__":
    json.dump(rules_schema(Path(sys.argv[1])), sys.stdout, indent=2)

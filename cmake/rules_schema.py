"""The JSON Schema of the rule file: conf/rules.schema.json with what the checks have.

    rules_schema.py ROOT >rules.schema.json

Names come from rules/checks.list; findings, presets and options from the page of each check, which
tests/meta compares with what the check registers. An option of a check may stand in
conf/rules.schema.json with a type; one that does not takes any value here.
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


def rules_schema(root):
    schema = json.loads((root / "conf/rules.schema.json").read_text())
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

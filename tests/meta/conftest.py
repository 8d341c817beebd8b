"""What the tests about the repository itself share."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("POSTERN_BIN", ROOT / "build/release/bin"))
sys.path.append(str(ROOT / "cmake"))


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors and Postern read it: dates, on, off, yes and no are text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def load_yaml(text):
    return yaml.load(text, Loader)


def tracked(*patterns):
    """Files of the repository, also those that are not committed yet."""
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
                           cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted({ROOT / name for name in found if (ROOT / name).is_file()})


@pytest.fixture
def check_config(tmp_path):
    """check_config(settings=..., rules=...): what --check-config says, with its exit status."""
    def run(settings=None, rules=None):
        settings = settings or ("version: 1\nrules: rules.yaml\n"
                                'policyd: { listen: "inet:127.0.0.1:10040" }\n'
                                'milter: { listen: "inet:127.0.0.1:10050" }\n')
        (tmp_path / "postern.yaml").write_text(settings)
        rules_file = tmp_path / load_yaml(settings)["rules"]
        rules_file.parent.mkdir(parents=True, exist_ok=True)
        rules_file.write_text(rules or "version: 1\nrules: []\n")
        for spec in ((load_yaml(rules).get("lists") or {}) if rules else {}).values():
            if "file" in spec:
                listed = rules_file.parent / spec["file"]
                listed.parent.mkdir(parents=True, exist_ok=True)
                if not listed.exists():
                    listed.write_text("")
        # The door that can judge by all rules, where there is one.
        daemon = "postern-milter" if "milter" in load_yaml(settings) else "postern-policyd"
        return subprocess.run(
            [BIN / daemon, "--check-config", "--config", tmp_path / "postern.yaml"],
            capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return run

"""The JSON Schemas agree with the files that ship, and with what the programs load."""

import json
import re

import jsonschema
import pytest

from conftest import ROOT, load_yaml
from rules_schema import rules_schema

SCHEMAS = {"postern": json.loads((ROOT / "conf/postern.schema.json").read_text()),
           "rules": rules_schema(ROOT)}

FILES = [("conf/postern.yaml", "postern"), ("conf/rules.yaml", "rules"),
         ("contrib/demo/postern.yaml", "postern"), ("contrib/demo/rules.yaml", "rules")]


def validate(document, name):
    jsonschema.Draft7Validator(SCHEMAS[name]).validate(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_one(name):
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("path, name", FILES, ids=[path for path, _ in FILES])
def test_shipped_files_fit(path, name):
    validate(load_yaml((ROOT / path).read_text()), name)


def scenario_rules():
    """The rules of every scenario: those that load, and those that must not."""
    good, bad = [], []
    for path in sorted((ROOT / "tests/scenarios").glob("*.yaml")):
        scenario = load_yaml(path.read_text())
        if "rules" in scenario:
            good.append(pytest.param(scenario["rules"], id=path.stem))
        for case in scenario["cases"]:
            if "load_error" in case:
                bad.append(pytest.param(case["rules"], id=f"{path.stem}: {case['name']}"))
            elif "rules" in case:
                good.append(pytest.param(case["rules"], id=f"{path.stem}: {case['name']}"))
    return good, bad


@pytest.mark.parametrize("text", scenario_rules()[0])
def test_rules_of_scenarios_fit(text):
    validate(load_yaml(text), "rules")


BROKEN = {
    "unknown key": "rules: [{ name: a, wen: {}, then: pass }]",
    "no version": None,
    "no action": "rules: [{ name: a }]",
    "two ways": "rules: [{ name: a, then: pass, check: sender_mx, preset: standard }]",
    "unknown verb": "rules: [{ name: a, then: refuse }]",
    "unknown finding": "rules: [{ name: a, check: sender_mx, on: { nix: pass } }]",
    "unknown mode": "rules: [{ name: a, then: pass, mode: maybe }]",
    "unknown stage": "rules: [{ name: a, then: pass, stage: greeting }]",
    "From differs in nothing": "rules: [{ name: a, when: { header.from_differs: x }, then: log }]",
    "a header field without a name": "rules: [{ name: a, when: { header.: x }, then: log }]",
    "a refused recipient, or not":
        "rules: [{ name: a, when: { recipient_refused: no }, then: log }]",
    "a share of lines that is none": "rules: [{ name: a, then: pass, log_pass: some }]",
    "delay without a time": "rules: [{ name: a, then: delay }]",
    "list without entries": "lists: { l: { kind: domain } }\nrules: []",
    "a list that may shrink, or not":
        "lists: { l: { kind: text, entries: [], may_shrink: maybe } }\nrules: []",
    "a list out of SPF that is no list of networks":
        "lists: { l: { kind: domain, spf: a.example } }\nrules: []",
    "a list out of SPF and out of a file":
        "lists: { l: { kind: network, spf: a.example, file: n.txt } }\nrules: []",
    "well-known by a map":
        "lists: { l: { kind: domain, entries: [] } }\nwell_known: { a: l }\nrules: []",
    "capture domains by a map": "capture_domains: { a: b.example }\nrules: []",
    "redirect without an address": "rules: [{ name: a, then: redirect }]",
    "list of an unknown kind": "lists: { l: { kind: names, entries: [] } }\nrules: []",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_load_does_not_fit(what, check_config):
    text = "rules: []" if BROKEN[what] is None else "version: 1\n" + BROKEN[what]
    assert check_config(rules=text + "\n").returncode == 1
    with pytest.raises(jsonschema.ValidationError):
        validate(load_yaml(text), "rules")


EVERYTHING = """\
version: 1
mode: enforce
lists:
  n: { kind: network, entries: [192.0.2.0/24, { entry: "2001:db8::/32", reason: r, owner: o,
       expires: 2099-12-31, then: defer }] }
  s: { kind: network, spf: [a.example, _spf.b.example], entries: [192.0.2.1] }
  s1: { kind: network, spf: a.example }
  d: { kind: domain, file: d.txt, then: { reject: 550 5.7.1 "no" } }
  t: { kind: text, entries: [alice, 4711] }
  a: { kind: address, entries: [x@a.example, y@, "@b.example"], may_shrink: yes }
  w: { kind: domain, entries: [gmail.com], may_shrink: no }
well_known: [w]
capture_domains: [cap.example, box.example]
rules:
  - { name: skip, when: { client: [n, 198.51.100.1] }, then: skip sender_mx }
  - { name: slow, when: { client: n }, stage: connect, then: { delay: 2s } }
  - { name: all, when: { client_name: d, reverse_client_name: .x.example, helo: [a.example, d],
      sender: a, sender_domain: d, recipient: [z@], recipient_domain: d, sasl_username: t,
      authenticated: yes, tls: no, not: { sender: y@ } },
      then: [log seen, { prepend: "X-A: b" }, hold] }
  - { name: head, when: { header.subject: ["~x", t], header.X-Mailer: t, header.from_address: a,
      header.from_domain: d, header.from_differs: domain, headers_cut: no }, then: hold }
  - { name: samples, when: { sender_domain: d }, then: [{ copy: a@cap.example },
      redirect b@box.example] }
  - { name: refused, when: { recipient_refused: yes }, then: log }
  - { name: neither, when: { not: [{ tls: yes }, { authenticated: yes }] }, stage: [rcpt, data],
      then: { log: } }
  - name: mx
    check: sender_mx
    preset: mfcheck
    usable_networks: [10.0.0.0/8]
    on: { unusable: [log odd, discard gone], mx: pass, implicit: pass, null_mx: reject,
          malformed: defer, missing: log, no_domain: hold, unknown: defer 450 4.4.3 "wait" }
    mode: log
  - name: helo
    check: helo
    own_names: [mx.box.example, .box.example, 192.0.2.0/24]
    preset: standard
    on: { mismatch: hold, missing: reject 550 5.7.1 "HELO first" }
  - { name: rdns, check: rdns, preset: standard, on: { generic: hold } }
  - name: spf
    check: spf
    identity: helo
    void_limit: 0
    explanation: log
    preset: strict
    on: { pass: { prepend: "Received-SPF: {spf}" } }
  - name: allow-lists
    check: dnswl
    look_up: client_name
    zones: wl.example
    preset: standard
  - name: block-lists
    check: dnsbl
    look_up: sender_domain
    names: organizational
    zones:
      - bl.example
      - zone: keyed.example
        key: Ab12-cd34
        codes: [127.0.0.2, "127.0.0.[4..6;9]", 127.0.0.&64]
        weight: 100
        test_point: dbltest.example
      - { zone: odd.example, codes: 127.0.1.2, test_point: none }
    at_least: 102
    preset: standard
    on: { listed: 'reject 550 5.7.1 "Listed by {zone}"', clean: log }
"""


def test_every_word_fits_and_loads(check_config):
    validate(load_yaml(EVERYTHING), "rules")
    result = check_config(rules=EVERYTHING)
    assert result.returncode == 0, result.stderr


def test_every_setting_fits_and_loads(check_config):
    text = (ROOT / "conf/postern.yaml").read_text()
    text = re.sub("^# yaml-language-server:.*", "", text, flags=re.M)
    # The commented defaults, taken at their word.
    lines = [line.replace("# ", "", 1) if line.lstrip().startswith("# ") and is_setting(line)
             else line for line in text.splitlines()]
    settings = "\n".join(lines) + "\n"
    document = load_yaml(settings)
    properties = SCHEMAS["postern"]["properties"]
    assert set(document) == set(properties)
    for section in ("dns", "decision", "log", "policyd", "milter"):
        assert set(document[section]) == set(properties[section]["properties"]), section
    assert set(document["dns"]["cache"]) == set(
        properties["dns"]["properties"]["cache"]["properties"])
    validate(document, "postern")
    result = check_config(settings=settings)
    assert result.returncode == 0, result.stderr


def is_setting(line):
    words = line.lstrip("# ")
    return words[:1].islower() and ":" in words.split(" ")[0] or words.startswith("- {")

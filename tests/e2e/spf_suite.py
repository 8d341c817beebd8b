"""The openspf suite (tests/unit/rules/spf, with its licence beside it): its mails, and its zones as
postern-zone-server reads them. What stands in front of suite_zone.h holds here, too."""

import json
from pathlib import Path

import yaml

SUITE = Path(__file__).parents[1] / "unit/rules/spf/rfc7208-tests.yml"
TYPES = {"A", "AAAA", "MX", "PTR", "TXT"}


def dns_text(name):
    """A name as DnsName::text() has it."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 or byte in b".-_"
                   else f"\\{byte:03}" for byte in name.lower().removesuffix(".").encode())


def joined(value):
    return value if isinstance(value, str) else "".join(value)


def value_of(kind, value):
    if kind == "MX":
        return f"{value[0]} {dns_text(value[1]) or '.'}"
    return dns_text(value) if kind in ("PTR", "CNAME") else joined(value)


def node_of(records):
    node = {}
    maps = [record for record in records if isinstance(record, dict)]
    has_txt = any("TXT" in record for record in maps)
    for kind, value in (pair for record in maps for pair in record.items()):
        if kind == "SPF":
            if has_txt:
                continue
            kind = "TXT"
        if kind == "TXT" and value == "NONE":
            continue
        if kind == "CNAME":
            node[kind] = value_of(kind, value)
        else:
            node.setdefault(kind, []).append(value_of(kind, value))
    if "TIMEOUT" in records:
        node.update({kind: {"fault": "timeout"} for kind in TYPES - node.keys()})
    return node


def zone_text(zonedata):
    zone = {dns_text(name): node_of(records) for name, records in zonedata.items()}
    return json.dumps({"zone": zone})


def groups():
    """(description, zone, [(name, client, helo, sender, results)]) of each: any of them is right."""
    for document in yaml.safe_load_all(SUITE.read_text()):
        mails = []
        for name, case in document["tests"].items():
            result = case["result"]
            mails.append((name, case["host"], case["helo"], case["mailfrom"],
                          [result] if isinstance(result, str) else result))
        yield document["description"], zone_text(document["zonedata"]), mails

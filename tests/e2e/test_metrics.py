"""What a daemon has counted is what was asked of it, and what it has logged."""

import sys
from collections import Counter
from pathlib import Path

from asking import MilterAsker, PolicyAsker
from control import UnixConnection
from gate import MILTER_SOCKET, SOCKET
from load import Load
from waiting import until

sys.path.append(str(Path(__file__).resolve().parents[1] / "meta"))
from exposition import families_of  # noqa: E402 (it is of the tests next door)

RULES = """\
version: 1
lists:
  banned: { kind: domain, entries: [bad.example, { entry: x.example, expires: 2020-01-01 }] }
rules:
  - { name: dry, mode: log, when: { sender_domain: banned }, then: discard }
  - { name: banned, when: { sender_domain: banned }, then: 'reject 550 5.7.1 "no"' }
  - { name: must-exist, check: sender_mx, preset: standard }
"""
ZONE = """\
zone:
  good.example:    { MX: [10 mx.good.example], ttl: 300 }
  mx.good.example: { A: [198.51.100.7], ttl: 300 }
  broken.example:  { fault: servfail }
"""
SENDERS = [f"x@{name}.example" for name in ("bad", "good", "gone", "bad", "broken")]
ADDRESSES = {"postern-policyd": ("policy", SOCKET), "postern-milter": ("milter", MILTER_SOCKET)}
ENOUGH = 200


def metrics(door):
    connection = UnixConnection(door.control.path, 20)
    try:
        connection.request("GET", "/metrics")
        return families_of(connection.getresponse().read().decode())
    finally:
        connection.close()


def decided(families):
    return families["postern_decisions_total"].value()


def samples(families, name, *labels):
    return {tuple(own[label] for label in labels): value
            for _, own, value in families[name].samples}


def test_under_load_every_decision_is_counted_once(door, zone_server, tmp_path):
    door = door(RULES, dns=zone_server(ZONE))
    kind, address = ADDRESSES[door.name]
    load = Load("load", kind, address, 4, 80, tmp_path / "asked.json", SENDERS)
    try:
        assert until(lambda: decided(metrics(door)) >= ENOUGH, 60)
        questions = load.stop()
    finally:
        load.kill()
    assert not [question for question in questions if question.error]
    families = metrics(door)
    total = decided(families)
    assert until(lambda: len(door.daemon.decisions()) >= total)
    logged = door.daemon.decisions()
    assert len(logged) == total

    assert samples(families, "postern_decisions_total", "stage", "rule", "action") == Counter(
        (entry["stage"], entry["rule"], entry["action"]) for entry in logged)
    assert samples(families, "postern_dry_run_actions_total", "rule", "action") == {
        ("dry", "discard"): sum(entry.get("would") == "dry:discard" for entry in logged)}
    times = families["postern_decision_duration_seconds"]
    assert times.value("_count") == total
    assert round(times.value("_sum") * 1e6) == sum(int(entry["us"]) for entry in logged)

    refused = sum(question.answer != "" for question in questions)
    assert families["postern_decisions_total"].value(action="pass") == total - refused
    if kind == "policy":  # asked once for each
        assert total == len(questions)
        by_sender = Counter(question.sender for question in questions)
        findings = families["postern_findings_total"]
        assert findings.value(finding="missing") == by_sender["x@gone.example"]
        assert findings.value(finding="unknown") == by_sender["x@broken.example"]
        assert findings.value() == total - by_sender["x@bad.example"]


def test_connections_are_counted_while_they_are_open(door):
    door = door(RULES)
    asker = MilterAsker if door.name == "postern-milter" else PolicyAsker
    askers = [asker(ADDRESSES[door.name][1]) for _ in range(3)]
    for one in askers:
        assert one.ask("x@bad.example").startswith("550 ")
    families = metrics(door)
    assert families["postern_connections_open"].value() == 3
    assert families["postern_connections_accepted_total"].value() == 3
    for one in askers:
        one.close()
    assert until(lambda: metrics(door)["postern_connections_open"].value() == 0)
    assert metrics(door)["postern_connections_accepted_total"].value() == 3


def test_dns_is_counted_by_what_came_of_it(door, zone_server):
    server = zone_server(ZONE)
    door = door(RULES, dns=server)
    for sender in ("x@good.example", "y@good.example", "x@gone.example", "x@broken.example"):
        door.ask(sender)
    families = metrics(door)
    questions = samples(families, "postern_dns_questions_total", "outcome")
    # Of good.example MX and its host's address, and whether that has a second one.
    assert questions[("nxdomain",)] == 3, "MX, A and AAAA of gone.example"
    assert questions[("servfail",)] == 1
    assert questions[("answer",)] >= 2
    queries = families["postern_dns_upstream_queries_total"]
    assert queries.labels() == {"door", "upstream", "outcome"}
    assert queries.value(outcome="nxdomain", upstream=f"127.0.0.1:{server.port}") == 3
    assert queries.value(outcome="servfail") >= 1
    assert families["postern_dns_upstream_down"].value() == 0
    assert families["postern_dns_cache_hits_total"].value() > 0
    assert families["postern_dns_cache_names"].value() >= 3


def test_faulty_rules_show_while_they_are_there(door):
    door = door(RULES)
    before = metrics(door)
    door.rules_file.write_text(RULES + "  - { name: new, then: nonsense }\n")
    assert until(lambda: metrics(door)["postern_reload_last_successful"].value() == 0)
    door.rules_file.write_text(RULES.replace("bad.example, ", ""))
    assert until(lambda: metrics(door)["postern_reload_last_successful"].value() == 1)
    after = metrics(door)
    reloads = samples(after, "postern_reloads_total", "result")
    assert reloads[("refused",)] >= 1 and reloads[("done",)] == 1
    assert after["postern_rules_generation"].value() == (
        before["postern_rules_generation"].value() + 1)
    assert (before["postern_list_entries"].value(), after["postern_list_entries"].value()) == (2, 1)
    assert after["postern_list_expired_entries"].value() == 1
    assert after["postern_rules_loaded_timestamp_seconds"].value() >= (
        before["postern_rules_loaded_timestamp_seconds"].value())

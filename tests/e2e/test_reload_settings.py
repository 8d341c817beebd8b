"""Changed settings are taken while mail goes on, as changed rules are; those that need a restart
are named."""

from gate import PATIENT
from smtp import message
from test_reload import (
    AT_ONCE, BANNED, SEEN, is_unmoved, refusal_at, rules, starts_with, taken_after)
from waiting import until


def test_a_setting_that_needs_a_restart_is_named(doors):
    both = doors(rules(1), lists={"banned.txt": BANNED})
    both.start()
    door = both.policyd
    for old, new, key in [("inet:127.0.0.1:10040", "inet:127.0.0.1:10041", "policyd.listen"),
                          ("user: nobody", "user: daemon", "user")]:
        door.change_settings(old, new)
        assert until(lambda: door.control.status()["restart_needed"] == [key], SEEN), (
            door.control.status())
        assert door.says(" warning ", key), door.said()
        assert door.ask("x@bad.example") == "550 5.7.1 state 1"
        door.change_settings(new, old)
        assert until(lambda: door.control.status()["restart_needed"] == [], SEEN)
    # What is about the other daemon needs no restart of this one.
    door.change_settings("mode: 0660 }\n  refuse", "mode: 0600 }\n  refuse")
    door.control.reload()
    assert door.control.status()["restart_needed"] == []


def test_broken_settings_change_nothing(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    generation, looks = door.control.generation(), door.control.looks()
    door.change_settings("decision: {", "decision: { deadlien: 3s,")
    door.rules_file.write_text(rules(2))
    last = door.control.next_look(looks)
    assert last["outcome"] == "refused"
    refusal_at(door, r"postern\.yaml:\d+:\d+")
    assert is_unmoved(door, generation)
    door.change_settings("decision: { deadlien: 3s,", "decision: {")
    assert starts_with(door, "state 2")


def test_the_rules_may_be_another_file(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    (door.home / "other.yaml").write_text(rules(2))
    assert taken_after(door, lambda: door.change_settings("rules: rules.yaml", "rules: other.yaml"),
                       "state 2")
    assert taken_after(door, lambda: (door.home / "other.yaml").write_text(rules(3)), "state 3")
    assert door.control.status()["rules_file"].endswith("other.yaml")


def test_the_log_level_is_taken_while_it_serves(door):
    door = door(rules(1), lists={"banned.txt": BANNED})
    assert door.ask("x@bad.example")
    door.daemon.some_decided(sender="x@bad.example")
    door.change_settings("rules: rules.yaml", "log: { level: warning }\nrules: rules.yaml")
    door.control.reload()
    assert door.ask("unseen@bad.example")
    door.change_settings("level: warning", "level: debug")

    def is_logged():
        return door.ask("seen@bad.example") and door.daemon.decisions(sender="seen@bad.example")

    assert until(is_logged, AT_ONCE)
    assert not door.daemon.decisions(sender="unseen@bad.example")


SLOW_ZONE = "zone:\n" + "".join(
    f"  slow{number}.example: {{ MX: [0 .], delay: 220ms }}\n" for number in range(3))
MUST_EXIST = """\
version: 1
rules: [{ name: must-exist, check: sender_mx, preset: standard }]
"""


def test_the_deadline_is_taken_while_it_serves(door, zone_server):
    door = door(MUST_EXIST, dns=zone_server(SLOW_ZONE), **PATIENT)
    assert door.ask("x@slow0.example").startswith("550 5.7.27 ")
    door.change_settings("deadline: 20s", "deadline: 100ms")
    door.control.reload()
    assert door.ask("x@slow1.example").startswith("451 4.4.3 ")
    door.change_settings("deadline: 100ms", "deadline: 20s")
    door.control.reload()
    assert door.ask("x@slow2.example").startswith("550 5.7.27 ")


def test_other_name_servers_are_taken_while_it_serves(door, zone_server):
    living = zone_server("zone:\n" + "".join(
        f"  n{number}.example: {{ MX: [0 .] }}\n" for number in range(3)))
    dead = '[["127.0.0.1:9"]]'
    door = door(MUST_EXIST, upstreams=dead)
    assert door.ask("x@n0.example").startswith("451 4.4.3 ")
    assert [server["server"] for server in door.control.status()["upstreams"]] == ["127.0.0.1:9"]
    door.change_settings(dead, f'[["127.0.0.1:{living.port}"]]')
    assert until(lambda: door.ask("x@n1.example").startswith("550 5.7.27 "), 4, pause=0.2)
    assert [server["server"] for server in door.control.status()["upstreams"]] == [
        f"127.0.0.1:{living.port}"]


def test_mail_is_judged_with_other_name_servers_without_a_restart(wire, zone_server):
    living = zone_server("zone:\n  gone.example: { MX: [0 .] }\n")
    dead = '[["127.0.0.1:9"]]'
    daemon = wire.start(MUST_EXIST, upstreams=dead)

    def refusal():
        return message(wire.port, "x@gone.example", "a@b.example").refusal[1]

    assert refusal().code in (450, 451)
    settings = daemon.home / "postern.yaml"
    settings.write_text(settings.read_text().replace(dead, f'[["127.0.0.1:{living.port}"]]'))
    assert until(lambda: refusal().startswith("550 5.7.27 "), 5, pause=0.2)

"""dnsbl and dnswl with a real rbldnsd, seen from the SMTP client."""

import shutil

import pytest

from conftest import RUN
from mta import XCLIENT
from rbldnsd import LISTED, LISTED_IPV6, Rbldnsd
from smtp import Client

STRANGER = "198.51.100.8"


@pytest.fixture(scope="module")
def lists():
    server = Rbldnsd(RUN / "rbldnsd")
    server.start()
    yield server
    server.stop()


def rules_for(zones, **options):
    more = "".join(f"    {key}: {value}\n" for key, value in options.items())
    return f"""
rules:
  - name: lists
    check: dnsbl
    zones: {zones}
{more}    preset: standard
"""


def answer_to(client, sender="ann@good.example"):
    with Client(XCLIENT) as session:
        assert session.claim(ADDR=client, NAME="[UNAVAILABLE]").code == 220
        return session.envelope(sender)


def test_a_client_on_the_list_is_refused_and_the_list_named(postfix, gate, lists):
    daemon = gate(rules_for("bl.lists.example"), dns=lists)
    answer = answer_to(LISTED)
    assert (answer.code, answer.endswith("Listed by bl.lists.example")) == (550, True)
    line = daemon.decided(client=LISTED)
    assert (line["finding"], line["detail"]) == ("listed", "bl.lists.example 127.0.0.4")
    assert answer_to(STRANGER).code == 250


def test_an_ipv6_client_on_the_list_is_refused(postfix, gate, lists):
    gate(rules_for("bl.lists.example"), dns=lists)
    assert answer_to(f"IPV6:{LISTED_IPV6}").code == 550
    assert answer_to("IPV6:2001:db8::8").code == 250


def test_codes_that_the_rule_is_not_about_refuse_nobody(postfix, gate, lists):
    gate(rules_for('[{ zone: bl.lists.example, codes: "127.0.0.[2..9]" }]'), dns=lists)
    assert answer_to("198.51.100.10").code == 250
    assert answer_to(LISTED).code == 550


@pytest.fixture
def key_file():
    path = RUN / "list-key"
    path.write_text("bl\n")
    path.chmod(0o640)
    shutil.chown(path, "root", "nogroup")
    yield path
    path.unlink()


@pytest.mark.parametrize("where", ["key: bl", "key_file: {}"], ids=["in the rule", "in a file"])
def test_a_key_is_asked_and_neither_the_client_nor_the_log_is_told(postfix, gate, lists, key_file,
                                                                   where):
    daemon = gate(rules_for(f"[{{ zone: lists.example, {where.format(key_file)} }}]"), dns=lists)
    answer = answer_to(LISTED)
    assert (answer.code, answer.endswith("Listed by lists.example")) == (550, True)
    line = daemon.decided(client=LISTED)
    assert line["detail"] == "lists.example 127.0.0.4"
    assert "A 2.0.0.127.lists.example: found" in line["dns"]
    assert "bl." not in " ".join(line.values())


def test_what_the_list_says_is_told_as_the_lists_own(postfix, gate, lists):
    gate('''
rules:
  - name: lists
    check: dnsbl
    zones: bl.lists.example
    on: { listed: 'reject 550 5.7.1 "No. {list_text}"' }
''', dns=lists)
    assert answer_to(LISTED).endswith("No. [bl.lists.example: exploited]")
    assert answer_to(STRANGER).code == 250


NOT_BELIEVED = [("wild", "broken"), ("sold", "broken"), ("ended", "broken"), ("closed", "refused"),
                ("nobody", "unknown")]


@pytest.mark.parametrize("zone, finding", NOT_BELIEVED, ids=[zone for zone, _ in NOT_BELIEVED])
def test_nobody_is_refused_by_a_list_that_cannot_be_believed(postfix, gate, lists, zone, finding):
    daemon = gate(rules_for(f"{zone}.lists.example"), dns=lists)
    assert answer_to(LISTED).code == 250
    assert daemon.decided(client=LISTED)["found"] == f"dnsbl:{finding}"


def test_of_a_list_that_refuses_the_log_has_one_line(postfix, gate, lists):
    daemon = gate(rules_for("closed.lists.example"), dns=lists)
    for _ in range(3):
        assert answer_to(LISTED).code == 250
    daemon.all_decided(3, client=LISTED)
    assert daemon.log().count("DNS list closed.lists.example refuses to answer: ") == 1


def test_lists_that_cannot_be_believed_do_not_hide_one_that_can(postfix, gate, lists):
    zones = [f"{zone}.lists.example" for zone, _ in NOT_BELIEVED]
    gate(rules_for(f"[{', '.join(zones)}, bl.lists.example]"), dns=lists)
    answer = answer_to(LISTED)
    assert (answer.code, answer.endswith("Listed by bl.lists.example")) == (550, True)
    assert answer_to(STRANGER).code == 250


def test_sixteen_lists_are_asked_at_once(postfix, gate, lists):
    zones = [f"{zone}.lists.example" for zone, _ in NOT_BELIEVED]
    zones += [f"z{number}.lists.example" for number in range(9)]
    gate(rules_for(f"[{', '.join(zones)}, two.lists.example, bl.lists.example]", at_least=2),
         dns=lists)
    assert answer_to(LISTED).code == 550
    assert answer_to(STRANGER).code == 250


def test_a_sender_domain_on_the_list_is_refused(postfix, gate, lists):
    gate(rules_for("[{ zone: names.lists.example, codes: 127.0.1.2 }]", look_up="sender_domain"),
         dns=lists)
    assert answer_to(STRANGER, "eve@bad.example").code == 550
    assert answer_to(STRANGER, "eve@mail.worse.example").code == 550
    assert answer_to(STRANGER, "ann@good.example").code == 250
    assert answer_to(STRANGER, "").code == 250


def test_who_is_trusted_by_an_allow_list_is_on_no_block_list(postfix, gate, lists):
    gate("""
rules:
  - { name: trusted, check: dnswl, zones: wl.lists.example, preset: standard }
  - { name: listed, check: dnsbl, zones: bl.lists.example, preset: standard }
""", dns=lists)
    assert answer_to(LISTED).code == 250
    assert answer_to("198.51.100.10").code == 550

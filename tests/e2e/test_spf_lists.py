"""Lists out of SPF: the networks follow what the domains publish, and stay when nobody says."""

import json
import subprocess

from gate import BIN
from waiting import until

BIG = "550 5.7.1 big"

RULES = """\
version: 1
lists:
  big: { kind: network, spf: [big.example], entries: [203.0.113.1] }
rules:
  - { name: big, when: { client: big }, then: reject 550 5.7.1 "big" }
"""


def zone(*networks):
    """What big.example publishes, for a second."""
    records = ", ".join(f'"v=spf1 {" ".join(networks)} -all"' for _ in range(1 if networks else 0))
    return f"""\
zone:
  big.example: {{ TXT: ["v=spf1 include:_n.big.example ~all"], ttl: 1 }}
  _n.big.example: {{ TXT: [{records or '"nothing"'}], ttl: 1 }}
negative_ttl: 1
"""


def spf_of(door):
    return door.control.status()["lists"][0]["spf"]


def refuses(door):
    """The client of both doors is 192.0.2.1; what was found about it at CONNECT counts for its
    session."""
    door.hang_up()
    return door.ask("x@good.example") == BIG


def follows(door, wanted, **reload):
    """A reload asks again, but the cache has an answer for as long as it counts."""
    def now():
        door.control.reload(**reload)
        return refuses(door) is wanted
    return until(now, pause=0.5)


def posternctl(both, *words):
    done = subprocess.run([BIN / "posternctl", "--config", both.home / "postern.yaml", *words],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_list_has_what_the_domains_publish_and_follows_it(doors, zone_server):
    server = zone_server(zone("ip4:192.0.2.0/24", "ptr"))
    both = doors(RULES, dns=server)
    both.start()
    for door in both:
        assert until(lambda: refuses(door)), door.daemon.log()
        assert spf_of(door)["domains"] == ["big.example"]
        assert until(lambda: spf_of(door)["left_out"] == ["big.example: ptr (not a network)"])
        assert spf_of(door)["problems"] == []
    code, text = posternctl(both, "list", "big")
    assert code == 0
    assert "state/spf/big:2: 192.0.2.0/24, by big.example" in text
    assert "rules.yaml:3: 203.0.113.1" in text
    assert "by big.example" in posternctl(both, "find", "192.0.2.77")[1]
    generation = both.policyd.control.generation()
    server.change(zone("ip4:198.51.100.0/24"))
    for door in both:
        assert follows(door, False), door.daemon.log()
    assert both.policyd.control.generation() == generation
    assert both.policyd.says("reload done: networks out of SPF")


def test_without_dns_a_start_has_what_is_kept(doors, zone_server):
    server = zone_server(zone("ip4:192.0.2.0/24"))
    both = doors(RULES, dns=server)
    both.start()
    for door in both:
        assert until(lambda: refuses(door)), door.daemon.log()
    server.stop()
    for door in both:
        door.restart()
        assert refuses(door)
        assert until(lambda: spf_of(door)["problems"]), door.daemon.log()
        assert "1 network stays" in spf_of(door)["problems"][0]
        assert refuses(door)
    assert "list 'big': big.example: " in posternctl(both, "status")[1]


def test_a_domain_that_publishes_nothing_any_more_keeps_its_networks(doors, zone_server):
    server = zone_server(zone("ip4:192.0.2.0/24"))
    both = doors(RULES, dns=server)
    door = both.policyd
    door.start()
    assert until(lambda: refuses(door)), door.daemon.log()
    server.change(zone())

    def told():
        door.control.reload()
        return any("has no SPF record" in problem for problem in spf_of(door)["problems"])

    assert until(told, pause=0.5), door.daemon.log()
    assert refuses(door)
    assert follows(door, False, accept_shrunk=True), door.daemon.log()


def test_a_broken_file_is_written_anew_and_does_no_harm(doors, zone_server):
    server = zone_server(zone("ip4:192.0.2.0/24"))
    both = doors(RULES, dns=server)
    door = both.policyd
    door.start()
    kept = both.home / "state/spf/big"
    assert until(kept.exists) and until(lambda: refuses(door))
    good = kept.read_text()
    kept.write_text('0.0.0.0/0 owner="big.example"\n198.51.100.0/24 then="reject"\n')
    assert until(lambda: door.control.reload() and kept.read_text() == good, pause=0.5)
    assert until(lambda: refuses(door))
    kept.unlink()
    assert until(lambda: door.control.reload() and kept.exists(), pause=0.5)
    assert kept.read_text() == good
    assert refuses(door)


def test_a_check_without_a_daemon_says_what_is_not_known(doors, zone_server):
    both = doors(RULES, dns=zone_server(zone("ip4:192.0.2.0/24")))
    code, text = posternctl(both, "check")
    assert "warning: list 'big': no network of big.example is known" in text, text
    assert code == 0
    code, text = posternctl(both, "explain", "--client", "192.0.2.1", "--json")
    assert "no network of big.example is known here" in json.dumps(text)

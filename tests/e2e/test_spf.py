"""The check spf on records that a name server serves, over UDP and TCP."""

import ipaddress

import pytest

from asking import PolicyAsker
from gate import SOCKET
from spf_suite import groups

FINDINGS = ("pass", "pass_all", "none", "neutral", "softfail", "fail", "permerror", "temperror")
NOTED = "".join(f'      {finding}: {{ prepend: "X-Found: {finding}" }}\n' for finding in FINDINGS)
RULES = f"rules:\n  - name: spf\n    check: spf\n    on:\n{NOTED}"
GROUPS = list(groups())


def found_by(asker, client, helo, sender):
    finding = asker.ask(sender, helo, client).removeprefix("PREPEND X-Found: ")
    return {"pass_all": "pass"}.get(finding, finding)


OWN_NETWORKS = [ipaddress.ip_network(text) for text in (
    "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
WORLD = ipaddress.ip_network("2000::/3")


def asked_about(client):
    """The check is about clients of the Internet alone."""
    address = ipaddress.ip_address(client)
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:
        return address in WORLD
    return not any(address in network for network in OWN_NETWORKS)


@pytest.mark.parametrize("zone, mails", [group[1:] for group in GROUPS],
                         ids=[group[0].replace(" ", "-") for group in GROUPS])
def test_the_suite_of_openspf_has_the_results_that_it_prefers(gate, zone_server, zone, mails):
    gate(RULES, dns=zone_server(zone))
    asker = PolicyAsker(SOCKET)
    found = {name: found_by(asker, client, helo, sender)
             for name, client, helo, sender, _ in mails}
    asker.close()
    wrong = {name: found[name] for name, client, _, _, results in mails
             if found[name] not in (results if asked_about(client) else [""])}
    assert not wrong


def test_the_suite_is_whole():
    clients = [client for _, _, mails in GROUPS for _, client, *_ in mails]
    assert len(clients) == 203
    assert sum(map(asked_about, clients)) == 170

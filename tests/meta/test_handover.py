"""What is handed over to other programs is taken by them: the fail2ban filter, the nftables recipe
with a set of `posternctl export`."""

import configparser
import re
import shutil
import subprocess

import pytest

from conftest import BIN, ROOT

FILTER = ROOT / "contrib/fail2ban/filter.d/postern.conf"
RECIPE = ROOT / "contrib/nftables/postern.nft"
STAMP = "2026-11-21T13:40:02.118+00:00"
DECISION = "decision door=policy stage=rcpt rule=adp-2026-11"
OBJECT = ('{"time":"' + STAMP + '","level":"info","message":"decision","door":"policy",'
          '"stage":"rcpt","rule":"adp"')

# Lines, and the client that is to be counted.
LINES = [
    (f'{STAMP} info {DECISION} action=reject reply="550 5.7.1 Banned" list=campaign entry=.a '
     'client=192.0.2.7 helo="x client\\x3d203.0.113.1 y" sender=a@b.example us=53', "192.0.2.7"),
    (f'Nov 21 13:40:02 mx postern-milter[711]: {DECISION} action=reject reply="550 5.7.1 no" '
     'client=2001:db8::7 us=53', "2001:db8::7"),
    (OBJECT + r',"action":"reject","reply":"550 5.7.1 no","client":"192.0.2.9",'
     r'"helo":"x\",\"client\":\"203.0.113.2","us":53}', "192.0.2.9"),
    # Passed, deferred; of another rule's text; of a program that repeats what a client has said.
    (f"{STAMP} info {DECISION} action=pass reply=DUNNO client=192.0.2.8 us=53", None),
    (f'{STAMP} info {DECISION} action=defer reply="451 4.7.1 no" client=192.0.2.8 us=53', None),
    (OBJECT + ',"action":"pass","reply":"DUNNO","client":"192.0.2.10","us":53}', None),
    (f"Nov 21 13:40:02 mx other[7]: helo {DECISION} action=reject client=203.0.113.3 us=1", None),
    (f"{STAMP} warning policy request refused: {DECISION} action=reject client=203.0.113.3", None),
]


def expressions():
    """Those of the filter, as fail2ban has them for Python: without the time in front."""
    config = configparser.RawConfigParser()
    config.read(FILTER)
    address = r"(?P<client>[0-9a-f:.]+)"
    return [re.compile(line.replace("<ADDR>", address))
            for line in config["Definition"]["failregex"].splitlines()]


def without_time(line):
    return re.sub(r'^(\d\S+T\S+|[A-Z][a-z]{2} [ \d]\d [\d:]+)|"time":"[^".]*', "", line, count=1)


@pytest.mark.parametrize("line, client", LINES)
def test_the_filter_counts_who_is_refused(line, client):
    found = [match.group("client") for expression in expressions()
             if (match := expression.search(without_time(line)))]
    assert found == ([client] if client else [])


def test_fail2ban_reads_the_filter(tmp_path):
    program = shutil.which("fail2ban-regex")
    if not program:
        pytest.skip("fail2ban is not here")
    log = tmp_path / "log"
    log.write_text("".join(line + "\n" for line, _ in LINES))
    said = subprocess.run([program, "--print-all-matched", log, FILTER], capture_output=True,
                          text=True, timeout=60, check=True).stdout
    matched = sum(client is not None for _, client in LINES)
    assert f"Lines: {len(LINES)} lines, 0 ignored, {matched} matched" in said, said


def exported_sets(tmp_path):
    """What posternctl export writes of a list of clients."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/campaign-clients.txt").write_text(
        "192.0.2.0/24\n192.0.2.7\n198.51.100.7\n2001:db8::/32\n")
    (tmp_path / "rules.yaml").write_text(
        "version: 1\nlists:\n"
        "  campaign-clients: { kind: network, file: lists/campaign-clients.txt }\n"
        "rules:\n  - { name: c, when: { client: campaign-clients }, then: reject }\n")
    (tmp_path / "postern.yaml").write_text(
        'version: 1\nrules: rules.yaml\npolicyd: { listen: "inet:127.0.0.1:10040" }\n')
    return subprocess.run(
        [BIN / "posternctl", "--config", tmp_path / "postern.yaml", "export", "campaign-clients",
         "--format", "nft"], capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_recipe_has_the_sets_that_are_exported(tmp_path):
    sets = set(re.findall(r"^    set (\w+) \{", exported_sets(tmp_path), re.M))
    assert set(re.findall(r"@(\w+)", RECIPE.read_text())) == sets


def test_nft_takes_sets_and_recipe(tmp_path):
    program = shutil.which("nft")
    if not program:
        pytest.skip("nftables is not here")
    sets = tmp_path / "postern-sets.nft"
    sets.write_text(exported_sets(tmp_path))
    recipe = tmp_path / "postern.nft"
    recipe.write_text(RECIPE.read_text().replace("/etc/nftables.d", str(tmp_path)))
    # Twice, as it is loaded again.
    twice = tmp_path / "twice.nft"
    twice.write_text(f'include "{recipe}"\ninclude "{recipe}"\n')
    for file in (recipe, twice):
        result = subprocess.run(["unshare", "--net", program, "-c", "-f", file],
                                capture_output=True, text=True, timeout=60)
        if "Operation not permitted" in result.stderr:
            pytest.skip("no namespaces here")
        assert result.returncode == 0, result.stderr

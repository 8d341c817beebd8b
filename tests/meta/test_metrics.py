"""What a running daemon tells under /metrics: as Prometheus wants it, all of it and no more in
docs/metrics.md, and enough for the dashboard and the alerts."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import yaml

from conftest import BIN, ROOT
from exposition import Reader, families_of
from promql import Expression
from test_contrib import ask_milter, ask_policyd, unprivileged  # noqa: F401 (a fixture)

PAGE = ROOT / "docs/metrics.md"
DASHBOARD = json.loads((ROOT / "contrib/grafana/postern.json").read_text())
ALERTS = yaml.safe_load((ROOT / "contrib/prometheus/postern.rules.yml").read_text())

SETTINGS = """\
version: 1
rules: rules.yaml
control: {folder}
dns: {{ upstreams: [["127.0.0.1:1"]], query_timeout: 1s }}
log: {{ file: {folder}/log }}
policyd: {{ listen: unix:{folder}/socket, metrics: "inet:127.0.0.1:0" }}
milter: {{ listen: unix:{folder}/socket, metrics: "inet:127.0.0.1:0" }}
"""
# Something of each kind happens to the one message that is asked about.
RULES = """\
version: 1
lists:
  l: { kind: domain, entries: [b.example, { entry: old.example, expires: 2020-01-01 }] }
  s: { kind: network, spf: [a.example] }
rules:
  - { name: note, then: log seen }
  - { name: dry, mode: log, when: { sender_domain: l }, then: reject }
  - { name: listed, check: dnsbl, zones: bl.example, preset: standard }
  - { name: must-exist, check: sender_mx, preset: standard }
"""
DAEMONS = {"postern-policyd": ask_policyd, "postern-milter": ask_milter}


class Daemon:
    """One that runs, with a question asked and answered."""

    def __init__(self, folder, account, program):
        self.folder = folder
        self.program = program
        shutil.copy(BIN / program, folder)
        (folder / "postern.yaml").write_text(SETTINGS.format(folder=folder))
        (folder / "rules.yaml").write_text(RULES)
        self.process = subprocess.Popen([folder / program, "--config", folder / "postern.yaml"],
                                        stdin=subprocess.DEVNULL, **account)
        self.port = int(self._logged(r"metrics at inet:127\.0\.0\.1:(\d+), path /metrics"))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(folder / "socket"))
            DAEMONS[program](client)

    def _logged(self, pattern):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            log = self.folder / "log"
            if log.exists() and (match := re.search(pattern, log.read_text())):
                return match.group(1)
            time.sleep(0.02)
        raise AssertionError(f"{self.program} has not logged {pattern}")

    def ask(self, path="/metrics", method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.headers["Content-Type"], response.read().decode()

    def status_of(self, path, method):
        try:
            self.ask(path, method)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def ask_on_control_socket(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(f"{self.folder}/{self.program}.control")
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return head.decode(), body.decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


@pytest.fixture(params=DAEMONS)
def daemon(request, unprivileged):  # noqa: F811
    daemon = Daemon(*unprivileged, request.param)
    try:
        yield daemon
        daemon.stop()
    finally:
        daemon.process.kill()
        daemon.process.wait()


def documented():
    """Metrics of the page: name to type and labels."""
    rows = re.findall(r"^\| `(postern_\w+)` \| (\w+) \|(.*?)\|", PAGE.read_text(), re.M)
    assert len(rows) == len({name for name, _, _ in rows}), "a metric that is there twice"
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_the_metrics_are_as_prometheus_wants_them(daemon):
    kind, text = daemon.ask()
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    families = families_of(text)
    door = "policy" if daemon.program == "postern-policyd" else "milter"
    assert {labels["door"] for family in families.values()
            for _, labels, _ in family.samples} == {door}


def test_the_page_has_every_metric_and_no_other(daemon):
    families = families_of(daemon.ask()[1])
    served = {name: (family.type, family.labels() - {"door"}) for name, family in families.items()}
    assert served == documented()


def test_every_metric_has_samples_here(daemon):
    """Else nobody has looked at their labels."""
    families = families_of(daemon.ask()[1])
    assert [name for name, family in families.items() if not family.samples] == []


def test_the_control_socket_has_the_same(daemon):
    head, body = daemon.ask_on_control_socket()
    assert head.startswith("HTTP/1.1 200 ")
    assert "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert families_of(body).keys() == families_of(daemon.ask()[1]).keys()


def test_on_the_port_there_is_nothing_else(daemon):
    for path in ("/", "/v1/status", "/v1/rules", "/v1/dns?name=a.example&type=A"):
        assert daemon.status_of(path, "GET") == 404, path
    assert daemon.status_of("/v1/reload", "POST") == 404
    assert daemon.status_of("/v1/cache?name=a.example", "DELETE") == 404
    for method in ("POST", "PUT", "DELETE", "HEAD"):
        assert daemon.status_of("/metrics", method) == 405, method


def test_dashboard_and_alerts_ask_for_what_there_is(daemon):
    families = families_of(daemon.ask()[1])
    wrong = []
    for where, text, shown in expressions():
        expression = Expression(text, families)
        unknown = shown - expression.labels
        wrong += [f"{where}: {what}" for what in expression.complaints]
        wrong += [f"{where}: shows {unknown}, which the result has not"] if unknown else []
    assert not wrong, "\n".join(wrong)


def expressions():
    """(where, expression, labels that are shown)"""
    found = []
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            found.append((panel["title"], target["expr"], legend))
    for rule in alerts():
        shown = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        found.append((rule["alert"], rule["expr"], shown))
    return found


def alerts():
    return [rule for group in ALERTS["groups"] for rule in group["rules"]]


# -- the files themselves --------------------------------------------------------------------------

def test_the_alerts_are_what_prometheus_takes():
    assert set(ALERTS) == {"groups"}
    for group in ALERTS["groups"]:
        assert set(group) == {"name", "rules"}
    for rule in alerts():
        assert {"alert", "expr", "labels", "annotations"} <= set(rule) <= {
            "alert", "expr", "labels", "annotations", "for"}
        assert re.fullmatch(r"Postern[A-Z]\w+", rule["alert"])
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "description"}
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    assert {"PosternResolverDown", "PosternReloadRefused", "PosternShed",
            "PosternRefusalsTripled"} <= set(names)


def test_the_dashboard_is_what_grafana_takes():
    places = []
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        places += [(x, y) for x in range(at["x"], at["x"] + at["w"])
                   for y in range(at["y"], at["y"] + at["h"])]
        assert panel["datasource"]["uid"] == "${datasource}"
    assert len(places) == len(set(places)), "panels that lie on each other"
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval", "__all"}
    assert used == variables
    for one in DASHBOARD["templating"]["list"]:
        if one["type"] == "query":
            assert re.fullmatch(rf"label_values\(postern_build_info, {one['name']}\)",
                                one["query"]["query"])


def test_every_metric_is_documented_once_and_the_files_ask_for_no_other():
    asked = set()
    for _, text, _ in expressions():
        asked |= set(re.findall(r"postern_\w+", text))
    bare = {re.sub("_(bucket|sum|count)$", "", name) for name in asked}
    assert bare <= set(documented())


# -- the checks find what is wrong -----------------------------------------------------------------

def text_of(*lines):
    return "# HELP postern_x_total X.\n# TYPE postern_x_total counter\n" + "".join(
        line + "\n" for line in lines)


GOOD = 'postern_x_total{a="b"} 1'


@pytest.mark.parametrize("text", [
    text_of(GOOD, 'postern_x_total{a="\\\\ \\" \\n ä"} 2'),
    text_of(),
])
def test_what_is_right_is_right(text):
    assert Reader(text).complaints == []


HISTOGRAM = "# HELP postern_t_seconds T.\n# TYPE postern_t_seconds histogram\n"


@pytest.mark.parametrize("text, complaint", [
    (text_of(GOOD)[:-1], "does not end"),
    (text_of(GOOD, GOOD), "there twice"),
    (text_of(GOOD) + text_of(), "there twice"),
    (text_of('postern_x_total{a="b\\d"} 1'), "not escaped"),
    (text_of('postern_x_total{a="b"c"} 1'), "no line of the format"),
    (text_of('postern_x_total{a="b",} 1'), "labels that are none"),
    (text_of('postern_x_total{B="b"} 1'), "the label B"),
    (text_of('postern_x_total{a="b"} one'), "no number"),
    (text_of('postern_x_total{a="b"} -1'), "the value -1"),
    (text_of(GOOD, 'postern_x_total{c="b"} 1'), "different labels"),
    (text_of('postern_y_total{a="b"} 1'), "outside of its family"),
    (text_of(GOOD).replace("counter", "gauge"), "_total"),
    (text_of(GOOD).replace("_total", ""), "_total"),
    (text_of().replace("x_total", "xY_total"), "snake_case"),
    (text_of().replace("x_total", "wait_milliseconds_total"), "another unit"),
    (text_of().replace("x_total", "duration_total"), "its unit is missing"),
    (text_of().replace("X.", "x"), "no sentence"),
    (text_of().replace("# HELP postern_x_total X.\n", ""), "behind HELP"),
    (HISTOGRAM + 'postern_t_seconds_bucket{le="1"} 2\npostern_t_seconds_bucket{le="+Inf"} 1\n'
     "postern_t_seconds_sum 1\npostern_t_seconds_count 1\n", "do not go up"),
    (HISTOGRAM + 'postern_t_seconds_bucket{le="1"} 2\npostern_t_seconds_sum 1\n'
     "postern_t_seconds_count 2\n", "no bucket +Inf"),
    (HISTOGRAM + 'postern_t_seconds_bucket{le="+Inf"} 2\npostern_t_seconds_count 2\n', "no sum"),
])
def test_what_is_wrong_is_found(text, complaint):
    assert any(complaint in one for one in Reader(text).complaints), Reader(text).complaints


@pytest.mark.parametrize("text, complaint", [
    ("rate(postern_y_total[5m])", "the metric postern_y_total"),
    ('rate(postern_x_total{b="c"}[5m])', "no label b"),
    ("sum by (b) (rate(postern_x_total[5m]))", "grouped by"),
    ("postern_x_total", "rates are of counters"),
    ("rate(postern_x_total)", "over a time"),
    ("rate(postern_x_total[5m]", "brackets"),
    ("raet(postern_x_total[5m])", "the word raet"),
])
def test_what_is_wrong_with_an_expression_is_found(text, complaint):
    families = families_of(text_of(GOOD))
    assert Expression('sum by (a, job) (rate(postern_x_total{a=~"b|c"}[5m] offset 1d)) > 3',
                      families).complaints == []
    assert any(complaint in one for one in Expression(text, families).complaints)

"""What every test may ask for: the MTAs, name servers, a daemon with rules of the test's own."""

import functools
import itertools
import os
import resource
from pathlib import Path

import pytest

import wires
from doors import Doors
from gate import Gate, MilterGate
from mta import Postfix
from nameserver import NSD_PORT, Nsd, ZoneServer
from sendmail import Sendmail

RUN = Path("/mnt/run")
# A folder of its own for everything that is started.
NUMBERS = itertools.count()
# What tests have measured.
FIGURES = pytest.StashKey()

# A folder of several runs at once: who makes the file of that name here runs that file of tests.
SHARE = os.environ.get("POSTERN_E2E_SHARE")
# With one long test or more. First, so that no run waits for another at the end.
LONG = {"test_manual.py", "test_not_now.py", "test_overload.py", "test_posternctl.py",
        "test_reload.py", "test_reload_under_load.py", "test_scenarios_on_mta.py"}

GOOD_ZONE = """\
mx          MX   10 mx1
two         MX   10 mx1
two         MX   20 mx1
a-only      A    198.51.100.30
aaaa-only   AAAA 2001:db8::30
null        MX   0 .
loopback    MX   10 to-loopback
to-loopback A    127.0.0.1
private     MX   10 to-private
to-private  A    10.1.2.3
dangling    MX   10 nothing-here
chain       CNAME chain1
chain1      CNAME chain2
chain2      CNAME mx
empty       TXT  "no mail"
bigmx       MX   10 mx1
""" + "\n".join(f"bigmx MX 20 backup-number-{n}-of-many" for n in range(60)) + "\n"


@pytest.fixture(scope="session")
def postfix():
    mta = Postfix("/mnt/postfix")
    mta.start()
    yield mta
    mta.stop()


@pytest.fixture(scope="session")
def sendmail():
    mta = Sendmail("/mnt/sendmail")
    mta.start()
    yield mta
    mta.stop()


@pytest.fixture(scope="session")
def nsd():
    server = Nsd(RUN / "nsd", GOOD_ZONE)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def zone_server():
    """zone_server(ZONE): a postern-zone-server of the test's own."""
    started = []

    def start(zone, **where):
        server = ZoneServer(RUN / f"zone{next(NUMBERS)}", zone, **where)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def name_servers(dns):
    return f'[["127.0.0.1:{dns.port if dns else NSD_PORT}"]]'


def starter(daemon_class):
    """start(RULES, dns=SERVER): the daemon with these rules, asking nsd unless told otherwise."""
    running = []

    def start(rules, dns=None, **settings):
        settings.setdefault("upstreams", name_servers(dns))
        daemon = daemon_class(RUN / f"gate{next(NUMBERS)}", rules, **settings)
        daemon.start()
        running.append(daemon)
        return daemon

    yield start
    for daemon in running:
        daemon.stop()


@pytest.fixture
def gate(nsd):
    """gate(RULES): postern-policyd."""
    yield from starter(Gate)


@pytest.fixture
def milter(nsd):
    """milter(RULES, listen=LISTEN_TCP): postern-milter, over the unix socket unless told."""
    yield from starter(MilterGate)


@pytest.fixture(scope="module")
def module_milter(nsd):
    """As milter, for all tests of a file together."""
    yield from starter(MilterGate)


@pytest.fixture
def doors(nsd):
    """doors(RULES): both daemons over the same files, not started yet."""
    made = []

    def make(rules, dns=None, **settings):
        settings.setdefault("upstreams", name_servers(dns))
        made.append(Doors(RUN / f"gate{next(NUMBERS)}", rules, **settings))
        return made[-1]

    yield make
    for both in made:
        both.stop()


@pytest.fixture(params=["policyd", "milter"])
def door(request, doors):
    """door(RULES): one of the two, started, with a control socket and a folder for its state."""
    def start(rules, **settings):
        one = getattr(doors(rules, **settings), request.param)
        one.start()
        return one

    return start


def wire_named(name, request):
    def fixture(of):
        return lambda: request.getfixturevalue(of)

    return wires.make_wire(
        name, fixture("postfix"), fixture("sendmail"), fixture("gate"), fixture("milter"))


@pytest.fixture(params=wires.ALL)
def wire(request):
    """Each of the three ways on which mail is judged."""
    return wire_named(request.param, request)


@pytest.fixture(params=wires.MILTERS)
def milter_wire(request):
    """The milter, asked by each MTA."""
    return wire_named(request.param, request)


@pytest.fixture(params=wires.OTHER_MILTERS)
def other_milter_wire(request):
    """The same over the sockets that the snippets do not name."""
    return wire_named(request.param, request)


@pytest.fixture(params=wires.MILTERS + wires.OTHER_MILTERS)
def every_milter_wire(request):
    """The milter, asked by each MTA over each kind of socket."""
    return wire_named(request.param, request)


def pytest_collection_modifyitems(items):
    if SHARE:
        items.sort(key=lambda item: item.path.name not in LONG)


@functools.cache
def is_ours(file):
    try:
        Path(SHARE, file).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    """True: nothing more is to be done for this test."""
    return True if SHARE and not is_ours(item.path.name) else None


@pytest.fixture
def descriptors():
    """For a test that itself has thousands of connections open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def figures(request):
    """figures(LINE): something measured, which the end of the run tells."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter, config):
    if lines := config.stash.get(FIGURES, []):
        terminalreporter.section("measured")
    for line in lines:
        terminalreporter.line(line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The end of the daemon's and the MTAs' logs below a test that failed."""
    report = (yield).get_result()
    if not report.failed:
        return
    logs = sorted(RUN.glob("gate*/log*"), key=lambda path: path.stat().st_mtime)
    for log in logs[-2:] + [Path("/mnt/postfix/maillog"), Path("/mnt/sendmail/maillog")]:
        if log.exists():
            report.sections.append((str(log), log.read_text(errors="replace")[-3000:]))

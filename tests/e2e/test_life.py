"""Stopping, starting and reloading under a running Postfix: no mail is lost or refused by it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gate import PATIENT, POLICYD, SOCKET
from mta import STOCK, UNIX
from smtp import Client, send
from waiting import stopwatch, until

BAN = """
rules:
  - name: ban
    when: {{ sender_domain: {domain} }}
    then: reject 550 5.7.1 "banned {domain}"
"""


def ban(domain):
    return BAN.format(domain=domain)


def test_stopped_in_mid_session_mail_passes_unjudged(postfix, gate):
    daemon = gate(ban("bad.example"))
    for port in (STOCK, UNIX):
        with Client(port) as client:
            assert client.envelope("x@bad.example").code == 550
            daemon.stop()
            clock = stopwatch()
            assert client.envelope("x@bad.example").code == 250
            assert clock().own < 5
            daemon.start()
            assert client.envelope("x@bad.example").code == 550
    postfix.logged("warning: .*10040")


def test_not_there_at_all_mail_is_delivered(postfix, gate):
    daemon = gate(ban("bad.example"))
    daemon.stop()
    answers, end = send(STOCK, "x@bad.example", ["gone@box.example"])
    assert (answers[0].code, end.code) == (250, 250)
    postfix.logged(f"{end.split()[-1]}: to=<gone@box.example>.*status=sent")


def test_a_request_under_way_is_answered_before_it_stops(postfix, gate, zone_server):
    server = zone_server("zone:\n  slow.example: { MX: [0 .], delay: 700ms }\n")
    daemon = gate("rules: [{ name: must-exist, check: sender_mx, preset: standard }]\n",
                  dns=server, **PATIENT)

    def ask():
        with Client(STOCK) as client:
            return client.envelope("x@slow.example")

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)
        assert until(lambda: server.queries("slow.example", "MX"))
        daemon.stop()
        assert answer.result().startswith("550 5.7.27 ")


def test_reload_takes_hold_at_once_for_open_connections(postfix, gate):
    daemon = gate(ban("old.example"))
    with Client(STOCK) as client:
        assert client.envelope("x@old.example").code == 550
        assert client.envelope("x@new.example").code == 250
        daemon.reload(ban("new.example"))
        assert client.envelope("x@old.example").code == 250
        assert client.envelope("x@new.example").code == 550
    generations = [int(line["generation"]) for line in daemon.all_decided(4)]
    assert generations[0] == generations[1] < generations[2] == generations[3]


def test_reload_of_a_broken_file_keeps_the_old_rules(postfix, gate):
    daemon = gate(ban("old.example"))
    with Client(STOCK) as client:
        told = daemon.reload("rules:\n  - name: x\n    whne: {}\n    then: pass\n")
        assert "rules.yaml:4:5" in told
        assert "whne" in told
        assert client.envelope("x@old.example").code == 550
        daemon.reload(ban("new.example"))
        assert client.envelope("x@new.example").code == 550


def test_reload_reads_the_lists_too(postfix, gate):
    daemon = gate("""
lists: { banned: { kind: domain, file: banned.txt } }
rules: [{ name: ban, when: { sender_domain: banned }, then: reject }]
""", lists={"banned.txt": "# nobody yet\n"})
    with Client(STOCK) as client:
        assert client.envelope("x@bad.example").code == 250
        (daemon.home / "banned.txt").write_text("bad.example reason=\"ticket 7\"\n")
        daemon.reload(daemon.rules_file.read_text().removeprefix("version: 1\n"))
        assert client.envelope("x@bad.example").code == 550
    line = daemon.decided(rule="ban")
    assert (line["reason"], line["entry"]) == ("ticket 7", "bad.example")
    assert line["at"].endswith("banned.txt:1")


def test_it_takes_over_a_socket_that_a_crash_left_behind(postfix, gate):
    daemon = gate(ban("bad.example"))
    daemon.process.kill()
    daemon.process.wait(5)
    daemon.start()
    with Client(UNIX) as client:
        assert client.envelope("x@bad.example").code == 550


def test_it_gives_up_root(gate):
    daemon = gate(ban("bad.example"))
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert fields["CapEff"].strip("0") == ""


def test_rules_that_only_root_may_read_do_not_start(gate):
    daemon = gate(ban("bad.example"))
    daemon.stop()
    daemon.rules_file.chmod(0o640)  # root's
    result = subprocess.run([POLICYD, "--config", daemon.home / "postern.yaml"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert f"{daemon.rules_file}" in result.stderr
    assert "Permission denied" in result.stderr
    assert "the user 'nobody' has to be able to read" in result.stderr


def test_faulty_rules_take_no_socket(gate):
    daemon = gate(ban("bad.example"))
    daemon.stop()
    SOCKET.unlink(missing_ok=True)
    daemon.change_rules("rules:\n  - { name: x, whne: {}, then: refuse }\n")
    result = subprocess.run([POLICYD, "--config", daemon.home / "postern.yaml"],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.count("error: ") == 2, result.stderr
    assert not SOCKET.exists()


def limit_memory(daemon, size):
    """Of what it may write to: a heap's address space is reserved long before it is used.
    As the daemon's own user: root in a container may not."""
    subprocess.run(["prlimit", f"--pid={daemon.process.pid}", f"--data={size}:unlimited"],
                   check=True, user=65534, group=65534, extra_groups=[], timeout=60)


def memory_in_use(daemon):
    """In bytes, as `limit_memory` counts."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.partition("VmData:")[2].split()[0]) << 10


def test_a_reload_beyond_the_memory_there_is_keeps_the_old_rules(postfix, gate):
    daemon = gate("""
lists: { banned: { kind: domain, file: banned.txt } }
rules: [{ name: ban, when: { sender_domain: banned }, then: reject }]
""", lists={"banned.txt": "bad.example\n"})
    rules = daemon.rules_file.read_text().removeprefix("version: 1\n")
    limit_memory(daemon, memory_in_use(daemon) + (4 << 20))
    (daemon.home / "banned.txt").write_text(
        "".join(f"number{n}.of-very-many.example\n" for n in range(400_000)))
    told = daemon.reload(rules)
    assert "reload postponed: " in told, "memory may be there again in a moment"
    with Client(STOCK) as client:
        assert client.envelope("x@bad.example").code == 550
        limit_memory(daemon, "unlimited")
        (daemon.home / "banned.txt").write_text("other.example\n")
        assert "reload done" in daemon.reload(rules)
        assert client.envelope("x@bad.example").code == 250

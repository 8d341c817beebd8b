"""The snippets and units that ship are taken by the programs they are for."""

import ctypes
import errno
import grp
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import BIN, ROOT, load_yaml, tracked

MTA = ROOT / "build/mta/root"
SNIPPETS = sorted((ROOT / "contrib/postfix").glob("*.snippet"))
POLICY_SNIPPETS = [path for path in SNIPPETS if path.name != "milter.cf.snippet"]
SENDMAIL = ROOT / "contrib/sendmail/postern.mc"
UNIT = ROOT / "contrib/systemd/postern-policyd.service"
VOUCHING = sorted((ROOT / "contrib/systemd").glob("postern-vouch.*"))
RADAR = ROOT / "contrib/systemd/postern-radar.service"
ALERT = ROOT / "contrib/systemd/postern-alert.service"
BRAKE = sorted((ROOT / "contrib/systemd").glob("postern-brake.*"))
# Those of the daemons.
UNITS = [path for path in sorted((ROOT / "contrib/systemd").glob("*.service"))
         if path not in (*VOUCHING, *BRAKE, RADAR, ALERT)]
SOCKETS = sorted((ROOT / "contrib/systemd").glob("*.socket"))


def settings_of(tmp_path, snippet):
    """What postconf makes of a snippet, which has to please it."""
    (tmp_path / "main.cf").write_text(f"""\
compatibility_level = 3.6
meta_directory = {MTA}/etc/postfix
shlib_directory = {MTA}/usr/lib/postfix
daemon_directory = {MTA}/usr/lib/postfix/sbin
{snippet.read_text()}""")
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    result = subprocess.run(
        [MTA / "usr/sbin/postconf", "-c", tmp_path, "-n"], capture_output=True, text=True,
        env=dict(os.environ, LD_LIBRARY_PATH=str(MTA / "usr/lib/postfix")), timeout=60)
    assert result.returncode == 0
    assert result.stderr == ""
    return dict(line.split(" = ", 1) for line in result.stdout.splitlines())


@pytest.mark.parametrize("snippet", POLICY_SNIPPETS, ids=[path.name for path in POLICY_SNIPPETS])
def test_postconf_takes_the_snippet(tmp_path, snippet):
    settings = settings_of(tmp_path, snippet)
    asks = [value for value in settings.values() if "check_policy_service {" in value]
    assert len(asks) == 1
    assert "default_action=DUNNO }" in asks[0]
    assert "OK" not in asks[0]


def test_postconf_takes_the_milter_snippet(tmp_path):
    settings = settings_of(tmp_path, ROOT / "contrib/postfix/milter.cf.snippet")
    milter = settings["smtpd_milters"]
    assert milter.startswith("{ unix:postern/milter, ")
    assert milter.endswith(" default_action=accept }")
    assert "non_smtpd_milters" not in settings


def milter_line(text):
    """The one line that sendmail.mc gets, without a word of the comments around it."""
    return re.fullmatch(r"INPUT_MAIL_FILTER\(`postern', `(.*)'\)dnl\n", text).group(1)


def test_m4_takes_the_sendmail_snippet(tmp_path):
    """The comments in it are no macros: sendmail's m4 reads comments too."""
    cf = MTA / "usr/share/sendmail/cf"
    (tmp_path / "bare.mc").write_text("OSTYPE(`linux')dnl\nMAILER(`smtp')dnl\n")
    (tmp_path / "with.mc").write_text("OSTYPE(`linux')dnl\n" + SENDMAIL.read_text()
                                      + "MAILER(`smtp')dnl\n")

    def lines_of(name):
        result = subprocess.run(["m4", f"-D_CF_DIR_={cf}/", "m4/cf.m4", tmp_path / name], cwd=cf,
                                capture_output=True, text=True, timeout=60)
        assert (result.returncode, result.stderr) == (0, "")
        return [line for line in result.stdout.splitlines() if not line.startswith("#")]

    bare, with_it = lines_of("bare.mc"), lines_of("with.mc")
    # sendmail's own macro lists come with the first filter.
    news = [line for line in with_it if line not in bare and not line.startswith("O Milter.")]
    last = SENDMAIL.read_text().splitlines(keepends=True)[-1]
    assert news == ["O InputMailFilters=postern", f"Xpostern, {milter_line(last)}"]


def test_the_recipient_snippet_cannot_open_a_relay():
    text = (ROOT / "contrib/postfix/main.cf.snippet").read_text()
    assert text.index("    reject_unauth_destination,") < text.index("    check_policy_service")


DEADLINE = 5
LONGEST_DELAY = 20


@pytest.mark.parametrize("path, longest", [
    ("contrib/postfix/main.cf.snippet", DEADLINE),
    ("contrib/postfix/greeting-delay.cf.snippet", DEADLINE + LONGEST_DELAY),
    ("docs/postern-policyd.8.scd", DEADLINE + LONGEST_DELAY),
])
def test_postfix_waits_longer_than_an_answer_takes(path, longest):
    seconds = re.findall(r"\btimeout=(\d+)s", (ROOT / path).read_text())
    assert len(seconds) == 1
    assert int(seconds[0]) > longest


@pytest.mark.parametrize("path", ["contrib/sendmail/postern.mc", "docs/postern-milter.8.scd"])
def test_sendmail_waits_longer_than_an_answer_takes(path):
    [times] = re.findall(r"^INPUT_MAIL_FILTER.*T=C:\d+s;S:\d+s;R:(\d+)s;E:(\d+)m",
                         (ROOT / path).read_text(), re.MULTILINE)
    assert int(times[0]) > DEADLINE + LONGEST_DELAY
    assert 60 * int(times[1]) > DEADLINE


@pytest.mark.parametrize("path", ["contrib/postfix/milter.cf.snippet", "docs/postern-milter.8.scd"])
def test_postfix_waits_longer_than_the_milter_takes(path):
    text = (ROOT / path).read_text()
    [seconds] = re.findall(r"\bcommand_timeout=(\d+)s", text)
    assert int(seconds) > DEADLINE + LONGEST_DELAY
    assert all(int(content) > DEADLINE for content in re.findall(r"\bcontent_timeout=(\d+)s", text))


def test_the_longest_delay_is_what_the_snippets_reckon_with():
    assert f"at most {LONGEST_DELAY}s" in (ROOT / "docs/postern-rules.5.scd").read_text()


def test_the_unit_lets_a_socket_be_made_where_the_snippet_says():
    folder = "/var/spool/postfix/postern"
    assert f"{folder}/policy" in (ROOT / "contrib/postfix/main.cf.snippet").read_text()
    assert f"{folder}/milter" in (ROOT / "contrib/postfix/milter.cf.snippet").read_text()
    for unit in UNITS:
        assert f"ReadWritePaths=-{folder}\n" in unit.read_text()


@pytest.mark.parametrize("path", [
    "README.md", "contrib/postfix/main.cf.snippet", "contrib/postfix/greeting-delay.cf.snippet",
    "docs/postern-policyd.8.scd", "docs/postfix.md", "docs/cookbook.md", "policyd/main.cpp"])
def test_whoever_is_told_where_postfix_asks_is_told_the_socket_that_ships(path):
    asked = re.findall(r"check_policy_service \{ (\S+),", (ROOT / path).read_text())
    assert asked
    [socket_path] = listen_of_unit("postern-policyd.socket")
    assert {f"/var/spool/postfix/{address.removeprefix('unix:')}" for address in asked} \
        == {socket_path}


def unit_value(name, key):
    return re.findall(rf"^{key}=(.*)$", (ROOT / "contrib/systemd" / name).read_text(),
                      re.MULTILINE)


def test_only_postfix_gets_to_the_policy_socket():
    policy = "postern-policyd.socket"
    assert [unit_value(policy, f"Socket{key}") for key in ("User", "Group", "Mode")] == [
        ["postern"], ["postfix"], ["0660"]]
    [listen] = load_yaml((ROOT / "conf/postern.yaml").read_text())["policyd"]["listen"]
    assert (listen["owner"], listen["group"], listen["mode"]) == ("postern", "postfix", 0o660)


@pytest.mark.parametrize("path", SOCKETS, ids=[path.name for path in SOCKETS])
def test_systemd_gives_away_no_socket_in_a_folder_of_the_daemons(path):
    """It changes the owner of what the path leads to by then: theirs could be a link."""
    folders = [f"/run/{unit_value(unit.name, 'RuntimeDirectory')[0]}" for unit in UNITS]
    for listen in listen_of_unit(path.name):
        if str(Path(listen).parent) in folders:
            assert unit_value(path.name, "SocketUser") + unit_value(path.name, "SocketGroup") == []


ALL_UNITS = UNITS + SOCKETS + VOUCHING + BRAKE + [RADAR, ALERT]


@pytest.mark.parametrize("path", ALL_UNITS, ids=[path.name for path in ALL_UNITS])
def test_the_unit_is_one(tmp_path, path):
    for other in ALL_UNITS:
        text = re.sub(r"/usr/sbin/postern[\w-]+", "/bin/true", other.read_text())
        (tmp_path / other.name).write_text(text)
    unit = tmp_path / path.name
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True,
                            text=True, timeout=60)
    complaints = [line for line in result.stderr.splitlines() if path.name in line]
    assert not complaints


@pytest.mark.parametrize("path", UNITS, ids=[path.name for path in UNITS])
def test_the_unit_starts_its_own_daemon_and_reloads_it(path):
    text = path.read_text()
    assert set(re.findall(r"/usr/sbin/(postern-\w+)", text)) == {path.stem}
    assert "ExecReload=/bin/kill -HUP $MAINPID\n" in text


@pytest.mark.parametrize("path", UNITS, ids=[path.name for path in UNITS])
def test_the_unit_makes_the_folders_of_the_shipped_settings(path):
    settings = load_yaml((ROOT / "conf/postern.yaml").read_text())
    text = path.read_text()
    assert f"StateDirectory={Path(settings['state']).relative_to('/var/lib')}\n" in text
    assert f"RuntimeDirectory={Path(settings['control']).relative_to('/run')}\n" in text


def listen_of_unit(name):
    return re.findall(r"^ListenStream=(.*)$", (ROOT / "contrib/systemd" / name).read_text(),
                      re.MULTILINE)


def test_the_sockets_are_where_the_shipped_settings_listen():
    text = (ROOT / "conf/postern.yaml").read_text()
    assert listen_of_unit("postern-policyd.socket") == [
        address["unix"] for address in load_yaml(text)["policyd"]["listen"]]
    [milter] = re.findall(r"^#   listen: \{ unix: ([^,]+),", text, re.MULTILINE)
    assert listen_of_unit("postern-milter.socket") == [milter]


def test_each_unit_has_its_socket():
    assert [path.stem for path in UNITS] == [path.stem for path in SOCKETS]
    # The milter's is for a person to enable: it may listen where the MTA does not ask.
    assert re.findall(r"^Also=.*$", (ROOT / "contrib/systemd/postern-policyd.service").read_text(),
                      re.MULTILINE) == ["Also=postern-policyd.socket"]
    assert "\nAlso=" not in (ROOT / "contrib/systemd/postern-milter.service").read_text()


@pytest.mark.parametrize("path", UNITS, ids=[path.name for path in UNITS])
def test_a_daemon_that_hangs_is_replaced_and_a_wrong_setting_is_not_tried_for_ever(path):
    text = path.read_text()
    assert re.search(r"^WatchdogSec=\d+s$", text, re.MULTILINE)
    assert "Restart=on-failure\n" in text
    page = (ROOT / f"docs/{path.stem}.8.scd").read_text()
    for status in re.search(r"^RestartPreventExitStatus=(.*)$", text, re.MULTILINE)[1].split():
        assert re.search(rf"^\*{status}\*\n\t(The settings have errors|The command line is wrong|"
                         r"It could not start)", page, re.MULTILINE)
    assert "RestartPreventExitStatus=1 2 3\n" in text


def test_tmpfiles_makes_the_folders_that_the_units_make():
    text = (ROOT / "contrib/systemd/postern.tmpfiles").read_text()
    unit = UNIT.read_text()
    for key, above in (("RuntimeDirectory", "/run"), ("StateDirectory", "/var/lib"),
                       ("LogsDirectory", "/var/log")):
        [name] = re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)
        mode = re.search(rf"^{key}Mode=(.*)$", unit, re.MULTILINE)
        assert f"d {above}/{name} {mode[1] if mode else '0755'} postern postern -\n" in text


def test_logrotate_is_for_the_file_that_the_settings_name(tmp_path):
    text = (ROOT / "contrib/logrotate/postern").read_text()
    [file] = re.findall(r"file: (/var/log/\S+)", (ROOT / "conf/postern.yaml").read_text())
    assert Path(file).match(re.search(r"^(/\S+) \{$", text, re.MULTILINE)[1])
    script = tmp_path / "postrotate"
    script.write_text(text[text.index("postrotate\n") + 11:text.index("endscript")])
    subprocess.run(["sh", "-n", script], check=True, timeout=60)


def test_the_rules_are_vouched_for_at_a_start_and_after_an_edit():
    vouch = "/usr/sbin/posternctl --config /etc/postern/postern.yaml vouch\n"
    for unit in UNITS:
        text = unit.read_text()
        # As root, and no daemon stays down because of it.
        assert f"ExecStartPre=-+{vouch}" in text
        assert re.search(r"^Wants=.*\bpostern-vouch\.path$", text, re.MULTILINE)
    service, path = (next(unit.read_text() for unit in VOUCHING if unit.suffix == suffix)
                     for suffix in (".service", ".path"))
    assert f"ExecStart={vouch}" in service
    settings = load_yaml((ROOT / "conf/postern.yaml").read_text())
    assert f"PathChanged=/etc/postern/{settings['rules']}\n" in path
    lists = load_yaml((ROOT / "conf/rules.yaml").read_text())["lists"]
    folders = {str(Path("/etc/postern", one["file"]).parent)
               for one in lists.values() if "file" in one}
    assert {f"PathChanged={folder}" for folder in folders} <= set(path.splitlines())


def test_the_radar_reads_what_the_daemons_write():
    text = RADAR.read_text()
    assert "ExecStart=/usr/sbin/posternctl --config /etc/postern/postern.yaml radar --follow\n" in text
    for key in ("User", "Group", "StateDirectory", "StateDirectoryMode"):
        assert unit_value(RADAR.name, key) == unit_value(UNIT.name, key)


# What systemd cannot do for a unit with User= but by taking new privileges away: systemd.exec(5),
# NoNewPrivileges=. The program that takes mail could not take on the group of the queue then.
IMPLY_NO_NEW_PRIVILEGES = (
    "SystemCallFilter", "SystemCallArchitectures", "SystemCallLog", "RestrictAddressFamilies",
    "RestrictNamespaces", "RestrictFileSystems", "PrivateDevices", "ProtectKernelTunables",
    "ProtectKernelModules", "ProtectKernelLogs", "ProtectClock", "ProtectHostname",
    "MemoryDenyWriteExecute", "RestrictRealtime", "RestrictSUIDSGID", "DynamicUser",
    "LockPersonality")


def test_alerts_can_be_sent_as_mail():
    assert ("ExecStart=/usr/sbin/posternctl --config /etc/postern/postern.yaml alert --follow\n"
            in ALERT.read_text())
    assert unit_value(ALERT.name, "NoNewPrivileges") == ["no"]
    for key in (*IMPLY_NO_NEW_PRIVILEGES, "PrivateUsers"):
        assert unit_value(ALERT.name, key) == [], key
    for key in ("User", "Group", "StateDirectory", "StateDirectoryMode"):
        assert unit_value(ALERT.name, key) == unit_value(RADAR.name, key)


def test_the_brake_waits_for_what_the_radar_leaves_and_may_do_what_vouch_may():
    path, service = BRAKE
    settings = load_yaml((ROOT / "conf/postern.yaml").read_text())
    assert unit_value(path.name, "PathChanged") == [f"{settings['state']}/radar-proposals"]
    assert '"/radar-proposals"' in (ROOT / "ctl/radar/strong_proposals.cpp").read_text()
    assert ("ExecStart=/usr/sbin/posternctl --config /etc/postern/postern.yaml brake\n"
            in service.read_text())
    [vouch] = [unit for unit in VOUCHING if unit.suffix == ".service"]

    def hardening(unit):
        text = unit.read_text()
        return text[text.index("CapabilityBoundingSet="):]

    assert hardening(service) == hardening(vouch)


def test_what_the_units_start_is_installed():
    text = (ROOT / "cmake/install.cmake").read_text()
    [targets] = re.findall(r"^install\(TARGETS ([^)]*?) RUNTIME", text, re.MULTILINE)
    assert {path.stem for path in UNITS} <= set(targets.split())


def test_one_that_stops_leaves_the_socket_of_the_other():
    for unit in UNITS:
        assert "RuntimeDirectory=postern\n" in unit.read_text()
        assert "RuntimeDirectoryPreserve=yes\n" in unit.read_text()


def test_the_units_forbid_the_same():
    """The milter's may have more tasks, and nothing else is different below the first section."""
    def hardening(unit):
        text = unit.read_text()
        lines = text[text.index("CapabilityBoundingSet="):text.index("[Install]")].splitlines()
        return [line for line in lines if not line.startswith("#")]
    assert hardening(UNITS[0]) == hardening(UNITS[1])


def test_the_milter_may_have_the_threads_that_its_settings_allow():
    def default(key):
        return int(re.search(rf"^#\s+{key}: (\d+) ", (ROOT / "conf/postern.yaml").read_text(),
                             re.MULTILINE).group(1))
    tasks = re.search(r"^TasksMax=(\d+)$", (ROOT / "contrib/systemd/postern-milter.service")
                      .read_text(), re.MULTILINE)
    assert int(tasks.group(1)) > default("max_waiting") + default("max_delayed") + 50


@pytest.mark.parametrize("path", [*UNITS, RADAR], ids=[path.name for path in (*UNITS, RADAR)])
def test_the_unit_is_locked_down(path):
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", path],
                            capture_output=True, text=True, timeout=60)
    exposure = re.search(r"Overall exposure level.*: ([\d.]+)", result.stdout)
    assert exposure, result.stderr
    assert float(exposure.group(1)) <= 1.4


@pytest.mark.parametrize("path", UNITS, ids=[path.name for path in UNITS])
@pytest.mark.parametrize("line", ["PrivateUsers=yes", "KeyringMode=private", "MemoryMax=2G"])
def test_the_unit_has_the_line(path, line):
    assert f"\n{line}\n" in path.read_text()


def test_who_adds_a_group_by_the_texts_lets_the_daemon_see_it():
    """With PrivateUsers=yes it could not give its socket to that group, and would not start."""
    texts = [path for path in tracked() if path.suffix in (".md", ".scd", ".yaml", ".service",
                                                           ".socket", ".snippet")]
    told = 0
    for path in texts:
        for lines in re.findall(r"SupplementaryGroups=\w+\n.*\n", path.read_text()):
            told += 1
            assert "PrivateUsers=no" in lines, path
    assert told >= 4


# -- the unit's system calls, with a kernel that enforces them -------------------------------------

ALLOW = 0x7fff0000
ERRNO = 0x00050000


def system_call_sets():
    """The sets of systemd.exec(5), each with what it has: calls and other sets."""
    text = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], check=True,
                          capture_output=True, text=True, timeout=60).stdout
    sets = {}
    for line in text.splitlines():
        word = line.strip()
        if line.startswith("@"):
            members = sets.setdefault(word, [])
        elif line.startswith("    ") and not word.startswith("#"):
            members.append(word)
    return sets


def calls_of(name, sets):
    if not name.startswith("@"):
        return {name}
    return set().union(*(calls_of(member, sets) for member in sets[name]))


def allowed_calls():
    """What the unit's SystemCallFilter= lines come to, one after the other."""
    sets = system_call_sets()
    allowed = calls_of("@default", sets)
    for line in re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.MULTILINE):
        names = set().union(*(calls_of(name, sets) for name in line.lstrip("~").split()))
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def seccomp_filter(calls):
    """A function that binds its process to these system calls, for good."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ERRNO | errno.EPERM)))
    assert context
    for name in calls:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # of this architecture
            assert library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0) == 0, name

    def enforce():
        if library.seccomp_load(context) != 0:
            os._exit(99)
    return enforce


@pytest.fixture
def unprivileged():
    """A folder that an account without privileges owns, and the arguments to start it as that."""
    with tempfile.TemporaryDirectory() as name:
        account = {}
        if os.geteuid() == 0:
            account = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(name, 65534, 65534)
        yield Path(name), account


UNDER_THE_UNIT = """\
version: 1
rules: rules.yaml
state: {folder}/state
control: {folder}
dns: {{ upstreams: [["127.0.0.1:1"]], query_timeout: 1s }}
log: {{ file: {folder}/log }}
policyd:
  listen:
    - "inet:127.0.0.1:0"
    - {{ unix: {folder}/socket, {group}mode: 0666 }}
milter:
  listen: {{ unix: {folder}/socket, {group}mode: 0666 }}
"""

ASKING_DNS = """\
version: 1
rules: [{ name: must-exist, check: sender_mx, preset: standard }]
"""


def ask_policyd(connection):
    connection.sendall(b"request=smtpd_access_policy\nprotocol_state=RCPT\n"
                       b"client_address=192.0.2.1\nhelo_name=h.example\n"
                       b"sender=a@b.example\nrecipient=r@dest.example\ninstance=1\n\n")
    assert connection.recv(4096).startswith(b"action=")


def ask_milter(connection):
    """A negotiation, a client, HELO and MAIL, to which a DNS that is not there makes it wait."""
    def packet(command, payload):
        return struct.pack(">I", len(payload) + 1) + command + payload
    connection.sendall(packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF)))
    assert connection.recv(4096)[4:5] == b"O"
    connection.sendall(packet(b"C", b"h\0004\0\x19192.0.2.1\0") + packet(b"H", b"h.example\0")
                       + packet(b"M", b"<a@b.example>\0"))
    answer = connection.recv(4096)
    while answer[-1:] == b"c":
        answer = connection.recv(4096)
    assert b"451 4.4.3" in answer


DAEMONS = {"postern-policyd": (ask_policyd, signal.SIGHUP),
           "postern-milter": (ask_milter, signal.SIGUSR1)}


@pytest.mark.parametrize("program", DAEMONS)
@pytest.mark.parametrize("group, forbidden", [
    ("group: {}, ", set()), ("", {"chown", "lchown", "fchown", "fchownat"}),
], ids=["a socket with a group", "without one it needs no chown"])
def test_the_daemon_lives_with_the_system_calls_of_the_unit(unprivileged, program, group,
                                                            forbidden):
    folder, account = unprivileged
    ask, reload = DAEMONS[program]
    group = group.format(grp.getgrgid(account.get("group", os.getegid())).gr_name)
    shutil.copy(BIN / program, folder)
    (folder / "postern.yaml").write_text(UNDER_THE_UNIT.format(folder=folder, group=group))
    (folder / "rules.yaml").write_text(ASKING_DNS)
    errors = folder / "errors"
    log = folder / "log"

    def logged(text):
        end = time.monotonic() + 20
        while daemon.poll() is None and time.monotonic() < end:
            if log.exists() and text in log.read_text():
                return True
            time.sleep(0.02)
        return False

    with errors.open("w") as stderr:
        daemon = subprocess.Popen([folder / program, "--config", folder / "postern.yaml"],
                                  stdin=subprocess.DEVNULL, stderr=stderr, **account,
                                  preexec_fn=seccomp_filter(allowed_calls() - forbidden))
    try:
        assert logged(f"listening on unix:{folder}/socket"), errors.read_text()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(folder / "socket"))
            ask(client)
        daemon.send_signal(reload)
        assert logged("reload unchanged"), errors.read_text()
        with (folder / "rules.yaml").open("a") as rules:
            rules.write("# changed\n")
        assert logged("reload done"), errors.read_text()
        assert (folder / "state/generations/2/manifest.json").exists()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(f"{folder}/{program}.control")
            client.sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
        assert not (folder / "socket").exists()
        assert not (folder / f"{program}.control").exists()
    finally:
        daemon.kill()
        daemon.wait()
    assert errors.read_text() == ""


SCRIPTS = [path for path in tracked() if path.is_file() and os.access(path, os.X_OK)]


@pytest.mark.parametrize("script", SCRIPTS, ids=[str(path.relative_to(ROOT)) for path in SCRIPTS])
def test_scripts_parse(script):
    first = script.open(errors="replace").readline()
    if first == "#!/bin/sh\n":
        subprocess.run(["sh", "-n", script], check=True, timeout=60)
    elif "bash" in first:
        subprocess.run(["bash", "-n", script], check=True, timeout=60)
    elif "python" in first:
        compile(script.read_text(), str(script), "exec")
    else:
        pytest.fail(f"an executable file that is no script: {first}")


def test_ci_runs_the_tests():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "exec ./dev test trixie lint tsan" in (ROOT / ".ci/run").read_text()


def test_nothing_names_this_machine():
    # What stands above the sources says something about a machine, but for what all machines have.
    above = ROOT.parent if ROOT.parent not in map(Path, ("/", "/tmp", "/home", "/root")) else ROOT
    home = str(above) + os.sep
    for path in tracked():
        if path.suffix not in {".cpp", ".h", ".py", ".md", ".yaml", ".scd", ".txt", ""}:
            continue
        assert home not in path.read_bytes().decode(errors="replace"), path
    assert Path(__file__).exists()

"""The folders are the architecture: every #include against the table of HACKING.md."""
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Folders below these are rooms; the tests may include all of them.
TOPS = ("common", "rules", "server", "policyd", "milter", "ctl")


def table(text):
    """{room: the rooms its row names}."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        match = re.fullmatch(r"`([a-z/]+)/`", cells[0]) if len(cells) == 3 else None
        if match and match[1].split("/")[0] in TOPS:
            rows[match[1]] = set(re.findall(r"`([a-z/]+)`", cells[2]))
    if "ctl" in rows and "all of" in text:
        rows["ctl"] = {room for room in rows if room.startswith("ctl/")}
    return rows


def within_reach(rows):
    """{room: all that it may include}, itself too. A row that names what stands on it is an error."""
    reach = {}

    def visit(room, above):
        if room in above:
            raise ValueError("circle: " + " -> ".join([*above, room]))
        if room not in rows:
            raise ValueError(f"{above[-1]} may use {room}, which has no row")
        if room not in reach:
            reach[room] = {room}.union(*(visit(used, [*above, room]) for used in rows[room]))
        return reach[room]

    for room in rows:
        visit(room, [])
    return reach


def forbidden(rows, files):
    """What is wrong with `files`, {path: text}: a line each."""
    reach = within_reach(rows)
    wrong = []
    for path, text in files.items():
        room = str(Path(path).parent)
        if room not in rows:
            wrong.append(f"{path}: {room} has no row")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if match and str(Path(match[1]).parent) not in reach[room]:
                wrong.append(f"{path}:{number}: {room} may not include {match[1]}")
    return wrong


def namespace(room):
    if room in ("common/base", "rules", "rules/model"):
        return "postern"
    named = room.removesuffix("/io").split("/")
    own = named[0] != "ctl" or named[-1] in ("report", "doctor", "import")
    return "postern::" + (named[-1] if own else "ctl")


def sources():
    named = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--",
                            *(f"{top}/*.{end}" for top in TOPS for end in ("h", "cpp", "cpp.in"))],
                           cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return {path: (ROOT / path).read_text() for path in named if (ROOT / path).exists()}


def the_table():
    return table((ROOT / "HACKING.md").read_text())


def test_no_folder_includes_what_its_row_does_not_allow():
    assert not forbidden(the_table(), sources())


def test_each_folder_is_in_the_table_and_the_table_has_no_other():
    assert the_table().keys() == {str(Path(path).parent) for path in sources()}


@pytest.mark.parametrize("path, line", [
    ("common/base/escape.h", '#include "common/os/log.h"'),      # pure code that does I/O
    ("rules/engine.cpp", '#include "rules/load/rule_file.h"'),    # a circle
    ("rules/lists/list.h", '#include "server/config/settings.h"'),
    ("policyd/session.cpp", '#include "milter/reply.h"'),         # one door the other
    ("server/daemon/daemon.h", '  #  include "policyd/server.h"'),
])
def test_a_forbidden_include_is_found(path, line):
    files = sources()
    number = files[path].count("\n") + 1
    files[path] += line + "\n"
    assert [text.split(" ")[0] for text in forbidden(the_table(), files)] == [f"{path}:{number}:"]


def test_a_circle_in_the_table_is_an_error():
    rows = the_table()
    rows["common/base"].add("rules")
    with pytest.raises(ValueError, match="circle"):
        within_reach(rows)


def test_each_folder_is_one_target():
    text = (ROOT / "cmake/rooms.cmake").read_text()
    built = set(re.findall(r"^postern_room\(([a-z/]+)", text, re.M))
    assert built | {"policyd", "milter"} == the_table().keys()


def test_each_room_stands_in_one_wing_at_most():
    text = (ROOT / "cmake/rooms.cmake").read_text()
    wings = re.findall(r"^  postern_wing\(\w+ ([a-z/ ]+)\)$", text, re.M)
    assert len(wings) == text.count("  postern_wing(")
    rooms = [room for wing in wings for room in wing.split()]
    assert len(rooms) == len(set(rooms))
    assert set(rooms) <= the_table().keys()


def test_each_source_is_in_the_namespace_of_its_folder():
    wrong = []
    for path, text in sources().items():
        # Another room's thing may be announced: `namespace postern::x {`, `class Y;`, `}`.
        announced = r"(?:(?:class|struct) \w+|extern const [\w:]+ \w+);.*\n"
        text = re.sub(rf"^namespace [\w:]+ \{{\n(?:{announced})+\}}.*\n", "", text, flags=re.M)
        found = set(re.findall(r"^namespace (postern[\w:]*) \{", text, re.M))
        if found - {namespace(str(Path(path).parent))}:
            wrong.append(f"{path}: {', '.join(sorted(found))}")
    assert not wrong


def test_one_source_of_a_program_reads_its_command_line():
    """CLI11 costs seconds of compilation in each source that includes it."""
    paths = subprocess.run(["git", "grep", "-l", "include <CLI/"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    sources = {path for path in paths if not path.startswith("tests/")}
    assert sources == {"ctl/command_line.cpp", "server/daemon/command_line.cpp"}

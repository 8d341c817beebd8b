"""The programs of the package, as the compiler and the linker have left them."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from conftest import DEB

PROGRAMS = "postern-policyd", "postern-milter", "posternctl"


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", DEB, folder], check=True, timeout=120)
    return folder / "usr/sbin"


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(params=PROGRAMS)
def program(request, unpacked):
    return unpacked / request.param


def test_it_is_put_anywhere_in_memory(program):
    header = said("readelf", "-h", program)
    assert re.search(r"Type: +DYN \(Position-Independent Executable", header)


def test_its_tables_cannot_be_written(program):
    assert re.search(r"^ +GNU_RELRO ", said("readelf", "-lW", program), re.MULTILINE)
    assert re.search(r"\(FLAGS_1\) +Flags: .*\bNOW\b", said("readelf", "-dW", program))


def test_neither_its_stack_nor_what_it_may_write_is_run(program):
    segments = re.findall(r"^ +(\w+) .* ([RWE ]{3}) 0x\w+$", said("readelf", "-lW", program),
                          re.MULTILINE)
    assert ("GNU_STACK", "RW ") in segments
    assert not [name for name, flags in segments if "W" in flags and "E" in flags]


def test_overruns_of_the_stack_and_of_buffers_end_it(program):
    symbols = said("readelf", "-W", "--dyn-syms", program)
    assert " __stack_chk_fail@" in symbols
    # In the place of memcpy and the like, where the compiler knows how much there is room for.
    assert re.search(r" __\w+_chk@", symbols.replace("__stack_chk_fail", ""))


def test_the_compiler_was_told_so_for_every_source():
    """What no program shows: buffers whose size is known only when it runs are watched, too."""
    file = Path(__file__).resolve().parents[2] / "build/release/compile_commands.json"
    if not file.exists():
        pytest.skip("the package was built elsewhere")
    for entry in json.loads(file.read_text()):
        if "/tests/" not in entry["file"]:
            assert " -D_FORTIFY_SOURCE=3 " in entry["command"], entry["file"]
            assert re.search(r" -O[23] ", entry["command"]), entry["file"]


def test_every_function_that_is_jumped_to_begins_with_a_mark(program):
    """x86: -fcf-protection. Without it the marks are those of the compiler's start code alone."""
    if not re.search(r"Machine: +.*X86-64", said("readelf", "-h", program)):
        pytest.skip("another architecture")
    marks = said("objdump", "-d", "--no-show-raw-insn", "-j", ".text", program).count("endbr64")
    assert marks > 500

"""The list of what the programs are made of: CycloneDX 1.5, and nothing of theirs is missing."""

import json
import re
import subprocess
import sys

import pytest

from conftest import BIN, ROOT

PROGRAMS = [BIN / name for name in ("postern-policyd", "postern-milter", "posternctl")]


def written(*options):
    return subprocess.run([sys.executable, ROOT / "cmake/sbom.py", "--version", "1.2.3", *options,
                           *PROGRAMS], check=True, capture_output=True, text=True,
                          timeout=120).stdout


@pytest.fixture(scope="module")
def sbom():
    return json.loads(written("--build", BIN.parent, "--epoch", "1700000000"))


def libraries_of(one):
    return {entry["value"] for entry in one["properties"] if entry["name"] == "postern:library"}


def how_linked(one):
    return next(entry["value"] for entry in one["properties"] if entry["name"] == "postern:linked")


def test_it_has_what_cyclonedx_wants(sbom):
    """The required fields of the schema of 1.5, and the forms of those that are there."""
    assert (sbom["bomFormat"], sbom["specVersion"], sbom["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", sbom["serialNumber"])
    assert sbom["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    everything = [sbom["metadata"]["component"], *sbom["components"]]
    for one in everything:
        assert one["type"] in ("application", "library")
        assert one["name"] and one["version"]
        assert one["purl"].startswith("pkg:deb/")
        for licence in one.get("licenses", []):
            assert list(licence) == ["license"] and len(licence["license"]) == 1
    refs = [one["bom-ref"] for one in everything]
    assert len(refs) == len(set(refs))
    assert sorted(entry["ref"] for entry in sbom["dependencies"]) == sorted(refs)
    for entry in sbom["dependencies"]:
        assert set(entry["dependsOn"]) <= set(refs) - {entry["ref"]}


@pytest.mark.parametrize("program", PROGRAMS, ids=[path.name for path in PROGRAMS])
def test_each_library_that_a_program_needs_has_its_component(sbom, program):
    said = subprocess.run(["objdump", "-p", program], check=True, capture_output=True, text=True,
                          timeout=60).stdout
    needed = set(re.findall(r"^\s*NEEDED\s+(\S+)$", said, re.MULTILINE))
    assert "libstdc++.so.6" in needed
    owner = {name: one for one in sbom["components"] for name in libraries_of(one)}
    assert needed <= set(owner)
    [ours] = [entry for entry in sbom["dependencies"]
              if entry["ref"] == sbom["metadata"]["component"]["bom-ref"]]
    assert {owner[name]["bom-ref"] for name in needed} <= set(ours["dependsOn"])


def test_what_is_loaded_only_by_another_library_is_in_it_too(sbom):
    loaded = subprocess.run(["ldd", *PROGRAMS], check=True, capture_output=True, text=True,
                            timeout=60).stdout
    names = set(re.findall(r"^\s*(\S+) => /", loaded, re.MULTILINE))
    # Of libidn2, and of no program; its number is the release's.
    assert [name for name in names if name.startswith("libunistring.so.")]
    assert names <= set().union(*map(libraries_of, sbom["components"]))


def test_versions_are_those_that_are_installed(sbom):
    for one in sbom["components"]:
        told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", one["name"]], check=True,
                              capture_output=True, text=True, timeout=60).stdout
        assert one["version"] in told.splitlines()


def test_licences_come_from_machine_readable_files_only(sbom):
    by_name = {one["name"]: one for one in sbom["components"]}
    # Each release has its own number of it.
    [re2] = [one for one in sbom["components"] if one["name"].startswith("libre2-")]
    names = [entry["license"]["name"] for entry in re2["licenses"]]
    assert "BSD-3-google" in names
    # That of the packaging is not the library's.
    assert not any(name.startswith("BSD-3-google-debian") for name in names)
    assert "licenses" not in by_name["libstdc++6"]


def test_what_is_compiled_in_from_headers_alone_is_in_it(sbom):
    headers = {one["name"] for one in sbom["components"] if how_linked(one) == "headers"}
    assert {"libcli11-dev", "libxxhash-dev"} <= headers
    # Tests alone use it.
    assert "libgtest-dev" not in headers and "libgmock-dev" not in headers


def test_the_same_programs_give_the_same_bytes():
    first = written("--epoch", "1700000000")
    assert first == written("--epoch", "1700000000")
    assert json.loads(first)["serialNumber"] != json.loads(written())["serialNumber"]

#!/usr/bin/env python3
"""Writes what the programs are made of, as CycloneDX 1.5 in JSON, from what dpkg knows here:

    sbom.py --version V [--build BUILD] [--epoch SECONDS] PROGRAM...

Each shared library that a program loads, and each package whose headers are compiled in but which
brings no such library. The same programs and packages give the same bytes."""

import argparse
import json
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/postern")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(file):
    """The names of the libraries that it asks for itself."""
    return re.findall(r"^\s*NEEDED\s+(\S+)$", output("objdump", "-p", str(file)), re.MULTILINE)


def loaded(program):
    """Name and file of every library that the loader finds for it."""
    lines = output("ldd", str(program))
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", lines, re.MULTILINE))
    for path in re.findall(r"^\s*(/\S+) \(0x", lines, re.MULTILINE):
        found[Path(path).name] = path
    return found


def owners(paths):
    """The package of each file that is in one. dpkg knows a file under the name that it was packed
    with, which may be a link away (/lib is one to /usr/lib)."""
    names = {}
    for path in paths:
        real = str(Path(path).resolve())
        for name in {path, real, real.removeprefix("/usr"), "/usr" + path}:
            names[name] = path
    found = {}
    keys = sorted(names)
    for at in range(0, len(keys), 500):
        # Those that no package has are an error of some of them.
        listed = subprocess.run(["dpkg-query", "-S", *keys[at:at + 500]], capture_output=True,
                                text=True).stdout
        for packages, file in re.findall(r"^(\S.*): (/.*)$", listed, re.MULTILINE):
            if file in names and not packages.startswith("diversion "):
                found[names[file]] = packages.split(", ")[0]
    return found


def included_headers(build):
    """Those of the system in what ninja has compiled for the programs."""
    headers, wanted = set(), False
    for line in output("ninja", "-C", str(build), "-t", "deps").splitlines():
        if line.endswith("(VALID)"):
            wanted = not line.startswith("tests/")
        elif wanted and line.startswith("    /usr/include/"):
            headers.add(line.strip())
    return headers


def facts_of(packages):
    fields = ["binary:Package", "Package", "Version", "Architecture", "source:Package",
              "source:Version"]
    form = "\\t".join(f"${{{field}}}" for field in fields) + "\\n"
    rows = [row.split("\t") for row in output("dpkg-query", "-W", "-f", form, *sorted(packages))
            .splitlines()]
    return {row[1]: dict(zip(fields, row)) for row in rows}


def licences(package):
    """The short names of a machine-readable copyright file; none of another."""
    file = Path("/usr/share/doc") / package / "copyright"
    text = file.read_text(errors="replace") if file.exists() else ""
    if not re.match(r"Format: \S*copyright-format", text):
        return []
    names = []
    for paragraph in re.split(r"\n\s*\n", text):
        name = re.search(r"^License:[ \t]*(\S.*)$", paragraph, re.MULTILINE)
        # What only the packaging is under says nothing of the library.
        if name and re.search(r"^Files:(?!\s*debian/\*\s*$)", paragraph, re.MULTILINE):
            names.append(name.group(1).strip())
    return sorted(set(names))


def purl(facts, distribution):
    version = quote(facts["Version"], safe=":~")
    return (f"pkg:deb/{distribution[0]}/{quote(facts['Package'])}@{version}"
            f"?arch={facts['Architecture']}&distro={distribution[0]}-{distribution[1]}")


def distribution():
    text = Path("/etc/os-release").read_text()
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return values.get("ID", "debian"), values.get("VERSION_ID", "unstable")


def component(facts, how, files):
    one = {"type": "library", "bom-ref": purl(facts, distribution()), "name": facts["Package"],
           "version": facts["Version"], "purl": purl(facts, distribution())}
    names = licences(facts["Package"])
    if names:
        one["licenses"] = [{"license": {"name": name}} for name in names]
    properties = [("linked", how),
                  ("source", f"{facts['source:Package']} {facts['source:Version']}")]
    properties += [("library", name) for name in sorted(files)]
    one["properties"] = [{"name": f"postern:{name}", "value": value} for name, value in properties]
    return one


def material(programs, build):
    """The components, and what each of them loads itself."""
    libraries = {}
    for program in programs:
        libraries.update(loaded(program))
    package_of = {name: package.split(":")[0]
                  for name, package in zip(libraries, map(owners(libraries.values()).get,
                                                          libraries.values())) if package}
    unknown = sorted(set(libraries) - set(package_of))
    if unknown:
        sys.exit(f"sbom.py: no package has {', '.join(unknown)}")
    linked = facts_of(set(package_of.values()))
    components = {package: component(facts, "shared",
                                     [name for name in package_of if package_of[name] == package])
                  for package, facts in linked.items()}
    uses = {package: set() for package in linked}
    for name, path in libraries.items():
        uses[package_of[name]].update(package_of[other] for other in needed(path))
    if build:
        sources = {facts["source:Package"] for facts in linked.values()}
        headers = {package.split(":")[0] for package in owners(included_headers(build)).values()}
        for package, facts in facts_of(headers).items() if headers else ():
            # The C library's and the compiler's are those of libraries above, like others' here.
            if facts["source:Package"] not in sources | {"linux"}:
                components[package] = component(facts, "headers", [])
                uses[package] = set()
    direct = {package_of[name] for program in programs for name in needed(program)}
    direct |= {package for package in components if package not in linked}
    return components, uses, direct


def bill(options):
    components, uses, direct = material(options.programs, options.build)
    ref = f"pkg:deb/{distribution()[0]}/postern@{quote(options.version)}"
    refs = {package: one["bom-ref"] for package, one in components.items()}

    def depends(of, on):
        return {"ref": of, "dependsOn": sorted(refs[package] for package in on)}
    body = {
        "components": [components[package] for package in sorted(components)],
        "dependencies": [depends(ref, direct)] + [
            depends(refs[package], uses[package] - {package}) for package in sorted(components)]}
    metadata = {"component": {
        "type": "application", "bom-ref": ref, "name": "postern", "version": options.version,
        "licenses": [{"license": {"id": "Apache-2.0"}}], "purl": ref}}
    if options.epoch is not None:
        when = datetime.fromtimestamp(options.epoch, timezone.utc)
        metadata = {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), **metadata}
    serial = uuid.uuid5(NAMESPACE, json.dumps([metadata, body], sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}",
            "version": 1, "metadata": metadata, **body}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", required=True)
    parser.add_argument("--build", type=Path, help="where ninja has built them")
    parser.add_argument("--epoch", type=int, help="when, the same for all who make them again")
    parser.add_argument("programs", type=Path, nargs="+")
    print(json.dumps(bill(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()

"""Reads metrics as Prometheus does (text format 0.0.4), and says what it, `promtool check metrics` or
its naming conventions would have against them."""

import dataclasses
import math
import re

NAME = re.compile(r"postern(_[a-z][a-z0-9]*)+")
LABEL = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)')
PAIR = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}
# https://prometheus.io/docs/practices/naming/: base units, and those that are none.
OTHER_UNITS = {"milliseconds", "microseconds", "nanoseconds", "ms", "us", "minutes", "hours", "days",
               "kilobytes", "kib", "kb", "megabytes", "mib", "mb", "bits", "percent"}
WORDS_OF_UNITS = {"seconds": {"duration", "time", "timestamp", "age", "latency"},
                  "bytes": {"size", "memory"}}


@dataclasses.dataclass
class Family:
    name: str
    help: str = ""
    type: str = ""
    samples: list = dataclasses.field(default_factory=list)  # (suffix, labels, value)

    def labels(self):
        """All that any sample has, without the bounds of buckets."""
        return {name for _, labels, _ in self.samples for name in labels} - {"le"}

    def value(self, suffix="", **wanted):
        """The sum of the samples whose labels are as wanted."""
        return sum(value for own, labels, value in self.samples
                   if own == suffix and wanted.items() <= labels.items())


class Reader:
    def __init__(self, text):
        self.families = {}
        self.complaints = []
        self._seen = set()
        self._now = None
        if not text.endswith("\n"):
            self.complaints.append("the last line does not end")
        for line in text.split("\n")[:-1]:
            self._read(line)
        for family in self.families.values():
            self._check(family)

    def _complain(self, family, what):
        self.complaints.append(f"{family.name}: {what}")

    def _read(self, line):
        if match := re.fullmatch(r"# (HELP|TYPE) (\S+) (.+)", line):
            self._head(*match.groups())
        elif match := SAMPLE.fullmatch(line):
            self._sample(line, *match.groups())
        else:
            self.complaints.append(f"no line of the format: {line!r}")

    def _head(self, kind, name, text):
        if kind == "HELP":
            if name in self.families:
                self.complaints.append(f"{name}: there twice")
            self._now = self.families[name] = Family(name, help=text)
        elif not self._now or self._now.name != name or self._now.type or self._now.samples:
            self.complaints.append(f"{name}: TYPE does not stand behind HELP, once")
        else:
            self._now.type = text

    def _sample(self, line, name, pairs, number):
        family = self._now
        suffixes = SUFFIXES.get(family.type, ("",)) if family else ()
        suffix = next((one for one in suffixes if family.name + one == name), None)
        if suffix is None:
            self.complaints.append(f"{name}: a sample outside of its family")
            return
        labels = dict(PAIR.findall(pairs or ""))
        if PAIR.sub("", pairs or "") or (pairs or "").endswith(","):
            self._complain(family, f"labels that are none: {line!r}")
        for value in labels.values():
            if re.search(r"\\[^\\\"n]", value.replace("\\\\", "")) or not value.isprintable():
                self._complain(family, f"a value that is not escaped: {line!r}")
        series = (name, tuple(sorted(labels.items())))
        if series in self._seen:
            self._complain(family, f"a series that is there twice: {line!r}")
        self._seen.add(series)
        try:
            family.samples.append((suffix, labels, float(number)))
        except ValueError:
            self._complain(family, f"no number: {line!r}")

    def _check(self, family):
        words = family.name.split("_")
        if not NAME.fullmatch(family.name):
            self._complain(family, "not postern_ in snake_case")
        if family.type not in ("counter", "gauge", "histogram"):
            self._complain(family, f"TYPE {family.type!r}")
        if (words[-1] == "total") != (family.type == "counter"):
            self._complain(family, "counters, and they alone, end in _total")
        if words[-1] in ("count", "sum", "bucket") or words[-1] == family.type:
            self._complain(family, f"must not end in _{words[-1]}")
        if OTHER_UNITS & set(words):
            self._complain(family, "another unit than seconds, bytes or a number of things")
        stem = words[:-1] if words[-1] == "total" else words
        for unit, about in WORDS_OF_UNITS.items():
            if about & set(words) and stem[-1] != unit:
                self._complain(family, f"its unit is missing: _{unit}")
        if not re.fullmatch(r"[A-Z0-9].*\.|[a-z_.]+ of the settings\.", family.help):
            self._complain(family, "HELP is no sentence")
        self._check_samples(family)

    def _check_samples(self, family):
        names = {frozenset(labels) - {"le"} for _, labels, _ in family.samples}
        if len(names) > 1:
            self._complain(family, f"samples with different labels: {names}")
        for name in family.labels():
            if not LABEL.fullmatch(name) or name in ("job", "instance", "quantile"):
                self._complain(family, f"the label {name}")
        for suffix, labels, value in family.samples:
            if math.isnan(value) or (value < 0 and family.type != "gauge"):
                self._complain(family, f"the value {value}")
            if ("le" in labels) != (suffix == "_bucket"):
                self._complain(family, "le belongs to buckets")
            if family.name.endswith("_info") and value != 1:
                self._complain(family, "an _info is 1")
        if family.type == "histogram":
            self._check_histogram(family)

    def _check_histogram(self, family):
        found = {}
        for suffix, labels, value in family.samples:
            key = tuple(sorted((name, text) for name, text in labels.items() if name != "le"))
            one = found.setdefault(key, {"_bucket": [], "_sum": [], "_count": []})
            one[suffix].append((float(labels["le"]), value) if "le" in labels else value)
        for one in found.values():
            buckets = one["_bucket"]
            counts = [value for _, value in buckets]
            if buckets != sorted(buckets) or counts != sorted(counts):
                self._complain(family, "buckets that do not go up")
            if not buckets or buckets[-1][0] != math.inf or [counts[-1]] != one["_count"]:
                self._complain(family, "no bucket +Inf, or one that is not the count")
            if len(one["_sum"]) != 1:
                self._complain(family, "no sum")


def families_of(text):
    """By their names; nothing may be wrong with them."""
    reader = Reader(text)
    assert not reader.complaints, "\n".join(reader.complaints)
    return reader.families

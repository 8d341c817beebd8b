"""What an expression of PromQL takes for granted: metrics, their types and labels. Knows no more of
the language than the dashboard and the alerts use."""

import re

FUNCTIONS = {"sum", "max", "min", "rate", "increase", "histogram_quantile", "time"}
WORDS = {"by", "and", "or", "unless", "offset"}
# That Prometheus itself puts on every series it reads.
TARGET = {"job", "instance"}
STRING = r'"(?:[^"\\]|\\.)*"'
SELECTOR = re.compile(r"(postern_\w+)(?:\{([^}]*)\})?(\[[^\]]*\])?")
MATCHER = re.compile(rf"\s*(\w+)\s*(?:=~|!~|!=|=)\s*{STRING}\s*")


class Expression:
    def __init__(self, text, families):
        self.complaints = []
        self._families = families
        # Grafana's own variables stand for what Prometheus gets to see.
        self._text = text.replace("$__rate_interval", "5m")
        self.metrics = set()
        self.labels = set()  # of the result
        self._read()

    def _family(self, name):
        for suffix in ("", "_bucket", "_sum", "_count"):
            family = self._families.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
            if family and (not suffix or family.type == "histogram"):
                return family, suffix
        return None, ""

    def _read(self):
        kept = set()
        for match in SELECTOR.finditer(self._text):
            kept |= self._selector(*match.groups(), self._text[:match.start()])
        rest = re.sub(STRING, "", SELECTOR.sub(" ", self._text))
        grouped = [set(re.findall(r"\w+", group)) for group in re.findall(r"\bby \(([^)]*)\)", rest)]
        for group in grouped:
            if unknown := group - kept:
                self.complaints.append(f"grouped by {unknown}, which no metric here has")
        aggregates = re.search(r"\b(sum|max|min)\b", rest)
        self.labels = set().union(*grouped) if aggregates else kept
        for word in re.findall(r"[a-zA-Z_]\w*", re.sub(r"\bby \([^)]*\)|\b\d+[smhd]\b", "", rest)):
            if word not in FUNCTIONS | WORDS:
                self.complaints.append(f"the word {word}")
        for one, other in ("()", "{}", "[]"):
            if self._text.count(one) != self._text.count(other):
                self.complaints.append(f"brackets {one}{other} that do not match")

    def _selector(self, name, matchers, time, before):
        """The labels of what is selected."""
        family, suffix = self._family(name)
        if not family or (family.type == "histogram") != bool(suffix):
            self.complaints.append(f"the metric {name}")
            return set()
        self.metrics.add(family.name)
        known = family.labels() | TARGET | ({"le"} if suffix == "_bucket" else set())
        if matchers and MATCHER.sub("", matchers).strip(","):
            self.complaints.append(f"the matchers {matchers}")
        for label in MATCHER.findall(matchers or ""):
            if label not in known:
                self.complaints.append(f"{name} has no label {label}")
        in_rate = re.search(r"\b(rate|increase)\($", before) is not None
        counts = family.type != "gauge"
        if in_rate != bool(time) or in_rate != counts:
            self.complaints.append(f"{name}: rates are of counters, over a time, and counters in them")
        return known

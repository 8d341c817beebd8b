"""Rules and lists that say in each of their parts which state they are, and ways to break them.

What carries the number of the state: names and texts of rules, texts and reasons of entries, and
whether an entry is there at all. An answer or a line of the log whose parts have different numbers
comes from no state that ever stood in the files.
"""

import dataclasses
import re
import time

RULES = """\
version: 1
lists:
  one: {{ kind: domain, file: one.txt }}
  two: {{ kind: domain, file: two.txt }}
  big: {{ kind: domain, file: big.txt }}
rules:
  - name: watch-{n}
    mode: log
    when: {{ sender_domain: [one, two, big] }}
    then: defer
  - name: one-{n}
    when: {{ sender_domain: one }}
    then: reject 550 5.7.1 "state {n}"
  - name: two-{n}
    when: {{ sender_domain: two }}
    then: hold
  - name: big-{n}
    when: {{ sender_domain: big }}
    then: reject 550 5.7.1 "state {n}"
"""

# Its own action counts, and in its text is the name of the rule.
OWN = '{name} reason={n} then="reject 550 5.7.1 \\"list {n} rule {{rule}}\\""\n'

NEVER = "x@never.example"
EVEN = "x@even.example"  # on a list in every other state
ALWAYS = ["x@one.example", "x@two.example", "x@own.big.example"]


def texts(n, names):
    """Of the files of one state. `names`: lines that are in the big list in every state."""
    even = f"even.example reason={n}\n" if n % 2 == 0 else ""
    return {
        "big.txt": OWN.format(name="own.big.example", n=n) + names,
        "one.txt": f"one.example reason={n}\n" + even,
        "two.txt": OWN.format(name="two.example", n=n),
        "rules.yaml": RULES.format(n=n)}


def is_listed(sender, n):
    return sender != NEVER and (sender != EVEN or n % 2 == 0)


def numbers_in(reply):
    """Of all parts of a reply of a rule, in the words of whatever MTA."""
    return {int(number) for number in re.findall(r"(?:state |list |rule \w+-)(\d+)", reply)}


def numbers_logged(entry):
    """The same of a decision line, given as its fields."""
    found = numbers_in(entry["reply"])
    for key, pattern in (("rule", r"-(\d+)$"), ("would", r"-(\d+):"), ("reason", r"(\d+)$")):
        found |= {int(number) for number in re.findall(pattern, entry.get(key, ""))}
    return found


@dataclasses.dataclass(frozen=True)
class Fault:
    """One file made wrong: `change` takes its text and gives the new one, or None for no file.
    `where` is the place that the log has to name."""

    name: str
    file: str
    change: callable
    where: str

    def __str__(self):
        return self.name


PLACE = r":[1-9]\d*:[1-9]\d*"
BINARY = bytes(range(256)).decode("latin-1") * 4

FAULTS = [
    Fault("syntax error", "rules.yaml", lambda text: text.replace("{ kind", "{ [ kind", 1),
          r"rules\.yaml" + PLACE),
    Fault("bad domain in a list", "one.txt", lambda text: text + "not..a.name\n",
          r"one\.txt:[23]:1"),
    Fault("unknown key", "rules.yaml", lambda text: text.replace("when:", "whne:", 1),
          r"rules\.yaml:9:5"),
    Fault("no list file", "two.txt", lambda text: None, r"rules\.yaml:4:\d+"),
    Fault("unknown list", "rules.yaml",
          lambda text: text.replace("sender_domain: two", "sender_domain: tow"),
          r"rules\.yaml:15:\d+"),
    Fault("shrunk list", "big.txt", lambda text: text[:text.index("\n", len(text) // 10) + 1],
          r"rules\.yaml:5:8"),
    Fault("cut in a text", "rules.yaml", lambda text: text[:text.rindex('"')],
          r"rules\.yaml:19:\d+"),
    Fault("binary list", "two.txt", lambda text: BINARY, r"two\.txt:[1-9]\d*:1"),
    Fault("cut in a key", "rules.yaml", lambda text: text[:text.rindex("when") + 3],
          r"rules\.yaml" + PLACE),
    Fault("binary rules", "rules.yaml", lambda text: BINARY, r"rules\.yaml:1:1"),
    Fault("unknown word in a list", "two.txt", lambda text: text.replace("reason", "reasn"),
          r"two\.txt:1:1"),
    Fault("empty rules", "rules.yaml", lambda text: "", r"rules\.yaml(:1:1)?"),
    Fault("cut in a line of the big list", "big.txt", lambda text: text[:-10] + "..",
          r"big\.txt:[1-9]\d*:1"),
    Fault("no rules", "rules.yaml", lambda text: None, r"rules\.yaml"),
    Fault("unknown action", "rules.yaml", lambda text: text.replace("then: hold", "then: hodl"),
          r"rules\.yaml:16:\d+"),
]


def in_place(path, text):
    path.write_bytes(text)


def by_rename(path, text):
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(text)
    new.replace(path)


class Files:
    """The files of the state that stands in a folder."""

    # A daemon leaves files alone for longer than this after a change (FileWatch::Times::settle).
    BURST = 0.15

    def __init__(self, home, names):
        self._home = home
        self._names = "".join(f"n{number}.big.example\n" for number in range(names))
        self.state = 0
        # States in part of which a decision may be: some of their files took so long to write that
        # the others stood without them. Each with the one before.
        self.torn = set()

    def put(self, state, write=in_place, first_rules=False):
        """All files of a state, the rules first or last."""
        files = texts(state, self._names)
        began = time.monotonic()
        for name in sorted(files, key=lambda name: (name == "rules.yaml") != first_rules):
            write(self._home / name, files[name].encode())
        if time.monotonic() - began > self.BURST:
            self.torn |= {self.state, state}
        self.state = state

    def break_with(self, fault, write=in_place):
        text = fault.change(texts(self.state, self._names)[fault.file])
        if text is None:
            (self._home / fault.file).unlink()
        else:
            write(self._home / fault.file, text.encode("latin-1"))

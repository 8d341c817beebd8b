"""The manual's pages as stories: what stands in their fenced blocks, in the order of the page.

    ```console                          `$ command` lines, each with what it writes below it;
                                        `ann$ command`: whom sudo has in SUDO_USER
    ```yaml write /etc/postern/...      the whole file
    ```ini append /etc/postfix/main.cf  lines at its end
    ```m4 above-mailer /etc/mail/...    lines above the first MAILER line
    ```diff                             `--- FILE`, then a change: its old lines stand there once
    ```text figure                      nothing to run

In expected output a line `...` is any number of lines, and `...` within a line is any text. Times,
durations, queue ids and the like are not compared; the token of a refusal, and the name of rules
that a reload has refused, are learnt where they are said, and are those of the page from then on. Readers do not see the comments: `<!-- host` begins a
story with a mail host of its own, one for each MTA that it names, and `<!-- mail` is what comes in at
that moment, see manual_hosts.py. In a man page they stand in comments of scdoc, and blocks have no
info string.
"""

import dataclasses
import re

import yaml

# Blocks with these info strings are other tests' business: tests/meta/test_docs.py loads them.
ELSEWHERE = {"yaml"}
CHANGES = {"write", "append", "above-mailer"}


class BadPage(Exception):
    """A page says something that nobody could run."""


@dataclasses.dataclass
class Block:
    page: str
    line: int  # of what stands in it, from 1
    info: str
    text: str
    before: str  # the paragraph in front of it

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    @property
    def kind(self):
        """console, diff, mail, figure, write, append, above-mailer, elsewhere."""
        words = self.info.split()
        if self.info in ("console", "diff", "mail"):
            return self.info
        if self.info == "text figure":
            return "figure"
        if len(words) == 3 and words[1] in CHANGES and words[2].startswith("/"):
            return words[1]
        if self.info in ELSEWHERE:
            return "elsewhere"
        raise BadPage(f"{self.place}: a block of no known kind: '{self.info}'")

    @property
    def file(self):
        return self.info.split()[2]


@dataclasses.dataclass
class Story:
    page: str
    title: str
    host: dict
    blocks: list
    one_of_several: bool = False

    def __str__(self):
        mta = f" ({self.host['mta']})" if self.one_of_several else ""
        return f"{self.page}: {self.title}{mta}"


def one_for_each_mta(page, title, host):
    """The stories of a host comment; they have the same blocks."""
    mtas = (host or {}).get("mta")
    if not isinstance(mtas, list):
        return [Story(page, title, host, [])]
    blocks = []
    return [Story(page, title, {**host, "mta": mta}, blocks, True) for mta in mtas]


def as_markdown(text):
    """A man page, line for line: comments for comments, and a block is a console if it has a
    command; else it is for tests/meta, which load its YAML and look at its lines for MTAs."""
    text = re.sub(r"^; ?", "", text, flags=re.M)

    def with_info(block):
        return f"```{'console' if block[1].startswith('$ ') else 'yaml'}\n{block[1]}```\n"

    return re.sub(r"^```\n(.*?)^```\n", with_info, text, flags=re.M | re.S)


def stories_of(page, text):
    """The stories of a page; blocks without a host must be nobody's to run here."""
    stories, title, paragraph = [], page, ""
    lines = (as_markdown(text) if page.endswith(".scd") else text).split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        if heading := re.fullmatch("#+ (.*)", line):
            title = heading.group(1)
        if line == "<!-- host":
            end = lines.index("-->", number)
            stories += one_for_each_mta(
                page, title, yaml.safe_load("\n".join(lines[number + 1:end])))
            number = end
        elif line == "<!-- mail":
            end = lines.index("-->", number)
            stories[-1].blocks.append(Block(
                page, number + 2, "mail", "\n".join(lines[number + 1:end]), paragraph))
            number = end
        elif line.lstrip().startswith("```"):
            end = lines.index("```", number + 1)
            block = Block(page, number + 2, line[3:], "".join(
                each + "\n" for each in lines[number + 1:end]), paragraph)
            if block.kind == "figure" and re.search(r"^\s*\$ ", block.text, re.M):
                raise BadPage(f"{block.place}: a command in a figure")
            if block.kind not in ("figure", "elsewhere"):
                if not stories:
                    raise BadPage(f"{block.place}: no host to run this on")
                stories[-1].blocks.append(block)
            number = end
        elif line:
            # A blank line ends a paragraph, but what it said is still what was said last.
            paragraph = line if lines[number - 1] == "" else f"{paragraph}\n{line}"
        number += 1
    return stories


# -- consoles --------------------------------------------------------------------------------------

@dataclasses.dataclass
class Step:
    person: str  # whose prompt it is; "": nobody's
    command: str
    expected: str
    line: int  # of the first line of `expected` in the block, from 0
    lines: int


PROMPT = re.compile(r"(\w*)\$ ")


def steps_of(block):
    """Each command of a console block, continued lines joined, with its output."""
    steps = []
    lines = block.text.splitlines()
    if not lines or not PROMPT.match(lines[0]):
        raise BadPage(f"{block.place}: a console begins with a command")
    number = 0
    while number < len(lines):
        prompt = PROMPT.match(lines[number])
        command = lines[number][prompt.end():]
        while command.endswith("\\"):
            number += 1
            command = f"{command[:-1]} {lines[number].strip()}"
        begin = number = number + 1
        while number < len(lines) and not PROMPT.match(lines[number]):
            number += 1
        expected = "".join(line + "\n" for line in lines[begin:number])
        steps.append(Step(prompt[1], command, expected, begin, number - begin))
    return steps


TOKEN = "[a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{5}"
CANDIDATE = "[0-9a-f]{8}"


class Tokens:
    """Which tokens of the daemons stand for those of a page: where both say `quote k7m3f2`; and
    which names of changed rules: `--accept-loss 0123abcd`."""

    def __init__(self):
        self._real = {}  # by that of the page

    def learn(self, expected, said):
        for said_where in (rf"\bquote ({TOKEN})\b", rf"--accept-loss ({CANDIDATE})\b"):
            pairs = zip(*(re.findall(said_where, text) for text in (expected, said)))
            self._real.update(pairs)

    def on_host(self, command):
        return self._replaced(self._real, command)

    def on_page(self, said):
        return self._replaced({real: page for page, real in self._real.items()}, said)

    @staticmethod
    def _replaced(words, text):
        return re.sub(r"\b\w{6}(\w\w)?\b", lambda word: words.get(word[0], word[0]), text)


# What differs from run to run.
VARYING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b", "TIME"),
    (r"(?<![\w=.])\d+(\.\d+)? ?(us|ms|s)\b(?!=)", "DURATION"),
    (r"\bus=\d+", "us=N"),
    # A daemon that sees the file before it is told to look has nothing left to do.
    (r"(done|nothing has changed): (generation \d+ is in force).*", r"\2"),
    (r"\b(instance|queue_id|token)=\S+", r"\1=ID"),
    (rf"\bquote {TOKEN}\b", "quote TOKEN"),
    (r"\b(queued as) \S+", r"\1 ID"),
    (r"\bpid \d+, version [\d.]+ \(commit [\w-]+\)", "pid N, version V"),
    (r"\b(250 2\.0\.0) \w{14} (Message accepted)", r"\1 ID \2"),
    (r"(postfix/\w+|sm-mta|postern-\w+)\[\d+\]:( \w{14}:)?", r"\1[PID]:"),
]


def normalised(text):
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    # The width of columns is that of what varies.
    text = re.sub(r"(?<=\S) {2,}", "  ", text)
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def is_as_expected(expected, said):
    pattern = re.escape(normalised(expected))
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\?\n", "(?:.*\n)*?", pattern)
    pattern = pattern.replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, normalised(said)) is not None


# -- files -----------------------------------------------------------------------------------------

def changed(text, block):
    """The text of a file with a block done to it."""
    if block.kind == "write":
        return block.text
    if block.kind == "append":
        return text + block.text
    if block.kind == "above-mailer":
        at = text.index("\nMAILER(") + 1
        return text[:at] + block.text + text[at:]
    raise BadPage(f"{block.place}: {block.kind} changes no file")


def difference(block):
    """(file, its changes as (old lines, new lines)) of a diff block; `@@` stands between two."""
    first, *lines = block.text.splitlines()
    if not first.startswith("--- /"):
        raise BadPage(f"{block.place}: a diff begins with `--- /the/file`")
    if wrong := [line for line in lines if line[:1] not in ("", " ", "+", "-", "@")]:
        raise BadPage(f"{block.place}: no line of a diff: {wrong[0]}")
    hunks = [[]]
    for line in lines:
        if line.startswith("@@"):
            hunks.append([])
        else:
            hunks[-1].append(line or " ")
    return first[4:], [tuple(
        "".join(line[1:] + "\n" for line in hunk if line[0] in signs) for signs in (" -", " +"))
        for hunk in hunks]


def patched(text, changes):
    for old, new in changes:
        if text.count(old) != 1:
            raise BadPage(f"{text.count(old)} times in the file, not once:\n{old}")
        text = text.replace(old, new)
    return text

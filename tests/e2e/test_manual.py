"""Every example of the manual, on a mail host, as the reader would type it.

A page that says something else than the programs: POSTERN_WRITE_DOCS=1 writes what they said into
it, whole, for a person to look at and to shorten.
"""

import itertools
import os
import re
from pathlib import Path

import pytest
import yaml

import manual
from manual_hosts import Host
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
RUN = Path("/mnt/run")
NUMBERS = itertools.count()
# Written by a test of its own, which runs the commands that are on it.
GENERATED = {"docs/explain.md"}
PAGES = sorted(path for kind in ("md", "scd") for path in (ROOT / "docs").glob(f"*.{kind}")
               if str(path.relative_to(ROOT)) not in GENERATED)
# Pages with indented examples, which nobody runs here: tests/meta looks whether their options exist,
# and tests/package goes the way of docs/postfix.md from the port to the socket.
INDENTED = {"docs/alerts.md", "docs/campaign.md", "docs/control.md", "docs/doctor.md",
            "docs/handover.md", "docs/journal.md", "docs/log.md", "docs/metrics.md",
            "docs/postfix.md", "docs/radar.md", "docs/replay.md", "docs/try.md", "docs/who.md"}
# These only look, at what may take a moment to be written.
LOOKS = ("journalctl ", "grep ", "posternctl radar 2>", "posternctl replay ",
         "posternctl shadow status", "posternctl status", "posternctl store get ", "posternctl tail ",
         "posternctl who ", "posternctl why ")

SENDS = re.compile(r"swaks .* -f (\S+)")


def stories():
    return [story for page in PAGES
            for story in manual.stories_of(str(page.relative_to(ROOT)), page.read_text())]


def output_of(host, step, tokens):
    """What a command writes, in the words of the page, with some patience if it only looks."""
    def run():
        said, status = host.run(tokens.on_host(step.command), step.person)
        tokens.learn(step.expected, said)
        return tokens.on_page(said), status

    said, status = run()
    if step.command.startswith(LOOKS):
        until(lambda: manual.is_as_expected(step.expected, run()[0]), 20, 0.1)
        said, status = run()
    elif sender := SENDS.match(step.command):
        # The guard of a reload reads what the journal's thread has written.
        is_tried = "! grep -qs '^  replay_guard: on' /etc/postern/postern.yaml || " \
                   f"grep -rqsF {sender[1]} /var/lib/postern/journal"
        until(lambda: host.run(is_tried, step.person)[1] == 0, 20, 0.1)
    # Where a page shows nothing, nothing went wrong.
    good = status == 0 if step.expected in ("", "...\n") else status < 126
    assert good, f"$ {step.command}\n{said}\nstatus {status}"
    return said


class Corrections:
    """What a page says otherwise than the programs."""

    def __init__(self, story):
        self._page = ROOT / story.page
        self._found = []  # (first line from 0, lines, what it ought to say)

    def add(self, block, step, said):
        if not os.environ.get("POSTERN_WRITE_DOCS"):
            pytest.fail(f"{self._page}:{block.line + step.line}: of `{step.command}`\n"
                        f"the page says:\n{step.expected}\nit says:\n{said}")
        self._found.append((block.line + step.line - 1, step.lines, said))

    def write(self):
        lines = self._page.read_text().splitlines(keepends=True)
        for first, count, said in reversed(self._found):
            lines[first:first + count] = [said]
        self._page.write_text("".join(lines))


def run_console(host, block, tokens, corrections):
    for step in manual.steps_of(block):
        said = output_of(host, step, tokens)
        if not manual.is_as_expected(step.expected, said):
            corrections.add(block, step, said)


def change_file(host, story, block):
    if block.kind == "diff":
        name, changes = manual.difference(block)
        text = manual.patched(host.path(name).read_text(), changes)
    else:
        name = block.file
        old = host.path(name).read_text() if host.path(name).exists() else ""
        text = manual.changed(old, block)
        # The info string is not on the page that people see.
        assert Path(name).name in block.before, f"{story.page}:{block.line}: says not which file"
    host.path(name).parent.mkdir(parents=True, exist_ok=True)
    host.path(name).write_text(text)


@pytest.fixture
def host_of():
    running = []

    def start(description):
        host = Host(RUN / f"host{next(NUMBERS)}", description)
        running.append(host)
        host.start()
        return host

    yield start
    for host in running:
        host.stop()


@pytest.mark.parametrize("name", [str(story) for story in stories()])
def test_what_the_manual_says(host_of, name):
    # Read again: an earlier story of the page may have been corrected.
    [story] = [story for story in stories() if str(story) == name]
    host = host_of(story.host)
    corrections = Corrections(story)
    tokens = manual.Tokens()
    for block in story.blocks:
        if block.kind == "console":
            run_console(host, block, tokens, corrections)
        elif block.kind == "mail":
            host.receive(yaml.safe_load(block.text))
        else:
            change_file(host, story, block)
    corrections.write()


def test_no_chapter_with_examples_is_left_out():
    """Each recipe by itself, too."""
    told = {(story.page, story.title) for story in stories() if story.blocks}
    assert {"docs/postfix.md", "docs/sendmail.md", "docs/cookbook.md", "docs/deciding.md",
            "docs/posternctl.8.scd"} <= {page for page, _ in told}
    recipes = re.findall("^## (.*)", (ROOT / "docs/cookbook.md").read_text(), re.M)
    assert {("docs/cookbook.md", recipe) for recipe in recipes} <= told


def test_no_command_is_indented_where_nobody_would_run_it():
    program = "postern|sudo|swaks|grep|journalctl|systemctl|apt|curl|jq|sed|cp|mv"
    pages = {str(page.relative_to(ROOT)) for page in PAGES
             if re.search(rf"^ {{4,}}(\$|{program})",
                          re.sub("^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.M)}
    assert pages <= INDENTED


# -- the reader itself -----------------------------------------------------------------------------

HOST = "<!-- host\nmta: postfix\n-->\n"


def one_block(info, body):
    [story] = manual.stories_of("page", f"# Title\n{HOST}\nIn `x`:\n\n```{info}\n{body}```\n")
    return story.blocks[0]


def test_a_block_that_nobody_would_run_is_an_error():
    for info in ("", "sh", "console again", "yaml whatever /etc/x", "ini append main.cf"):
        with pytest.raises(manual.BadPage):
            one_block(info, "$ true\n")
    with pytest.raises(manual.BadPage, match="in a figure"):
        manual.stories_of("page", "```text figure\n$ true\n```\n")
    with pytest.raises(manual.BadPage, match="no host"):
        manual.stories_of("page", "# Title\n\n```console\n$ true\n```\n")


def test_the_example_of_a_man_page_is_run():
    text = "# NAME\n\n; <!-- host\n; mta: postfix\n; -->\n```\n$ true\n```\n\n```\nrules: []\n```\n"
    [story] = manual.stories_of("page.8.scd", text)
    assert story.host == {"mta": "postfix"}
    assert [(block.kind, block.line) for block in story.blocks] == [("console", 7)]


def test_commands_and_what_they_write():
    block = one_block("console", "$ one \\\n    more\nout\n$ two\n")
    assert [(step.command, step.expected) for step in manual.steps_of(block)] == [
        ("one  more", "out\n"), ("two", "")]
    block = one_block("console", "ann$ sudo one\n$5 out\n$ two\n")
    assert [(step.person, step.command, step.expected) for step in manual.steps_of(block)] == [
        ("ann", "sudo one", "$5 out\n"), ("", "two", "")]
    with pytest.raises(manual.BadPage, match="begins with a command"):
        manual.steps_of(one_block("console", "out\n"))


@pytest.mark.parametrize("expected, said, same", [
    ("a\n", "a\n", True),
    ("a\n", "b\n", False),
    ("a\n", "a\nb\n", False),
    ("", "a\n", False),
    ("a.c\n", "abc\n", False),
    ("a ... d\n", "a b c d\n", True),
    ("a ... d\n", "a b\nc d\n", False),
    ("a\n...\nd\n", "a\nb\nc\nd\n", True),
    ("a\n...\nd\n", "a\nb\nc\n", False),
    ("since 2026-11-22T03:12:07Z\n", "since 2027-01-01T00:00:00.123Z\n", True),
    ("took 2 ms\n", "took 300 ms\n", True),
    ("generation=1 us=17\n", "generation=1 us=4711\n", True),
    ("generation=1 us=17\n", "generation=2 us=17\n", False),
    ("done: generation 2 is in force (1 ms)\n",
     "nothing has changed: generation 2 is in force\n", True),
    ("done: generation 2 is in force (1 ms)\n",
     "done: generation 3 is in force (1 ms)\n", False),
    ("us=17 x\n", "us=4711 x\n", True),
    ("no, quote k7m3f2 token=k7m3f2 x\n", "no, quote zz0000 token=zz0000 x\n", True),
    ("no, quote k7m3f2\n", "no, quote -\n", False),
    ("reply=550 x\n", "reply=450 x\n", False),
])
def test_output_is_compared(expected, said, same):
    assert manual.is_as_expected(expected, said) == same


def test_a_token_is_that_of_the_page_from_then_on():
    tokens = manual.Tokens()
    assert tokens.on_host("why k7m3f2") == "why k7m3f2"
    tokens.learn("no, quote k7m3f2\nno, quote p2p2p2\n", "no, quote zz0000\nno, quote yy1111\n")
    assert tokens.on_host("why k7m3f2 --json p2p2p2") == "why zz0000 --json yy1111"
    assert tokens.on_page("zz0000: by yy1111, zz00001\n") == "k7m3f2: by p2p2p2, zz00001\n"
    tokens.learn("no, quote k7m3f2\n", "no, quote hh2222\n")  # refused again
    assert tokens.on_host("why k7m3f2") == "why hh2222"


def test_a_name_of_changed_rules_is_that_of_the_page_from_then_on():
    tokens = manual.Tokens()
    tokens.learn("...reload --accept-loss 0123abcd\n",
                 "if it is meant: posternctl reload --accept-loss 9f00aa11\n")
    assert tokens.on_host("posternctl reload --accept-loss 0123abcd") == (
        "posternctl reload --accept-loss 9f00aa11")
    assert tokens.on_page("accepted by name: 9f00aa11\n") == "accepted by name: 0123abcd\n"


def test_a_host_of_two_mtas_has_the_story_twice():
    text = ("# Title\n<!-- host\nmta: [postfix, sendmail]\n-->\n<!-- mail\n- {from: a@b.example}\n"
            "-->\n```console\n$ true\n```\n")
    first, second = manual.stories_of("page", text)
    assert [str(first), str(second)] == ["page: Title (postfix)", "page: Title (sendmail)"]
    assert [story.host for story in (first, second)] == [{"mta": "postfix"}, {"mta": "sendmail"}]
    assert [block.kind for block in second.blocks] == ["mail", "console"]
    assert first.blocks == second.blocks


def test_files_are_changed():
    text = "a\nb\nc\n"
    name, changes = manual.difference(one_block("diff", "--- /x\n a\n-b\n+B\n@@\n c\n+d\n"))
    assert (name, manual.patched(text, changes)) == ("/x", "a\nB\nc\nd\n")
    with pytest.raises(manual.BadPage):
        manual.patched("a\nb\na\nb\nc\n", changes)
    assert manual.changed(text, one_block("ini append /x", "d\n")) == text + "d\n"
    assert manual.changed("x\nMAILER(`smtp')\n", one_block("m4 above-mailer /x", "d\n")) == (
        "x\nd\nMAILER(`smtp')\n")

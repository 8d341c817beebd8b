"""The manual is whole: its contents have every page, and what it tells people to type exists."""

import functools
import re
import shlex
import subprocess

import pytest

from conftest import BIN, ROOT, tracked

DOCS = ROOT / "docs"
PROGRAMS = ("posternctl", "postern-policyd", "postern-milter")
PAGES = tracked("README.md", "SECURITY.md", "docs/*.md", "docs/*.scd", "rules/checks/*.md",
                "conf/*.yaml", "conf/lists/*.txt")


def test_the_contents_have_every_page_once():
    linked = re.findall(r"^- \[.*?\]\(([^)]+)\): \S", (DOCS / "README.md").read_text(), re.M)
    chapters = {path.name for path in [*DOCS.glob("*.md"), *DOCS.glob("*.scd")]} - {"README.md"}
    assert sorted(linked) == sorted(chapters | {"../rules/checks"})  # a page each


def test_there_is_one_list_of_the_chapters():
    assert "(docs/README.md)" in (ROOT / "README.md").read_text()
    assert "docs/postern-rules.5.scd" not in (ROOT / "README.md").read_text()


# -- the lines for an MTA --------------------------------------------------------------------------

def settings_of(snippet):
    lines = (ROOT / "contrib" / snippet).read_text().splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() and not re.match("#|dnl", line))


@pytest.mark.parametrize("page, snippet", [
    ("postfix.md", "postfix/main.cf.snippet"),
    ("sendmail.md", "sendmail/postern.mc"),
    ("cookbook.md", "postfix/greeting-delay.cf.snippet"),
])
def test_a_chapter_has_the_lines_of_the_snippet(page, snippet):
    assert settings_of(snippet)
    assert f"\n{settings_of(snippet)}```\n" in (DOCS / page).read_text()


# -- commands --------------------------------------------------------------------------------------

@functools.cache
def help_of(*command):
    result = subprocess.run([BIN / command[0], *command[1:], "--help"], capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 0, command
    return result.stdout


def options_of(*command):
    lines = [line for line in help_of(*command).splitlines() if re.match(" +-", line)]
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(lines)))


def subcommands():
    section = help_of("posternctl").split("Subcommands:\n")[1].split("\n\n")[0]
    return set(re.findall(r"^  ([a-z]+) ", section, re.M))


def commands_in(text):
    """What stands in a text as something to type, from the name of a program on."""
    text = re.sub(r"\\\n\s*", " ", text)
    program = "|".join(PROGRAMS)
    prompt = r"^(?: {4,}|#  +|\w*\$ )(?:sudo |.*\| )?"
    inline = r"(?:`|(?<!\*)\*)"
    return (re.findall(rf"{prompt}((?:{program})(?: .*)?)$", text, re.M)
            + re.findall(rf"{inline}((?:{program}) [^`*\n]+)[`*]", text))


def words_of(command):
    """Of one command line, up to where the shell's part or a comment begins."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.wordchars += "@:,=%^$[]{}"
    words = []
    for word in lexer:
        if set(word) <= set("|&;<>()"):
            break
        words.append(word)
    return words


def faults_of(command):
    program, *words = words_of(command)
    if not words:
        return []
    known = options_of(program)
    if program == "posternctl" and words[0][0] != "-":
        if words[0] not in subcommands():
            return [f"{command}: no command {words[0]}"]
        known = known | options_of(program, words[0])
    options = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    return [f"{command}: no option {option}" for option in options if option not in known]


def all_commands():
    return [(path, command) for path in PAGES for command in commands_in(path.read_text())]


def test_every_command_of_the_documents_has_its_options():
    found = all_commands()
    assert len(found) > 100
    faults = [f"{path.relative_to(ROOT)}: {fault}" for path, command in found
              for fault in faults_of(command)]
    assert not faults


def test_each_command_of_posternctl_is_in_the_man_page():
    page = (DOCS / "posternctl.8.scd").read_text()
    assert subcommands()
    for name in subcommands():
        assert re.search(rf"^\*{name}\*", page, re.M), name


@pytest.mark.parametrize("command, fault", [
    ("posternctl block x --reasn y", "no option --reasn"),
    ("posternctl blok x", "no command blok"),
    ("postern-policyd --chek-config", "no option --chek-config"),
    ("posternctl block x --dry-run | grep -v y", None),
    ("posternctl status   # what --is it", None),
])
def test_a_command_that_does_not_exist_is_found(command, fault):
    assert [each.rsplit(": ", 1)[1] for each in faults_of(command)] == ([fault] if fault else [])


def test_commands_are_found_in_a_text():
    assert commands_in("a `posternctl status` b\n\n    posternctl check  # x\n"
                       "$ posternctl block y \\\n    --force\n$ sudo posternctl reload\n"
                       "# \tno\nposternctl is a tool\n**posternctl is bold**\n") == [
        "posternctl check  # x", "posternctl block y  --force", "posternctl reload",
        "posternctl status"]

"""`cxcall` without arguments, `--help`, and `cxcall help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.cli.commands.help import TOPICS
from cxcall.findings.exit_codes import ExitCode
from cxcall.output.output_options import CI_FORMATS, FORMATS
from cxcall.settings import sources

if TYPE_CHECKING:
    from helpers.command import Cxcall


ASKED = ["auth", "execute", "personal-connection", "validate"]


def test_alone_it_shows_a_short_help(cxcall: Cxcall) -> None:
    ran = cxcall(code=0)
    lines = ran.out.splitlines()
    assert len(lines) <= 16
    listed = [line.split()[1] for line in lines if line.startswith("  cxcall ")]
    assert listed[:4] == ASKED
    assert all(name.split()[0] in ran.out for name in commands_of(cxcall))
    assert max(map(len, cxcall(code=0, env={"COLUMNS": "60"}).out.splitlines())) <= 60


def test_narrow_terminal_cuts_nothing_off_the_short_help(cxcall: Cxcall) -> None:
    wide, narrow = (cxcall(env={"COLUMNS": str(width)}, code=0).out for width in (80, 40))
    assert narrow.split() == wide.split()
    assert max(map(len, narrow.split("To try", 1)[0].splitlines())) <= 40


@pytest.mark.slow
def test_what_the_short_help_proposes_works(cxcall: Cxcall) -> None:
    text = cxcall(code=0).out.partition("To try it without real calls:\n")[2].partition("\n\n")[0]
    proposed = [line.split() for line in text.splitlines()]
    assert len(proposed) == 3
    for _, *words in proposed:
        file = words[words.index(">") + 1] if ">" in words else ""
        ran = cxcall(*(words[: words.index(">")] if file else words), code=0)
        if file:
            cxcall.file(file, ran.out)


def commands_of(cxcall: Cxcall) -> list[str]:
    listed = cxcall("--help", code=0).out.partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.strip().partition("  ")[0] for line in listed.splitlines() if line[2] != " "]


@pytest.mark.slow
def test_the_whole_help_has_the_asked_for_commands_first(cxcall: Cxcall) -> None:
    assert commands_of(cxcall)[:4] == ASKED
    whole = cxcall("--help", code=0).out
    assert cxcall("help", code=0).out == cxcall("help", "--no-input", code=0).out == whole
    envelope = cxcall("help", "-o", "json", code=0).envelope["data"]
    assert list(envelope["commands"]) == commands_of(cxcall)
    assert list(envelope["topics"]) == list(TOPICS)
    assert "required" not in cxcall("help", "--help", code=0).out


@pytest.mark.slow
def test_help_on_a_command_is_its_own_help(cxcall: Cxcall) -> None:
    for command in ("auth", "history list", "send place-call-for-user"):
        words = command.split()
        assert cxcall("help", *words, code=0).out == cxcall(*words, "--help", code=0).out


@pytest.mark.slow
@pytest.mark.parametrize("topic", list(TOPICS))
def test_help_on_a_topic_fits_a_terminal(cxcall: Cxcall, topic: str) -> None:
    assert topic in cxcall("help", "--help", code=0).out
    assert topic in cxcall("--help", code=0).out
    for width in (60, 80):
        shown = cxcall("help", topic, code=0, env={"COLUMNS": str(width)}).out
        assert max(map(len, shown.splitlines())) <= width
    narrow = cxcall("help", topic, code=0, env={"COLUMNS": "1"}).out
    assert "".join(narrow.split()) == "".join(shown.split())
    assert cxcall("help", topic, "-o", "json", code=0).envelope["data"][topic]


def test_the_topics_are_complete() -> None:
    terms = {name: dict(TOPICS[name].terms) for name in TOPICS}
    assert list(terms["exit-codes"]) == [str(int(code)) for code in ExitCode]
    assert all(code.meaning and code.call_placed for code in ExitCode)
    variables = [sources.PREFIX + name.upper() for name in sources.SETTING_NAMES]
    assert {*variables, *sources.VENDOR_VARIABLES.values(), *sources.MACHINE_VARIABLES} <= set(
        terms["environment"]
    )
    assert [term[3:] for term in terms["output"] if term.startswith("-o ")] == [
        *FORMATS,
        *CI_FORMATS,
    ]


@pytest.mark.parametrize(
    "command",
    [
        "auth login",
        "auth status",
        "auth token",
        "auth logout",
        "execute",
        "personal-connection",
        "validate",
        "explain",
        "batch",
        "history prune",
        "operations",
        "history list",
        "history show",
        "history resolve",
        "history export",
        "sandbox",
        "help",
        "config show",
        "config path",
    ],
)
def test_every_help_has_examples(cxcall: Cxcall, command: str) -> None:
    shown = (
        cxcall(*command.split(), "--help", code=0)
        .out.partition("Examples:\n")[2]
        .partition("\n\n")[0]
    )
    assert len(shown.splitlines()) in (2, 3, 4)


def test_the_version(cxcall: Cxcall) -> None:
    assert cxcall("--version", code=0).out == cxcall("--version", "validate", code=0).out
    assert cxcall("--version").out.startswith("cxcall 0.")

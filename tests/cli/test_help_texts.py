"""Help texts have one form: a verb phrase of at most 60 characters, with a capital and a full stop."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.cli import root_command
from cxcall.cli.generated_commands import new_sender
from cxcall.contracts.contract import load_operation
from cxcall.contracts.parameters import COMMON_FLAGS
from helpers.command import screen, terminal
from helpers.shipped_operations import detailed_operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

MAX_LENGTH = 60
VERBS = {
    "Add",
    "Also",
    "Append",
    "Apply",
    "Check",
    "Choose",
    "Continue",
    "Create",
    "Delete",
    "Explain",
    "Fill",
    "Follow",
    "Ignore",
    "Limit",
    "Overwrite",
    "List",
    "Listen",
    "Log",
    "Look",
    "Never",
    "Place",
    "Print",
    "Queue",
    "Read",
    "Record",
    "Redirect",
    "Run",
    "Send",
    "Store",
    "Serve",
    "Set",
    "Show",
    "Skip",
    "Stop",
    "Treat",
    "Warn",
    "Trigger",
    "Use",
}


def package_commands() -> Iterator[tuple[str, Any]]:
    """Yield the names and commands of `cxcall` and their subcommands."""
    for name in root_command.RootGroup().list_commands(None):
        command = root_command.RootGroup().get_command(None, name)
        yield name, command
        for inner, subcommand in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", subcommand


def operation_commands() -> Iterator[tuple[str, Any]]:
    for operation in detailed_operations():
        if not operation.is_for_login:
            yield f"send {operation.name}", new_sender(operation)


def help_texts(name: str, command: Any) -> Iterator[tuple[str, str]]:
    """Yield the first line of a command's help, and the help of each parameter that is shown."""
    yield name, (command.help or "").partition("\n")[0]
    for parameter in command.params:
        if not parameter.hidden:
            yield f"{name} {parameter.opts[0]}", parameter.help or ""


@pytest.mark.slow
def test_help_texts_are_short_sentences() -> None:
    texts = {
        where: text
        for name, command in (*package_commands(), *operation_commands())
        for where, text in help_texts(name, command)
    }
    assert len(texts) > 1000
    wrong = {
        where: text
        for where, text in texts.items()
        if not text.endswith(".") or not text[:1].isupper() or len(text) > MAX_LENGTH
    }
    assert not wrong


@pytest.mark.slow
def test_no_command_has_an_option_twice() -> None:
    wrong: dict[str, int] = {}
    for name, command in (*package_commands(), *operation_commands()):
        names = Counter(option for parameter in command.params for option in parameter.opts)
        wrong |= {f"{name} {option}": count for option, count in names.items() if count > 1}
    assert wrong == {}


def test_flags_of_every_sending_command_are_known() -> None:
    command: Any = new_sender(load_operation("cxone-get-business-unit"))
    names = [option for each in command.params for option in each.opts if option[:2] == "--"]
    own, of_calls = {"--include-trusted-business-units"}, {"--wait"}
    assert {f"--{name}" for name in COMMON_FLAGS} - {"--help"} == {*names} - own | of_calls


@pytest.mark.slow
def test_help_texts_of_commands_and_options_start_with_a_verb() -> None:
    declared = set(root_command.RootGroup().list_commands(None)) - {
        *root_command.FIRST,
        *root_command.LAST,
    }
    texts = {
        where: text
        for name, command in package_commands()
        if name not in declared
        for where, text in help_texts(name, command)
        if " " not in where or "--" in where
    }
    assert len(texts) > 100
    assert {where: text for where, text in texts.items() if text.split()[0] not in VERBS} == {}


def test_options_are_listed_in_groups_up_to_100_columns(cxcall: Cxcall) -> None:
    text = cxcall("call", "--help", code=0, env={"COLUMNS": "200"}).out
    headings = re.findall(r"^(\w+):$", text, re.MULTILINE)
    assert headings == ["Options", "Request", "Safety", "Connection", "Output"]
    options = dict(zip(headings, re.split(r"^\w+:$", text, flags=re.MULTILINE)[1:], strict=True))
    for flag, group in (
        ("--to", "Options"),
        ("--file", "Request"),
        ("--again", "Safety"),
        ("--region", "Connection"),
        ("--help", "Output"),
    ):
        assert flag in options[group]
    described = text.partition("Examples:")[0].splitlines()
    assert 90 < max(map(len, described)) <= 100


@pytest.mark.slow
def test_headings_of_the_help_are_bold_on_a_terminal_only(cxcall: Cxcall) -> None:
    with terminal(cxcall, "auth", "--help") as child:
        assert "\x1b[1mCommands:\x1b[0m" in screen(child)
    with terminal(cxcall, "auth", "--help", NO_COLOR="1") as child:
        assert "\x1b" not in screen(child)
    assert "\x1b" not in cxcall("auth", "--help", code=0).out

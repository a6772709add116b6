"""Help texts have one form: a verb phrase of at most 60 characters, with a capital and a full stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cxcall.cli import root_command
from cxcall.cli.commands.contract_commands import new_sender
from cxcall.contracts.contract import load_operations

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 60
VERBS = {
    "Add",
    "Also",
    "Apply",
    "Check",
    "Choose",
    "Continue",
    "Create",
    "Delete",
    "Explain",
    "Follow",
    "Limit",
    "List",
    "Listen",
    "Log",
    "Look",
    "Never",
    "Place",
    "Print",
    "Read",
    "Record",
    "Redirect",
    "Run",
    "Send",
    "Set",
    "Show",
    "Skip",
    "Stop",
    "Treat",
    "Trigger",
    "Use",
}


def package_commands() -> Iterator[tuple[str, Any]]:
    """Yield the names and commands of `cxcall` and their subcommands."""
    for name in root_command.Commands(name="cxcall").list_commands(None):
        command = root_command.Commands(name="cxcall").get_command(None, name)
        yield name, command
        for inner, subcommand in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", subcommand


def operation_commands() -> Iterator[tuple[str, Any]]:
    for operation in load_operations():
        if not operation.is_for_login:
            yield f"send {operation.name}", typer.main.get_command(new_sender(operation))


def help_texts(name: str, command: Any) -> Iterator[tuple[str, str]]:
    """Yield the first line of a command's help, and the help of each parameter that is shown."""
    yield name, (command.help or "").partition("\n")[0]
    for parameter in command.params:
        if not parameter.hidden:
            yield f"{name} {parameter.opts[0]}", parameter.help or ""


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


def test_help_texts_of_commands_and_options_start_with_a_verb() -> None:
    declared = set(root_command.Commands(name="cxcall").list_commands(None)) - {
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

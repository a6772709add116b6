"""`cxcall send OPERATION`: send any operation of a contract; each is a command with its own flags."""

from __future__ import annotations

from functools import cache
from typing import Any

from cxcall.cli.command_classes import CommandGroup, examples
from cxcall.cli.option_checks import OPERATIONS_FROM, WORDS_BEFORE
from cxcall.cli.shared_options import COMMON, ContractOptions
from cxcall.findings.errors import UsageError

_HYPHEN = "\N{NON-BREAKING HYPHEN}"
"""Stands for a hyphen while text is folded, because a name must stay whole."""
_NARROW = 70
"""The most columns of a terminal in which not every name has room."""


class Operations(CommandGroup):
    """The operations by name: of the shipped contracts, and of the user's own."""

    argument = "OPERATION"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Also read --contract and --profile after the operation: they decide which operations exist."""
        words = [*ctx.meta.get(WORDS_BEFORE, ()), *args]
        profile = _option_value(words, "--profile", "-p")
        ctx.meta[OPERATIONS_FROM] = (_option_value(words, "--contract"), profile)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all operations that can be sent."""
        return [name for name, _ in self.lines(ctx)]

    def lines(self, ctx: Any) -> list[tuple[str, str]]:
        """Return the name and summary of each operation without building its command."""
        known = _load_operations(*ctx.meta[OPERATIONS_FROM])
        return [(entry.name, entry.summary) for entry in known if not entry.is_for_login]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build the command of an operation; raises UsageError with the nearest name if there is none."""
        try:
            return _build(cmd_name, *ctx.meta[OPERATIONS_FROM])
        except UsageError as error:
            error.findings = tuple(
                each._replace(where=self.argument) if each.where == "operation" else each
                for each in error.findings
            )
            raise

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Show the argument as OPERATION."""
        formatter.write_usage(ctx.command_path, "OPERATION [OPTIONS]")

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the operations with their summaries, by platform."""
        groups: dict[str, list[Any]] = {}
        for entry in _load_operations(*ctx.meta[OPERATIONS_FROM]):
            if not entry.is_for_login:
                title = f"{entry.platform} ({entry.provenance})".strip()
                groups.setdefault(title, []).append(entry)
        hyphen = _HYPHEN if formatter.width > _NARROW else "-"
        for title, operations in groups.items():
            with formatter.section(title):
                rows = [(name, text.replace("-", hyphen)) for name, text in _rows(operations)]
                formatter.write_dl(rows)
        formatter.buffer[:] = [text.replace(_HYPHEN, "-") for text in formatter.buffer]


def _rows(operations: list[Any]) -> list[tuple[str, str]]:
    """Return the operations with their summaries; if there are many, their groups with counts."""
    from cxcall.cli.commands.operations import MOST_LISTED, tag_rows

    if len(operations) > MOST_LISTED:
        return [*tag_rows(operations), ("...", "Search: `cxcall operations --search WORDS`.")]
    return [(entry.name, entry.summary) for entry in operations]


def _option_value(words: list[str], *flags: str) -> str | None:
    """Return the last value of an option in raw arguments; None if it is missing."""
    found = None
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in flags:
            found = value if equals else next(iter(words[place + 1 : place + 2]), None)
    return found


@cache
def _find_contract(file: str | None, profile: str | None) -> str | None:
    return ContractOptions(file).find_file(profile)


def _load_operations(file: str | None, profile: str | None) -> Any:
    from cxcall.contracts.contract import load_catalog

    return load_catalog(_find_contract(file, profile))


@cache
def _build(name: str, file: str | None, profile: str | None) -> Any:
    from cxcall.cli.generated_commands import new_sender
    from cxcall.contracts.contract import load_operation

    return new_sender(load_operation(name, _find_contract(file, profile)))


app = Operations(
    "Send any operation, shipped or from your own document.",
    COMMON,
    epilog=examples(
        "cxcall send place-call-for-user --user-id USER --set '/phoneNumber=\"+12025550100\"' --dry-run",
        "cxcall send get-conversation --conversation-id ID -o json",
        "cxcall send postConversationsCalls --contract swagger.json --file body.json --dry-run",
    ),
)

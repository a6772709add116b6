"""`cxcall send OPERATION`: any operation of a contract, each a command with flags of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup

from cxcall.cli.actions.contract_file import find_own_contract
from cxcall.cli.option_binding import accept_global_options, examples, new_app
from cxcall.cli.options import ContractOptions

_CONTRACT = ("--contract",)
_PROFILE = ("--profile", "-p")


class Operations(TyperGroup):
    """The operations by name: those of the package, and of the contract that flags or settings name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look for the contract behind the operation's name, too: it says which operations there are."""
        given = ctx.obj.given
        file = _written(args, _CONTRACT) or given.get("contract")
        profile = _written(args, _PROFILE) or given.get("profile")
        ctx.meta[__name__] = (file, profile)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Name every operation that can be sent."""
        return [name for name, _ in self.lines(ctx)]

    def lines(self, ctx: Any) -> list[tuple[str, str]]:
        """Return each operation's name and its one line, without building any."""
        known = _known(*ctx.meta[__name__])
        return [(entry.name, entry.summary) for entry in known if not entry.is_for_login]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build the command of one operation; raises UsageError with the nearest name when there is none."""
        return _build(cmd_name, *ctx.meta[__name__])

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Name the argument as what it is."""
        formatter.write_usage(ctx.command_path, "OPERATION [OPTIONS]")

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the operations by platform, each with its one line."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for entry in _known(*ctx.meta[__name__]):
            if not entry.is_for_login:
                title = f"{entry.platform} ({entry.provenance})".strip()
                groups.setdefault(title, []).append((entry.name, entry.summary))
        for title, rows in groups.items():
            with formatter.section(title):
                formatter.write_dl(rows)


def _written(words: list[str], flags: tuple[str, ...]) -> str | None:
    """Return the value that raw arguments give one of `flags`, the last one."""
    found = None
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in flags:
            found = value if equals else next(iter(words[place + 1 : place + 2]), None)
    return found


@cache
def _own(file: str | None, profile: str | None) -> str | None:
    return find_own_contract(ContractOptions(file), profile)


def _known(file: str | None, profile: str | None) -> Any:
    from cxcall.contracts.contract import operations

    return operations(_own(file, profile))


@cache
def _build(name: str, file: str | None, profile: str | None) -> Any:
    from cxcall.cli.commands.contract_commands import new_sender
    from cxcall.contracts.contract import named

    return typer.main.get_command(new_sender(named(name, _own(file, profile))))


app = accept_global_options(
    new_app(
        "Send any operation of a contract: checked, asked about where it can ring a phone, never twice.",
        epilog=examples(
            "cxcall send place-call-for-user --user-id USER --set '/phoneNumber=\"+12025550100\"' --dry-run",
            "cxcall send get-conversation --conversation-id ID -o json",
            "cxcall send postConversationsCalls --contract swagger.json --file body.json --dry-run",
        ),
        cls=Operations,
    )
)

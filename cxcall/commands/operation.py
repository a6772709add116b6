"""The commands that the contracts declare: `execute`, `personal-connection`, and any added there."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cxcall import contract
from cxcall.binding import examples, new_app, spread
from cxcall.commands.known import own_contract
from cxcall.options import (
    BodyOptions,
    CheckOptions,
    ContractOptions,
    OutputOptions,
    SendOptions,
    SettingsOptions,
)
from cxcall.report import Report

if TYPE_CHECKING:
    from cxcall.contract import Operation
    from cxcall.declared import Flag


def new_command(name: str) -> typer.Typer:
    """Build the command called `name` from its operations: one for each of its routes."""
    operations = [entry for entry in contract.commanded() if entry.command == name]
    app = new_app("")
    app.command(
        name,
        help=_help(operations),
        epilog=examples(*_examples(operations[0])),
    )(_callback(name, operations))
    return app


def _callback(name: str, operations: list[Operation]) -> Any:
    """Return the function behind a command; a user's own contract may declare its operations anew."""
    flags = {flag.name: flag for operation in operations for flag in operation.flags}

    def send(
        body: BodyOptions,
        sending: SendOptions,
        check: CheckOptions,
        settings: SettingsOptions,
        contracts: ContractOptions,
        output: OutputOptions,
        **given: Any,
    ) -> Report:
        from cxcall.commands.sending import send_one

        route = given.pop("route", operations[0].route)
        known = contract.commanded(own_contract(contracts, settings.profile))
        operation = next(entry for entry in known if (entry.command, entry.route) == (name, route))
        texts = {flag: _texts(given.pop(_variable(flag))) for flag in flags}
        own = [(flag, text) for flag in operation.flags for text in texts.get(flag.name, ())]
        return send_one(operation, given, own, body, sending, check, settings, contracts, output)

    own = [*_arguments(operations[0]), *_route(operations), *map(_option, flags.values())]
    return spread(send, own)


def _texts(given: str | list[str] | None) -> list[str]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _variable(name: str) -> str:
    return name.replace("-", "_")


def _arguments(operation: Operation) -> list[inspect.Parameter]:
    """Return the path parameters that no flag sets, as arguments: CAMPAIGN_ID."""
    flagged = {flag.parameter for flag in operation.flags}
    return [
        _parameter(
            parameter.name,
            str,
            typer.Argument(
                metavar=_metavar(parameter.name), help=parameter.description, show_default=False
            ),
            inspect.Parameter.empty,
        )
        for parameter in operation.parameters
        if parameter.required and parameter.name not in flagged
    ]


def _metavar(name: str) -> str:
    return "".join(f"_{char}" if char.isupper() else char for char in name).upper()


def _route(operations: list[Operation]) -> list[inspect.Parameter]:
    routes = tuple(operation.route for operation in operations)
    if len(routes) == 1:
        return []
    option = typer.Option("--route", help="Which of the reported routes to take.")
    return [_parameter("route", Literal[routes], option, routes[0])]


def _option(flag: Flag) -> inspect.Parameter:
    kind = list[str] | None if flag.under else str | None
    option = typer.Option(
        f"--{flag.name}", metavar=flag.metavar, help=flag.help, show_default=False
    )
    return _parameter(_variable(flag.name), kind, option, None)


def _parameter(name: str, kind: Any, declared: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, declared]
    )


def _help(operations: list[Operation]) -> str:
    first = operations[0]
    paths = [f"{entry.method} {entry.path}" for entry in operations]
    paragraphs = [first.summary, *paths, first.description, first.standing]
    return "\n\n".join(text for text in paragraphs if text)


def _examples(operation: Operation) -> list[str]:
    from cxcall.document import value_at

    flags = " ".join(
        f"--{flag.name} {value_at(operation.example, flag.pointers[0])}"
        for flag in operation.flags
        if flag.required
    )
    words = [operation.command, *("$CAMPAIGN" for _ in _arguments(operation))]
    start = " ".join(["cxcall", *words])
    return [
        f"{start} {flags} --sandbox",
        f"{start} --file payload.json --dry-run",
        f"ID=$({start} --file payload.json --yes --quiet)",
    ]

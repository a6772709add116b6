"""The commands that the contracts declare: `execute`, `personal-connection`, and any added there."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cxcall.cli.actions.contract_file import find_own_contract
from cxcall.cli.option_binding import examples, expand_option_groups, new_app, parameters_of
from cxcall.cli.options import (
    COMMON,
    BodyOptions,
    CheckOptions,
    ContractOptions,
    SendOptions,
    SettingsOptions,
)
from cxcall.contracts import contract
from cxcall.findings.errors import UsageError
from cxcall.output.options import OutputOptions
from cxcall.output.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.parameters import Flag


def new_command(name: str) -> typer.Typer | None:
    """Build the command called `name` from the operations that declare it; None when none does."""
    operations = contract.commanded(name)
    if not operations:
        return None
    app = new_app("")
    app.command(
        name,
        help=_help(operations),
        epilog=examples(*_examples(operations[0])),
    )(_send_callback(name, operations))
    return app


def new_sender(operation: Operation) -> typer.Typer:
    """Build the command `send NAME` of one operation: every parameter of it is a flag."""

    def send(
        body: BodyOptions,
        sending: SendOptions,
        check: CheckOptions,
        settings: SettingsOptions,
        contracts: ContractOptions,
        output: OutputOptions,
        param: Annotated[
            list[str] | None,
            typer.Option("--param", metavar="NAME=VALUE", help="Set a parameter by its own name."),
        ] = None,
        **given: Any,
    ) -> Report:
        from cxcall.cli.actions.send import SendInvocation, send_one
        from cxcall.sending.draft import parse_parameters

        values = parse_parameters(operation, param or ())
        asked = SendInvocation(
            f"send {operation.name}", operation, values, _pop_flag_texts(flags, given)
        )
        return send_one(asked, body, sending, check, settings, contracts, output)

    flags = _sender_flags(operation)
    app = new_app("")
    app.command(
        operation.name, help=_help([operation]), epilog=examples(*_sender_examples(operation))
    )(expand_option_groups(send, [_flag_option(flag) for flag in flags]))
    return app


def _sender_flags(operation: Operation) -> list[Flag]:
    """Return a flag for each parameter, and those that set values of the body; `--param` does for the rest."""
    parameters = [entry.flag for entry in operation.parameters]
    named = {flag.name: flag for flag in operation.flags if flag.sets_body}
    flags = {flag.name: flag for flag in parameters} | named
    return [flag for flag in flags.values() if flag.name not in _COMMON_NAMES]


_COMMON_NAMES = {
    name.removeprefix("--")
    for group in COMMON
    for entry in parameters_of(group)
    for name in entry.annotation.__metadata__[0].param_decls
} | {"param", "help"}


def _send_callback(name: str, operations: Sequence[Operation]) -> Any:
    """Return the function behind a command; a user's own contract may declare its operations anew."""
    flags = list({flag.name: flag for entry in operations for flag in entry.flags}.values())

    def send(
        body: BodyOptions,
        sending: SendOptions,
        check: CheckOptions,
        settings: SettingsOptions,
        contracts: ContractOptions,
        output: OutputOptions,
        **given: Any,
    ) -> Report:
        from cxcall.cli.actions.send import SendInvocation, send_one

        known = contract.commanded(name, find_own_contract(contracts, settings.profile))
        route = given.pop("route", "")
        texts = _pop_flag_texts(flags, given)
        operation = choose_operation(known, route, texts, settings)
        own = {flag.name: flag for flag in operation.flags}
        asked = SendInvocation(
            name, operation, given, [(own[flag.name], text) for flag, text in texts]
        )
        return send_one(asked, body, sending, check, settings, contracts, output)

    own = [*_path_arguments(operations[0]), *_route_option(operations), *map(_flag_option, flags)]
    return expand_option_groups(send, own)


def choose_operation(
    operations: Sequence[Operation],
    route: str,
    texts: Sequence[tuple[Flag, str]],
    settings: SettingsOptions,
) -> Operation:
    """Return the operation behind a command that the route, the profile's platform and the flags name.

    Raises UsageError where none takes just these flags.
    """
    given = {flag.name for flag, _ in texts}
    routed = [entry for entry in operations if entry.route == route]
    candidates = _operations_of_platform(routed, settings)
    for entry in candidates:
        known = {flag.name for flag in entry.flags}
        needed = {flag.name for flag in entry.flags if flag.required and not flag.sets_body}
        if given <= known and needed <= given:
            return entry
    raise _mismatch_error(candidates, given)


def _operations_of_platform(
    operations: Sequence[Operation], settings: SettingsOptions
) -> list[Operation]:
    """Return the operations of the profile's platform; of the first one's, where none is set."""
    if len({entry.platform for entry in operations}) == 1:
        return list(operations)
    from cxcall.cli.options import flags_of
    from cxcall.settings.settings import find_platform

    platform = find_platform(flags_of(settings)) or operations[0].platform
    return [entry for entry in operations if entry.platform == platform]


def _mismatch_error(candidates: Sequence[Operation], given: set[str]) -> UsageError:
    ways = [
        " ".join(
            f"--{flag.name} {flag.metavar}" if flag.required else f"[--{flag.name} {flag.metavar}]"
            for flag in entry.flags
        )
        for entry in candidates
    ]
    known = {flag.name for entry in candidates for flag in entry.flags}
    strange = sorted(given - known)
    what = (
        f"`--{strange[0]}` is not for `{candidates[0].platform}`"
        if strange
        else "these flags do not go together, or one is missing"
    )
    return UsageError(
        what,
        where=f"--{strange[0]}" if strange else candidates[0].command,
        fix=f"on `{candidates[0].platform}`: " + "; or ".join(f"`{way}`" for way in ways),
        why="the platform is that of the profile: `cxcall config show`",
    )


def _pop_flag_texts(flags: Sequence[Flag], given: dict[str, Any]) -> list[tuple[Flag, str]]:
    """Take the values of flags out of what the parser gave, in the order of the flags."""
    found = []
    for flag in flags:
        value = given.pop(_variable_name(flag.name))
        texts = value if isinstance(value, list) else [] if value is None else [value]
        found += [(flag, text) for text in texts]
    return found


def _variable_name(name: str) -> str:
    return f"flag_{name.replace('-', '_')}"


def _path_arguments(operation: Operation) -> list[inspect.Parameter]:
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


def _route_option(operations: Sequence[Operation]) -> list[inspect.Parameter]:
    routes = tuple(operation.route for operation in operations if operation.route)
    if not routes:
        return []
    option = typer.Option("--route", help="Which of the reported routes to take.")
    return [_parameter("route", Literal[routes], option, routes[0])]


def _flag_option(flag: Flag) -> inspect.Parameter:
    kind = list[str] | None if flag.under else str | None
    option = typer.Option(
        f"--{flag.name}", metavar=flag.metavar, help=flag.help, show_default=False
    )
    return _parameter(_variable_name(flag.name), kind, option, None)


def _parameter(name: str, kind: Any, declared: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, declared]
    )


def _help(operations: Sequence[Operation]) -> str:
    first = operations[0]
    paths = [f"{entry.method} {entry.path}" for entry in operations]
    paragraphs = [first.summary, *paths, first.description, first.standing]
    return "\n\n".join(text for text in paragraphs if text)


def _examples(operation: Operation) -> list[str]:
    flags = _sample_flags([flag for flag in operation.flags if flag.required], operation)
    words = [operation.command, *("$CAMPAIGN" for _ in _path_arguments(operation))]
    start = " ".join(["cxcall", *words])
    return [
        f"{start} {flags} --sandbox",
        f"{start} --file payload.json --dry-run",
        f"ID=$({start} --file payload.json --yes --quiet)",
    ]


def _sender_examples(operation: Operation) -> list[str]:
    required = [entry.flag for entry in operation.parameters if entry.required]
    start = f"cxcall send {operation.name} {_sample_flags(required, operation)}".rstrip()
    body = " --file body.json" if operation.takes_body else ""
    return [f"{start}{body} --dry-run", f"{start}{body} --sandbox", f"{start}{body} -o json"]


def _sample_flags(flags: Sequence[Flag], operation: Operation) -> str:
    from cxcall.documents.json_pointer import has_value, value_at

    samples = []
    for flag in flags:
        is_shown = flag.pointers and has_value(operation.example, flag.pointers[0])
        value = value_at(operation.example, flag.pointers[0]) if is_shown else flag.metavar
        samples.append(f"--{flag.name} {value}")
    return " ".join(samples)

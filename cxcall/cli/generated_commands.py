"""The options of the commands that contracts declare: `execute`, `call`, and each `send OPERATION`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cxcall.cli.command_classes import OptionsCommand, examples
from cxcall.cli.shared_options import (
    SHIPPED_ONLY,
    BodyOptions,
    ReadOptions,
    RequestOptions,
    flags_of,
)
from cxcall.contracts import contract
from cxcall.contracts.parameters import COMMON_FLAGS, join_repeated, parse_parameters, unique_flags
from cxcall.findings.errors import UsageError
from cxcall.findings.text_lists import list_in_words
from cxcall.output.output_options import CommandParameter, argument, option
from cxcall.output.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cxcall.cli.shared_options import SettingsOptions
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag


def new_command(name: str) -> OptionsCommand | None:
    """Build the command `name` from the operations that declare it; None if there are none."""
    operations = contract.find_command_operations(name)
    if not operations:
        return None
    flags = list({flag.name: flag for entry in operations for flag in entry.flags}.values())

    def send(body: BodyOptions, options: RequestOptions, **values: Any) -> Report:
        from cxcall.cli.actions.send import send_one

        route = values.pop("route", "")
        texts = _pop_flag_texts(flags, values)
        _stop_on_placeholder(texts)
        operation = _choose_operation(operations, route, texts, options.target.settings)
        own = {flag.name: flag for flag in operation.flags}
        texts = [(own[flag.name], text) for flag, text in texts]
        return send_one(name, operation, values, texts, body, options)

    parameters = [*_path_arguments(operations[0]), *_route_option(operations)]
    parameters += map(_flag_option, flags)
    return OptionsCommand(
        name,
        send,
        help=_help(operations),
        epilog=examples(*_examples(operations)),
        parameters=parameters,
        omitted=SHIPPED_ONLY | _inapplicable_options(operations[0]),
    )


def new_sender(operation: Operation) -> OptionsCommand:
    """Build the command `send NAME` of an operation; each of its parameters is a flag."""
    # `--param` sets parameters without a flag.
    named = [flag for flag in operation.flags if flag.sets_body and flag.name not in COMMON_FLAGS]
    unique = (*unique_flags(operation.parameters), *named)
    flags = list({flag.name: flag for flag in unique}.values())

    def send(
        body: BodyOptions, reading: ReadOptions, options: RequestOptions, **values: Any
    ) -> Report:
        from cxcall.cli.actions.send import send_one

        parameters = parse_parameters(operation, values.pop("param") or ())
        texts = _pop_flag_texts(flags, values)
        for flag, _ in texts:
            _stop_on_second_value(flag, parameters)
        _stop_on_placeholder((flag, text) for flag, text in texts if flag.sets_body)
        command = f"send {operation.name}"
        return send_one(command, operation, parameters, texts, body, options, reading)

    declared = option("--param NAME=VALUE", "Set a parameter by its name.")
    parameters = [declared.bind("param", list[str] | None), *map(_flag_option, flags)]
    return OptionsCommand(
        operation.name,
        send,
        help=_help([operation]),
        epilog=examples(*_sender_examples(operation)),
        parameters=parameters,
        omitted=_inapplicable_options(operation),
    )


def _choose_operation(
    operations: Sequence[Operation],
    route: str,
    texts: Sequence[tuple[Flag, str]],
    settings: SettingsOptions,
) -> Operation:
    """Return the operation of a command that fits the route, the profile's platform, and the flags.

    Raises UsageError if no operation accepts this set of flags.
    """
    flag_names = {flag.name for flag, _ in texts}
    routed = [entry for entry in operations if entry.route == route]
    candidates = _filter_platform(routed, settings)
    for entry in candidates:
        known = {flag.name for flag in entry.flags}
        needed = {flag.name for flag in entry.flags if flag.required and not flag.sets_body}
        if flag_names <= known and needed <= flag_names:
            return entry
    raise _mismatch_error(candidates, flag_names)


def _filter_platform(operations: Sequence[Operation], settings: SettingsOptions) -> list[Operation]:
    """Return the operations of the profile's platform, by default the platform of the first operation."""
    if len({entry.platform for entry in operations}) == 1:
        return list(operations)
    from cxcall.settings.settings import find_platform

    platform = find_platform(flags_of(settings)) or operations[0].platform
    return [entry for entry in operations if entry.platform == platform]


def _mismatch_error(candidates: Sequence[Operation], flag_names: set[str]) -> UsageError:
    usages = [
        " ".join(
            f"--{flag.name} {flag.metavar}" if flag.required else f"[--{flag.name} {flag.metavar}]"
            for flag in entry.flags
        )
        for entry in candidates
    ]
    command, platform = candidates[0].command, candidates[0].platform
    lacking = [
        [
            f"`--{flag.name}`"
            for flag in entry.flags
            if flag.required and flag.name not in flag_names
        ]
        for entry in candidates
        if flag_names <= {flag.name for flag in entry.flags}
    ]
    needs = (
        f"also needs {list_in_words(lacking[0])}"
        if len(lacking) == 1
        else "requires another set of flags"
    )
    known = {flag.name for entry in candidates for flag in entry.flags}
    foreign = next((f"--{name}" for name in sorted(flag_names - known)), "")
    return UsageError(
        f"`{foreign}` does not apply to `{command}` on `{platform}`"
        if foreign
        else f"`{command}` on `{platform}` {needs}",
        where=foreign or command,
        fix="; or ".join(f"`{usage}`" for usage in usages),
        why="the platform decides which flags apply; `cxcall config show` shows its source",
    )


def _inapplicable_options(operation: Operation) -> dict[str, str]:
    """Return the shared options that have no meaning for an operation, and why."""
    found = {}
    if not operation.can_place_call:
        found["--wait"] = "it follows a call, and this operation places none"
    elif operation.provenance == "community":
        found["--wait"] = (
            "no published operation reads a call of this route: use `cxcall call --wait`"
        )
    if operation.method != "GET":
        found["--all"] = "it reads the pages of a list, and this operation is not a GET"
    return found


def _pop_flag_texts(flags: Sequence[Flag], values: dict[str, Any]) -> list[tuple[Flag, str]]:
    """Remove the values of flags from the option values, and return them in the order of the flags."""
    found = []
    for flag in flags:
        texts = values.pop(_variable_name(flag.name)) or ()
        if len(texts) > 1 and not flag.under:
            texts = [join_repeated(f"--{flag.name}", texts, is_list=flag.is_list)]
        found += [(flag, text) for text in texts]
    return found


def _stop_on_placeholder(texts: Iterable[tuple[Flag, str]]) -> None:
    """Raise UsageError for a placeholder of a hint, such as `NUMBER`, which would be sent as it is."""
    for flag, text in texts:
        value, placeholder = (
            each.partition("=")[2] if flag.under else each for each in (text, flag.metavar)
        )
        if value == placeholder:
            raise UsageError(
                f"`--{flag.name}` must have a real value; got the placeholder `{text}`",
                where=f"--{flag.name}",
                fix="put the real value there",
            )


def _stop_on_second_value(flag: Flag, parameters: Mapping[str, str]) -> None:
    """Raise UsageError if `--param` sets the parameter of a flag, too: the items of a list would have no order."""
    if flag.parameter in parameters:
        raise UsageError(
            f"`--{flag.name}` and `--param {flag.parameter}` set the same parameter",
            where=f"--{flag.name}",
            fix="use only one of them; for a list, give it several times",
        )


def _variable_name(name: str) -> str:
    """Return the name of a flag as a Python identifier, different for different flags."""
    letters = (each if each.isascii() else f"U{ord(each)}" for each in name.replace("-", "_"))
    return f"flag_{''.join(letters)}"


def _path_arguments(operation: Operation) -> list[CommandParameter]:
    """Return the path parameters that no flag sets as arguments, such as CAMPAIGN_ID."""
    flagged = {flag.parameter for flag in operation.flags}
    return [
        argument(_metavar(parameter.name), parameter.description, default=...).bind(
            parameter.name, str
        )
        for parameter in operation.parameters
        if parameter.required and parameter.name not in flagged
    ]


def _metavar(name: str) -> str:
    return "".join(f"_{char}" if char.isupper() else char for char in name).upper()


def _route_option(operations: Sequence[Operation]) -> list[CommandParameter]:
    routes = tuple(operation.route for operation in operations if operation.route)
    if not routes:
        return []
    declared = option(
        "--route", "Choose one of the reported routes.", default=routes[0], show_default=True
    )
    return [declared.bind("route", Literal[routes])]


def _flag_option(flag: Flag) -> CommandParameter:
    declared: CommandParameter = option(f"--{flag.name}", flag.help, metavar=flag.metavar)
    return declared.bind(_variable_name(flag.name), list[str] | None)


def _help(operations: Sequence[Operation]) -> str:
    first, paragraphs = operations[0], [operations[0].summary]
    has_platforms = len({entry.platform for entry in operations}) > 1
    for entry in operations:
        where = f" ({entry.platform})" if has_platforms else ""
        paragraphs += [f"{entry.method} {entry.path}{where}", entry.description]
    paragraphs.append(first.provenance_note)
    return "\n\n".join(text for text in paragraphs if text)


def _examples(operations: Sequence[Operation]) -> list[str]:
    words = [operations[0].command, *("$CAMPAIGN" for _ in _path_arguments(operations[0]))]
    start = " ".join(["cxcall", *words])
    first: dict[str, Operation] = {}
    for entry in operations:
        first.setdefault(entry.platform, entry)
    return [
        *(
            f"{start}{f' --platform {platform}' if len(first) > 1 else ''} {_sample_flags(filter(lambda flag: flag.required, entry.flags), entry)} --sandbox"
            for platform, entry in first.items()
        ),
        f"{start} --file payload.json --dry-run",
        f"ID=$({start} --file payload.json --yes --quiet)",
    ]


def _sender_examples(operation: Operation) -> list[str]:
    required = [entry.flag for entry in operation.parameters if entry.required]
    flags = [flag for flag in required if flag in unique_flags(operation.parameters)]
    params = [f"--param {flag.parameter}=VALUE" for flag in required if flag not in flags]
    start = " ".join(
        filter(None, ["cxcall send", operation.name, _sample_flags(flags, operation), *params])
    )
    body = " --file body.json" if operation.takes_body else ""
    return [f"{start}{body} --dry-run", f"{start}{body} --sandbox", f"{start}{body} -o json"]


def _sample_flags(flags: Iterable[Flag], operation: Operation) -> str:
    from cxcall.documents.json_pointer import has_value, value_at

    examples = {
        entry.name: entry.schema["examples"][0]
        for entry in operation.parameters
        if entry.schema.get("examples")
    }
    samples = []
    for flag in flags:
        is_shown = flag.pointers and has_value(operation.example, flag.pointers[0])
        value = value_at(operation.example, flag.pointers[0]) if is_shown else flag.metavar
        samples.append(f"--{flag.name} {examples.get(flag.parameter, value)}")
    return " ".join(samples)

"""Turn option groups into the parameters of a command.

The common flags work before and after the subcommand: those before it become the defaults of the
same flags after it, so the later one wins.
"""

from __future__ import annotations

import inspect
from functools import partial, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import typer

from cxcall.cli import option_checks
from cxcall.cli.command_classes import CommandGroup, OptionsCommand, missing_command, parameter_name
from cxcall.cli.shared_options import COMMON
from cxcall.findings.errors import CxcallError
from cxcall.findings.hinted_commands import set_target
from cxcall.named_tuple import NamedTuple
from cxcall.output.output_options import (
    Declaration,
    OutputOptions,
    quiet_help,
    supported_formats,
    verbose_help,
    without_effect,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from typer.core import TyperArgument, TyperOption

    from cxcall.cli.option_checks import Exclusion, Requirement
    from cxcall.contracts.operation import Operation

_TARGET = ("profile", "platform", "region", "base_url", "contract", "sandbox")


class Invocation:
    """One run of the program: the flags before the subcommand, its name, and its output options."""

    def __init__(self) -> None:
        self.flag_values: dict[str, Any] = {}
        self.output: OutputOptions | None = None
        self.command = ""


class CommandParameter(NamedTuple):
    """A parameter of a command: its name, the type of its value, and what is declared of it."""

    name: str
    kind: Any
    declaration: Declaration


def _expand_option_groups(
    command: Callable[..., Any],
    more: Sequence[CommandParameter],
    rules: Sequence[Exclusion | Requirement],
    omitted: Mapping[str, str],
) -> tuple[Callable[..., Any], list[TyperArgument | TyperOption]]:
    """Return a function for Typer, and the parameters of a command.

    A group is a parameter whose type is a named tuple of declared options or of other groups. The
    command receives each group as one value, and `more` parameters by keyword. Every command has the
    output flags. The result raises UsageError for a flag before the subcommand that the command does
    not have, for flags that break one of the `rules`, and for an unusable value. The `omitted` options of
    the groups are not declared, and keep their defaults.
    """
    hints = inspect.get_annotations(command, eval_str=True)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint) and name != "return"}
    own = [
        CommandParameter(name, hints[name], each.default)
        for name, each in inspect.signature(command).parameters.items()
        if name not in groups and each.kind is not each.VAR_KEYWORD
    ]
    shared = {
        entry.name: entry
        for group in (*groups.values(), OutputOptions)
        for entry in parameters_of(group)
        if omitted.keys().isdisjoint(entry.declaration.names)
    }
    _describe_output(command.__name__, shared)
    parameters = [*own, *more, *shared.values()]
    known = {parameter.name for parameter in parameters}
    built_parameters = [each.declaration.build(each.name, each.kind) for each in parameters]
    convertors = {each.name or "": convert for each, convert in built_parameters if convert}

    @wraps(command)
    def run_command(context: typer.Context, **values: Any) -> Any:
        values |= {name: convert(values[name]) for name, convert in convertors.items()}
        own_flags = {name: values[name] for name in _read_flags(context)}
        values |= _merge_lists(context.obj.flag_values, own_flags)
        context.obj.command = context.command_path.removeprefix("cxcall ")
        option_checks.check_options(context, values, known, rules)
        if values.get("json"):  # a command may have `--json` as a short form
            values["output"] = "json"
        context.obj.output = _build_group(OutputOptions, values)
        set_target(_target_options(values), partial(_accepted_options, context.find_root()))
        built = {name: _build_group(group, values) for name, group in groups.items()}
        others = {name: value for name, value in values.items() if name not in shared}
        with option_checks.named_places(context):
            return command(**others, **built)

    set_signature(run_command, ())
    return run_command, [parameter for parameter, _ in built_parameters]


def _target_options(values: dict[str, Any]) -> dict[str, str | None]:
    """Return the given options that choose where a command's requests go, and which operations it knows."""
    found = {f"--{name.replace('_', '-')}": values.get(name) for name in _TARGET}
    return {name: None if value is True else value for name, value in found.items() if value}


def _accepted_options(root: Any, words: Sequence[str]) -> set[str]:
    """Return the target options that a command accepts; `--profile` of `history list` is a filter."""
    try:
        _, command, rest = root.command.resolve_command(root, [*words])
        if rest:
            command = getattr(command, "commands", {}).get(rest[0], command)
    except (CxcallError, typer.TyperException):
        return set()
    return {
        parameter_name(parameter)
        for parameter in command.params
        if getattr(parameter, "rich_help_panel", None) and parameter.name in _TARGET
    }


def _describe_output(command: str, options: dict[str, CommandParameter]) -> None:
    """Describe the output options for a command: its formats, and the effects of its flags."""
    for name, text in (("quiet", quiet_help(command)), ("verbose", verbose_help(command))):
        declared = options[name].declaration._replace(help=text)
        options[name] = options[name]._replace(declaration=declared)
    for name in without_effect(command):
        declared = options[name].declaration
        hidden = declared._replace(settings={**declared.settings, "hidden": True})
        options[name] = options[name]._replace(declaration=hidden)
    formats: Any = Literal.__getitem__(supported_formats(command))
    options["output"] = options["output"]._replace(kind=formats)


def _build_group(group: Any, values: dict[str, Any]) -> Any:
    """Return an option group with its values; a group may contain other groups."""
    types = group.__annotations__
    return group(
        **{
            name: _build_group(types[name], values) if _is_group(types[name]) else values[name]
            for name in group._fields
            if _is_group(types[name]) or name in values  # omitted options keep their defaults
        }
    )


def _is_group(annotation: Any) -> bool:
    return hasattr(annotation, "_fields")


def set_signature(function: Callable[..., Any], parameters: Iterable[CommandParameter]) -> None:
    """Set the signature that Typer reads from a function of `(context, **values)`."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("context", keyword, annotation=typer.Context)
    others = (
        inspect.Parameter(
            each.name, keyword, default=each.declaration.info(each.kind), annotation=each.kind
        )
        for each in parameters
    )
    signature = inspect.Signature([context, *others])
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {
        each.name: each.annotation for each in signature.parameters.values()
    }


def parameters_of(group: Any) -> list[CommandParameter]:
    """Return the fields of an option group, and then those of the groups in it, as parameters."""
    types = group.__annotations__
    own = [
        CommandParameter(name, kind, group.declared[name])
        for name, kind in types.items()
        if not _is_group(kind)
    ]
    groups = filter(_is_group, types.values())
    return [*own, *(each for inner in groups for each in parameters_of(inner))]


class CommandApp(typer.Typer):
    """A Typer application whose commands take option groups, and have examples in their help."""

    def add_command(
        self,
        name: str,
        *lines: str,
        parameters: Sequence[CommandParameter] = (),
        rules: Sequence[Exclusion | Requirement] = (),
        omitted: Mapping[str, str] = MappingProxyType({}),
        operations: Sequence[Operation] = (),
        **settings: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return a decorator that adds a function as a command; `lines` are examples of it.

        `parameters` are those that its signature lacks; `rules` say which parameters require or exclude others.
        `omitted` are the options of its groups that it does not have, with the advice on what to do instead;
        `operations` are those that it sends.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            expanded, options = _expand_option_groups(function, parameters, rules, omitted)
            cls: Any = partial(
                OptionsCommand, options=options, omitted=omitted, operations=operations
            )
            return self.command(name, cls=cls, **{"epilog": examples(*lines), **settings})(expanded)

        return register


def new_app(help: str = "", *, epilog: str = "", cls: Any = CommandGroup) -> CommandApp:  # noqa: A002, as in Typer
    """Return a Typer application in cxcall's style: plain help, no boxes, no completion flags."""
    return CommandApp(
        cls=cls,
        help=help,
        epilog=epilog,
        rich_markup_mode=None,
        invoke_without_command=True,  # so that a missing command is reported by `_set_defaults`
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def examples(*lines: str) -> str:
    """Return an epilog with these command lines."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def accept_global_options(
    app: CommandApp, groups: Sequence[Any] = COMMON, more: Sequence[CommandParameter] = ()
) -> CommandApp:
    """Accept the flags of option groups before the subcommands of an application; the help omits them."""

    def common(context: typer.Context, **_: Any) -> None:
        _set_defaults(context)

    options = [_hidden(entry) for group in groups for entry in parameters_of(group)]
    set_signature(common, [*more, *options])
    app.callback()(common)
    return app


def _hidden(parameter: CommandParameter) -> CommandParameter:
    """Return a parameter that the help does not list."""
    declared = parameter.declaration
    settings = {**declared.settings, "hidden": True}
    return parameter._replace(declaration=declared._replace(settings=settings))


def _set_defaults(context: typer.Context) -> None:
    """Make the flags before the subcommand the defaults of the same flags after it."""
    if context.invoked_subcommand is None:
        raise missing_command(context)
    before, own = context.obj.flag_values, _read_flags(context)
    flag_values = context.obj.flag_values = {**before, **_merge_lists(before, own)}
    name = context.invoked_subcommand
    command = context.command.get_command(context, name)  # type: ignore[attr-defined]
    subcommands = getattr(command, "commands", None)
    defaults = flag_values if subcommands is None else dict.fromkeys(subcommands, flag_values)
    context.default_map = {name: defaults}


def _read_flags(context: typer.Context) -> dict[str, Any]:
    """Return the values on the command line, without the defaults."""
    return {
        name: value
        for name, value in context.params.items()
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


def _merge_lists(before: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flags of `own`; the values of a repeatable one follow those that are `before` the subcommand."""
    return {
        name: [*before[name], *value]
        if isinstance(value, list | tuple) and before.get(name)
        else value
        for name, value in own.items()
    }

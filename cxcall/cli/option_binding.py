"""How option types become a command's parameters.

The common flags work before and after the subcommand: the ones given before it become the
defaults of the same flags after it, so that the later one wins.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from functools import wraps
from typing import Annotated, Any, Literal, get_type_hints

import typer

from cxcall.cli.command_classes import App, Group, missing_command, parameter_name
from cxcall.cli.options import COMMON
from cxcall.findings.errors import UsageError
from cxcall.output.options import OutputOptions, supported_formats


class Invocation:
    """One run of the program: the flags given before the subcommand, its name once it is known, and how it is to speak."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}
        self.output: OutputOptions | None = None
        self.command = ""


def expand_option_groups(
    command: Callable[..., Any], more: Sequence[inspect.Parameter] = ()
) -> Callable[..., Any]:
    """Let Typer see the fields of a command's option groups as parameters of its own.

    A group is a parameter whose type is a named tuple of annotated options. The command itself gets
    each group whole, and `more` parameters by keyword. The output
    flags are on every command, whether it asks for them or not. A flag that was given before the
    subcommand and that the command lacks is refused, never ignored; so is a word that can be
    no value.
    """
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    groups = {name: hint for name, hint in hints.items() if hasattr(hint, "_fields")}
    own = [
        parameter.replace(annotation=hints[parameter.name])
        for parameter in inspect.signature(command).parameters.values()
        if parameter.name not in groups and parameter.kind is not parameter.VAR_KEYWORD
    ]
    shared = [
        _narrowed(entry, supported_formats(command.__name__)) if entry.name == "output" else entry
        for group in {**groups, "output": OutputOptions}.values()
        for entry in parameters_of(group)
    ]
    parameters = [*own, *more, *shared]

    @wraps(command)
    def spread_command(context: typer.Context, **values: Any) -> Any:
        context.obj.command = context.command_path.removeprefix("cxcall ")
        _refuse_foreign(context, {parameter.name for parameter in parameters})
        _refuse_unusable(context, values)
        output = context.obj.output = _gather(OutputOptions, values)
        for name, group in groups.items():
            values[name] = output if group is OutputOptions else _gather(group, values)
        return command(**values)

    set_signature(spread_command, parameters)
    return spread_command


def _narrowed(parameter: inspect.Parameter, choices: tuple[str, ...]) -> inspect.Parameter:
    """Return a parameter that takes these choices alone; the parser names them when it refuses others."""
    option = parameter.annotation.__metadata__[0]
    return parameter.replace(annotation=Annotated[Literal.__getitem__(choices), option])


def _gather(group: Any, values: dict[str, Any]) -> Any:
    """Take the values of a group's fields, and build it."""
    return group(**{name: values.pop(name) for name in group._fields})


def set_signature(function: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> None:
    """Give a function of `(context, **values)` the signature that Typer is to see."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    ordered = [context, *(entry.replace(kind=entry.KEYWORD_ONLY) for entry in parameters)]
    function.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    function.__annotations__ = {entry.name: entry.annotation for entry in ordered}


def parameters_of(group: Any) -> list[inspect.Parameter]:
    """Return the fields of an option group as keyword-only parameters."""
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=group._field_defaults.get(name, inspect.Parameter.empty),
            annotation=group.__annotations__[name],
        )
        for name in group._fields
    ]


def hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter that works but is not listed in the help."""
    kind, option = parameter.annotation.__origin__, copy(parameter.annotation.__metadata__[0])
    option.hidden = True
    return parameter.replace(annotation=Annotated[kind, option])


def new_app(help: str, *, epilog: str = "", cls: Any = Group) -> App:  # noqa: A002, as in Typer
    """Return a Typer application as all of ours are: plain help, no boxes, no completion flags."""
    return App(
        cls=cls,
        help=help,
        epilog=epilog,
        rich_markup_mode=None,
        invoke_without_command=True,  # so that a missing command is refused by `_pass_down`
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def argument(metavar: str, help: str) -> Any:  # noqa: A002, as in Typer
    """Declare an argument whose help does not repeat the default."""
    return typer.Argument(metavar=metavar, help=help, show_default=False)


def examples(*lines: str) -> str:
    """Return an epilog of command lines, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def accept_global_options(
    app: typer.Typer, groups: Sequence[Any] = COMMON, more: Sequence[inspect.Parameter] = ()
) -> typer.Typer:
    """Let the flags of option groups stand before an application's subcommands, too; unlisted."""

    def common(context: typer.Context, **_: Any) -> None:
        _pass_down(context)

    set_signature(
        common, [*more, *(hidden(entry) for group in groups for entry in parameters_of(group))]
    )
    app.callback()(common)
    return app


def _pass_down(context: typer.Context) -> None:
    """Make the flags given before the subcommand the defaults of the same flags after it."""
    if context.invoked_subcommand is None:
        raise missing_command(context)
    given = context.obj.given = {**context.obj.given, **_given_flags(context)}
    name = context.invoked_subcommand
    command = context.command.get_command(context, name)  # type: ignore[attr-defined]
    within = getattr(command, "commands", None)
    context.default_map = {name: given if within is None else dict.fromkeys(within, given)}


def _given_flags(context: typer.Context) -> dict[str, Any]:
    """Return the values that were written on the command line, none of the defaults."""
    return {
        name: value
        for name, value in context.params.items()
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


def _refuse_foreign(context: typer.Context, known: set[str]) -> None:
    foreign = sorted(set(context.obj.given) - known)
    if foreign:
        flag = f"--{foreign[0].replace('_', '-')}"
        raise UsageError(
            f"`{flag}` does not apply to `{context.info_name}`",
            where=flag,
            fix=f"see `{context.command_path} --help`",
        )


def _refuse_unusable(context: typer.Context, values: dict[str, Any]) -> None:
    """Raise UsageError for a word that cannot be meant, before anything is done with it.

    That is one that is not UTF-8, but as the name of a file, and an empty one where a file or an argument is wanted.
    """
    for parameter in context.command.params:
        is_argument = parameter.param_type_name == "argument"
        name = parameter_name(parameter)
        is_file = "FILE" in (parameter.metavar or "").strip("[].").split("|")
        given = values.get(parameter.name or "")
        for text in given if isinstance(given, list) else [given]:
            if text == "" and (is_argument or is_file):
                raise UsageError(
                    f"`{name}` is empty",
                    where=name,
                    fix=f"see `{context.command_path} --help`",
                    why="a shell gives an empty word for a variable that is not set",
                )
            if isinstance(text, str) and not is_file and not _is_utf8(text):
                raise UsageError(
                    f"the value of `{name}` is not UTF-8",
                    where=name,
                    fix="set the terminal to UTF-8, or send the value through `iconv -f LATIN1 -t UTF-8`",
                )


def _is_utf8(text: str) -> bool:
    """Tell whether an argument was UTF-8: bytes that are not stand in it as halves of surrogate pairs."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False

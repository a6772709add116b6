"""Extend Typer's group and command classes with cxcall's usage errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cxcall.findings import hinted_commands
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typer.core import TyperArgument, TyperOption

    from cxcall.contracts.operation import Operation

PIPE_INTO_LOGIN = (
    "no option or argument takes a secret: pipe it into stdin of `cxcall auth login`; "
)
_MAX_LISTED = 20
_MAX_WORD = 12
"""The length of the longest unknown word after `auth` that a message repeats."""
_ARGUMENTS = f"{__name__}.arguments"
OPERATIONS_FROM = f"{__name__}.operations_from"
"""Where a context has the values of `--contract` and `--profile`, which decide about the subcommands of `send`."""


class OptionsCommand(TyperCommand):
    """A command that reports extra arguments itself, and keeps its arguments for error messages.

    `options` are options that its function does not declare. `omitted` maps options that only
    other commands have to the advice on what to do instead. `operations` are those that it sends.
    """

    allow_extra_args = True

    def __init__(
        self,
        *args: Any,
        options: Sequence[TyperArgument | TyperOption],
        omitted: Mapping[str, str],
        operations: Sequence[Operation] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.params += options
        self.omitted, self.operations = omitted, operations

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line; Typer puts a required argument in braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def get_help(self, ctx: Any) -> str:
        """Return the help, with bold headings on a terminal."""
        return _with_bold_headings(super().get_help(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options by group."""
        from cxcall.cli.help_layout import write_options

        write_options(self.get_params(ctx), ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; raises UsageError for extra ones."""
        extra = _parse(super().parse_args, ctx, args)
        if extra and not ctx.resilient_parsing:
            if ctx.command_path.startswith("cxcall auth "):  # it may be a secret
                raise _error(ctx, "unexpected argument", ctx.command_path, PIPE_INTO_LOGIN)
            words = ", ".join(f"`{word}`" for word in extra)
            raise _error(
                ctx, f"unexpected argument{'s' if extra[1:] else ''} {words}", ctx.command_path
            )
        return extra


class CommandGroup(TyperGroup):
    """A group of commands that suggests the nearest name for an unknown command."""

    argument = "COMMAND"
    """The placeholder for a command's name in the usage line."""

    def get_help(self, ctx: Any) -> str:
        """Return the help, with bold headings on a terminal."""
        return _with_bold_headings(super().get_help(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the subcommand."""
        return _parse(super().parse_args, ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand; raises UsageError with the nearest name if there is none."""
        name = args[0]
        is_option = name.startswith("-")
        if not is_option and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            from cxcall.runtime.name_similarity import find_similar

            known = self._subcommands(ctx) | {own: own for own in self.list_commands(ctx)}
            nearest = find_similar(name, known)
            hint = f"the most similar command is `{known[nearest]}`; " if nearest else ""
            if any(f"--{name}" in parameter.opts for parameter in self.params):
                hint = f"write `{ctx.command_path} --{name}`; "
            is_word = name.isalpha() and name.islower() and len(name) <= _MAX_WORD
            if ctx.command_path == "cxcall auth" and not (hint or is_word):  # it may be a secret
                raise _error(ctx, "unknown command", self.argument, PIPE_INTO_LOGIN)
            raise _error(ctx, f"unknown command `{name}`", self.argument, hint)
        return super().resolve_command(ctx, args)

    def _subcommands(self, ctx: Any) -> dict[str, str]:
        """Return the name of each command in a group, with the group's name before it: `auth login`.

        A name that several groups have is left out.
        """
        groups = {entry: self.get_command(ctx, entry) for entry in self.list_commands(ctx)}
        found: dict[str, list[str]] = {}
        for group, command in groups.items():
            for entry in getattr(command, "commands", None) or ():
                found.setdefault(entry, []).append(f"{group} {entry}")
        return {entry: names[0] for entry, names in found.items() if len(names) == 1}


def _parse(
    parse: Callable[[Any, list[str]], list[str]], context: Any, args: list[str]
) -> list[str]:
    """Parse arguments, and keep the arguments and the context for error messages."""
    context.meta[_ARGUMENTS] = list(args)
    try:
        return parse(context, args)
    except typer.TyperException as error:
        if getattr(error, "ctx", None) is None:  # the error for a missing value has no context
            error.ctx = context  # type: ignore[attr-defined]  # usage errors have it
        raise


def _with_bold_headings(text: str) -> str:
    from cxcall.cli.help_layout import highlight_headings

    return highlight_headings(text)


def missing_command(context: Any) -> UsageError:
    """Return the error for a group that is run without a subcommand."""
    names, argument = context.command.list_commands(context), context.command.argument
    listed = ", ".join(f"`{name}`" for name in names)
    hint = f"use one of {listed}; " if len(names) <= _MAX_LISTED else ""
    return _error(context, f"missing argument `{argument}`", argument, hint)


def omitted_hint(command: Any, option: str) -> str:
    """Return the advice for an option that a command does not have; empty if the option is unknown."""
    found = getattr(command, "omitted", {}).get(option, "")
    return f"leave it out; {found}" if found else ""


def parameter_name(parameter: Any) -> str:
    """Return a parameter's name in messages: `--file`, or `FILE` for an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).strip("[].")
    return str(max(parameter.opts, key=len))


def raw_value(context: Any, parameter: Any) -> str:
    """Return the text of a parameter on the command line, before its conversion; empty if it is missing.

    A flag before the subcommand is the default of the same flag after it.
    """
    arguments = context.meta.get(_ARGUMENTS, ())
    values, _, _ = context.command.make_parser(context).parse_args(list(arguments))
    value = values.get(parameter.name) or context.lookup_default(parameter.name)
    return value if isinstance(value, str) else ""


def see_help(context: Any) -> str:
    """Return the hint on the help of a command, with the options without which there is no such command."""
    values = context.meta.get(OPERATIONS_FROM, ("", ""))
    given = [
        (name, each) for name, each in zip(("--contract", "--profile"), values, strict=True) if each
    ]
    words = [*context.command_path.split(" "), "--help", *(word for pair in given for word in pair)]
    return f"see {hinted_commands.command(*words)}"


def _error(context: Any, message: str, where: str, hint: str = "") -> UsageError:
    return UsageError(message, where=where, fix=f"{hint}{see_help(context)}")

"""Extend Typer's command and group classes with option groups, cxcall's usage errors, and flags before the subcommand.

The common flags work before and after the subcommand: a group passes the words before it on to the
subcommand, as if they came right after it, so the later one wins.
"""

from __future__ import annotations

import inspect
import sys
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from cxcall.cli.option_checks import (
    PIPE_INTO_LOGIN,
    WORDS_BEFORE,
    all_arguments,
    check_options,
    named_places,
    parameter_error,
    parameter_name,
)
from cxcall.findings.errors import CxcallError
from cxcall.findings.hinted_commands import set_target
from cxcall.output.output_options import (
    CommandParameter,
    OutputOptions,
    is_group,
    parse_output_options,
    supported_formats,
)
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.cli.option_checks import Exclusion, Requirement

_MAX_LISTED = 20
_MAX_WORD = 12
"""The length of the longest unknown word after `auth` that a message repeats."""
_OWN = "Options"
_GROUPS = ("Arguments", _OWN, "Request", "Safety", "Connection", "Output")
_RANGE = r"([0-9.]+)<=x<=([0-9.]+)|x>=([0-9.]+)"
"""How Click describes the range of a number."""
_DEFAULT = r"\[default: \((.*?)\)(?=[;\]])"
"""How Typer writes a default that is a text about the value."""
_HEADING = r"(?m)^(?:Usage:| {0,2}[A-Z][\w ()-]{0,40}:$)"
_STYLE: dict[str, Any] = {
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}


_TARGET = ("profile", "platform", "region", "base_url", "contract", "sandbox")
_OUTPUT: Any = OutputOptions


class Invocation:
    """One run of the program: the name of its command, and its output options."""

    def __init__(self) -> None:
        self.output: OutputOptions | None = None
        self.command = ""


class OptionsCommand(TyperCommand):
    """A command whose function takes option groups, and returns its report.

    A parameter of the function is a group, an option, or an argument. Every command has the output flags.
    `parameters` are those that its signature lacks, which it receives by keyword; `rules` say which parameters
    require or exclude others. `omitted` maps options of its groups that it does not have to the advice on what
    to do instead; they keep their defaults.
    """

    allow_extra_args = True

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        help: str = "",  # noqa: A002, as in Typer
        epilog: str,
        parameters: Sequence[CommandParameter] = (),
        rules: Sequence[Exclusion | Requirement] = (),
        omitted: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        hints = inspect.get_annotations(function, eval_str=True)
        self._groups: dict[str, Any] = {
            each: hint for each, hint in hints.items() if is_group(hint)
        }
        own = [
            each.default.bind(each.name, hints[each.name])
            for each in inspect.signature(function).parameters.values()
            if each.name not in self._groups and each.kind is not each.VAR_KEYWORD
        ]
        shared = {
            each.name: each
            for group in (*self._groups.values(), _OUTPUT)
            for each in group.declared
            if omitted.keys().isdisjoint(each.flags)
        }
        formats: Any = Literal.__getitem__(supported_formats(name))
        shared["output"] = shared["output"]._replace(kind=formats)
        every = [*own, *parameters, *shared.values()]
        self._own = [each.name for each in (*own, *parameters)]
        self._lists = [each.name for each in every if each.kind in (list[str], list[str] | None)]
        self._function, self._rules = function, rules
        self.omitted = omitted
        built: Any = [each.build() for each in every]
        super().__init__(
            name, params=built, help=help or inspect.getdoc(function), epilog=epilog, **_STYLE
        )

    def invoke(self, ctx: Any) -> Any:
        """Run the function with the values of its parameters; raises UsageError for unusable ones."""
        values = {**ctx.params}
        values |= {name: [*(values[name] or ())] or None for name in self._lists}
        ctx.obj.command = ctx.command_path.removeprefix("cxcall ")
        check_options(ctx, values, self._rules)
        if values.get("json"):  # a command may have `--json` as a short form
            values["output"] = "json"
        ctx.obj.output = _OUTPUT.of(values)
        set_target(_target_options(values), partial(_accepted_target_options, ctx.find_root()))
        groups = {name: group.of(values) for name, group in self._groups.items()}
        own = {name: values[name] for name in self._own}
        with named_places(ctx):
            return self._function(**own, **groups)

    def get_help(self, ctx: Any) -> str:
        """Return the help, with bold headings on a terminal."""
        return _with_bold_headings(super().get_help(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line; Typer puts a required argument in braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the options of the command itself, and then the common options by group."""
        groups: dict[str, list[Any]] = {name: [] for name in _GROUPS}
        for parameter in self.get_params(ctx):
            if record := describe_parameter(parameter, ctx):
                groups[_group_of(parameter)].append(record)
        # `--help` is the last option, and belongs to no group.
        groups["Output"].append(groups[_OWN].pop())
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; raises UsageError for extra ones."""
        with all_arguments(ctx, args) as words:
            extra = super().parse_args(ctx, [*words])
        if extra and not ctx.resilient_parsing:
            if ctx.command_path.startswith("cxcall auth "):  # it may be a secret
                raise parameter_error(ctx, "unexpected argument", ctx.command_path, PIPE_INTO_LOGIN)
            from cxcall.cli.command_suggestions import suggest_command

            listed = ", ".join(f"`{word}`" for word in extra)
            message = f"unexpected argument{'s' if extra[1:] else ''} {listed}"
            name = ctx.command_path.removeprefix("cxcall ")
            hints = (suggest_command(ctx, name, word) for word in words)
            raise parameter_error(ctx, message, ctx.command_path, next(filter(None, hints), ""))
        return extra


def _target_options(values: dict[str, Any]) -> dict[str, str | None]:
    """Return the given options that choose where a command's requests go, and which operations it knows."""
    found = {f"--{name.replace('_', '-')}": values.get(name) for name in _TARGET}
    return {name: None if value is True else value for name, value in found.items() if value}


def _accepted_target_options(root: Any, words: Sequence[str]) -> set[str]:
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


def _with_bold_headings(text: str) -> str:
    from cxcall.output.screen import Screen

    screen = Screen.standard(parse_output_options(sys.argv[1:], ""))
    paint = partial(screen.paint, sys.stdout, "bold")
    return compile_pattern(_HEADING).sub(lambda found: paint(found[0]), text)


def describe_parameter(parameter: Any, context: Any) -> tuple[str, str] | None:
    """Return the usage and the help of a parameter, with its default and range in words; None for a hidden one."""
    record: tuple[str, str] | None = parameter.get_help_record(context)
    if record is None:
        return None
    text = compile_pattern(_RANGE).sub(
        lambda found: f"{found[1]} to {found[2]}" if found[2] else f"{found[3]} or more", record[1]
    )
    return record[0], compile_pattern(_DEFAULT).sub(r"[default: \1", text)


def _group_of(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return getattr(parameter, "rich_help_panel", None) or _OWN


class CommandGroup(TyperGroup):
    """A group of commands that suggests the nearest name for an unknown command.

    The flags of `groups`, and `more` parameters, are accepted before the subcommand; the help omits the former.
    """

    argument = "COMMAND"
    """The placeholder for a command's name in the usage line."""

    def __init__(
        self,
        help: str = "",  # noqa: A002, as in Typer
        groups: Sequence[Any] = (),
        *,
        epilog: str = "",
        more: Sequence[CommandParameter] = (),
    ) -> None:
        hidden = [each.hide() for group in groups for each in group.declared]
        built: Any = [each.build() for each in (*more, *hidden)]
        super().__init__(params=built, help=help, epilog=epilog, no_args_is_help=False, **_STYLE)

    def command(
        self, name: str, *lines: str, epilog: str = "", **settings: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return a decorator that adds a function as a command; `lines` are examples of it.

        `settings` are those of `OptionsCommand`.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            shown = epilog or examples(*lines)
            self.add_command(OptionsCommand(name, function, epilog=shown, **settings))
            return function

        return register

    def get_help(self, ctx: Any) -> str:
        """Return the help, with bold headings on a terminal."""
        return _with_bold_headings(super().get_help(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the subcommand, and pass them on to it; raises UsageError without one."""
        with all_arguments(ctx, args) as words:
            _, rest, _ = self.make_parser(ctx).parse_args([*words])
            super().parse_args(ctx, [*words])
        before = words[: len(words) - len(rest)]
        ctx.meta[WORDS_BEFORE] = [each for each in before if each != "--"]
        if not rest and not ctx.resilient_parsing:
            names = self.list_commands(ctx)
            listed = ", ".join(f"`{name}`" for name in names)
            hint = f"use one of {listed}; " if len(names) <= _MAX_LISTED else ""
            raise parameter_error(ctx, f"missing argument `{self.argument}`", self.argument, hint)
        return rest

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand; raises UsageError with the nearest name if there is none."""
        name = args[0]
        is_option = name.startswith("-")
        if not is_option and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            from cxcall.cli.command_suggestions import suggest_command

            hint = suggest_command(ctx, ctx.command_path.removeprefix("cxcall").strip(), name)
            if any(f"--{name}" in parameter.opts for parameter in self.params):
                hint = f"write `{ctx.command_path} --{name}`; "
            is_word = name.isalpha() and name.islower() and len(name) <= _MAX_WORD
            if ctx.command_path == "cxcall auth" and not (hint or is_word):  # it may be a secret
                raise parameter_error(ctx, "unknown command", self.argument, PIPE_INTO_LOGIN)
            raise parameter_error(ctx, f"unknown command `{name}`", self.argument, hint)
        return super().resolve_command(ctx, args)


def examples(*lines: str) -> str:
    """Return an epilog with these command lines."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)

"""Check the options of a command line before its command runs, and name its parameters in messages."""

from __future__ import annotations

import os
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

import typer

from cxcall.findings import hinted_commands
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PIPE_INTO_LOGIN = (
    "no option or argument takes a secret: pipe it into stdin of `cxcall auth login`; "
)
PASTE = "run `cxcall explain`, paste the text, and press Ctrl-D"
OPERATIONS_FROM = f"{__name__}.operations_from"
"""Where a context has the values of `--contract` and `--profile`, which decide about the subcommands of `send`."""
WORDS_BEFORE = f"{__name__}.words_before"
"""Where a context has the options before its subcommand."""
_ARGUMENTS = f"{__name__}.arguments"
_NEVER_EMPTY = ("--profile", "--platform", "--region", "--base-url", "--hours", "--max-attempts")
_CONTENT = (
    r"""[^\r\n]*[\r\n]|\s*[{\[]["'\s{\[]*["'].*:|.*\s["']?https?://|[A-Z]{3,} /|HTTP/[0-9]"""
    r"|.*\bBearer "
)
"""The starts of texts that are the content of a file, and not its name."""
_LONGEST_NAME = 1000


class Exclusion(NamedTuple):
    """Options and arguments that exclude each other, with the correction and the reason."""

    names: Sequence[str]
    fix: str = "leave out all but one"
    why: str = ""

    def check(self, given: set[str]) -> None:
        """Raise UsageError if two of them were given."""
        names = [name for name in self.names if name in given]
        if len(names) > 1:
            message = f"`{names[1]}` cannot be combined with `{names[0]}`"
            raise UsageError(message, where=names[1], fix=self.fix, why=self.why)


class Requirement(NamedTuple):
    """Options that have an effect only with one of some other options, and the reason."""

    names: Sequence[str]
    needs: Sequence[str]
    why: str = ""

    def check(self, given: set[str]) -> None:
        """Raise UsageError if one of them was given without an option that it needs."""
        name = next((name for name in self.names if name in given), "")
        if name and given.isdisjoint(self.needs):
            needed = [f"`{each}`" for each in self.needs]
            one_of = "one of " if len(needed) > 1 else ""
            raise UsageError(
                f"`{name}` requires {one_of}{', '.join(needed)}",
                where=name,
                fix=f"add {needed[0]}, or leave out `{name}`",
                why=self.why,
            )


@contextmanager
def all_arguments(context: Any, arguments: Sequence[str]) -> Iterator[list[str]]:
    """Yield the arguments to parse, first those before the subcommand; keep them, and in an error the context, for messages."""
    words = [*context.meta.get(WORDS_BEFORE, ()), *arguments]
    context.meta[_ARGUMENTS] = words
    try:
        yield words
    except typer.TyperException as error:
        if getattr(error, "ctx", None) is None:  # the error for a missing value has no context
            error.ctx = context  # type: ignore[attr-defined]  # usage errors have it
        raise


def parameter_name(parameter: Any) -> str:
    """Return a parameter's name in messages: `--file`, or `FILE` for an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).strip("[].")
    return str(max(parameter.opts, key=len))


def given_words(context: Any) -> list[str]:
    """Return the words that were parsed as the arguments of a command."""
    return list(context.meta.get(_ARGUMENTS, ()))


def raw_value(context: Any, parameter: Any) -> str:
    """Return the text of a parameter on the command line, before its conversion; empty if it is missing."""
    values, _, _ = context.command.make_parser(context).parse_args(given_words(context))
    value = values.get(parameter.name)
    return value if isinstance(value, str) else ""


def see_help(context: Any) -> str:
    """Return the hint on the help of a command, with the options without which there is no such command."""
    values = context.meta.get(OPERATIONS_FROM, ("", ""))
    given = [
        (name, each) for name, each in zip(("--contract", "--profile"), values, strict=True) if each
    ]
    words = [*context.command_path.split(" "), "--help", *(word for pair in given for word in pair)]
    return f"see {hinted_commands.command(*words)}"


def parameter_error(context: Any, message: str, where: str, hint: str = "") -> UsageError:
    """Return an error whose hint ends with the help of the command."""
    return UsageError(message, where=where, fix=f"{hint}{see_help(context)}")


def check_options(
    context: typer.Context, values: dict[str, Any], rules: Iterable[Exclusion | Requirement]
) -> None:
    """Raise UsageError for a broken rule, and for an unusable value."""
    given_names = {
        parameter_name(parameter)
        for parameter in context.command.params
        if values.get(parameter.name or "") not in (None, False, parameter.default)
        and is_given(context, parameter)
    }
    if "--file" in given_names:
        _reject_second_file(context)
    for rule in rules:
        rule.check(given_names)
    _reject_unusable_values(context, values)


def _reject_second_file(context: typer.Context) -> None:
    """Raise UsageError if the body is to be read from two files: one of two requests would not be sent."""
    _, _, order = context.command.make_parser(context).parse_args(given_words(context))
    if [parameter_name(each) for each in order].count("--file") > 1:
        raise UsageError(
            "`--file` is given more than once, but a request has one body",
            where="--file",
            fix="run the command once for each file, or use `cxcall batch`",
        )


def _reject_unusable_values(context: typer.Context, values: dict[str, Any]) -> None:
    """Raise UsageError for a value that is not UTF-8 or is empty, or for a text in place of a file name.

    The name of a file need not be UTF-8. Without its profile or region, a request would go elsewhere; without its hours,
    past a guard.
    """
    for parameter in context.command.params:
        is_argument = parameter.param_type_name == "argument"
        name = parameter_name(parameter)
        is_file = "FILE" in (parameter.metavar or "").strip("[].").split("|")
        value = values.get(parameter.name or "")
        for text in value if isinstance(value, list | tuple) else [value]:
            is_needed = name in _NEVER_EMPTY and is_given(context, parameter)
            is_empty = isinstance(text, str) and not text.strip()
            if is_empty and (is_argument or is_file or is_needed):
                raise UsageError(
                    f"`{name}` is empty",
                    where=name,
                    fix=see_help(context),
                    why="in a shell, an unset variable becomes an empty value",
                )
            if is_file and isinstance(text, str) and _is_content(text):
                raise UsageError(
                    f"the value of `{name}` is text, not the name of a file",
                    where=name,
                    fix=PASTE
                    if context.info_name == "explain"
                    else "save the text in a file and give its name, or pipe it into `-` if the command reads stdin",
                    why="a command line stays in the shell's history, and others on the machine can see it",
                )
            if isinstance(text, float) and not isfinite(text):
                raise UsageError(
                    f"invalid value for `{name}`: `{text}` is not a finite number",
                    where=name,
                    fix="see `--help` for the numbers that are possible",
                )
            if isinstance(text, str) and not is_file and not _is_utf8(text):
                raise UsageError(
                    f"the value of `{name}` is not UTF-8",
                    where=name,
                    fix="set the terminal to UTF-8, or send the value through `iconv -f LATIN1 -t UTF-8`",
                )


def _is_content(text: str) -> bool:
    """Return whether a value is a text to read, such as JSON or a command, and not the name of a file."""
    if os.path.exists(text):  # noqa: PTH110 - False for a name too long
        return False
    return len(text) > _LONGEST_NAME or bool(compile_pattern(_CONTENT).match(text))


@contextmanager
def named_places(context: typer.Context) -> Iterator[None]:
    """In errors of this block, replace the names of parameters, such as `operation`, by those of the usage line."""
    try:
        yield
    except CxcallError as error:
        names = {
            parameter.name: parameter_name(parameter)
            for parameter in context.command.params
            if is_given(context, parameter)
        }
        error.findings = tuple(
            each._replace(where=names.get(each.where, each.where)) for each in error.findings
        )
        raise


def is_given(context: typer.Context, parameter: Any) -> bool:
    """Return whether a parameter is on the command line."""
    return getattr(context.get_parameter_source(parameter.name), "name", "") == "COMMANDLINE"


def _is_utf8(text: str) -> bool:
    """Return whether an argument was UTF-8: Python replaces invalid bytes by lone surrogates."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False

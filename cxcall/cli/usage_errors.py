"""Turn the exceptions of Typer's parser into cxcall's messages."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cxcall.cli.option_checks import (
    PASTE,
    PIPE_INTO_LOGIN,
    given_words,
    parameter_name,
    raw_value,
    see_help,
)
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command as hinted_command
from cxcall.output.report import Report
from cxcall.runtime.name_similarity import find_similar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_LOWERING_OPTIONS = frozenset(
    ("--again", "--confirm", "--force", "--no-input", "--show-numbers", "--skip-invalid", "--yes")
)
"""The options that lower a guard; no message may suggest one by a guess."""
_NUMBER_METAVARS = ("E164", "NUMBER")
"""How contracts call the value of an option that sets a phone number."""
_NEAR = 0.8
"""The least similarity: enough for one wrong letter in five."""


def usage_report(error: typer.TyperException, command: str) -> Report:
    """Return the report of a command line that Typer cannot parse; `command` is used without a context."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "cxcall"
    finding = context and (
        _missing_file(error, context)
        or _omitted_option(error, context)
        or _misplaced_option(error, context)
    )
    if not finding:
        is_option = hasattr(error, "possibilities")
        hint = _advise_on_option(error) if is_option else _advise_on_value(error)
        fix = hint + (see_help(context) if context is not None else "see `cxcall --help`")
        parameter = getattr(error, "param", None)
        place = parameter_name(parameter) if parameter else getattr(error, "option_name", "")
        finding = Finding.error("usage", place or path, _message(error), fix=fix)
    return Report(
        path.removeprefix("cxcall").strip() or command,
        Outcome.ERROR,
        ExitCode.USAGE,
        findings=[finding],
    )


def _missing_file(error: Any, context: Any) -> Finding | None:
    """Return the finding on a missing option if FILE does not exist, such as a misspelled subcommand; None for any other."""
    file = context.params.get("file")
    if not hasattr(error, "param_type") or not isinstance(file, str) or file == "-":
        return None
    if Path(file).exists():
        return None
    from cxcall.cli.command_suggestions import suggest_command

    name = context.command_path.removeprefix("cxcall ")
    hint = suggest_command(context, name, file)
    if file.isalpha() and not hint:
        root = context.find_root()
        beside = [each for each in root.command.list_commands(root) if each.startswith(f"{name} ")]
        hint = f"the commands are {_list_choices(beside)}; " if beside else ""
    fix = f"{hint}{see_help(context)}"
    return Finding.error("usage", "FILE", f"`{file}` does not exist", fix=fix)


def _omitted_option(error: Any, context: Any) -> Finding | None:
    """Return the finding on an option that similar commands have; None for any other error."""
    option = getattr(error, "option_name", "")
    fix = getattr(context.command, "omitted", {}).get(option, "")
    if not fix:
        return None
    name = context.command_path.removeprefix("cxcall ")
    message = f"`{option}` does not apply to `{name}`"
    return Finding.error("usage", option, message, fix=f"leave it out; {fix}")


def _misplaced_option(error: Any, context: Any) -> Finding | None:
    """Return the finding on an option before the command that has it; None for any other error."""
    if not (hasattr(error, "possibilities") and hasattr(context.command, "get_command")):
        return None
    option, words = error.option_name, given_words(context)
    place = next((at for at, word in enumerate(words) if word.partition("=")[0] == option), None)
    name = "" if place is None else _command_with(option, context, words[place + 1 :])
    if not name:
        return None
    whole = f"{context.command_path} {name}".removeprefix("cxcall ")
    return Finding.error(
        "usage",
        option,
        f"`{option}` is an option of `{whole}` and must follow it",
        fix=f"write `{option}` after `{whole}`; see {hinted_command('cxcall', *whole.split(), '--help')}",
    )


def _command_with(option: str, context: Any, words: Sequence[str]) -> str:
    """Return the first of these words that names a command, in the group of a context, that has the option; empty if none."""
    for place, word in enumerate(words):
        for name in (" ".join(words[place : place + 2]), word):  # `batch list` is one command
            with suppress(CxcallError, typer.TyperException):
                if name.startswith("-"):
                    continue
                command = context.command.get_command(context, name)
                rest = words[place + len(name.split()) :]
                if any(option in each.opts for each in getattr(command, "params", ())):
                    return name
                if hasattr(command, "get_command"):
                    inner = command.make_context(
                        name, [*rest], parent=context, resilient_parsing=True
                    )
                    if found := _command_with(option, inner, rest):
                        return f"{name} {found}"
    return ""


def _advise_on_option(error: Any) -> str:
    """Return the start of the hint on an unknown option: the option or argument that is meant."""
    for parameter in error.ctx.command.get_params(error.ctx) if error.ctx else ():
        names = parameter_name(parameter).lower().replace("_", "-").split("|")
        is_argument = parameter.param_type_name == "argument"
        if is_argument and error.option_name.lstrip("-") in (
            *names,
            *("f" for each in names if each == "file"),
        ):
            return (
                f"leave out `{error.option_name}`: `{parameter_name(parameter)}` is an argument; "
            )
    if error.ctx and error.ctx.info_name == "explain" and "curl" in given_words(error.ctx):
        return f"{PASTE}; "
    if error.option_name == "--show-token":
        return "`cxcall auth token` prints it; "
    if nearest := _nearest_option(error):
        return f"the most similar option is `{nearest}`; "
    from cxcall.runtime.secrets.secret_names import SECRET, kind_of_name

    return PIPE_INTO_LOGIN if kind_of_name(error.option_name) == SECRET else ""


def _advise_on_value(error: Any) -> str:
    """Return the start of the hint on a value that was joined with `=`: `-o=json`, `config set region=eu-west-1`."""
    parameter, context = getattr(error, "param", None), getattr(error, "ctx", None)
    if parameter is None or context is None:
        return ""
    value = raw_value(context, parameter).removeprefix("=")
    if value in getattr(parameter.type, "choices", ()):
        return f"write `{parameter_name(parameter)} {value}`; "
    from cxcall.settings.sources import PROFILE_SETTINGS, SECRET_SETTINGS

    for word in given_words(context) if context.command_path == "cxcall config set" else ():
        name, equals, _ = word.partition("=")
        if equals and name in PROFILE_SETTINGS and name not in SECRET_SETTINGS:
            return "write a space in place of `=`; "
    return ""


def _nearest_option(error: Any) -> str:
    """Return the option that a misspelled one is nearest to; empty if it lowers a guard, or if none is near.

    An option that begins with the word wins: many tools accept an unambiguous start of an option.
    """
    word, possible = error.option_name, error.possibilities or ()
    longer = (name for name in possible if name.startswith(word))
    nearest = next(longer, "") or find_similar(word, possible, _NEAR) or _option_of_number(error)
    return "" if nearest in _LOWERING_OPTIONS else nearest


def _option_of_number(error: Any) -> str:
    """Return the option of the number to call if an unknown one is named like a number (`--number`); else empty."""
    from cxcall.phone.number_property_names import is_number_name

    context = getattr(error, "ctx", None)
    parameters = context.command.get_params(context) if context is not None else ()
    found = [each.opts[0] for each in parameters if each.metavar in _NUMBER_METAVARS]
    return found[0] if len(found) == 1 and is_number_name(error.option_name.lstrip("-")) else ""


def _message(error: Any) -> str:
    parameter = getattr(error, "param", None)
    option = getattr(error, "option_name", "")
    if isinstance(error, typer.BadParameter) and parameter is not None:
        # Typer does not export the class for a missing parameter, which alone has a `param_type`.
        return _missing(parameter) if hasattr(error, "param_type") else _invalid(error, parameter)
    if hasattr(error, "possibilities"):
        return f"unknown option `{option}`"
    if option:
        options = {name: entry for entry in error.ctx.command.params for name in entry.opts}
        is_flag = getattr(options.get(option), "is_flag", False)
        return f"option `{option}` {'does not take' if is_flag else 'requires'} a value"
    return str(error.format_message()).rstrip(".")


def _missing(parameter: Any) -> str:
    kind, choices = parameter.param_type_name, getattr(parameter.type, "choices", ())
    expected = f": one of {_list_choices(choices)}" if choices else ""
    return f"missing {kind} `{parameter_name(parameter)}`{expected}"


def _invalid(error: Any, parameter: Any) -> str:
    value, kind = raw_value(error.ctx, parameter), parameter.type
    if choices := getattr(kind, "choices", ()):
        reason = f"`{value}` is not one of {_list_choices(choices)}"
    elif kind.name.startswith(("int", "float")):
        reason = f"`{value}` is not a {_expected_number(kind)}"
    else:
        reason = str(error.message).rstrip(".")
    return f"invalid value for `{parameter_name(parameter)}`: {reason}"


def _list_choices(choices: Iterable[Any]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


def _expected_number(kind: Any) -> str:
    """Describe the number that a parameter takes: `whole number from 0 to 65535`."""
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    number = "number" if kind.name.startswith("float") else "whole number"
    start = "" if low is None else f" from {low}"
    return number + start + (f" to {high}" if high is not None else " up" if start else "")

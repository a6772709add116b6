"""Complete commands, options, and values for a shell.

A completion script runs `cxcall` with the name of the shell in `_CXCALL_COMPLETE`. The first line of
the output is `files` if file names also fit, otherwise `words`. One line per value follows, with its
description if the shell shows descriptions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SHELL_VARIABLE = "_CXCALL_COMPLETE"
_MAX_RECORDS = 50


class Value(NamedTuple):
    """A possible word and its description."""

    text: str
    about: str = ""


def complete(words: list[str], environment: Mapping[str, str]) -> str:
    """Return the lines for the completion script; empty after any error, because a shell cannot show it."""
    shell, word = environment[_SHELL_VARIABLE], environment.get("_CXCALL_WORD", "")
    breaks = ""
    try:
        # Bash splits words at its own delimiters, so its script passes the line as it was typed.
        if shell == "bash":
            words, word = _split(environment.get("_CXCALL_LINE", ""))
            breaks = environment.get("_CXCALL_BREAKS", "")
        values, takes_files = _find_completions(words, word)
    except Exception:  # noqa: BLE001 - an open quote, or a broken setting, contract, or ledger has no values
        return ""
    done = max((word.rfind(mark) + 1 for mark in breaks), default=0)
    return "\n".join(
        [
            "files" if takes_files else "words",
            *(
                _format(Value(text[done:], about), shell)
                for text, about in values
                if text.isprintable()  # a line of the answer is a value
            ),
        ]
    )


def _find_completions(words: list[str], word: str) -> tuple[list[Value], bool]:
    """Return what fits in place of `word` after `words`, and whether files fit; raises the errors of the command line."""
    is_help = words[:1] == ["help"] and len(words) > 1
    context = _context_after(words[is_help:], word)
    if context is None:
        return [], False
    candidates: Iterable[Value]
    if is_help:
        return [each for each in _subcommands(context) if each.text.startswith(word)], False
    name, equals, value = word.partition("=")
    if word.startswith("-") and not equals and "--" not in words:
        candidates, prefix, takes_files = _flags(context), word, False
    else:
        is_joined = word.startswith("-") and bool(equals)
        prefix = value if is_joined or word == "=" else word
        parameter = _parameter_at(context, [*words, name] if is_joined else words)
        if parameter is None:
            candidates, takes_files = _subcommands(context), False
        else:
            candidates, takes_files = _values(parameter, context)
    before = word.removesuffix(prefix)
    fitting = (value for value in candidates if value.text.startswith(prefix))
    return [Value(before + text, about) for text, about in fitting], takes_files


def _context_after(words: list[str], word: str) -> Any:
    """Return the context of the innermost command in `words`, before `word`; None after an unknown command."""
    from cxcall.cli.command_classes import Invocation
    from cxcall.cli.root_command import assemble

    command, name, parent, rest = assemble([*words, word]), "cxcall", None, list(words)
    while command is not None:
        more: dict[str, Any] = {"parent": parent} if parent else {"obj": Invocation()}
        context = command.make_context(name, list(rest), resilient_parsing=True, **more)
        if not hasattr(command, "resolve_command"):
            return context
        _, rest, _ = command.make_parser(context).parse_args(list(rest))
        if not rest:
            return context
        name, command, rest = command.resolve_command(context, rest)
        parent = context
    return None


def _parameter_at(context: Any, words: list[str]) -> Any:
    """Return the option whose value comes after `words`, otherwise the first argument without a value."""
    from cxcall.cli.option_checks import is_given

    parameters = context.command.get_params(context)
    for parameter in parameters:
        is_option = parameter.param_type_name == "option" and not parameter.is_flag
        if is_option and words[-1:] and words[-1] in parameter.opts:
            return parameter
    for parameter in parameters:
        if parameter.param_type_name == "argument" and (
            parameter.nargs == -1 or not is_given(context, parameter)
        ):
            return parameter
    return None


def _split(line: str) -> tuple[list[str], str]:
    """Split the line before the cursor as a shell does; returns the words after the command, and the last one.

    Raises ValueError for an open quote.
    """
    import shlex

    words = shlex.split(line)[1:]
    if not words or line[-1:].isspace():
        return words, ""
    return words[:-1], words[-1]


def _flags(context: Any) -> Iterator[Value]:
    """Yield the flags of a command that are not on the line yet, or that are repeatable."""
    from cxcall.cli.option_checks import is_given

    for parameter in context.command.get_params(context):
        is_option = parameter.param_type_name == "option" and not parameter.hidden
        if is_option and (parameter.multiple or not is_given(context, parameter)):
            for flag in (*parameter.opts, *parameter.secondary_opts):
                yield Value(flag, parameter.help or "")


def _subcommands(context: Any) -> Iterator[Value]:
    command = context.command
    if hasattr(command, "lines"):
        # The second word of a name is offered after its first word.
        yield from (Value(*line) for line in command.lines(context) if " " not in line[0])
        return
    for name, entry in getattr(command, "commands", {}).items():
        yield Value(name, entry.get_short_help_str(100))
    yield from _commands_beside(context)


def _values(parameter: Any, context: Any) -> tuple[Iterable[Value], bool]:
    """Return the values of a flag or argument by its choices, name, and metavar, and whether files fit."""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return [Value(str(choice)) for choice in choices], False
    if parameter.name == "file" and context.info_name == "batch":
        return _commands_beside(context), True
    if parameter.name == "delivery" and context.info_name == "resolve":
        return _complete_recorded("id", is_unresolved=True)(context), False
    kinds = set(re.findall("[A-Z]+", parameter.metavar or ""))
    is_code = "CODE" in kinds and parameter.param_type_name == "argument"  # no country
    source = _codes if is_code else _SOURCES.get(parameter.name)
    return source(context) if source else (), "FILE" in kinds


def _commands_beside(context: Any) -> Iterator[Value]:
    """Yield the second words of commands beside one: `list` for `batch`, `requests` for `sandbox`."""
    from cxcall.cli.root_command import LAST

    for name, about in LAST.items():
        if name.startswith(f"{context.info_name} "):
            yield Value(name.partition(" ")[2], about)


def _profiles(_context: Any) -> Iterator[Value]:
    from cxcall.settings.config_file import ConfigFile
    from cxcall.settings.settings import config_path

    profiles = ConfigFile.read(config_path()).profiles
    for name, profile in profiles.items():
        yield Value(name, str(profile.get("base_url") or profile.get("region") or ""))


def _platforms(_context: Any) -> Iterable[Value]:
    from cxcall.contracts.openapi_document import PLATFORMS

    return map(Value, PLATFORMS)


def _regions(context: Any) -> Iterable[Value]:
    from cxcall.contracts.contract import find_platform_contract
    from cxcall.settings.settings import find_platform

    flags = {name: context.params.get(name) for name in ("profile", "platform", "contract")}
    return (Value(*each) for each in find_platform_contract(find_platform(flags)).regions.items())


def _operations(context: Any) -> Iterator[Value]:
    from cxcall.cli.shared_options import ContractOptions
    from cxcall.contracts.contract import load_catalog

    flags = context.params
    for entry in load_catalog(
        ContractOptions(flags.get("contract")).find_file(flags.get("profile"))
    ):
        yield Value(entry.name, entry.summary)


def _codes(_context: Any) -> Iterator[Value]:
    from cxcall.findings.codes import load_codes

    for code in load_codes().values():
        yield Value(code.name, code.means)


def _complete_recorded(
    field: str, *, is_unresolved: bool = False
) -> Callable[[Any], Iterator[Value]]:
    """Return a function that completes the values of a field in the newest deliveries, or in those to resolve."""

    def find_values(_context: Any) -> Iterator[Value]:
        from cxcall.findings.times_in_text import utc_text
        from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
        from cxcall.sending.configured_ledger import open_ledger
        from cxcall.settings.settings import state_dir

        if not (state_dir() / FILE_NAME).exists():  # opening the ledger would create one
            return
        seen = {None, ""}
        with open_ledger(is_for_reading=True) as ledger:
            for record in ledger.records(limit=_MAX_RECORDS, unresolved=is_unresolved):
                text = getattr(record, field)
                if text not in seen:
                    seen.add(text)
                    yield Value(
                        text, f"{utc_text(record.at)}, {record.operation}, {record.outcome}"
                    )

    return find_values


def _setting_names(context: Any) -> Iterator[Value]:
    """Yield the settings of a profile; `config set` refuses secrets."""
    from cxcall.settings.sources import PROFILE_SETTINGS, SECRET_SETTINGS

    for name in PROFILE_SETTINGS:
        if context.info_name != "set" or name not in SECRET_SETTINGS:
            yield Value(name)


def _setting_values(context: Any) -> Iterable[Value]:
    """Return the values of the setting that `config set` names, if they are known."""
    from cxcall.settings.sources import SETTING_CHOICES

    key = context.params.get("key", "")
    return _regions(context) if key == "region" else map(Value, SETTING_CHOICES.get(key, ()))


def _topics(context: Any) -> Iterator[Value]:
    from cxcall.cli.commands.help import TOPICS

    yield from (Value(name, topic.about) for name, topic in TOPICS.items())
    yield from _subcommands(context.parent)


_SOURCES: dict[str, Callable[[Any], Iterable[Value]]] = {
    "profile": _profiles,
    "operation": _operations,
    "operations": _operations,
    "key": _setting_names,
    "value": _setting_values,
    "topic": _topics,
    "delivery": _complete_recorded("id"),
    "engagement_id": _complete_recorded("engagement_id"),
    "batch": _complete_recorded("batch"),
    "platform": _platforms,
    "region": _regions,
}


def _format(value: Value, shell: str) -> str:
    """Return the line for a value, with its description on one line if the shell shows descriptions."""
    from cxcall.output.terminal_text import escape_controls

    if shell == "bash":
        return re.sub(r"([^\w@%+=:,./-])", r"\\\1", value.text)
    about = escape_controls(" ".join(value.about.split()))
    if shell != "zsh":
        return f"{value.text}\t{about}"
    text = value.text.replace("\\", "\\\\").replace(":", "\\:")
    return f"{text}:{about}" if about else text

"""What may stand at the cursor of a command line: commands, flags, and values, for the shell that asks.

A shell runs `cxcall` with `_CXCALL_COMPLETE` naming the shell. It gets lines: `files` where names
of files fit, too, else `words`; then one line a value, with what it is about where the shell shows that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NAME = "_CXCALL_COMPLETE"
_MOST = 50


class Value(NamedTuple):
    """One word to offer, and what it is about."""

    text: str
    about: str = ""


class Offer(NamedTuple):
    """What fits at the cursor; each value stands in for the whole word under it."""

    values: tuple[Value, ...] = ()
    takes_files: bool = False


def complete(words: list[str], environment: Mapping[str, str]) -> str:
    """Return what to offer after `words`; nothing where anything is wrong: nobody waits for an error here."""
    shell, word = environment[NAME], environment.get("_CXCALL_WORD", "")
    breaks = ""
    if shell == "bash":  # bash splits words at marks of its own: it gives the line as it was typed
        words, word = _split(environment.get("_CXCALL_LINE", ""))
        breaks = environment.get("_CXCALL_BREAKS", "")
    try:
        offer = offer_for(words, word)
    except Exception:  # noqa: BLE001 - a broken setting, contract or ledger has no values
        return ""
    done = max((word.rfind(mark) + 1 for mark in breaks), default=0)
    return "\n".join(
        [
            "files" if offer.takes_files else "words",
            *(
                _FORMS.get(shell, _tabbed)(Value(text[done:], about))
                for text, about in offer.values
            ),
        ]
    )


def offer_for(words: list[str], word: str) -> Offer:
    """Return what fits in the place of `word`, behind `words`; raises what the command line raises."""
    # Click's own resolution, which its ShellComplete alone calls: that would build every command.
    from typer._click.shell_completion import (
        _resolve_context,
        _resolve_incomplete,
    )

    from cxcall.cli.main import assemble
    from cxcall.cli.option_binding import Invocation

    root = assemble(words or [""])
    context = _resolve_context(root, {"obj": Invocation()}, "cxcall", words)
    place, begun = _resolve_incomplete(context, [*words], word)
    before = word.removesuffix(begun)
    if hasattr(place, "type"):
        found, takes_files = _values(place, context)
    else:
        found, takes_files = _of_command(context, begun), False
    fitting = (value for value in found if value.text.startswith(begun))
    return Offer(tuple(Value(before + text, about) for text, about in fitting), takes_files)


def _split(line: str) -> tuple[list[str], str]:
    """Split what stands before the cursor as a shell does; returns the words behind the command, and the last one."""
    import shlex

    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(reader)
    except ValueError:  # a quote that is still open: what it holds so far is the word
        words.append(reader.token)
    words = words[1:]
    return (words, "") if not words or line[-1:].isspace() else (words[:-1], words[-1])


def _of_command(context: Any, begun: str) -> Iterator[Value]:
    """Yield the flags of a command when one is begun, else its subcommands; behind no such command, nothing."""
    command = context.command
    if begun[:1] == "-":
        for parameter in command.get_params(context):
            given = context.get_parameter_source(parameter.name)
            once = not parameter.multiple and getattr(given, "name", "") == "COMMANDLINE"
            if getattr(parameter, "opts", [""])[0][:1] == "-" and not parameter.hidden and not once:
                for flag in (*parameter.opts, *parameter.secondary_opts):
                    yield Value(flag, parameter.help or "")
    elif context._protected_args:  # noqa: SLF001 - a word that is no subcommand
        return
    elif hasattr(command, "lines"):
        yield from (Value(*line) for line in command.lines(context))
    else:
        for name, entry in getattr(command, "commands", {}).items():
            yield Value(name, entry.get_short_help_str(100))


def _values(parameter: Any, context: Any) -> tuple[Iterable[Value], bool]:
    """Return the values of a flag or argument: its choices, or what its name and metavar promise."""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return [Value(str(choice)) for choice in choices], False
    kinds = set(re.findall("[A-Z]+", parameter.metavar or ""))
    maker = _codes if "CODE" in kinds else _MAKERS.get(parameter.name)
    return maker(context) if maker else (), "FILE_NAME" in kinds


def _profiles(_context: Any) -> Iterator[Value]:
    from cxcall.settings.config_file import ConfigFile
    from cxcall.settings.settings import config_dir

    profiles = ConfigFile.read(config_dir() / "config.toml").profiles
    for name, profile in profiles.items():
        yield Value(name, str(profile.get("base_url") or profile.get("region") or ""))


def _operations(context: Any) -> Iterator[Value]:
    from cxcall.cli.actions.contract_file import find_own_contract
    from cxcall.cli.options import ContractOptions
    from cxcall.contracts.contract import operations

    given = context.params
    for entry in operations(
        find_own_contract(ContractOptions(given.get("contract")), given.get("profile"))
    ):
        yield Value(entry.name, entry.summary)


def _codes(_context: Any) -> Iterator[Value]:
    from cxcall.findings.codes import codes

    for code in codes().values():
        yield Value(code.name, code.means)


def _topics(context: Any) -> Iterator[Value]:
    from cxcall.cli.help_topics import TOPICS

    yield from (Value(name, about) for name, (about, _) in TOPICS.items())
    yield from (Value(*line) for line in context.find_root().command.lines(context))


def _outcomes(_context: Any) -> Iterator[Value]:
    from cxcall.findings.exit_codes import Outcome

    for outcome in (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNDELIVERED, Outcome.UNKNOWN):
        yield Value(str(outcome))


def _recorded(field: str) -> Callable[[Any], Iterator[Value]]:
    """Return the maker of a field's values in the newest deliveries of the ledger."""

    def recorded(_context: Any) -> Iterator[Value]:
        from cxcall.cli.actions.history import open_ledger
        from cxcall.ledger.database import FILE_NAME
        from cxcall.settings.settings import state_dir

        if not (state_dir() / FILE_NAME).exists():  # opening it would make one
            return
        with open_ledger() as ledger:
            for record in ledger.records(limit=_MOST):
                at = record.at.astimezone()
                if text := getattr(record, field):
                    yield Value(text, f"{at:%Y-%m-%d %H:%M} {record.operation}, {record.outcome}")

    return recorded


_MAKERS: dict[str, Callable[[Any], Iterable[Value]]] = {
    "profile": _profiles,
    "operation": _operations,
    "outcome": _outcomes,
    "delivery": _recorded("id"),
    "engagement_id": _recorded("engagement_id"),
    "batch": _recorded("batch"),
    "topic": _topics,
}


def _quoted(value: Value) -> str:
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", value.text)


def _described(value: Value) -> str:
    text = value.text.replace("\\", "\\\\").replace(":", "\\:")
    return f"{text}:{_line(value.about)}" if value.about else text


def _tabbed(value: Value) -> str:
    return f"{value.text}\t{_line(value.about)}"


def _line(text: str) -> str:
    return " ".join(text.split())


_FORMS = {"bash": _quoted, "zsh": _described}

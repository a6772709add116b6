"""Write the commands in hints: quoted for a shell, and with the options that choose the target of this run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMAND = r"`cxcall ((?:auth (?:login|status|token)|campaign|config (?:set|show)|doctor|send|track)\b[^`]*)`"
"""A command that has the flag `--profile`."""


def resolve_commands(delivery: str) -> str:
    """Return the two commands that record whether a delivery, named by its ID, placed a call."""
    return " or ".join(_resolve_commands(delivery))


def _resolve_commands(delivery: str) -> Iterator[str]:
    for flag in ("--placed", "--not-placed"):
        yield command("cxcall", "history", "resolve", delivery, flag)


def resolve_fix(delivery: str, *, is_load: bool, question: str = "a call was placed") -> str:
    """Return how to resolve an unknown delivery: a load has placed no call, but its contacts may be in the list."""
    if not is_load:
        return f"find out whether {question}, then {resolve_commands(delivery)}"
    placed, not_placed = _resolve_commands(delivery)
    return f"find out whether its contacts are in the list, then {placed} if any of them is, or {not_placed} if none is"


def unknown_fix(
    delivery: str, *, is_load: bool, is_repeatable: bool, question: str = "a call was placed"
) -> str:
    """Return what to do about an unknown delivery: only a request that is safe to repeat is sent again."""
    resolve = resolve_fix(delivery, is_load=is_load, question=question)
    return f"run it again; or {resolve}" if is_repeatable else f"do not run it again: {resolve}"


def command(*words: str) -> str:
    """Return a command line in backticks that can be pasted into a shell, with its words quoted if needed."""
    return f"`{' '.join(map(_quote, words))}`"


def _quote(word: str) -> str:
    """Return a word for a shell; one with line breaks or control characters in the form `$'...'` of bash and zsh."""
    from shlex import quote

    if word.isprintable():
        return quote(word)
    return "$'" + "".join(map(_escape, word)) + "'"


def _escape(character: str) -> str:
    if character.isprintable():
        return f"\\{character}" if character in "\\'" else character
    return f"\\U{ord(character):08x}"


_profile = ""


def set_profile(name: str) -> None:
    """Set the profile that a flag of this run names; empty without one."""
    global _profile  # noqa: PLW0603 - as the notices, one per run
    _profile = name


def complete_commands(text: str) -> str:
    """Return a hint whose commands in backticks use this run's profile, so that they have the same host when pasted."""
    if not _profile or "`cxcall " not in text:
        return text
    return re.sub(_COMMAND, _with_profile, text)


def _with_profile(match: re.Match[str]) -> str:
    line = match[1]
    if re.search(r" (?:--profile|-p|--help|--|[>|])(?:[ =]|$)", line):
        return match[0]
    return f"`cxcall {line} --profile {_quote(_profile)}`"

"""Write the commands in hints: quoted for a shell, and with the options that choose the target of this run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

_COMMAND = r"`cxcall ([^`]+)`"
_END_OF_OPTIONS = {"--", ">", "|"}
_CREATE_PROFILES = ("auth login", "config set")


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
    return (
        f"find out whether its contacts are in the list, then {placed} if any of them is, or {not_placed} if none is;"
        " if only some are, load the others after that from a separate file with `--again`"
    )


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


_target: dict[str, str | None] = {}
_accepted: Callable[[Sequence[str]], Collection[str]] = lambda _words: ()  # noqa: E731


def set_target(
    options: Mapping[str, str | None], accepted: Callable[[Sequence[str]], Collection[str]]
) -> None:
    """Set the options of this run that choose its target, such as `--profile`, with their values; None for a flag.

    `accepted` gets the words of a command, and returns its options.
    """
    global _accepted  # noqa: PLW0603 - as the notices, one per run
    _target.clear()
    _target.update(options)
    _accepted = accepted
    _complete.cache_clear()


def forget_profile() -> None:
    """Leave the profile of this run out of commands that do not create it, because it does not exist."""
    global _accepted  # noqa: PLW0603 - as in set_target
    accepted = _accepted

    def accepted_now(words: Sequence[str]) -> Collection[str]:
        is_missing = " ".join(words[:2]) not in _CREATE_PROFILES
        return {*accepted(words)} - ({"--profile"} if is_missing else set())

    _accepted = accepted_now
    _complete.cache_clear()


def complete_commands(text: str) -> str:
    """Return a hint whose commands in backticks have this run's target, so that they use the same host when pasted."""
    if not _target or "`cxcall " not in text:
        return text
    return re.sub(_COMMAND, lambda match: f"`cxcall {_complete(match[1])}`", text)


@lru_cache(maxsize=256)
def _complete(line: str) -> str:
    """Return a command line with the missing target options that the command accepts."""
    from shlex import join, split

    try:
        words = split(line)
    except ValueError:  # a backtick in a quoted word ended the match early
        return line
    if "--help" in words or not words or words[0].startswith("-"):
        return line
    accepted = _accepted(words)
    missing = [
        word
        for name, value in _target.items()
        if name in accepted and not _has_option(words, name)
        for word in ((name,) if value is None else (name, value))
    ]
    if not missing:
        return line
    if _END_OF_OPTIONS.intersection(words):
        return f"{join(missing)} {line}"  # flags also work before the subcommand
    return f"{line} {join(missing)}"


def _has_option(words: Sequence[str], name: str) -> bool:
    short = ("-p",) if name == "--profile" else ()
    return any(word in (name, *short) or word.startswith(f"{name}=") for word in words)

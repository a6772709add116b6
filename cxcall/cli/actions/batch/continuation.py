"""Write the command that continues a batch: secrets and phone numbers of the command line become variables of the shell."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from cxcall.documents.paths import unused_name
from cxcall.findings.hinted_commands import command
from cxcall.phone.number_masking import mask_cell
from cxcall.phone.number_property_names import is_number_name
from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.secrets.likely_secrets import is_likely_secret, mask_likely_secrets
from cxcall.settings.stricter_guards import guard_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.settings.stricter_guards import Guard

REJECTS = "--rejects"
_ASSIGNMENT = r"(?s)(([^=:\s]+)(?:=|:\s*))(.+)"
"""A value with its name, as `--param`, `--data`, and `--set` take it, or a header."""


def describe_continuation(arguments: Sequence[str], guards: Sequence[Guard]) -> str:
    """Return how to continue a batch; a command that is pasted elsewhere lacks the variables that set its guards."""
    variables = "".join(f", `{each}`" for each in guard_variables(guards))
    also = f" and the same {variables[2:]}" if variables else ""
    hidden: dict[str, str] = {}
    line = " ".join(_resume_words(arguments, hidden))
    names = ", ".join(f"`{name}`" for name in hidden)
    note = f"; first set {names} to the values that you gave, which are not repeated here"
    said = f"to continue, run the same command with `--resume`{also}: `{line}`"
    return said + note * bool(hidden)


def _resume_words(arguments: Sequence[str], hidden: dict[str, str]) -> Iterator[str]:
    """Yield the words of the command, quoted; the number of calls must be confirmed again.

    The rows to correct go to another file, because the first run may have written its own. `hidden` gets the values
    that variables stand for, by the names of these.
    """
    words, option = iter(arguments[1:]), ""
    yield "cxcall"
    for word in words:
        if word == "--confirm":
            next(words, None)
        elif word == REJECTS:
            yield from map(_quote, (word, *map(unused_name, islice(words, 1))))
        elif word.startswith(f"{REJECTS}="):
            yield _quote(f"{REJECTS}={unused_name(word.partition('=')[2])}")
        elif word == "--":  # the next words are not options
            yield from map(_quote, ("--resume", word, *words))
            return
        elif not word.startswith("--confirm=") and word not in ("--again", "--resume"):
            yield _with_variable(option, word, hidden)
            is_option = word.startswith("--") and "=" not in word
            option = (
                word if is_option and word != "--map" else ""
            )  # its values are names of columns
    yield "--resume"


def _with_variable(option: str, word: str, hidden: dict[str, str]) -> str:
    """Return a word, quoted, with a variable in place of a secret or a phone number; `option` is the word before it."""
    before, name, value = "", option, word
    if word.startswith("--"):
        name, sign, value = word.partition("=")
        before = name + sign
    inner = (name or None) and compile_pattern(_ASSIGNMENT).fullmatch(value)
    if inner and _is_hidden(inner[2], inner[3]):
        before, name, value = before + inner[1], inner[2], inner[3]
    elif not (name and _is_hidden(name, value)):
        return _quote(word)
    plain = re.sub(r"\W+", "_", name.rpartition("/")[2]).strip("_").upper() or "VALUE"
    variable, number = plain, 1
    while hidden.setdefault(variable, value) != value:
        number += 1
        variable = f"{plain}_{number}"
    return f'{before and _quote(before)}"${variable}"'


def _is_hidden(name: str, value: str) -> bool:
    """Return whether a value is a secret or a phone number, by the name of its option or its form."""
    text = value.strip('"')
    is_number = mask_cell(name, text) != text and (not text.isdigit() or is_number_name(name))
    return is_number or is_likely_secret(name, text) or mask_likely_secrets(text) != text


def _quote(word: str) -> str:
    return command(word)[1:-1]

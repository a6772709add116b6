"""Find the values of variables with the names of secrets, such as `TOKEN=...`, to mask them everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.payloads.placeholders import is_placeholder
from cxcall.runtime.likely_secrets import is_likely_secret
from cxcall.runtime.random_texts import is_random
from cxcall.runtime.secret_names import is_named_as_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

# `token = "..."`, `val token: String = "..."`, `os.environ["TOKEN"] = '...'`, `"token" => "..."`.
_QUOTED = re.compile(
    r"""(?<![\w-])([A-Za-z_][\w.-]{1,60})["'`\])]{0,2}[ \t]*(?::[ \t]*[\w<>?&.]{1,30}[ \t]*)?(?::?=>?|<-|:)[ \t]*
    (?:[@$A-Za-z]{1,2}(?=["'`]))?(["'`])([^\n]{4,4096}?)(?<!\\)\2""",
    re.VERBOSE,
)
# `set("token", "...")`, `define('TOKEN', '...')`, `setenv("TOKEN", "...")`.
_CALL = re.compile(
    r"""(?:set|put|add|append|define|env)\w{0,20}\([ \t]*["'`]"""
    r"""([A-Za-z_][\w.-]{1,60})["'`][ \t]*,[ \t]*(["'`])([^\n]{4,4096}?)(?<!\\)\2""",
    re.IGNORECASE,
)
# `export TOKEN=...`, fish's `set -x TOKEN ...`, cmd's `set "TOKEN=..."`, `@token = ...`, `token: ...`.
_LINE = re.compile(
    r"""^[ \t$@>-]{0,9}(?:(?:export|local|readonly|declare|typeset|setx?|env)[ \t]+(?:-\w+[ \t]+){0,4}"?)?(?:env:)?
    ([A-Za-z_][\w.-]{1,60})(?:[ \t]*(:?=|:)[ \t]*|[ \t]+)([^\s"'`;]{4,4096})""",
    re.MULTILINE | re.VERBOSE,
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_LETTERS = re.compile(r"[A-Za-z]+")
_SCHEME = re.compile(r"(?:Bearer|Basic)[ ]+", re.IGNORECASE)


def find_named_secrets(text: str) -> frozenset[str]:
    """Return the values of variables with the name of a secret in a text."""
    return frozenset(_SCHEME.sub("", value) for value in _named_values(text))


def is_secret_variable(name: str, value: str) -> bool:
    """Return whether the value of a variable is a secret, and not a placeholder, a path, or a name."""
    if not is_likely_secret(name, value) or value[:1] == "/" or "://" in value:
        return False
    is_name = _IDENTIFIER.fullmatch(value) is not None and (
        is_named_as_secret(value) or "." in value or "_" in value
    )
    return not is_placeholder(value) and (not is_name or is_random(value))


def _named_values(text: str) -> Iterator[str]:
    for pattern in (_QUOTED, _CALL):
        for name, _, value in pattern.findall(text):
            if is_secret_variable(name, value):
                yield value
    for name, sign, value in _LINE.findall(text):
        is_word = sign != "=" and _LETTERS.fullmatch(value) is not None  # in prose
        if not is_word and is_secret_variable(name, value):
            yield value

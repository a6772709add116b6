"""Compile regular expressions on first use, because a command starts faster without others; compare names.

Also has the parts of patterns that several modules share.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

UUID_FORM = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Forms of placeholders in templates and texts: <id>, [id], {id}, ${id}, #{id}, {{id}}, %ID%, $ID.
IN_ANGLES, IN_BRACKETS, IN_BRACES = r"<[^<>]*>", r'\[[^\[\]"]*\]', r"[$#]?\{+[^{}]*\}+"
IN_PERCENTS, AFTER_DOLLAR = r"%\w+%", r"\$\w+"


_PRINTED_TYPES = ("System.", "[object ", "java.")
PRINTED_TYPE_HINT = "the program sent the name of a type: convert the whole body (PowerShell: `ConvertTo-Json -Depth 10`)"


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a compiled regular expression; cached by its text."""
    return re.compile(pattern)


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID, in any case."""
    return compile_pattern(UUID_FORM).fullmatch(text) is not None


def is_printed_type(text: str) -> bool:
    """Return whether a text is the print of an object, such as `System.Collections.Hashtable` or `[object Object]`."""
    return text.startswith(_PRINTED_TYPES)


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """Return a name in lower case without separators: `contact_id` and `ContactID` become `contactid`."""
    return compile_pattern(r"[-_\s]").sub("", name).lower()


def name_words(name: str) -> list[str]:
    """Return the words and numbers in a name, in lower case: `contact`, `id`."""
    words = compile_pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+").findall(name)
    return [word.lower() for word in words]

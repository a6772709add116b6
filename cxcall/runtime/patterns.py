"""Compile regular expressions on first use, because a command starts faster without others; compare names.

Also has the parts of patterns that several modules share.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

UUID_FORM = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Forms of placeholders in templates and texts: <id>, [id], {id}, ${id}, #{id}, {{id}}, %ID%, $ID.
IN_ANGLES, IN_BRACKETS, IN_BRACES = r"<[^<>]*>", r'\[[^\[\]"]*\]', r"[$#]?\{+[^{}]*\}+"
IN_PERCENTS, AFTER_DOLLAR = r"%\w+%", r"\$\w+"


_PRINTED_TYPES = ("System.", "[object ", "java.")
PRINTED_TYPE_HINT = "the program sent the name of a type: convert the whole body (PowerShell: `ConvertTo-Json -Depth 10`)"


_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class _UncompiledPattern:
    """A regular expression that is compiled when it is first used, and then has the methods of the compiled one."""

    def __init__(self, pattern: str, flags: int, needs: tuple[str, ...]) -> None:
        self._arguments, self._needs = (pattern, flags), needs

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._arguments)
        self.__dict__.update({each: getattr(compiled, each) for each in _METHODS})
        return getattr(compiled, name)

    def _may_match(self, text: str) -> bool:
        return not self._needs or any(each in text for each in self._needs)

    def search(self, text: str, *places: int) -> re.Match[str] | None:
        return self.__getattr__("search")(text, *places) if self._may_match(text) else None

    def finditer(self, text: str, *places: int) -> Iterator[re.Match[str]]:
        return self.__getattr__("finditer")(text, *places) if self._may_match(text) else iter(())

    def findall(self, text: str, *places: int) -> list[Any]:
        return self.__getattr__("findall")(text, *places) if self._may_match(text) else []

    def sub(self, new: Any, text: str) -> str:
        return self.__getattr__("sub")(new, text) if self._may_match(text) else text


def compile_on_use(pattern: str, flags: int = 0, needs: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Return a regular expression for a constant of a module, which is compiled only if it is used.

    Only a text with one of the words that it `needs` can match. Compiling all patterns of `explain` would take a
    quarter of its time; a run uses a third of them.
    """
    return cast("re.Pattern[str]", _UncompiledPattern(pattern, flags, needs))


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

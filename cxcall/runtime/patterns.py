"""Compile regular expressions on first use, because a command starts faster without others; compare names.

Also has the parts of patterns that several modules share.
"""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UUID_FORM = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
# Forms of placeholders in templates and texts: <id>, [id], {id}, ${id}, #{id}, {{id}}, %ID%, $ID.
IN_ANGLES, IN_BRACKETS, IN_BRACES = (
    r"<[^<>]*>",
    r'\[[^\[\]"]*\]',
    r'[$#]?\{+\s*(?:[^\s{}"][^{}]*)?\}+',
)
IN_PERCENTS, AFTER_DOLLAR = r"%\w+%", r"\$\w+"


_PRINTED_TYPES = ("System.", "[object ", "java.")
_PRINTED_OBJECT = r"(?s)@\{\w+=.*\}"
"""An object of PowerShell that was converted to text."""
PRINTED_TYPE_HINT = "the program sent a printed object, or the name of its type: convert the whole body (PowerShell: `ConvertTo-Json -Depth 10`)"


class LazyPattern:
    """A regular expression that is compiled when it is first used, with the methods of `re.Pattern`."""

    def __init__(self, pattern: str, flags: int, needs: tuple[str, ...]) -> None:
        self.pattern, self.flags, self.needs = pattern, flags, needs

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def _may_match(self, text: str) -> bool:
        return not self.needs or any(each in text for each in self.needs)

    def search(self, text: str, *places: int) -> re.Match[str] | None:
        """Return the first match; None if there is none."""
        return self._compiled.search(text, *places) if self._may_match(text) else None

    def match(self, text: str, *places: int) -> re.Match[str] | None:
        """Return the match at the start; None if there is none."""
        return self._compiled.match(text, *places)

    def fullmatch(self, text: str, *places: int) -> re.Match[str] | None:
        """Return the match of the whole text; None if it does not match."""
        return self._compiled.fullmatch(text, *places)

    def finditer(self, text: str, *places: int) -> Iterator[re.Match[str]]:
        """Yield each match."""
        return self._compiled.finditer(text, *places) if self._may_match(text) else iter(())

    def findall(self, text: str, *places: int) -> list[Any]:
        """Return what each match has in its groups, or the whole matches."""
        return self._compiled.findall(text, *places) if self._may_match(text) else []

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        """Return the text with each match replaced."""
        return self._compiled.sub(new, text, count) if self._may_match(text) else text

    def split(self, text: str, maxsplit: int = 0) -> list[Any]:
        """Return the parts of the text between the matches."""
        return self._compiled.split(text, maxsplit)


def compile_on_use(pattern: str, flags: int = 0, needs: tuple[str, ...] = ()) -> LazyPattern:
    """Return a regular expression for a constant of a module.

    Only a text with one of the words that it `needs` can match. Compiling all patterns of `explain` would take a
    quarter of its time; a run uses a third of them.
    """
    return LazyPattern(pattern, flags, needs)


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a compiled regular expression; cached by its text."""
    return re.compile(pattern)


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID, in any case."""
    return compile_pattern(UUID_FORM).fullmatch(text) is not None


def is_printed_type(text: str) -> bool:
    """Return whether a text is the print of an object, such as `System.Collections.Hashtable` or `[object Object]`."""
    is_object = compile_pattern(_PRINTED_OBJECT).fullmatch(text)
    return text.startswith(_PRINTED_TYPES) or is_object is not None


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """Return a name in lower case without separators: `contact_id` and `ContactID` become `contactid`."""
    return compile_pattern(r"[-_\s]").sub("", name).lower()


def name_words(name: str) -> list[str]:
    """Return the words and numbers in a name, in lower case: `contact`, `id`."""
    words = compile_pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+").findall(name)
    return [word.lower() for word in words]

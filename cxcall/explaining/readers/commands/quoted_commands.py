"""Read a command in a string of code or of another shell: `os.system("curl ...")`, `ssh host 'curl ...'`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxcall.explaining.readers.unresolved_variables import mark_unresolved

_BRACES = r"\{(?:[^{}]|\{[^{}]{0,400}\}){0,400}\}"
_IN_BRACES = rf"\${_BRACES}"
_CONTENT = {
    '"': re.compile(rf'(?:[^"\\$]|\\.|{_IN_BRACES}|\$(?!{_BRACES}))*(?=")', re.DOTALL),
    "'": re.compile(r"(?:[^'\\]|\\.)*(?=')", re.DOTALL),
}
# Not a name, which the command may have.
_EXPRESSION = re.compile(rf"(?!\$\{{[\w.]+\}}){_IN_BRACES}")
_ESCAPED = {'"': re.compile(r'\\(["\\])'), "'": re.compile(r"\\(')")}
# The quotation mark is one in the command: an option has no value yet, or a word goes on after it.
_IS_OPEN = re.compile(r"(?:^|\s)-{1,2}[\w-]+[= ]?\Z")
_GOES_ON = re.compile(r"[\w{\[$:/.-]")


def without_strings(text: str, starts: Iterable[int]) -> str:
    """Return a text with each string that is a command as lines of its own; `starts` are where commands start."""
    parts, position = [], 0
    for start in starts:
        end = _end_of_string(text, start) if start > position else 0
        if end:
            content = _unquote(text[start:end], text[start - 1])
            parts += [text[position : start - 1], "\n", content, "\n"]
            position = end + 1
    return "".join([*parts, text[position:]])


def _end_of_string(text: str, start: int) -> int:
    """Return the end of the string at whose beginning a command is; 0 if it is in none."""
    content = _CONTENT.get(text[start - 1])
    found = content.match(text, start) if content else None
    is_whole = found is not None and "://" in found[0] and not _IS_OPEN.search(found[0])
    return found.end() if found and is_whole and not _GOES_ON.match(text, found.end() + 1) else 0


def _unquote(text: str, quote: str) -> str:
    """Return the content of a string without escapes; an expression that code inserts is a variable."""
    plain = _ESCAPED[quote].sub(r"\1", text)
    return plain if quote == "'" else _EXPRESSION.sub(mark_unresolved("{...}"), plain)

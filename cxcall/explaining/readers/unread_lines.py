"""Find the lines of a pasted text that no reader understood, so that an explanation can name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.readers.commands.commands_in_text import COMMAND
from cxcall.explaining.readers.commands.shell_words import split_command
from cxcall.runtime.number_ranges import list_ranges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cxcall.explaining.observed_request import ObservedRequest

_MAX_TEXT = 1 << 17
_WORD = re.compile(r"[^\W_]{2,}")
_NO_CONTENT = re.compile(r"[*{}] |#|[~`]{3}|[A-Z_]+$")
"""Starts of lines that are not about a request: curl's reports, comments, fences, labels of here-documents."""
_MARKUP = re.compile(r"<[^<>]*>|&#?\w+;")
_MIN_RUN = 3
"""A line with so many known words in a row is in a request, whatever precedes them, such as the prefix of a log."""
_LABELS = frozenset(
    """
    http https curl request response headers header body status code reason method url host path
    result output error payload data answer message ms type end
    """.split()
)
_MAX_RANGES = 4


def find_unread_lines(
    text: str, requests: Sequence[ObservedRequest], code_end: int
) -> dict[int, str]:
    """Return the numbers of the lines of a text that are not part of a request.

    A line is part of a request if at least half of its words are. The text before `code_end` is code, which
    was read as a whole. In a long text, lines are not compared.
    """
    if len(text) > _MAX_TEXT:
        return {}
    known = _LABELS.union(*map(_words_of, requests))
    targets = [each.path for each in requests if each.path.strip("/")]
    targets += [str(each.status) for each in requests if each.status]
    read = [(0, code_end), *_commands(text)]
    unread, start = {}, 0
    for number, line in enumerate(text.split("\n"), 1):
        end = start + len(line)
        is_read = any(first <= start and end <= last for first, last in read)
        is_read = is_read or any(each in line for each in targets)
        if not is_read and not _is_known(_unread_part(line, start, read), known):
            unread[number] = line
        start = end + 1
    return unread


def describe_lines(numbers: Iterable[int]) -> str:
    """Return line numbers as a text, such as `lines 1 and 4-6`; empty if there are none."""
    ranges = list_ranges(numbers)
    if not ranges:
        return ""
    *first, last = ranges[:_MAX_RANGES] + ["others"] * (len(ranges) > _MAX_RANGES)
    listed = f"{', '.join(first)} and {last}" if first else last
    return f"line {listed}" if listed.isdigit() else f"lines {listed}"


def _commands(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each command in a text."""
    match = COMMAND.search(text)
    while match:
        end = match.start() + max(split_command(text[match.start() :]).end, 1)
        yield match.start(), end
        match = COMMAND.search(text, end)


def _unread_part(line: str, start: int, read: Iterable[tuple[int, int]]) -> str:
    """Return the rest of a line without the parts that were read."""
    for first, last in read:
        if first < start + len(line) and start < last:
            return line[: max(first - start, 0)] + line[max(last - start, 0) :]
    return line


def _is_known(line: str, known: Collection[str]) -> bool:
    words = [each.lower() in known for each in _WORD.findall(_MARKUP.sub(" ", line))]
    run = " ".join("x" if each else "-" for each in words)
    is_read = sum(words) * 2 >= len(words) or " ".join("x" * _MIN_RUN) in run
    return is_read or _NO_CONTENT.match(line.strip()) is not None


def _words_of(request: ObservedRequest) -> set[str]:
    response = request.response
    parts = [
        request.origin,
        request.method,
        request.scheme,
        request.host,
        request.path,
        request.failure,
    ]
    parts += [text for pair in request.query for text in pair]
    parts += [text for pair in (request.headers or {}).items() for text in pair]
    parts += [request.body or "", *(name for names in request.unknown.values() for name in names)]
    parts += [each.message for each in request.findings]
    if response is not None:
        parts += [str(response.status), response.reason, response.text]
        parts += [text for pair in response.headers.items() for text in pair]
    return {word.lower() for part in parts for word in _WORD.findall(part)}

"""Name the requests of a log by their lines, and take the times before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cxcall.documents.text_files import split_lines
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.message_lines import REQUEST
from cxcall.runtime.patterns import compile_on_use

_TIME = compile_on_use(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|\b[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3}(?: [+-][0-9]{4})?"
)


def with_lines(requests: Sequence[ObservedRequest], text: str) -> Sequence[ObservedRequest]:
    """Return requests; several messages have their lines as origins, or their numbers if the lines are not certain.

    Without a text, no line is certain.
    """
    if any(each.kind is not SourceKind.MESSAGE for each in requests):
        return requests
    lines = enumerate(split_lines(text), 1)
    found = [(number, line, match) for number, line in lines if (match := REQUEST.search(line))]
    is_certain = len(found) == len(requests) and all(
        match["method"] == each.method and each.path in match["target"]
        for each, (_, _, match) in zip(requests, found, strict=True)
    )
    if len(requests) == 1:
        return [replace(requests[0], time=_time_before(*found[0][1:]))] if is_certain else requests
    if not is_certain:
        return [
            replace(each, origin=f"request {number}") for number, each in enumerate(requests, 1)
        ]
    return [
        replace(each, origin=f"line {number}", time=_time_before(line, match))
        for each, (number, line, match) in zip(requests, found, strict=True)
    ]


def _time_before(line: str, request: re.Match[str]) -> str:
    """Return the time with which a line starts, or else the last one before the request; empty if there is none."""
    times = list(_TIME.finditer(line[: request.start()]))
    is_start = bool(times) and not line[: times[0].start()].strip("[(<\"' ")
    return times[0 if is_start else -1][0] if times else ""

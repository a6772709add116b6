"""Name the requests of a log by their lines, and take the times before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxcall.documents.text_files import split_lines
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.message_lines import REQUEST
from cxcall.runtime.patterns import compile_on_use

_TIME = compile_on_use(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def with_lines(requests: Sequence[ObservedRequest], text: str) -> Sequence[ObservedRequest]:
    """Return requests; several messages have their lines as origins, or their numbers if the lines are not certain.

    Without a text, no line is certain.
    """
    if len(requests) == 1 or any(each.kind is not SourceKind.MESSAGE for each in requests):
        return requests
    lines = enumerate(split_lines(text), 1)
    found = [(number, line, match) for number, line in lines if (match := REQUEST.search(line))]
    is_certain = len(found) == len(requests) and all(
        match["method"] == each.method and each.path in match["target"]
        for each, (_, _, match) in zip(requests, found, strict=True)
    )
    if not is_certain:
        return [
            replace(each, origin=f"request {number}") for number, each in enumerate(requests, 1)
        ]
    named = []
    for each, (number, line, match) in zip(requests, found, strict=True):
        time = _TIME.search(line[: match.start()])
        named.append(replace(each, origin=f"line {number}", time=time[0] if time else ""))
    return named

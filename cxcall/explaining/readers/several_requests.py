"""Tell the requests of a text apart: by commands and code, by mentions of another request, and by the lines of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from cxcall.documents.text_files import split_lines
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.commands.commands_in_text import COMMAND
from cxcall.explaining.readers.commands.shell_text import split_command
from cxcall.explaining.readers.messages.message_lines import REQUEST
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.runtime.patterns import compile_on_use

NAME_IN_PATH = compile_on_use(r"\{[^{}/]*\}|<[^<>/]*>")
_CALL = compile_on_use(
    r"(?<![\w$])[\w$]*(?:get|post|put|patch|delete|request|fetch|axios)\w*(?:<\w+>)?\("
    r"[^\n(]{0,60}?[\"'`][^\s\"'`]*(?:/[\w{$-]|\$?\{)",
    re.IGNORECASE,
)
"""A call with a URL or a path as an argument: `requests.post(BASE + "/path"`."""
_PARAGRAPH_END = compile_on_use(r"\n[ \t]*\n\s*?(?=[^\S\n]*\S)")
_HEADING = compile_on_use(
    r"[^\n]*(?::|\*\*|__)[ \t]*|[ \t]*(?:#{1,6} |[0-9]{1,2}[.)] )[^\n]*|.*\n```\w*"
)
_SAME_TARGET = compile_on_use(
    rf"\b((?-i:{'|'.join(METHODS)}))\b(?: \w+){{0,2}} (?:(?:the|that) same|dieselbe|la misma)"
    r" (?:URL|URI|endpoint|path)\b",
    re.IGNORECASE,
)
_MAX_TEXT = 1 << 16
_TIME = compile_on_use(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|\b[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3}(?: [+-][0-9]{4})?"
)


def separate_requests(text: str) -> list[str]:
    """Return the parts of a text with only commands, and those with only calls of code; one part if it has no both."""
    if len(text) > _MAX_TEXT or not COMMAND.search(text) or not _CALL.search(text):
        return [text]
    commands = [*find_commands(text)]
    calls = [
        each.start()
        for each in _CALL.finditer(text)
        if not any(start <= each.start() < end for start, end in commands)
    ]
    marks = sorted([(start, True) for start, _ in commands] + [(start, False) for start in calls])
    cuts = [0]
    for (_, is_command), (start, is_next) in pairwise(marks):
        if is_command != is_next:
            cuts.append(_start_of_section(text, start))
    ends = [*cuts[1:], len(text)]
    return [text[start:end] for start, end in zip(cuts, ends, strict=True)]


def find_commands(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each command in a text."""
    match = COMMAND.search(text)
    while match:
        end = match.start() + max(split_command(text[match.start() :]).end, 1)
        yield match.start(), end
        match = COMMAND.search(text, end)


def _start_of_section(text: str, start: int) -> int:
    """Return the start of the paragraph with a request, or of the heading above it, such as `In Python it fails:`."""
    ends = [each.end() for each in _PARAGRAPH_END.finditer(text, 0, start + 1)]
    own = ends[-1] if ends else 0
    above = ends[-2] if len(ends) > 1 else 0
    return above if own and _HEADING.fullmatch(text[above:own].strip()) else own


def with_same_targets(text: str) -> str:
    """Return a text with the URL or path of the request before it in place of `PUT on the same URL`."""
    for same in reversed([*_SAME_TARGET.finditer(text)]):
        *_, last = (None, *REQUEST.finditer(text, 0, same.start()))
        if last is not None:
            text = f"{text[: same.start()]}{same[1]} {last['target']}{text[same.end() :]}"
    return text


def without_mentions(requests: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return the requests without repeated mentions of another one, such as a last line with its status.

    A stack trace repeats the line of the call that failed, and a log the command that it runs.
    """
    requests = _without_values_of_bodies(requests)
    alone = [replace(each, response=None, failure="") for each in requests]
    answered = [one for one, each in zip(alone, requests, strict=True) if one != each]
    others = (
        {SourceKind.CODE: alone[at + 1 :], SourceKind.COMMAND: answered} for at in range(len(alone))
    )
    requests = [
        each
        for one, each, repeated in zip(alone, requests, others, strict=True)
        if each != one or each not in repeated.get(each.kind, ())
    ]
    has_host = any(each.host for each in requests)
    shown = [
        each
        for each in requests
        if each.body
        or each.headers
        or (each.response and each.response.body and bool(each.host) is has_host)
    ]
    if len(shown) != 1 or len(requests) == 1:
        return requests
    whole = shown[0]
    for each in requests:
        is_same = each.method in ("", whole.method) and each.host in ("", whole.host)
        own, other = (NAME_IN_PATH.sub("{}", one.path) for one in (each, whole))
        same_path = own == other or (not each.host and other.endswith(own))
        same_target = not each.path or (same_path and is_same)
        is_mention = same_target and each.status in (0, whole.status or each.status)
        if each is not whole and not is_mention:
            return requests
    responses = (each.response for each in requests if each.response is not None)
    return [replace(whole, response=whole.response or next(responses, None))]


def _without_values_of_bodies(requests: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return requests without those of code whose URL is a value in the body of another one, which has their other parts."""
    found = [*requests]
    for each in requests:
        url = f"://{each.host}{each.path}"
        is_alone = each.kind is SourceKind.CODE and each.host and not each.body
        at = next(
            (at for at, whole in enumerate(found) if is_alone and url in (whole.body or "")), -1
        )
        if at >= 0:
            headers, response = (
                found[at].headers or each.headers,
                found[at].response or each.response,
            )
            found[at] = replace(found[at], headers=headers, response=response)
            found.remove(each)
    return found


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

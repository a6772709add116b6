"""Read a pasted text that is not JSON with the first reader that finds a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from operator import itemgetter

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.messages.client_failures import (
    add_blocked_requests,
    with_failure,
    without_blocked_requests,
    without_responses_to_connect,
)
from cxcall.explaining.readers.messages.responses_in_text import (
    RESPONSE_START,
    read_failure,
    read_response,
)
from cxcall.explaining.readers.paste_cleanup import (
    clean_text,
    is_made_typographic,
    restore_urls,
)
from cxcall.explaining.readers.several_requests import (
    find_commands,
    separate_requests,
    with_lines,
    with_same_targets,
    without_mentions,
)
from cxcall.explaining.readers.surrounding_text import (
    with_inputs,
    with_named_platform,
    with_quoted_error,
    with_response,
    with_sent_body,
    with_token_origin,
    with_told_headers,
    without_sent_error,
    without_working_requests,
)
from cxcall.explaining.readers.told_statuses import (
    with_count,
    with_named_exchange,
    with_status,
    with_told_statuses,
)
from cxcall.explaining.request_masking import with_common_secrets
from cxcall.explaining.text_secrets import (
    find_credentials,
    find_in_any_quotes,
    find_named_secrets,
    find_secrets_in_prose,
)
from cxcall.findings.finding import Finding
from cxcall.findings.text_lists import list_in_words, list_ranges
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import straighten_quotes
from cxcall.transport.http_messages import HttpResponse

_READERS = (
    "commands.commands_in_text.read_commands",
    "json_values.objects_in_text.read_objects",
    "messages.transcripts.read_transcripts",
    "labeled_texts.read_labels",
    "code.code_with_response.read_code_text",
    "messages.http_message.read_requests",
    "code.code_with_response.read_calls_and_responses",
)
"""Functions of this package that yield the requests of a text, the exact ones first; each is loaded when needed."""
_MAX_TEXT = 1 << 22
_MAX_COMPARED = 1 << 17
_WORD = compile_on_use(r"[^\W_]{2,}")
_NO_CONTENT = compile_on_use(r"[*{}] |#|[~`]{3}|[A-Z_]+$|(?:\$ )?cat \S+$")
"""Starts of lines that are not about a request: curl's reports, comments, fences, labels of here-documents, `cat`."""
_TYPOGRAPHIC_QUOTES = Finding.note(
    "body-malformed",
    "body",
    "the body has curly quotes here; it is read as if they were straight quotes",
    fix="check that the program sends straight quotes",
    why="the text around it has curly apostrophes: the page that showed both probably made them",
)
_MARKUP = compile_on_use(r"<[^<>]*>|&#?\w+;")
_MIN_RUN = 3
"""A line with this number of known words in a row is part of a request, even after the prefix of a log."""
_LABELS = frozenset(
    """
    http https curl request response headers header body status code reason method url host path
    result output error payload data answer message ms type end
    """.split()
)
_MAX_RANGES = 4


def read_pasted_text(text: str, *, is_joined: bool = False) -> Iterator[ObservedRequest]:
    """Yield the requests and responses of a text, with the lines that no reader understood.

    The lines of a joined text are not those of the user's file.
    """
    rest = restore_urls(without_blocked_requests(text))
    cleaned = clean_text(rest.strip()[:_MAX_TEXT])
    requests = [_with_plain_quotes(each, cleaned) for each in map(with_inputs, _read_text(cleaned))]
    start = text[:_MAX_TEXT]
    secrets = frozenset(find_in_any_quotes(_find_secrets, start))
    found = add_blocked_requests(list(_with_unread_lines(requests, rest)), text)
    complete = [*with_token_origin([*with_named_platform(found, start)], start)]
    named = with_lines(complete, "" if is_joined else start)
    requests = [replace(each, secrets=each.secrets | secrets) for each in _refused_first(named)]
    requests = [*with_common_secrets(requests)]
    # The body may have been read with other quotes than those of the response that repeats its secret.
    known = frozenset[str]().union(*(each.secrets for each in requests))
    spelled = frozenset(find_in_any_quotes(lambda _: known, start))
    yield from (replace(each, secrets=spelled) for each in requests)


def _refused_first(requests: Sequence[ObservedRequest]) -> list[ObservedRequest]:
    """Return requests; reads of which nothing else is shown after others, if one of those was refused: they worked."""
    if not any(each.is_refused for each in requests):
        return [*requests]
    is_read = [
        each.method in READ_METHODS and not (each.response or each.failure) for each in requests
    ]
    return [each for _, each in sorted(zip(is_read, requests, strict=True), key=itemgetter(0))]


def _find_secrets(text: str) -> Iterator[str]:
    yield from find_named_secrets(text)
    yield from find_credentials(text)
    yield from find_secrets_in_prose(text)


def _read_text(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of each part of a text, if each has one, or else of the whole text."""
    parts = separate_requests(text)
    found = [[*_read_part(each)] for each in parts] if len(parts) > 1 else []
    has_all = found and all(any(each.path.strip("/") for each in part) for part in found)
    yield from (each for part in found for each in part) if has_all else _read_part(text)


def _read_part(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the first reader that finds a path, or else of the first that finds any, or a client's report."""
    without_path: Sequence[ObservedRequest] = []
    shown = without_working_requests(without_responses_to_connect(with_same_targets(text)))
    for name in _READERS:
        module, _, function = name.rpartition(".")
        reader = getattr(import_module(f"{__package__}.{module}"), function)
        found = without_mentions([*reader(shown)])
        requests: Sequence[ObservedRequest] = with_told_statuses(found, shown)
        if len(requests) == 1:
            request = with_response(with_sent_body(requests[0], shown), shown)
            request = without_sent_error(with_status(request, shown), shown)
            request = with_status(with_quoted_error(request, shown), shown)
            requests = [with_count(with_told_headers(request, text), shown)]
        requests = with_named_exchange(with_failure(requests, text), shown)
        if any(each.path.strip("/") or _is_whole(each) for each in requests):
            yield from requests
            return
        without_path = without_path or requests
    yield from without_path or filter(None, [read_failure(text)])


def _is_whole(request: ObservedRequest) -> bool:
    """Return whether a request without a path is a command that sends a body to a host."""
    return request.kind is SourceKind.COMMAND and bool(request.host and request.body)


def _with_plain_quotes(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; with plain quotes and a note if the page that showed its body made them typographic."""
    body = request.body or ""
    if not is_made_typographic(body, text):
        return request
    return replace(
        request,
        body=straighten_quotes(body),
        findings=(*request.findings, _TYPOGRAPHIC_QUOTES),
    )


def _with_unread_lines(requests: list[ObservedRequest], text: str) -> Iterator[ObservedRequest]:
    """Yield requests with the numbers of the lines that are in none of them.

    A single request without a response gets the response that these lines, such as prose, name.
    """
    start = RESPONSE_START.search(text)
    is_code = any(each.kind is SourceKind.CODE for each in requests)
    code_end = (start.start() if start else len(text)) if is_code else 0
    unread = find_unread_lines(text, requests, code_end) if requests else {}
    is_open = len(requests) == 1 and not (requests[0].response or requests[0].failure)
    if is_open and unread:
        response = read_response("\n".join(unread.values()))
        if response is not None and not response.body:
            # An HTML page below the status also contains words of requests.
            response = read_response("\n".join(text.split("\n")[min(unread) - 1 :])) or response
        requests = [replace(requests[0], response=response)]
        unread = find_unread_lines(text, requests, code_end) if response else unread
    found = describe_lines(unread)
    yield from (replace(each, unread=found) for each in requests)


def find_unread_lines(
    text: str, requests: Sequence[ObservedRequest], code_end: int
) -> dict[int, str]:
    """Return the numbers of the lines of a text that are not part of a request.

    A line is part of a request if at least half of its words are. The text before `code_end` is code, which
    was read as a whole. In a long text, lines are not compared.
    """
    if len(text) > _MAX_COMPARED:
        return {}
    known = _LABELS.union(*map(_words_of, requests))
    targets = [each.path for each in requests if each.path.strip("/")]
    targets += [str(each.status) for each in requests if each.status]
    read = [(0, code_end), *find_commands(text)]
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
    listed = list_in_words(ranges[:_MAX_RANGES] + ["others"] * (len(ranges) > _MAX_RANGES))
    return f"line {listed}" if listed.isdigit() else f"lines {listed}"


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


def _is_told(request: ObservedRequest, response: HttpResponse) -> bool:
    """Return whether a response gives a reason, or is more than an object below the status of a refusal."""
    body = response.json()
    is_open = request.is_refused and request.kind is SourceKind.MESSAGE and not response.headers
    if not isinstance(body, dict) or not is_open:
        return True
    from cxcall.explaining.readers.named_bodies import may_be_error

    return may_be_error(body)


def _words_of(request: ObservedRequest) -> set[str]:
    response = request.response
    parts = [request.origin, request.method, request.scheme, request.host]
    parts += [request.path, request.failure]
    parts += [text for pair in request.query for text in pair]
    parts += [text for pair in (request.headers or {}).items() for text in pair]
    parts += [request.body or "", *(name for names in request.unknown.values() for name in names)]
    parts += [each.message for each in request.findings]
    if response is not None:
        parts += [str(response.status), response.reason]
        parts += [response.text] if _is_told(request, response) else []
        parts += [text for pair in response.headers.items() for text in pair]
    return {word.lower() for part in parts for word in _WORD.findall(part)}

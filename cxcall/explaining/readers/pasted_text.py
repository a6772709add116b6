"""Read a pasted text that is not JSON with the first reader that finds a request."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.messages.browser_errors import (
    add_blocked_requests,
    without_blocked_requests,
)
from cxcall.explaining.readers.messages.client_failures import (
    with_failure,
    without_responses_to_connect,
)
from cxcall.explaining.readers.messages.responses_in_text import RESPONSE_START, read_response
from cxcall.explaining.readers.named_platform import with_named_platform
from cxcall.explaining.readers.named_secrets import find_named_secrets
from cxcall.explaining.readers.paste_cleanup import clean_text, join_wrapped_urls
from cxcall.explaining.readers.surrounding_text import (
    with_correlation_id,
    with_response,
    with_sent_body,
    with_status,
    without_mentions,
)
from cxcall.explaining.readers.unread_lines import describe_lines, find_unread_lines
from cxcall.explaining.request_masking import with_common_secrets
from cxcall.explaining.text_credentials import find_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_READERS = (
    "commands.commands_in_text.read_commands",
    "yaml_text.read_yaml",
    "json_values.objects_in_text.read_objects",
    "messages.transcripts.read_transcripts",
    "labeled_texts.read_labels",
    "code.code_with_response.read_code_text",
    "messages.http_message.read_requests",
    "messages.responses_without_request.read_calls_and_responses",
)
"""Functions of this package that yield the requests of a text, the exact ones first; each is loaded when needed."""
_MAX_TEXT = 1 << 22


def read_pasted_text(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests and responses of a text, with the lines that no reader understood."""
    rest = join_wrapped_urls(without_blocked_requests(text))
    requests = list(_read_text(clean_text(rest.strip()[:_MAX_TEXT])))
    start = text[:_MAX_TEXT]
    secrets = find_named_secrets(start).union(find_credentials(start))
    found = add_blocked_requests(list(_with_unread_lines(requests, rest)), text)
    yield from with_common_secrets(
        [
            replace(each, secrets=each.secrets | secrets)
            for each in with_named_platform(found, start)
        ]
    )


def _read_text(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the first reader that finds a path, or else of the first that finds any."""
    without_path: list[ObservedRequest] = []
    shown = without_responses_to_connect(text)
    for name in _READERS:
        module, _, function = name.rpartition(".")
        reader = getattr(import_module(f"{__package__}.{module}"), function)
        requests = without_mentions(list(reader(shown)))
        if len(requests) == 1:
            request = with_response(with_sent_body(requests[0], shown), shown)
            request = with_status(request, shown)
            requests = [with_failure(with_correlation_id(request, text), text)]
        if any(each.path.strip("/") for each in requests):
            yield from requests
            return
        without_path = without_path or requests
    yield from without_path


def _with_unread_lines(requests: list[ObservedRequest], text: str) -> Iterator[ObservedRequest]:
    """Yield requests with the numbers of the lines that are in none of them.

    A single request without a response gets the response that these lines, such as prose, name.
    """
    start = RESPONSE_START.search(text)
    is_code = any(each.kind is SourceKind.CODE for each in requests)
    code_end = (start.start() if start else len(text)) if is_code else 0
    unread = find_unread_lines(text, requests, code_end) if requests else {}
    if len(requests) == 1 and requests[0].response is None and unread:
        response = read_response("\n".join(unread.values()))
        if response is not None and not response.body:
            # An HTML page below the status also contains words of requests.
            response = read_response("\n".join(text.split("\n")[min(unread) - 1 :])) or response
        requests = [replace(requests[0], response=response)]
        unread = find_unread_lines(text, requests, code_end) if response else unread
    yield from (replace(each, unread=describe_lines(unread)) for each in requests)

"""Mask likely secrets in an observed request before it is checked, and find values that were already masked."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import leaves, split_pointer
from cxcall.documents.json_text import load_json
from cxcall.explaining.correction.json_repair import parse_repaired
from cxcall.explaining.source_secrets import (
    find_header_secrets,
    find_text_secrets,
    make_index,
    split_jwts,
)
from cxcall.payloads.placeholders import is_redacted
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.known_secrets import MASKED, Redactor
from cxcall.runtime.likely_secrets import (
    find_likely_secrets,
    is_likely_secret,
    is_secret_header,
    mask_likely_secrets,
    masked_headers,
)
from cxcall.transport.http_messages import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.findings.finding import Finding

_KEPT_REDACTORS = 16
_FEW_SECRETS = 16
"""The most secrets of a source that are searched in every encoding in each of its requests."""

# `+4930*****00`, `•••• 1234`, `91d7…`, `+49301234XXXX`, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
_MASKED = re.compile(
    r".*(?:[*\u2022\u2588\u25cf]{2}|\u2026).*|\+?[0-9]+[0-9 ().-]*[xX]{2,}[0-9xX .-]*"
    r"|(?=.*[xX]{3})[0-9a-fA-FxX]{8}(?:-[0-9a-fA-FxX]{4}){3}-[0-9a-fA-FxX]{12}",
    re.DOTALL,
)
_MAY_BE = re.compile("[*\u2022\u2588\u25cf\u2026]|[xX]{2}")


def is_masked(value: str) -> bool:
    """Return whether a part of a value is hidden by asterisks, dots, or `x` in place of digits."""
    is_possible = _MAY_BE.search(value) is not None and not is_redacted(value)
    return is_possible and _MASKED.fullmatch(value.strip()) is not None


def with_masked_unknown(request: ObservedRequest) -> ObservedRequest:
    """Return a request whose masked values in the body and the query are unknown."""
    places = [f"query:{name}" for name, value in request.query if is_masked(value)]
    if request.body and _MAY_BE.search(request.body):
        document, _ = parse_repaired(request.body)
        texts = leaves(document.value) if document else ()
        places += [at for at, value in texts if isinstance(value, str) and is_masked(value)]
    if not places:
        return request
    return replace(request, unknown={**dict.fromkeys(places, ("...",)), **request.unknown})


def mask_request(request: ObservedRequest) -> tuple[ObservedRequest, Callable[[str], str]]:
    """Return the request with secrets masked, except in its headers, whose form is checked.

    Also returns a function that masks likely secrets, and the secrets of the request in any encoding.
    """
    own, shared = frozenset(find_request_secrets(request)), request.secrets
    is_few = len(shared) <= _FEW_SECRETS
    redactor = _make_redactor(own | shared if is_few else own)
    index = make_index(frozenset() if is_few else shared)

    def mask_fully(text: str) -> str:
        return index.redact(redactor.redact(mask_likely_secrets(text)))

    texts = tuple(_texts(request))
    may_change = redactor.may_change(texts) or index.may_change("\n".join(texts))
    mask = mask_fully if may_change else mask_likely_secrets
    findings = tuple(finding.map_texts(mask_fully) for finding in request.findings)
    return _mask_texts(request, mask, findings), mask_fully


def mask_numbers(finding: Finding) -> Finding:
    """Return a finding with masked phone numbers, except in its fix, which people paste."""
    return finding._replace(message=mask_text(finding.message), why=mask_text(finding.why))


def _texts(request: ObservedRequest) -> Iterator[str]:
    """Yield the texts of a request that `_mask_texts` masks."""
    yield from (request.origin, request.method, request.host, request.path, request.failure)
    yield request.body or ""
    for pair in request.query:
        yield from pair
    if (response := request.response) is not None:
        yield response.body.decode("utf-8", "replace")
        yield from response.headers.values()
        yield response.reason


def _mask_texts(
    request: ObservedRequest, mask: Callable[[str], str], findings: tuple[Finding, ...]
) -> ObservedRequest:
    response = request.response
    if response is not None:
        content = mask(response.body.decode("utf-8", "replace")).encode("utf-8", "replace")
        headers = Headers(
            (name, mask(value)) for name, value in masked_headers(response.headers).items()
        )
        response = response._replace(body=content, headers=headers, reason=mask(response.reason))
    body = None if request.body is None else mask(request.body)
    return replace(
        request,
        unknown={
            **_redacted_values(request.body, body),
            **{mask(place): names for place, names in request.unknown.items()},
        },
        origin=mask(request.origin),
        method=mask(request.method),
        host=mask(request.host),
        path=mask(request.path),
        failure=mask(request.failure),
        query=tuple(
            (mask(name), MASKED if is_likely_secret(name, value) else mask(value))
            for name, value in request.query
        ),
        body=body,
        response=response,
        findings=findings,
    )


def _redacted_values(sent: str | None, body: str | None) -> dict[str, tuple[str, ...]]:
    """Return the names of the values that are masked in a body, by JSON pointer; none if `sent` contains the value."""
    document, findings = parse_repaired(body or "")
    try:
        value = document.value if document and not findings else load_json(body or "")
        masked = [
            (pointer, leaf)
            for pointer, leaf in leaves(value)
            if pointer and isinstance(leaf, str) and is_redacted(leaf)
        ]
        known = dict(leaves(load_json(sent or ""))) if masked else {}
    except (ValueError, RecursionError):
        return {}
    return {
        pointer: (split_pointer(pointer)[-1],) if is_redacted(str(known.get(pointer, leaf))) else ()
        for pointer, leaf in masked
    }


@lru_cache(maxsize=_KEPT_REDACTORS)
def _make_redactor(secrets: frozenset[str]) -> Redactor:
    """Return a redactor; cached, because the requests of one file mostly have the same secrets."""
    return Redactor(secrets)


def with_common_secrets(requests: list[ObservedRequest]) -> Iterator[ObservedRequest]:
    """Yield the requests of one source, each with the secrets of all requests."""
    common = frozenset(each for request in requests for each in find_request_secrets(request))
    for request in requests:
        yield replace(request, secrets=request.secrets | common)


def find_request_secrets(request: ObservedRequest) -> Iterator[str]:
    """Yield the secrets of a request and of its response, without those that its source has elsewhere."""
    return split_jwts(_whole_secrets(request))


def _whole_secrets(request: ObservedRequest) -> Iterator[str]:
    response = request.response
    for headers in (request.headers, response and response.headers):
        for name, value in (headers or {}).items():
            if headers is request.headers or is_secret_header(name, value):
                yield from find_header_secrets(name, value)
    for name, value in request.query:
        if is_likely_secret(name, value):
            yield value
    yield from find_likely_secrets(request.body or "")
    if response is not None:
        yield from find_text_secrets(response.body.decode("utf-8", "replace"))

"""Mask likely secrets in an observed request before it is checked, also those that another request of its source shows."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cxcall.documents.json_pointer import leaves, split_pointer
from cxcall.documents.json_text import load_json
from cxcall.explaining.correction.json_repair import parse_repaired
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.messages.quoted_words import mask_keys
from cxcall.explaining.text_secrets import find_credentials, find_in_any_quotes
from cxcall.findings.finding import Finding
from cxcall.payloads.placeholders import is_redacted
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.secrets.known_secrets import MASKED, Redactor
from cxcall.runtime.secrets.likely_secrets import (
    find_likely_secrets,
    is_likely_secret,
    is_secret_header,
    mask_likely_secrets,
    masked_headers,
)
from cxcall.runtime.secrets.random_texts import is_mixed
from cxcall.runtime.secrets.secret_names import has_hint, is_declared_error_word
from cxcall.runtime.secrets.secrets_in_json import (
    mask_response_text,
    named_leaves,
    with_open_errors,
)
from cxcall.transport.http_messages import Headers

_KEPT_REDACTORS = 16
# `+4930*****00`, `•••• 1234`, `91d7…`, `+49301234XXXX`, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
_MASKED = compile_on_use(
    r".*(?:[*\u2022\u2588\u25cf]{2}|\u2026).*|\+?[0-9][0-9 ().-]*[xX]{2,}[0-9xX .-]*"
    r"|(?=.*[xX]{3})[0-9a-fA-FxX]{8}(?:-[0-9a-fA-FxX]{4}){3}-[0-9a-fA-FxX]{12}",
    re.DOTALL,
)
_MAY_BE = compile_on_use("[*\u2022\u2588\u25cf\u2026]|[xX]{2}")
_COOKIE = compile_on_use(r"(?<![^=;\s])([^=;\s]+)=([^;\s]+)")
_JWT = compile_on_use(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_HINTS = "eyj curl @ key= -key sig= signature code= assertion=".split()
_LONGEST_TEXT = 1 << 16
_MIN_LENGTH, _MIN_WORD = 8, 4


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
    own = frozenset(find_request_secrets(request)) - request.secrets
    redactors = [_make_redactor(each) for each in (own, request.secrets) if each]

    def mask_fully(text: str) -> str:
        text = mask_likely_secrets(text)
        for each in redactors:
            text = each.redact(text)
        return text

    texts = tuple(_texts(request))
    may_change = any(each.may_change(texts) for each in redactors)
    mask = mask_fully if may_change else mask_likely_secrets
    findings = tuple(finding.map_texts(mask_fully) for finding in request.findings)
    return _mask_texts(request, mask, findings), mask_fully


def mask_finding(finding: Finding) -> Finding:
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
        content = mask_response_text(response.body.decode("utf-8", "replace"), mask)
        shown = masked_headers(response.headers)
        headers = Headers((name, mask(value)) for name, value in shown.items())
        response = response._replace(
            body=content.encode("utf-8", "replace"),
            headers=headers,
            reason=mask_keys(mask(response.reason)),
        )
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


def find_header_secrets(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in the value of a header: credentials, the password in them, values of cookies.

    The value may join several headers of that name.
    """
    if len(values := value.split(", ")) > 1:
        for each in values:
            yield from find_header_secrets(name, each)
    if name.lower().endswith("authorization"):
        credentials = value.strip().partition(" ")[2].strip() or value.strip()
        yield credentials.rpartition(" ")[2]
        pieces = credentials.split()
        if len(pieces) > 1 and "\n" in credentials:  # folded
            yield from ("".join(pieces), *pieces)
        yield _password(credentials)
    elif is_secret_header(name, value):
        yield value
        for cookie, content in _COOKIE.findall(value):
            if is_likely_secret(cookie, content) or _is_opaque(cookie, content):
                yield content


def _is_opaque(cookie: str, value: str) -> bool:
    """Return whether the value of a cookie may be a key: not an attribute, a word, or a number."""
    return (
        is_mixed(value) and len(value) >= _MIN_LENGTH and cookie.lower() not in ("path", "domain")
    )


def split_jwts(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets, and the payload and the signature of each JWT: its first part is the same in all tokens."""
    for secret in secrets:
        yield secret
        if _JWT.fullmatch(secret):
            yield from secret.split(".")[1:]


def find_text_secrets(text: str) -> list[str]:
    """Return the secrets in a body or a URL, by their names or their form; a word such as `code=forbidden` is not a secret."""
    text = with_open_errors(text)
    folded = text.lower() if len(text) <= _LONGEST_TEXT else ""
    if not (has_hint(folded) or any(hint in folded for hint in _HINTS)):
        return []
    found = (*find_likely_secrets(text), *find_in_any_quotes(find_credentials, text))
    return [each for each in found if f"code={each}" not in text or is_mixed(each)]


def find_json_secrets(values: Any) -> frozenset[str]:
    """Return the secrets in JSON values, such as a HAR file: of headers, cookies, parameters, members, and bodies."""
    texts: set[tuple[str, str, bool]] = set()  # because the same headers are in all requests
    found: list[str] = []
    for name, value, is_header in named_leaves(values):
        if isinstance(value, str):
            if len(value) >= _MIN_WORD:
                texts.add((name, value, is_header))
        elif is_likely_secret(name, value) and not is_declared_error_word(name):
            found.append(str(value))
    for name, text, is_header in texts:
        found += _find_in_member(name, text, is_header=is_header)
    return frozenset(filter(_is_long, split_jwts(found)))


def _find_in_member(name: str, value: str, *, is_header: bool) -> Iterable[str]:
    if is_secret_header(name, value) if is_header else name.lower() == "authorization":
        return find_header_secrets(name, value)
    is_secret = is_likely_secret(name, value) and not is_declared_error_word(name)
    return (value,) if is_secret else find_text_secrets(value)


def _is_long(secret: str) -> bool:
    return len(secret) >= _MIN_LENGTH or (len(secret) >= _MIN_WORD and not secret.isalpha())


def _password(credentials: str) -> str:
    """Return the password of `Basic` credentials, or the user if it is the key; empty for other schemes."""
    try:
        user, colon, password = a2b_base64(credentials).decode().partition(":")
    except (Error, ValueError):
        return ""
    return password or (user if colon else "")

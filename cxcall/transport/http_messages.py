"""HTTP requests and responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from cxcall.documents.json_document import MAX_DEPTH
from cxcall.documents.json_text import find_finite_json
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import (
    literal_masker,
    mask_cells,
    mask_text,
    may_have_number,
)
from cxcall.runtime.secrets.known_secrets import MASKED, Redactor, redact, redacted_repr

_TOKEN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!#$%&'*+^`|")
"""The characters of the name of a header (RFC 9110, section 5.6.2)."""


class Headers(Mapping[str, str]):
    """Headers with case-insensitive names; the values of a repeated name are joined with a comma."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            key = name.lower()
            written, before = self._values.get(key, (name, ""))
            both = f"{before}, {value}" if before and before != value else value
            self._values[key] = (written, both)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({_printable_headers(self)!r})"


class SentHeaders(Mapping[str, str]):
    """The headers of a request that was sent; reads return them with masked secrets."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self._sent = sent

    @cached_property
    def _masked(self) -> dict[str, str]:
        from cxcall.runtime.secrets.likely_secrets import masked_headers

        return masked_headers(self._sent)

    def __getitem__(self, name: str) -> str:
        return self._masked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._masked)

    def __len__(self) -> int:
        return len(self._sent)

    def __repr__(self) -> str:
        return repr(_printable_headers(self._masked))

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        return dict, (self._masked,)


def _printable_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers for a traceback or a log, with masked secrets and phone numbers."""
    from cxcall.runtime.secrets.likely_secrets import masked_headers

    return mask_cells(masked_headers(headers))


_HEADERS_OF_EACH_REQUEST = frozenset(
    """
    accept accept-encoding authorization connection content-length content-type host user-agent
    """.split()
)
"""Headers of each request. A credential among them is a secret of the run."""


class HttpRequest(NamedTuple):
    """A request without its credentials, which are added when it is sent.

    `shown_path` replaces the path of its URL where it is shown or recorded; empty if the path has no secret. `dialed` are
    the numbers in it that would be dialed, as they are written.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    shown_path: str = ""
    dialed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        headers = _printable_headers(self.headers)
        return redacted_repr(self._replace(url=self.masked_url, headers=headers), "body", "dialed")

    @property
    def shown_url(self) -> str:
        """The URL without the secrets in its path."""
        path = self.shown_path
        return urlunsplit(urlsplit(self.url)._replace(path=path)) if path else self.url

    @property
    def masked_url(self) -> str:
        """The URL without its query, and with masked numbers in its path, for the ledger and tracebacks."""
        parts, mask_dialed = urlsplit(self.shown_url), literal_masker(self.dialed)
        path = mask_text(mask_dialed(unquote(parts.path)))
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))

    @property
    def texts(self) -> str:
        """All texts that the request sends: its URL without escapes, its headers, and its body."""
        body = (self.body or b"").decode("utf-8", "replace")
        if "urlencoded" in self.headers.get("Content-Type", ""):
            body = unquote_plus(body)
        return "\n".join((unquote(self.url), *self.headers.values(), body))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of its parameters that are secrets by their names, as in the query `?api_key=`, and no words."""
        parts, headers = urlsplit(self.url), getattr(self.headers, "_sent", self.headers)
        own = {name for name in headers if name.lower() not in _HEADERS_OF_EACH_REQUEST}
        if not (parts.query or self.shown_path or own):
            return ()
        from cxcall.runtime.secrets.likely_secrets import is_likely_secret, is_secret_header

        segments = zip(parts.path.split("/"), self.shown_path.split("/"), strict=False)
        found = [unquote(each) for each, shown in segments if MASKED in shown]
        query = parse_qsl(parts.query)
        found += [value for name, value in query if is_likely_secret(name, value)]
        for name in own:
            if is_secret_header(name, headers[name]):
                cookies = headers[name].split("; ") if name.lower() == "cookie" else ()
                found += [headers[name], *(each.partition("=")[2] for each in cookies)]
        from cxcall.runtime.secrets.random_texts import is_distinctive

        return tuple(filter(is_distinctive, found))

    def secret_masker(self) -> Callable[[str], str]:
        """Return a function that masks the secrets of the request in a server's text."""
        secrets = self.secrets
        return Redactor(secrets).redact if secrets else str

    def number_masker(self) -> Callable[[str], str]:
        """Return a function that masks the numbers of the request, and others, in a server's text."""
        from cxcall.phone.response_masking import response_masker

        return response_masker(self.texts, self.dialed)

    def mask_echo(self, text: str) -> str:
        """Mask the secrets and the numbers of the request in a server's text; most IDs have none."""
        text = self.secret_masker()(text) if text else ""
        return self.number_masker()(text) if may_have_number(text) else text


class HttpResponse(NamedTuple):
    """A response with its decoded body; `is_truncated` says that only the first mebibyte of the body is kept."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    is_truncated: bool = False

    def __repr__(self) -> str:
        return redacted_repr(self, "body")

    @property
    def text(self) -> str:
        """The body as text to show, with secrets masked; bytes that are not text are replaced.

        The encoding is the declared one, or else UTF-8, UTF-16, or UTF-32, as the bytes indicate.
        """
        charset = self._declared_charset or json.detect_encoding(self.body)
        try:
            text = self.body.decode(charset, "replace")
        except (LookupError, ValueError):  # not known to Python, or not an encoding of text
            text = self.body.decode("utf-8", "replace")
        return redact(text)

    @property
    def _declared_charset(self) -> str:
        declared = self.headers.get("Content-Type", "").lower().partition("charset=")[2]
        return declared.partition(";")[0].strip(" \"'")

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> Any | None:
        """Return the body's JSON value as it was received, with null for NaN; do not change it. None if it is not JSON.

        It may contain a secret: a part that is shown or stored must pass through `redact`.
        """
        return _json_value(self.body, self._declared_charset or "latin-1")


@lru_cache(maxsize=1)
def _json_value(body: bytes, charset: str) -> Any | None:
    """Parse a body; cached, as several functions read the same one. `charset` is that of JSON that is not in Unicode.

    A body that is nested deeper than any of a platform counts as text, because it could exhaust the stack.
    """
    found = find_finite_json(body, MAX_DEPTH)
    if found is None and not body.isascii():
        with suppress(LookupError, ValueError):
            found = find_finite_json(body.decode(charset), MAX_DEPTH)
    return found


class Exchange(NamedTuple):
    """A request, its credentials masked, with its response or failure.

    `may_be_sent` is False only if certainly no byte of the request was sent: it becomes True when the
    connection is established, TLS and proxy included, just before the first byte. `failure` is empty, or
    dns, connect, certificate, certificate-name, certificate-date, ca-file, tls, no-tls, proxy, proxy-login, proxy-refused,
    no-thread, timeout, reset, cut, malformed, or interrupted; `detail` is its cause as text. A cut response may have its
    status and headers. `timings` are milliseconds from the start: connect, turn (if there was one), first_byte, total.
    """

    request: HttpRequest
    response: HttpResponse | None
    may_be_sent: bool
    failure: str = ""
    detail: str = ""
    timings: Mapping[str, float] = MappingProxyType({})


def is_header(name: str, value: str) -> bool:
    """Return whether a header can be sent unchanged: a token, and printable ASCII (RFC 9110, section 5)."""
    is_token = name != "" and _TOKEN.issuperset(name)
    return is_token and value.isascii() and value.isprintable() and value == value.strip()

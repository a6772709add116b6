"""Describe a request and its response, without their bodies, in the lines that `--verbose` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.number_masking import mask_cells, mask_url
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets, masked_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.transport.http_messages import Exchange


def exchange_lines(
    exchange: Exchange, mask: Callable[[str], str], *, is_exact: bool
) -> Iterator[str]:
    """Yield the lines of an exchange; `mask` applies to the response, and `is_exact` shows the request's phone numbers."""
    request, response = exchange.request, exchange.response
    url, headers = mask_likely_secrets(request.shown_url), masked_headers(request.headers)
    url, headers = (
        (url, headers) if is_exact else (mask_url(url, request.dialed), mask_cells(headers))
    )
    yield f"> {request.method} {url}"
    yield from (f"> {name}: {headers[name]}" for name in headers)
    if response is not None:
        yield mask(f"< {response.status} {response.reason}")
        shown = masked_headers(response.headers).items()
        yield from (mask(f"< {name}: {value}") for name, value in shown)
    yield f"* {', '.join(f'{phase} {ms:.1f} ms' for phase, ms in exchange.timings.items())}"

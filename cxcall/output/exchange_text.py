"""Write an HTTP exchange as text, with its headers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.number_masking import mask_url
from cxcall.runtime.likely_secrets import masked_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.http_messages import Exchange


def exchange_lines(exchange: Exchange, *, is_exact: bool) -> Iterator[str]:
    """Yield the lines of an exchange without its bodies; phone numbers are masked unless it is to be exact."""
    request, response = exchange.request, exchange.response
    yield f"> {request.method} {request.url if is_exact else mask_url(request.url)}"
    for name, value in masked_headers(request.headers).items():
        yield f"> {name}: {value}"
    if response is not None:
        mask = str if is_exact else request.mask_echo
        yield mask(f"< {response.status} {response.reason}")
        for name, value in masked_headers(response.headers).items():
            yield mask(f"< {name}: {value}")
    yield f"* {', '.join(f'{phase} {ms:.1f} ms' for phase, ms in exchange.timings.items())}"

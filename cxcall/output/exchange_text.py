"""Show an HTTP exchange with its headers and times, and the parts of its request, with secrets and numbers masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.phone.number_masking import mask_cells, mask_url, mask_value
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets, masked_headers
from cxcall.runtime.secrets.secrets_in_json import mask_secret_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.http_messages import Exchange


def exchange_lines(exchange: Exchange, *, is_exact: bool) -> Iterator[str]:
    """Yield the lines of an exchange without its bodies; phone numbers are masked unless it is to be exact."""
    request, response = exchange.request, exchange.response
    url, headers = request.shown_url, masked_headers(request.headers)
    yield f"> {request.method} {mask_likely_secrets(url) if is_exact else mask_request_url(url)}"
    for name, value in (headers if is_exact else mask_cells(headers)).items():
        yield f"> {name}: {value}"
    if response is not None:
        mask = request.secret_masker() if is_exact else request.mask_echo
        yield mask(f"< {response.status} {response.reason}")
        for name, value in masked_headers(response.headers).items():
            yield mask(f"< {name}: {value}")
    yield f"* {', '.join(f'{phase} {ms:.1f} ms' for phase, ms in exchange.timings.items())}"


def mask_request_url(url: str) -> str:
    """Return the URL of a request with likely secrets and phone numbers masked."""
    return mask_url(mask_likely_secrets(url))


def mask_request_body(body: Any) -> Any:
    """Return a copy of the JSON value of a request's body with likely secrets and phone numbers masked."""
    return mask_value(mask_secret_members(body))

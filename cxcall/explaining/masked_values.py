"""Find values that somebody masked in part before they showed the request: what was sent is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import leaves
from cxcall.explaining.correction.body_repair import parse_repaired
from cxcall.payloads.placeholders import is_redacted

if TYPE_CHECKING:
    from cxcall.explaining.observed_request import ObservedRequest

# `+4930*****00`, `•••• 1234`, `91d7…`, `+49301234XXXX`, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
_MASKED = re.compile(
    r".*(?:[*\u2022\u2588\u25cf]{2}|\u2026).*|\+?[0-9]+[0-9 ().-]*[xX]{2,}[0-9xX .-]*"
    r"|(?=.*[xX]{3})[0-9a-fA-FxX]{8}(?:-[0-9a-fA-FxX]{4}){3}-[0-9a-fA-FxX]{12}",
    re.DOTALL,
)
_MAY_BE = re.compile("[*\u2022\u2588\u25cf\u2026]|[xX]{2}")


def is_masked(value: str) -> bool:
    """Tell whether a part of a value is hidden by asterisks, dots, or `x` in place of digits."""
    is_possible = _MAY_BE.search(value) is not None and not is_redacted(value)
    return is_possible and _MASKED.fullmatch(value.strip()) is not None


def with_masked_unknown(request: ObservedRequest) -> ObservedRequest:
    """Return a request whose masked values in the body and the query are unknown."""
    places = [f"query:{name}" for name, value in request.query if is_masked(value)]
    if request.body and _MAY_BE.search(request.body):
        document, _ = parse_repaired(request.body, "body")
        texts = leaves(document.value) if document else ()
        places += [at for at, value in texts if isinstance(value, str) and is_masked(value)]
    if not places:
        return request
    return replace(request, unknown={**dict.fromkeys(places, ("...",)), **request.unknown})

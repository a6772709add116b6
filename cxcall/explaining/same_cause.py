"""Tell which requests failed for the same cause, so that it is shown once for all of them."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.explaining.explanation import Explanation

_DIFFERS = re.compile(
    r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[+*]*[0-9*]{4,}(?:[-:.T][0-9]+)*Z?"
)
"""What differs between two requests with the same cause: IDs, phone numbers, and times."""
_KEPT_TEXTS = 4096


def cause_of(explanation: Explanation) -> bytes:
    """Return a digest that requests have in common whose findings say the same of other IDs, numbers, and times."""
    request, route = explanation.request, explanation.route
    if not explanation.findings and request.is_successful:
        return b""
    operation = route.operation.name if route.operation else _without_ids(request.path)
    parts = [request.method, request.host, operation, str(request.status), str(route.nearest)]
    for each in explanation.findings:
        parts += [each.severity, each.code, each.where]
        parts += map(_without_ids, (each.message, each.fix, each.why))
    return sha256("\0".join(parts).encode("utf-8", "replace")).digest()


@lru_cache(maxsize=_KEPT_TEXTS)
def _without_ids(text: str) -> str:
    return _DIFFERS.sub("#", text)

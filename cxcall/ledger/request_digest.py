"""Compute the digests of method, URL, and body by which the duplicate guard finds identical requests."""

import hashlib
import json
import re
from typing import Any

from cxcall.runtime.patterns import UUID_FORM

NEWER_DIGESTS = "v2:"
"""The start of the digests that do not depend on a profile; older digests are hexadecimal, and sort before it."""
LOAD = "load:"
"""The start of the values digest of a load, which stands for the list only."""


def intent_digest(method: str, url: str, body: Any) -> str:
    """Return the SHA-256 of a request after `v2:`, whatever its profile and operation name are.

    The order of keys and of query parameters, white space, and the case of UUIDs do not matter.
    """
    return NEWER_DIGESTS + _digest([method, _sort_query(url), body])


def comparable_body(content_type: str, content: bytes | None, value: Any) -> Any:
    """Return the part of a body that enters the digest: the JSON value, or every byte of a form.

    The order of form fields does not matter, like that of JSON keys.
    """
    kind = content_type.partition(";")[0].strip().lower()
    text = (content or b"").decode("latin-1")
    if kind == "application/x-www-form-urlencoded":
        return sorted(text.split("&"))
    return text if kind == "multipart/form-data" else value


def older_digests(
    profile: str, operation: str, method: str, url: str, body: Any
) -> tuple[str, ...]:
    """Return the digests of a request in records of cxcall 0.1.0, and of development versions after it."""
    return (
        _digest([profile, operation, method, url, body]),
        _digest([profile, method, _sort_query(url), body]),
    )


def _sort_query(url: str) -> str:
    path, question_mark, query = url.partition("?")
    return path + question_mark + "&".join(sorted(query.split("&")))


def _digest(request: list[Any]) -> str:
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(
        re.sub(UUID_FORM, lambda match: match[0].lower(), text).encode()
    ).hexdigest()

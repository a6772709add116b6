"""The body of a request as it enters the digest that makes two requests identical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.operation import MULTIPART, URLENCODED

if TYPE_CHECKING:
    from cxcall.sending.checked_request import CheckedRequest


def compared_body(checked: CheckedRequest) -> Any:
    """Return the part of a body that enters the digest: the JSON value, or every byte of a form; None without a body.

    The order of form fields does not matter, like that of JSON keys.
    """
    return None if checked.request.body is None else older_body(checked)


def older_body(checked: CheckedRequest) -> Any:
    """Return the body in the digests of records up to cxcall 0.2.0."""
    media_type = checked.request.headers.get("Content-Type", "")
    kind = media_type.partition(";")[0].strip().lower()
    text = (checked.request.body or b"").decode("latin-1")
    if kind == URLENCODED:
        return sorted(text.split("&"))
    return text if kind == MULTIPART else checked.body

"""Read what the platform itself says in a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.phone.phone_numbers import mask_text

if TYPE_CHECKING:
    from cxcall.transport.messages import HttpResponse


SOURCE = "response"


_MAX_LENGTH = 300


def shorten(text: str) -> str:
    """Return text of the platform fit for one line: numbers masked, its length bounded."""
    text = mask_text(text).replace("`", "'")
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def platform_message(response: HttpResponse) -> str:
    """Return the platform's own words on an error, in the order that its shapes give them."""
    body = response.json()
    names = ("messageWithParams", "message", "error_description", "errorDescription")
    words = next(
        filter(None, (member_text(body, name) for name in (*names, "description", "error"))), ""
    )
    code = member_text(body, "code")
    text = shorten(f"{words} ({code})" if words and code and code not in words else words or code)
    limit = body.get("limit") if isinstance(body, dict) else None
    if key := member_text(limit, "key"):
        text = f"{text}; limit `{shorten(key)}` is {shorten(member_text(limit, 'value')) or 'not told'}"
    return text


def member_text(body: Any, wanted: str) -> str:
    """Return the text of a member; platforms write its name in several cases."""
    members = body.items() if isinstance(body, dict) else ()
    return next(
        (
            str(value)
            for name, value in members
            if name.lower() == wanted.lower() and isinstance(value, str | int) and value
        ),
        "",
    )

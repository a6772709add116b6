"""Read the platform's own message in a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.phone.phone_numbers import mask_text
from cxcall.runtime.redaction import redact

if TYPE_CHECKING:
    from cxcall.transport.messages import HttpResponse

SOURCE = "response"
_MAX_LENGTH = 300


def shorten(text: str) -> str:
    """Return a platform's text with secrets and numbers masked and its length limited."""
    text = mask_text(redact(text)).replace("`", "'")
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def platform_message(response: HttpResponse) -> str:
    """Return the platform's message on an error, from the first member that has one."""
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


def member_text(body: Any, member: str) -> str:
    """Return the text of a member of an object, whatever the case of its name; empty without one."""
    members = body.items() if isinstance(body, dict) else ()
    return next(
        (
            str(value)
            for name, value in members
            if name.lower() == member.lower() and isinstance(value, str | int) and value
        ),
        "",
    )

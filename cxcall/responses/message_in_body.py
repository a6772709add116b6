"""Read the platform's own error message and code in the body of a response."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.phone.number_masking import mask_text
from cxcall.responses.listed_errors import listed_errors
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets

if TYPE_CHECKING:
    from cxcall.transport.http_messages import HttpResponse

SOURCE = "response"
_MAX_LENGTH = 300
_MESSAGE_NAMES = tuple(
    """
    message messagewithparams usermessage error_description errordescription errormessage
    description detail error
    """.split()
)

_CODE_NAMES = ("code", "errorCode", "error")


def shorten(text: str) -> str:
    """Return a platform's text with secrets and numbers masked, and shortened."""
    text = mask_text(mask_likely_secrets(redact(text))).replace("`", "'")
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def platform_message(response: HttpResponse) -> str:
    """Return the platform's error message, from the first member with one."""
    body = response.json()
    members = member_texts(body)
    words = _first_message(members)
    code = members.get("code", "")
    if not (words or code) and isinstance(body, dict):
        listed = (each.message for each in listed_errors(body))
        words, code = _nested_message(body) or next(filter(None, listed), ""), ""
    text = shorten(f"{words} ({code})" if words and code and code not in words else words or code)
    if isinstance(body, dict) and body.get("errors") and (inner := shorten(_nested_message(body))):
        text = text if inner in text else f"{text}; {inner}"
    limit = body.get("limit") if isinstance(body, dict) else None
    if key := member_text(limit, "key"):
        text = f"{text}; limit `{shorten(key)}` is {shorten(member_text(limit, 'value')) or 'not given'}"
    return text


def platform_code(response: HttpResponse) -> str:
    """Return the platform's code of an error: a word, from the body or the first error in it; empty if none."""
    body = response.json()
    members = body if isinstance(body, dict) else {}
    places = [body, *(members.get(name) for name in ("errors", "error", "details", "fault"))]
    for place in places:
        first = place[0] if isinstance(place, list) and place else place
        for name in _CODE_NAMES:
            code = member_text(first, name).strip()
            if code and re.fullmatch(r"[\w.:-]{1,120}", code):
                return redact(code)
    return ""


def _nested_message(body: dict[str, Any]) -> str:
    """Return the first message in a list or an object of errors."""
    for name in ("errors", "error", "details", "fault"):
        inner = body.get(name)
        first = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(first, str) and isinstance(inner, list):
            return first
        members = member_texts(first)
        codes = [members.get(each, "") for each in ("code", "errorcode")]
        words = _first_message(members)
        code = next((each for each in codes if each and each not in words), "")
        if words or code:
            return f"{words} ({code})" if words and code else words or code
    return ""


def meaning_of(code: str) -> str:
    """Return the meaning of a platform's code; empty if it is unknown."""
    from cxcall.responses.platform_codes import find_platform_codes

    found = find_platform_codes(code) if code else ()
    return found[0].means if found else ""


def member_text(body: Any, member: str) -> str:
    """Return the text of a member of an object, with its name in any case; empty if there is none."""
    return member_texts(body).get(member.lower(), "")


def member_texts(body: Any) -> dict[str, str]:
    """Return the texts of the members of an object by their names in lower case, the first one of equal names."""
    members = body.items() if isinstance(body, dict) else ()
    texts: dict[str, str] = {}
    for name, value in members:
        if isinstance(value, str | int) and value:
            texts.setdefault(name.lower(), str(value))
    return texts


def _first_message(members: dict[str, str]) -> str:
    return next((members[name] for name in _MESSAGE_NAMES if name in members), "")

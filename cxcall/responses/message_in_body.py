"""Read the platform's own error message and code in the body of a response, and the errors that it lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.documents.json_pointer import split_pointer
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.patterns import compile_on_use, fold_name
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.http_messages import HttpResponse

SOURCE = "response"
_MAX_LENGTH = 300
_MESSAGE_NAMES = (
    "message messagewithparams usermessage error_description errordescription errormessage"
    " description detail faultstring error"
).split()
_CODE_NAMES = ("code", "errorCode", "error")
LOCATIONS = {
    **dict.fromkeys(("body", "requestbody"), "body"),
    **dict.fromkeys(("query", "querystring"), "query"),
    **dict.fromkeys(("path", "params"), "path"),
    **dict.fromkeys(("header", "headers"), "header"),
}
"""The part of a request by the names that frameworks give to it."""
_LISTS = compile_on_use(
    r"(?:field|validation)?errors?|details?|(?:field)?violations|issues|invalidparams"
)
_OWN_PLACES = tuple("pointer field fieldname param parameter property".split())
"""Members that name a place beside a message at the top of a body too, where `path` and `name` mean others."""
_PLACES = (
    *_OWN_PLACES,
    *"loc path instancepath datapath propertypath propertyname attribute name".split(),
)
_MESSAGES = "message msg detail defaultmessage errormessage description reason title error".split()
ERROR_NAME = compile_on_use(
    r"(?i)errors?_?(?:summary|messages?|msg|descriptions?|details?|texts?|reasons?|causes?)?|fault"
)
"""Members with the words of an error, or with a list of errors, in any API: `errorSummary`, `error_messages`, `errors`."""
_PROBLEM = compile_on_use(
    r"(?i)\b(?:must|cannot|may not|should|(?:is|are) (?:invalid|missing|not|required|too))\b"
)
"""A sentence on what is wrong with a value."""
_OF_ONE_ERROR = frozenset("message code error errorcode status".split())
_TOKEN = compile_on_use(r"[^.\[\]'\"]+")
_MAX_DEPTH = 4


def shorten(text: str) -> str:
    """Return a platform's text with secrets and numbers masked, and shortened."""
    text = mask_text(mask_likely_secrets(redact(text))).replace("`", "'")
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def platform_message(response: HttpResponse) -> str:
    """Return the platform's error message, from the first member with one."""
    body = _received_body(response.json())
    body = body[0] if isinstance(body, list) and body else body
    members = member_texts(body)
    words = _first_message(members)
    code = members.get("code", "")
    if not (words or code) and isinstance(body, dict):
        listed = (each.message for each in listed_errors(body))
        words, code = _nested_message(body) or next(filter(None, listed), ""), ""
        words = words or next((f"{name}: {each}" for name, each in problems_by_name(body)), "")
    text = shorten(_with_code(words, code))
    if words and _lists_errors(body) and (inner := shorten(_nested_message(body))):
        text = text if inner in text else f"{text}; {inner}"
    limit = body.get("limit") if isinstance(body, dict) else None
    if key := member_text(limit, "key"):
        text = f"{text}; limit `{shorten(key)}` is {shorten(member_text(limit, 'value')) or 'not given'}"
    return text


def problems_by_name(value: Any) -> list[tuple[str, str]]:
    """Return the first sentence for each name of an object with nothing but problems: `{"id": "is required"}`; or nothing."""
    members = [*value.items()] if isinstance(value, dict) else []
    firsts = [
        (name, each[0] if isinstance(each, list) and each else each) for name, each in members
    ]
    are_all = all(isinstance(each, str) and _PROBLEM.search(each) for _, each in firsts)
    return firsts if are_all else []


def _received_body(body: Any) -> Any:
    """Return the body of a response that a client printed as one, or with its headers; any other body unchanged."""
    outer = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(outer, dict):
        return body
    printed = outer.get("response", outer if "headers" in outer else None)
    inner = printed.get("body") if isinstance(printed, dict) else None
    return inner if isinstance(inner, dict) else body


def platform_code(response: HttpResponse) -> str:
    """Return the platform's code of an error: a word, from the body or the first error in it; empty if none."""
    body = response.json()
    for first in (body[0] if isinstance(body, list) and body else body, *_first_errors(body)):
        for name in _CODE_NAMES:
            code = member_text(first, name).strip()
            if code and re.fullmatch(r"[\w.:-]{1,120}", code):
                return redact(code)
    return ""


def _nested_message(body: dict[str, Any]) -> str:
    """Return the first message in a list or an object of errors."""
    for first in _first_errors(body):
        if isinstance(first, str):
            return first
        members = member_texts(first)
        codes = [members.get(each, "") for each in ("code", "errorcode")]
        words = _first_message(members)
        code = next((each for each in codes if each and each not in words), "")
        if words or code:
            place = members.get("field", "") if not words else ""
            return f"{place}: {code}" if place else _with_code(words, code)
    return ""


def _first_errors(body: Any) -> Iterator[Any]:
    """Yield the first error of each list, and each object, that a body has for errors."""
    members = body if isinstance(body, dict) else {}
    others = [name for name in members if ERROR_NAME.fullmatch(name)]
    for name in dict.fromkeys(("errors", "error", "details", *others)):
        inner = members.get(name)
        if inner and isinstance(inner, dict):
            yield _join_by_name(inner) if name.lower().endswith("errors") else inner
        elif isinstance(inner, list):
            yield from inner[:1]


def _lists_errors(body: Any) -> bool:
    """Return whether an error has a list or an object of others: `errors`, `errorCauses`."""
    members = body.items() if isinstance(body, dict) else ()
    return any(
        ERROR_NAME.fullmatch(name) and name.lower() not in ("error", "fault")
        for name, inner in members
        if inner and isinstance(inner, list | dict)
    )


def _join_by_name(errors: dict[str, Any]) -> Any:
    """Return an object of texts by the names of properties as one text; an object that is one error unchanged."""
    firsts = {name: (_texts_of(value) or [""])[0] for name, value in errors.items()}
    is_one = not _OF_ONE_ERROR.isdisjoint(map(fold_name, errors)) or not all(firsts.values())
    named = (text if name in text else f"{name}: {text}" for name, text in firsts.items())
    return errors if is_one else "; ".join(named)


def _texts_of(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    return texts if all(isinstance(each, str) for each in texts) else []


def _with_code(words: str, code: str) -> str:
    return f"{words} ({code})" if words and code and code not in words else words or code


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
    others = (name for name in members if ERROR_NAME.fullmatch(name))
    return next((members[name] for name in (*_MESSAGE_NAMES, *others) if name in members), "")


class ListedError(NamedTuple):
    """One error that a response lists: the part of the request, the names of its place there, and its message.

    `location` is `body`, `query`, `path`, or `header`, and empty if the response does not say it.
    """

    location: str
    names: tuple[str, ...]
    message: str


def listed_errors(body: Any, depth: int = 0) -> Iterator[ListedError]:
    """Yield the errors in the body of a response that have a message and name a place, in order.

    Known forms: `pointer` (RFC 9457), `loc` (FastAPI), `field` (Spring), `path` with `location` (express-validator) or as
    a list (Zod, Joi), `propertyPath` (Jakarta Validation), `name` (RFC 7807), and messages by name (ASP.NET, Laravel).
    """
    if not isinstance(body, dict) or depth > _MAX_DEPTH:
        return
    if found := _read_error(body, _OWN_PLACES):
        yield found
    for name, inner in body.items():
        if not _LISTS.fullmatch(fold_name(name)):
            continue
        for item in inner if isinstance(inner, list) else ():
            found = _read_error(item, _PLACES) if isinstance(item, dict) else None
            yield from [found] if found else listed_errors(item, depth + 1)
        if isinstance(inner, dict):
            yield from _messages_by_name(inner, is_open=not fold_name(name).endswith("errors"))
            yield from listed_errors(inner, depth + 1)


def _messages_by_name(members: dict[str, Any], *, is_open: bool) -> Iterator[ListedError]:
    """Yield the errors of an object that lists messages by the name of a property; one that is `open` may be one error."""
    is_one = is_open or isinstance(_join_by_name(members), dict)
    for name, value in members.items():
        texts = value if is_one else _texts_of(value)
        is_list = isinstance(texts, list) and bool(texts) and isinstance(texts[0], str)
        if is_list and not _LISTS.fullmatch(fold_name(name)) and (names := _split_place(name)):
            yield ListedError("", names, texts[0])


def _read_error(item: dict[str, Any], places: tuple[str, ...]) -> ListedError | None:
    """Return the error that an object describes; None if it has no message or names no place."""
    members = {fold_name(name): value for name, value in item.items()}
    names = next(filter(None, (_split_place(members.get(each)) for each in places)), ())
    part = members.get("location", members.get("in"))
    location = LOCATIONS.get(part.lower(), "") if isinstance(part, str) else ""
    texts = (members.get(each) for each in _MESSAGES)
    message = next((each for each in texts if each and isinstance(each, str)), "")
    return ListedError(location, names, message) if names and message else None


def _split_place(place: Any) -> tuple[str, ...]:
    """Return the names in a place: a JSON pointer, also as a fragment, a path with dots, or a list of names."""
    if isinstance(place, list):
        return tuple(str(each) for each in place if isinstance(each, str | int))
    if not isinstance(place, str):
        return ()
    if place[:1] == "#":
        place = unquote(place[1:])
    if place[:1] == "/":
        return tuple(split_pointer(place))
    return tuple(_TOKEN.findall(place.removeprefix("$")))

"""Read the errors that a response lists, each with the place in the request that it names.

Known forms: `pointer` (RFC 9457), `source` (JSON:API), `loc` (FastAPI), `field` (Spring), `path` with `location`
(express-validator) or as a list (Zod, Joi), `instancePath` (Ajv), `propertyPath` (Jakarta Validation), `name` (RFC 7807),
and messages by name (ASP.NET, Laravel, Rails).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.documents.json_pointer import split_pointer
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCATIONS = {
    **dict.fromkeys(("body", "requestbody"), "body"),
    **dict.fromkeys(("query", "querystring"), "query"),
    **dict.fromkeys(("path", "params"), "path"),
    **dict.fromkeys(("header", "headers"), "header"),
}
"""The part of a request by the names that frameworks give to it."""
_LISTS = frozenset(
    """
    errors error detail details violations fielderrors fieldviolations issues invalidparams validationerrors
    """.split()
)
_OWN_PLACES = tuple("pointer field fieldname param parameter property".split())
"""Members that name a place beside a message at the top of a body too, where `path` and `name` mean others."""
_PLACES = (
    *_OWN_PLACES,
    *"loc path instancepath datapath propertypath propertyname attribute name".split(),
)
_IN_SOURCE = {"pointer": "", "parameter": "query", "header": "header"}
_IN_PARAMS = ("missingProperty", "additionalProperty")
_MESSAGES = tuple(
    """
    message msg detail defaultmessage errormessage description reason title error
    """.split()
)
_TOKEN = re.compile(r"[^.\[\]'\"]+")
_MAX_DEPTH = 4


class ListedError(NamedTuple):
    """One error that a response lists: the part of the request, the names of its place there, and its message.

    `location` is `body`, `query`, `path`, or `header`, and empty if the response does not say it.
    """

    location: str
    names: tuple[str, ...]
    message: str


def listed_errors(body: Any, depth: int = 0) -> Iterator[ListedError]:
    """Yield the errors in the body of a response that have a message and name a place, in order."""
    if not isinstance(body, dict) or depth > _MAX_DEPTH:
        return
    if found := _read_error(body, _OWN_PLACES):
        yield found
    for name, inner in body.items():
        if fold_name(name) not in _LISTS:
            continue
        for item in inner if isinstance(inner, list) else ():
            found = _read_error(item, _PLACES) if isinstance(item, dict) else None
            yield from [found] if found else listed_errors(item, depth + 1)
        if isinstance(inner, dict):
            yield from _messages_by_name(inner)
            yield from listed_errors(inner, depth + 1)


def _messages_by_name(members: dict[str, Any]) -> Iterator[ListedError]:
    """Yield the errors of an object that lists messages by the name of a property."""
    for name, texts in members.items():
        is_list = isinstance(texts, list) and bool(texts) and isinstance(texts[0], str)
        if is_list and fold_name(name) not in _LISTS and (names := _split_place(name)):
            yield ListedError("", names, texts[0])


def _read_error(item: dict[str, Any], places: tuple[str, ...]) -> ListedError | None:
    """Return the error that an object describes; None if it has no message or names no place."""
    members = {fold_name(name): value for name, value in item.items()}
    location, names = _read_source(members)
    if not names:
        names = next(filter(None, (_split_place(members.get(each)) for each in places)), ())
    params = members.get("params")
    if isinstance(params, dict):
        names += tuple(name for each in _IN_PARAMS for name in _split_place(params.get(each)))
    texts = (members.get(each) for each in _MESSAGES)
    message = next((each for each in texts if each and isinstance(each, str)), "")
    return ListedError(location, names, message) if names and message else None


def _read_source(members: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the part of the request that an error names, empty if none, and the names in its `source`."""
    source = members.get("source")
    if isinstance(source, dict):
        for name, location in _IN_SOURCE.items():
            if names := _split_place(source.get(name)):
                return location, names
    part = members.get("location", members.get("in"))
    return (LOCATIONS.get(part.lower(), "") if isinstance(part, str) else ""), ()


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

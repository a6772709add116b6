"""Find the ID of a new call, or a link to it, in a response that reports an error.

Refusals contain counts, limits, links to the collection of calls, names of operations, and properties that are
named like a call; none of them is evidence of a call.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = (
    r"(?:(?:outbound|phone|voice|new|created|placed)_?)?"
    r"(?:call(?:[_-]?session)?|conversation|engagement|interaction)"
)
_CALL_NAME = re.compile(rf"{CALL}(s)?")
_LINK_OF_CALL = re.compile(rf"{CALL}s?[_-]?(?:ids|ur[il]|href|link|location)")
_KEY_OF_CALL = re.compile(rf"{CALL}[_-]?(?:ref(?:erence)?|key|handle)")
_ID_NAME_OF_CALL = re.compile(rf"{CALL}[_-]?(?:control|leg|session)?[_-]?(?:id|sid|uuid|guid)|sid")
_ID = re.compile(r"id|sid|uuid|guid")
_ID_OR_LINK = re.compile(r"id|sid|uuid|guid|(?:self_?)?ur[il]|href|link|location|self")
_KEY = re.compile(r"ref(?:erence)?|key|handle")
_INSIDE_CALL = re.compile(r"_?links?|self|data|attributes|resource|ids|uris")
"""Parts of the object of a call that are about the call itself."""
_DETAIL = re.compile(
    r"(?:invalid|rejected|missing|unknown)?[_-]?(?:fields|params|parameters|properties)|violations"
    r"|.*(?:limits?|quotas?|usage)|allowed|example|expected|input|request|schema"
)
"""Parts of an error whose names are properties of the request, or of what is limited."""
_ERRORS = re.compile(r".*(?:error|fault|failure)s?|exception")
_OF_ONE_ERROR = frozenset({"message", "code", "title", "detail", "type"})
# An ID has a digit; what follows an `@` is the host of a SIP call ID.
_ID_TEXT = re.compile(r"[^\W_][\w.:~=+-]*(?:@[\w.-]+)?|\{[0-9a-f-]{36}\}")
_NO_ID = re.compile(
    r"[0.:_-]+|e(?:rr(?:or)?)?[_-]?\d+|\d{4}-\d\d-\d\d.*|(?:.*[._-])?(?:limit|max|min|per)[._-].*"
)
_NO_VALUE = re.compile(r"|[\W0_]+|n/?a|none|null|nil|undefined|unknown|.*\s.*", re.DOTALL)
"""What stands for a missing ID, or is a sentence."""
_COUNT_OR_OPERATION = re.compile(r"[\d.,:+-]+[a-z%]{0,3}|[a-z]{4,}_?v?\d{1,2}")
"""A count, a number, a duration, or the name of an operation such as `createCallV2`."""
_VERSION = re.compile(r"v\d+")
_REFERENCE = re.compile(r"(?:docs?|documentation|reference|errors?|guides?|help|kb|wiki|problems?)")
"""A segment in the path of a link to the documentation."""
_CALL_IN_OBJECT, _LINKS_OF_CALLS, _NO_EVIDENCE = "call", "links", "none"
"""What an object may name: one call, a call only by a link behind `/calls/`, or nothing."""


def names_new_call(body: Any, sent: frozenset[str], *, with_ids: bool) -> bool:
    """Return whether a body has a link to a call, or an object of one with its ID, that is not among the values sent.

    With `with_ids` also an ID whose name is that of a call.
    """
    for name, value, place in _members(body):
        text = "" if isinstance(value, bool) or value is None else str(value).strip().lower()
        if not text or text in sent or place == _NO_EVIDENCE:
            continue
        of_call, is_number = place == _CALL_IN_OBJECT, not isinstance(value, str)
        is_link_name = _LINK_OF_CALL.fullmatch(name) or (of_call and _ID_OR_LINK.fullmatch(name))
        is_id_name = (of_call and _ID.fullmatch(name)) or (
            with_ids and _ID_NAME_OF_CALL.fullmatch(name)
        )
        is_key = _KEY_OF_CALL.fullmatch(name) or (of_call and _KEY.fullmatch(name))
        if (
            (is_id_name and fills_id_place(text))
            or (is_link_name and is_id(text))
            or ((is_key or _CALL_NAME.fullmatch(name)) and not is_number and _is_clear_id(text))
        ):
            return True
        is_single = (
            is_link_name or is_key or (_CALL_NAME.fullmatch(name) and not name.endswith("s"))
        )
        if (is_single or place == _LINKS_OF_CALLS) and is_link_to_call(
            text, sent, of_any=bool(is_single)
        ):
            return True
    return False


def is_id(text: str) -> bool:
    """Return whether a text may be an ID: not a placeholder such as `N/A`, a version, a phrase, or a code of an error."""
    text = text.lower()
    if not _ID_TEXT.fullmatch(text) or _NO_ID.fullmatch(text):
        return False
    parts = [each for each in re.split(r"[\W_]+", text.partition("@")[0]) if each]
    parts = [each for each in parts if not _VERSION.fullmatch(each)]
    words = [each for each in parts if re.fullmatch("[^\\W\\d]{3,}", each)]
    has_digit = any(not each.isalpha() for each in parts)
    return has_digit and (not words[1:] or not parts[-1].isalpha())


def fills_id_place(text: str) -> bool:
    """Return whether a text at the place of an ID is one, whatever its form: not a placeholder such as `N/A`, or a sentence."""
    return not _NO_VALUE.fullmatch(text.strip().lower())


def is_link_to_call(text: str, sent: frozenset[str], *, of_any: bool = False) -> bool:
    """Return whether a text in lower case is a link to a call that was not sent: an ID behind `/calls/`.

    With `of_any`, the name of the link says that it is one, so that any path is enough that ends in an ID.
    """
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    if not (url.netloc or text.startswith("/")):
        return False
    segments = [unquote(each) for each in url.path.split("/") if each]
    if any(map(_REFERENCE.fullmatch, segments)):
        return False
    found = [after for name, after in pairwise(segments) if _CALL_NAME.fullmatch(name)]
    if of_any:
        found += segments[-1:]
        found += [
            each
            for name, each in parse_qsl(url.query)
            if _ID_OR_LINK.fullmatch(name) or _ID_NAME_OF_CALL.fullmatch(name)
        ]
    found = [re.sub(r"\.(?:json|xml)$", "", each) for each in found]
    return any(
        is_id(each) and each not in sent and not re.match(rf"{CALL}s\d", each) for each in found
    )


def _is_clear_id(text: str) -> bool:
    """Return whether a text at a name that may also be that of a count or an operation is an ID."""
    return is_id(text) and not _COUNT_OR_OPERATION.fullmatch(text)


def _members(
    body: Any, place: str = "", *, in_error: bool = False
) -> Iterator[tuple[str, Any, str]]:
    """Yield the name in lower case, the value, and the place of all members at any depth."""
    if isinstance(body, list):
        for item in body:
            yield from _members(item, place, in_error=in_error)
    if not isinstance(body, dict):
        return
    if place != _NO_EVIDENCE:
        place = _place_of_typed(body, in_error=in_error) or place
    for member, value in body.items():
        name = member.lower()
        if not isinstance(value, dict | list):
            yield name, value, place
            continue
        inner = _place_inside(name, value, place)
        items = value if isinstance(value, list) else ()
        # A list at the name of one call is a list of errors.
        is_single = _CALL_NAME.fullmatch(name) or _ID_NAME_OF_CALL.fullmatch(name)
        of_items = _NO_EVIDENCE if is_single and not name.endswith("s") else inner
        if (
            _CALL_NAME.fullmatch(name)
            or _LINK_OF_CALL.fullmatch(name)
            or of_items != _CALL_IN_OBJECT
        ):
            yield from ((name, item, of_items) for item in items if isinstance(item, str | int))
        yield from _members(value, inner, in_error=in_error or bool(_ERRORS.fullmatch(name)))


def _place_of_typed(body: dict[str, Any], *, in_error: bool) -> str:
    """Return the place in a link (`rel`) or a resource of JSON:API (`type`); an error has a type, too."""
    if (found := _CALL_NAME.fullmatch(str(body.get("rel", "")).lower())) is not None:
        return _LINKS_OF_CALLS if found[1] else _CALL_IN_OBJECT
    is_call = _CALL_NAME.fullmatch(str(body.get("type", "")).lower()) and not in_error
    return _CALL_IN_OBJECT if is_call else ""


def _place_inside(name: str, value: dict[str, Any] | list[Any], above: str) -> str:
    """Return the place in an object or a list at a name."""
    is_by_property = (
        isinstance(value, dict) and not {each.lower() for each in value} & _OF_ONE_ERROR
    )
    if above == _NO_EVIDENCE or _DETAIL.fullmatch(name):
        return _NO_EVIDENCE
    if _ERRORS.fullmatch(name):
        return _NO_EVIDENCE if is_by_property and name.endswith("s") else ""
    if found := _CALL_NAME.fullmatch(name):
        return _LINKS_OF_CALLS if found[1] and isinstance(value, dict) else _CALL_IN_OBJECT
    if _LINK_OF_CALL.fullmatch(name) or _KEY_OF_CALL.fullmatch(name):
        return _CALL_IN_OBJECT
    if _INSIDE_CALL.fullmatch(name) and above:
        return above
    is_links = re.fullmatch("_?links?", name) and isinstance(value, list)
    return _LINKS_OF_CALLS if is_links else ""

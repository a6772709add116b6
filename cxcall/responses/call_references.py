"""Find the members of a response that name a call: its ID, a link to it, its state, or a flag.

The rules are in the docstring of `cxcall/responses/start_evidence.py`. Names are compared in lower case, without separators.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cxcall.documents.json_document import MAX_DEPTH
from cxcall.documents.json_text import find_finite_json
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL, RESPONSE, ERROR, OTHER, DETAIL = "call", "response", "error", "other", "detail"
_LIMITED_CALL = "limited call"
"""What an object is about; a detail is a limit, or a part of the request. A limited call may be a limit, too."""
_CALLS = (
    r"x?(?:new|created|placed|outbound|phone|voice)?"
    r"(?:call(?:session|leg|control)?|conversation|engagement)s?"
)
_SEGMENT = compile_on_use(rf"{_CALLS}|interactions?")
_ID = compile_on_use(r"s?ids?|uuids?|guids?|identifier|ref(?:erence)?(?:id)?|key|handle")
_CERTAIN_ID = compile_on_use(r"(?:ids?|identifier|reference)$")
"""The end of a name that only an ID has; a `key` may be that of a message."""
_LINK = compile_on_use(r"(?:self)?ur[il]s?|href|links?|(?:content)?location|self")
STATE = compile_on_use(r"state|status|phase|stage|progress|disposition")
ACT = compile_on_use(
    r"(?:is|was|has|been|call|now)*(?:(?P<of_call>dial(?:l?ing|l?ed)|ringing|alerting|contacting|talking|answered"
    r"|incall|initiat(?:ing|ed)|placed|queued)"
    r"|connect(?:ing|ed)|start(?:ing|ed)|running|scheduled|created|accepted|(?:in)?progress(?:ing)?|processing)"
)
"""States and flags: those of a call, and those that a campaign or another request may have, too."""
_OF_CALL = compile_on_use(
    rf"(?:{_CALLS})({_ID.pattern}|{_LINK.pattern}|{STATE.pattern}|{ACT.pattern}|)"
)
_RESULT = compile_on_use(
    r"attributes|body|data|details?|entit(?:y|ies)|ids|included|items|links?|payload|resources?"
    r"|responses?|results?|self|ur[il]s"
)
"""Objects that are about the same as the object around them."""
_ERRORS = compile_on_use(r".*(?:error|fault|failure)s?|exception")
_DETAILS = compile_on_use(
    r".*(?:limit|quota|usage|throttl|polic(?:y|ies)).*|.*(?:fields|params|parameters|properties|violations)"
    r"|allowed|example|expected|input|request|schema"
)
OF_LIMIT = frozenset("limit max maximum min per quota remaining unit used window".split())
_ID_TEXT = compile_on_use(r"[\w-][\w.:~=+/-]*(?:@[\w.-]+)?|\{[\dA-Fa-f-]{36}\}")
_NO_ID = compile_on_use(
    r"(?i)[0\W_]+|-\d.*|e\d{2,}|err(?:or)?[_-]?\d+|(?:.*[\W_])?(?:limit|max|min|per)(?:[\W_].*)?"
)
_PLACEHOLDER = compile_on_use(
    r"(?i)[0\W_]*|-\d+|(?![a-z]+ \d+$).*[a-z]{2}\s.*|.*\s[a-z]{2}.*|<[^@]*>|\{(?![\dA-F-]{36}\}).*"
    r"|[:$%]\W*[a-z_]+\W*|\W*(?:blank|n/?a|nan|nil|x{3,}|(?:call_?)?id)\W*"
)
_VERSION = compile_on_use(r"(?<![^\W_])v\d{1,2}(?![^\W_])")
_MIXED_CASE = compile_on_use(
    r"(?=.*[a-z])(?=.*[A-Z])(?!(?:[a-z]{3,})?(?:[A-Z][a-z]{2,})*$)[a-zA-Z]{10,}"
)
"""Letters that are not the words of a name such as `createCall`."""
_COUNT_OR_OPERATION = compile_on_use(
    r"(?i)(?!\d{7,}$)[\d.,:+/tz-]+[a-z%]{0,3}|[a-z]{4,}_?v?\d{1,2}|.*/.*|.*[\W_][a-z]{3,}"
)
"""What is no ID at a name such as `calls`: a count, a duration, a time, the name of an operation, a phrase."""
_DOCUMENTS = compile_on_use(
    r".*/(?:articles?|docs?|documentation|errors?|guides?|help|kb|problems?|reference|wiki)(?:/.*)?"
)
"""The path of a link to documentation."""
_JSON_STARTS = ("{", "[", '"')
_LONGEST = 2048
"""The length of a link; an ID is shorter."""


class Member(NamedTuple):
    """A member of an object: its name, its value, and what the object is about."""

    name: str
    value: Any
    about: str = OTHER
    may_be_error: bool = False
    """Whether it may be the error of a property: it is in a list such as `callId`, or in an object such as `errors`."""


def letters_of(name: str) -> str:
    """Return a name in lower case, without separators."""
    return re.sub(r"[\W_]+", "", name).lower()


def members(
    body: Any, about: str = RESPONSE, *, may_be_error: bool = False, is_one: bool = False
) -> Iterator[Member]:
    """Yield all members at any depth that are no objects; `about` is what the body is about, `is_one` whether it has one.

    A gateway may wrap the JSON that it received in a string: its members count, too.
    """
    while isinstance(body, str) and body.lstrip()[:1] in _JSON_STARTS:
        body = find_finite_json(body, MAX_DEPTH)
    if isinstance(body, list):
        for item in body:
            yield from members(item, about, may_be_error=may_be_error)
    if not isinstance(body, dict):
        return
    about = _refine(body, about, is_one=is_one)
    for member, value in body.items():
        name = letters_of(member)
        is_plural, is_list = name[-1:] == "s", isinstance(value, list)
        is_errors = is_plural and isinstance(value, dict) and _ERRORS.fullmatch(name) is not None
        inside = may_be_error or is_errors
        for each in value if is_list else [value]:
            if not isinstance(each, dict | list):
                yield Member(name, each, about, may_be_error or (is_list and not is_plural))
            if isinstance(each, dict | list | str):
                one = not is_plural and _read_name(name, about) == ("", CALL)
                about_it = _about_inside(name, about)
                yield from members(each, about_it, may_be_error=inside, is_one=one)


def _refine(body: dict[str, Any], about: str, *, is_one: bool) -> str:
    """Return what an object is about: a link says it (`rel`), a resource of JSON:API (`type`), and a limit.

    A limit has the name of what it limits, in the plural: `{"calls": {"limit": 60}}`.
    """
    found = {letters_of(name): value for name, value in body.items()}
    kinds = [found.get("rel")] if about != DETAIL else []
    kinds += [found.get("type")] if about == RESPONSE else []
    if any(re.fullmatch(_CALLS, letters_of(str(each))) for each in kinds):
        about = CALL
    if about == CALL and OF_LIMIT & found.keys():
        return _LIMITED_CALL if is_one else OTHER
    return about


def _about_inside(name: str, about: str) -> str:
    """Return what the objects at a name are about; `about` is what the object around it is about."""
    if about == DETAIL or _DETAILS.fullmatch(name):
        return DETAIL
    if _ERRORS.fullmatch(name):
        return ERROR
    attribute, own = _read_name(name, about)
    if own == CALL and (not attribute or _ID.fullmatch(attribute) or _LINK.fullmatch(attribute)):
        return CALL
    if _RESULT.fullmatch(name):
        return about
    return ERROR if about == ERROR else OTHER


def _read_name(name: str, about: str) -> tuple[str, str]:
    """Return which attribute a name is, and of what: `callid` is the `id` of a call.

    Inside another object, `sid` and `interactionid` are usually the ID of a trace.
    """
    if about == RESPONSE:
        name = re.sub(r"^(?:interactions?|(?=sid$))", "call", name)
    found = _OF_CALL.fullmatch(name)
    return (found[1], CALL) if found else (name, about)


def refers_to_call(
    member: Member,
    known: frozenset[str],
    *,
    with_ids: bool = True,
    said: frozenset[str] | None = None,
) -> bool:
    """Return whether a member is an ID of a call, a link to one, its state, or a flag, and not among the known values.

    `with_ids` also counts an ID by its own name, such as `callId`; `said` is that of `is_id`, and also counts a state that
    another request may have, too.
    """
    attribute, about = _read_name(member.name, member.about)
    text = str(member.value).strip()
    is_new = text.lower() not in known and len(text) <= _LONGEST
    if member.about == DETAIL or member.value is None or not is_new:
        return False
    if text.lower() == "true" or STATE.fullmatch(attribute):
        is_state = (
            said is not None and about == RESPONSE and text.lower() not in ("true", "running")
        )
        word = attribute if text.lower() == "true" else letters_of(text)
        return is_act(word, CALL if is_state else about)
    if _LINK.fullmatch(attribute):
        return is_link_to_call(text, known, is_named=about == CALL)
    is_clear = is_id(text) and not _COUNT_OR_OPERATION.fullmatch(text)
    if about == _LIMITED_CALL and _ID.fullmatch(attribute):
        return said is not None and is_clear
    if about == CALL and _ID.fullmatch(attribute):
        is_strict = member.may_be_error or not _CERTAIN_ID.search(attribute)
        return (with_ids or member.about == CALL) and is_id(text, None if is_strict else said)
    is_text = about == CALL and attribute in ("", "value") and member.value is not True
    is_path = text.startswith(("/", "http"))
    return is_text and (is_clear or is_link_to_call(text, known, is_named=is_path))


def is_act(word: str, about: str) -> bool:
    """Return whether a state, or the name of a flag, is that of a call."""
    found = ACT.fullmatch(word)
    return found is not None and (
        about == CALL or (about in (RESPONSE, ERROR) and found["of_call"] is not None)
    )


def is_id(text: str, said: frozenset[str] | None = None) -> bool:
    """Return whether a text may be an ID: not a placeholder such as `N/A`, a phrase, a limit, or a code of an error.

    If `said` is given, what an error says, as `letters_of` returns it, a text in any form counts that does not repeat that.
    """
    if _ID_TEXT.fullmatch(text) and not _NO_ID.fullmatch(text):
        own = _VERSION.sub("", text)
        if any(map(str.isdigit, own)) or _MIXED_CASE.fullmatch(own):
            return True
    if said is None or letters_of(text) in said or _PLACEHOLDER.fullmatch(text):
        return False
    from cxcall.responses.failure_words import OF_REFUSAL

    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", text.partition("@")[0]).strip().lower()
    return OF_REFUSAL.fullmatch(words) is None


def is_segment_of_calls(name: str) -> bool:
    """Return whether a segment of a path is that of calls, so that an ID comes after it."""
    return _SEGMENT.fullmatch(letters_of(name)) is not None


def is_link_to_call(text: str, known: frozenset[str], *, is_named: bool = False) -> bool:
    """Return whether a text is a link to a new call: an ID behind `/calls/`.

    If its name says that it is one, any path is enough that ends in an ID.
    """
    url = _split_link(text)
    segments = [unquote(each) for each in url.path.split("/") if each]
    if leads_to_documentation(text):
        return False
    pairs = pairwise([*segments, ""])
    found = [after for name, after in pairs if is_segment_of_calls(name)]
    if is_named or "" in found:
        query = parse_qsl(url.query)
        found += [
            each for name, each in query if _ID.fullmatch(_read_name(letters_of(name), CALL)[0])
        ]
    if is_named:
        found += segments[-1:]
    found = [re.sub(r"\.(?:json|xml)$", "", each) for each in found]
    return any(is_id(each) and each.lower() not in known for each in found)


def leads_to_documentation(text: str) -> bool:
    """Return whether a text is a link to documentation, by its path."""
    return _DOCUMENTS.fullmatch(_split_link(text).path.lower()) is not None


def _split_link(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")

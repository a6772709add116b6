"""Find the failures that the body of a 2xx response reports, and explain those at any depth."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer, split_pointer
from cxcall.documents.json_text import as_text
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.http_messages import HttpResponse

_FAILED_CALL_CODES = (
    "failed noanswer busy badnumber error rejected noports agentlegalreadyactive agentlinktimeout invalidstate"
    " invalidstationid invalidcallleg invalidcallcount joinfailed linkfailed loginfailed campaignclosed dialersuppressed"
).split()
# Values of response members, in lower case, that mean that an accepted request failed later. Sources:
# campaigns and tracking in docs/platforms/genesys-cloud.md, following a call in docs/platforms/nice-cxone.md.
_FAILED_VALUES = {
    **dict.fromkeys(("state", "status", "importstate", "jobstatus"), ("failed", "error")),
    **dict.fromkeys(("disconnectcode", "resultcode"), _FAILED_CALL_CODES),
    "disconnecttype": ("error", "transport.failure", "transportfailure", "uncallable"),
    "campaignstatus": ("invalid", "forced_off", "forced_stopping"),
}
_CODE_NAMES = ("errorcode", "failurereason", "errormessage", "faultcode")
_WRAP_UP_NAMES = ("wrapupcode", "lastresult")
_ERROR_OBJECTS = ("error", "errorinfo", "fault", "errordetails")
_ERROR_TEXT = r"(?i)\s*error\.inin"
_FAILED_WORDS = {"fail", "failed", "failure", "error", "rejected", "refused", "denied"}
ERROR_NAMES = {"error", "errors", "errorcode", "errormessage", "error_description", "fault"}
_STATUS_NAMES = frozenset(("status", "statuscode", "httpstatus", "httpstatuscode", "state"))
_FLAG_NAMES = ("haserror", "haserrors", "iserror")
_WRAPPERS = ("data", "result", "response", "payload", "responsestatus")
"""Members that hold the whole result of a request, which says itself whether it failed."""
_ERROR_STATUS = r"(?:http/\S+ )?[45]\d\d\b"
SUCCESS_NAMES = ("success", "succeeded", "ok", "issuccess")
_COUNT_NAMES = (
    "errorcount failurecount failedcount failedrecords rejectedrecords invalidrecords".split()
)
_DESCRIBED_NAMES = {*SUCCESS_NAMES, *_COUNT_NAMES, *_STATUS_NAMES, *ERROR_NAMES, *_FLAG_NAMES}
_CONTAINERS = (dict, list)
_FAILED_WRAP_UP = (
    r"^(?:ININ-)?OUTBOUND-.*"
    r"(?:INVALID|ERROR|COULD_NOT|NO-ACTIVE|FAILED|FORCED|STUCK|UNCALLABLE|DNC|DO-NOT-CALL"
    r"|NOT-FOUND|BLOCKED|LIMIT|NO-CALLABLE|NO-OWNERSHIP|RULE)"
)
_FAILED_LIST = r"(?:failed|invalid|rejected|unprocessed)[A-Z_]"
_PAGING_NAMES = frozenset(
    "pagesize pagenumber pagecount total totalhits totalrecords nexturi nextpage cursor".split()
)


class _Failure(NamedTuple):
    """A failure that a body reports: its place, its value, and its meaning."""

    pointer: str
    text: str
    meaning: str = ""


def explain_failures(body: Any, *, is_read: bool, is_query: bool = False) -> Iterator[Finding]:
    """Yield a finding for each different failure that the body of a 2xx response reports.

    A failed item in a list that a read returns is a note, because the read itself did not fail. Each list in the
    response to a query is one; that of another read may be a part of the object that was read.
    """
    seen: set[tuple[str, Severity]] = set()
    failures = list(_find_failures(body, ""))
    # The items tell more than a count of failures.
    failures = [each for each in failures if _says_why(each)] or failures
    for failure in failures:
        is_item = is_read and _is_listed(body, failure.pointer, is_query=is_query)
        severity = Severity.NOTE if is_item else Severity.ERROR
        reason = failure.text.partition("` ")[2] + failure.meaning
        if (reason, severity) in seen:
            continue
        seen.add((reason, severity))
        meaning = f": {failure.meaning}" if failure.meaning else ""
        yield Finding(
            severity,
            "hidden-failure",
            "response",
            f"the {'item of the list' if is_item else 'response'} reports a failure: {failure.text}{meaning}",
            fix="look at that item; the request itself succeeded"
            if is_item
            else "look for the cause near that property; do not count the request as successful",
            why=""
            if is_item
            else "a 2xx response means that the request was accepted, not that it was completed",
            source="response",
        )


def web_page_finding(host: str) -> Finding:
    """Return the finding that a successful response is a web page, which no API of the platforms sends."""
    return Finding.warning(
        "hidden-failure",
        "response",
        f"{f'`{host}`' if host else 'the server'} responded with a web page, not with the API's JSON",
        fix="check the host, and whether a proxy or a login page responded instead",
        why="a login page or a captive portal also responds with 200, but processes nothing",
        source="response",
    )


def _says_why(failure: _Failure) -> bool:
    return bool(failure.meaning) or "is `" in failure.text or " has " in failure.text


def _is_listed(body: Any, pointer: str, *, is_query: bool) -> bool:
    """Return whether a place is in an item of a list that was read: an array, a page, or a result of a query."""
    value, owner, name = body, body, ""
    for token in split_pointer(pointer)[:-1]:
        if isinstance(value, list):
            is_page = value is body or name == "entities" or is_query
            return is_page or bool(_PAGING_NAMES & {each.lower() for each in owner})
        value, owner, name = value[token], value, token
    return False


def _find_failures(value: Any, pointer: str) -> Iterator[_Failure]:
    """Yield the failures in a value; for each object, the most informative one."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, _CONTAINERS):
                yield from _find_failures(item, f"{pointer}/{index}")
    if not isinstance(value, dict):
        return
    names = [name for name in value if _may_report(name) or _is_error_text(value[name])]
    failures = [failure for name in names if (failure := _failure_of(name, value, pointer))]
    own = max(failures, key=_information) if failures else None
    if own:
        yield own
    for name, member in value.items():
        if isinstance(member, _CONTAINERS) and not (
            own and own.pointer.startswith(f"{pointer}/{name}")
        ):
            yield from _find_failures(member, join_pointer(pointer, name))


def _information(failure: _Failure) -> tuple[bool, bool, bool]:
    """Rank a failure by its information: more than a count, a code, or a meaning."""
    is_code = "error" in failure.pointer.rpartition("/")[2].lower()
    return _says_why(failure), is_code, bool(failure.meaning)


def _failure_of(member: str, members: dict[str, Any], pointer: str) -> _Failure | None:
    """Return the failure that one member of an object reports; None if it reports none."""
    name, value = member.lower(), members[member]
    description = _describe_failure(member, value)
    if isinstance(value, dict | list):
        is_list = isinstance(value, list) and names_failed_items(member)
        if not (description or is_list) and _says_nothing_wrong(value):
            return None
        place = join_pointer(pointer, member)
        if isinstance(value, dict):
            return _failure_of_object(member, value, place)
        return _failed_items(value, place) if name == "errors" or (is_list and value) else None
    text = str(value).strip()
    is_failed = (
        text.lower() in _FAILED_VALUES.get(name, ())
        or name in _CODE_NAMES
        or _is_error_text(text)
        or (name in _WRAP_UP_NAMES and compile_pattern(_FAILED_WRAP_UP).match(text) is not None)
    )
    if is_failed and (description or not _says_nothing_wrong(value)):
        return _failed_value(text, join_pointer(pointer, member))
    return _described_failure(description, member, members, pointer) if description else None


def _failed_value(text: str, place: str) -> _Failure:
    from cxcall.responses.message_in_body import meaning_of, shorten

    return _Failure(place, f"`{place}` is `{shorten(text)}`", meaning_of(text))


def _failed_items(items: list[Any], place: str) -> _Failure:
    from cxcall.responses.message_in_body import meaning_of, member_text

    codes = (member_text(items[0], each) for each in ("code", "errorCode", "error"))
    meaning = meaning_of(next(filter(None, codes), ""))
    return _Failure(place, f"`{place}` has {_describe_items(items)}", meaning)


def _described_failure(
    description: str, member: str, members: dict[str, Any], pointer: str
) -> _Failure:
    """Return a failure with the message beside it, unless the description has it."""
    from cxcall.responses.message_in_body import member_text, shorten

    place = join_pointer(pointer, member)
    names = ("error", "errorMessage", "message", "description", "detail")
    texts = (member_text(members, each) for each in names)
    words = shorten(next(filter(None, texts), ""))
    text = description.replace(f"`{member}`", f"`{place}`")
    return _Failure(place, text, "" if words in description else words)


def _failure_of_object(member: str, value: dict[str, Any], place: str) -> _Failure | None:
    from cxcall.responses.message_in_body import meaning_of, member_text, shorten

    code = member_text(value, "code") or member_text(value, "errorCode")
    words = member_text(value, "message") or member_text(value, "error_description")
    if member.lower() in _ERROR_OBJECTS and (code or words):
        meaning = meaning_of(code) or (code and shorten(words))
        return _Failure(place, f"`{place}` is `{shorten(code or words)}`", meaning)
    description = _describe_failure(member, value).replace(f"`{member}`", f"`{place}`")
    return _Failure(place, description) if description else None


def _is_error_text(value: Any) -> bool:
    is_possible = isinstance(value, str) and "." in value
    return is_possible and compile_pattern(_ERROR_TEXT).match(value) is not None


def names_failed_items(member: str) -> bool:
    """Return whether the name of a member says that it lists failed items, such as `invalidEntities`."""
    return compile_pattern(_FAILED_LIST).match(member) is not None


@lru_cache(maxsize=1024)
def _may_report(member: str) -> bool:
    """Return whether a member of this name may report a failure; this excludes most members of a long response."""
    names = {*_FAILED_VALUES, *_CODE_NAMES, *_WRAP_UP_NAMES, *_ERROR_OBJECTS, *_DESCRIBED_NAMES}
    return member.lower() in names or names_failed_items(member)


def _describe_items(items: list[Any]) -> str:
    """Return the message of the first reported item, and the number of items."""
    from cxcall.responses.message_in_body import member_text

    first = items[0]
    names = "message error errorMessage resultCode details code errorCode externalId".split()
    found = filter(None, (member_text(first, each) for each in names))
    text = first if isinstance(first, str) else next(found, "")
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return f"`{_shorten(text)}`{more}" if text else f"{len(items)} of them"


def reported_failure(response: HttpResponse) -> str:
    """Return the failure that a body reports, or "" (docs/platforms/nice-cxone.md#errors-and-limits, shape D)."""
    entries = result_objects(response.json())
    return next((text for entry in entries for text in describe_failures(entry)), "")


def result_objects(body: Any, names: tuple[str, ...] = _WRAPPERS) -> list[Any]:
    """Return what says what became of a request: the items of a list, or an object and those at these names in it."""
    members = body.items() if isinstance(body, dict) else ()
    inner = [value for name, value in members if name.lower() in names]
    return body if isinstance(body, list) else [body, *inner]


def describe_failures(entry: Any) -> Iterator[str]:
    """Yield what the members of one object of a body report as failures."""
    if isinstance(entry, dict):
        yield from filter(None, (_describe_failure(name, entry[name]) for name in entry))
        if "message" in entry and _is_error_code(entry.get("code")):
            yield f"`code` is `{_shorten(str(entry['code']))}`"


def _is_error_code(code: Any) -> bool:
    """Return whether the `code` beside a message is a status of an error, or a platform's code of one."""
    from cxcall.responses.failure_words import is_published

    is_status = compile_pattern(_ERROR_STATUS).fullmatch(str(code).lower()) is not None
    return is_status or (isinstance(code, str) and is_published(code, "HTTP [45]"))


def _describe_failure(member: str, value: Any) -> str:
    """Return what a member of a body reports as a failure; empty if it reports none."""
    name, text = member.lower(), str(value).strip().lower()
    is_flag = text in ("false", "no", "0") if name in SUCCESS_NAMES else text == "true"
    is_named = name in (*SUCCESS_NAMES, *_FLAG_NAMES)
    if (is_named and is_flag) or (name in _COUNT_NAMES and _is_integer_above(value, 0)):
        return f"`{member}` is {text}"
    if name in _STATUS_NAMES and (
        _is_integer_above(value, 399)
        or text in _FAILED_WORDS
        or (not text.isalpha() and compile_pattern(_ERROR_STATUS).match(text))
    ):
        return f"`{member}` is `{_shorten(text)}`"
    if name in ERROR_NAMES and not _says_nothing_wrong(value):
        return f"`{member}` is `{_shorten(as_text(value))}`"
    return ""


def _says_nothing_wrong(value: Any) -> bool:
    from cxcall.responses.failure_words import says_nothing_wrong

    return says_nothing_wrong(value)


def _shorten(text: str) -> str:
    from cxcall.responses.message_in_body import shorten

    return shorten(text)


def _is_integer_above(value: Any, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > limit

"""The places of findings: those that the response names, and items of lists with equal findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Self

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.edit import Applicability, write
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.responses.message_in_body import SOURCE, platform_code
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.reason_choice import is_vague
from cxcall.runtime.patterns import compile_on_use, fold_name, name_words

LIST_INDEX = compile_on_use(r"/[0-9]+(?=/|`|$)")
"""The index of an item in a pointer, also of a pointer in a message."""
IN_URL = ("path", "query", "form")
ABOUT_VALUES = ("value-not-allowed", "property-missing")
"""Codes of refusals of a value."""
QUOTATION = "the API says"
"""The start of the API's words in the reason of a finding."""
GENERIC_CODE = compile_on_use(
    r"invalid\.(create|update|id|value|request)|(general\.)?bad\.request|invalid_request"
    r"|constraint\.validation"
    r"|invalid_?parameter",
    re.IGNORECASE,
)
"""Codes of the platforms that say only that something in a request is not valid."""
_ROUTE = ("path-unpublished", "host-unknown", "method-unpublished")
_OF_OPERATIONS = tuple(
    "permission-missing token-user-context state value-not-allowed property-missing".split()
)
"""Codes of refusals by an operation, which host, path, and method have reached."""
_MIN_NAME = 4
"""Letters; shorter names such as `to` and `id` are words of any message."""
_IDENTIFIER = compile_on_use(r"\b[a-z]+(?:[A-Z][a-z0-9]*)+")
_ALLOWED_VALUES = compile_on_use(
    r"\b(?:allow(?:ed|able)|valid) values(?: are|:):? *\[?([\w., -]*\w)", re.IGNORECASE
)


Place = tuple[str, str]


class ResponseEvidence(NamedTuple):
    """What the findings on a response say about all others, computed once: there may be thousands of them."""

    codes: set[str]
    """The codes of the findings on the response."""
    refusals: list[Finding]
    """The findings in the API's words, with their codes, and the codes of those without a place."""
    refusal_codes: set[str]
    unplaced: set[str]
    named: set[Place]
    """The places in the request that the response names, and those whose values it refuses."""
    refused: set[Place]
    error_codes: set[str]
    """The codes, places, and names of properties of the errors in the request itself."""
    error_places: set[Place]
    error_names: set[str]
    causes: list[Finding]
    """The errors that may explain a refusal without a place: of errors in the body, only those at a named place, if any."""
    is_said: bool
    """Whether the response names the property of an error."""

    @classmethod
    def of(cls, findings: Iterable[Finding], request: ObservedRequest) -> Self:
        """Return the evidence in some findings."""
        found = list(findings)
        said = [each for each in found if each.source == SOURCE]
        named = {place_of_finding(each) for each in said if each.where != "response"}
        names = {_last_name(where) for where, _ in named if where[:1] == "/"}
        errors = [
            each for each in found if each.severity is Severity.ERROR and each.source != SOURCE
        ]
        causes = [
            each
            for each in errors
            if not named
            or each.where[:1] != "/"
            or not named.isdisjoint(_places(each))
            or not names.isdisjoint(_names(each))
        ]
        return cls(
            {each.code for each in found if each.where == "response" or each.source == SOURCE},
            said,
            {each.code for each in said},
            {each.code for each in said if each.where == "response"},
            named,
            {place_of_finding(each) for each in said if each.code in ABOUT_VALUES},
            {each.code for each in errors},
            {place for each in errors for place in _places(each)},
            {name for each in errors for name in _names(each)},
            causes,
            any(is_named(each, request) for each in errors),
        )

    def is_within(self, finding: Finding) -> bool:
        """Return whether a finding is at a place that the response names, about a value in it, or renames to it."""
        return not self.named.isdisjoint(_places(finding))

    def is_refused(self, finding: Finding) -> bool:
        """Return whether the response refuses the value that a finding is at."""
        return not self.refused.isdisjoint(_own_places(finding))

    def has_error(self, refusal: Finding) -> bool:
        """Return whether an error in the request is about what a refusal names, or has its name at another place."""
        is_same_name = refusal.where[:1] == "/" and _last_name(refusal.where) in self.error_names
        return is_same_name or place_of_finding(refusal) in self.error_places


def place_of_finding(named: Finding) -> Place:
    """Return the place of a finding, and for a parameter of the URL its name."""
    return named.where, named.origin if named.where in IN_URL else ""


def _own_places(finding: Finding) -> tuple[Place, ...]:
    """Return the place of a finding, also without the name of a parameter, which a response may not name."""
    return (finding.where, ""), place_of_finding(finding)


def _places(finding: Finding) -> Iterator[Place]:
    """Yield the place of a finding, the places around it, and those that its correction writes."""
    yield from _own_places(finding)
    above = finding.where
    while above[:1] == "/":
        above = above.rpartition("/")[0]
        yield above, ""
    yield from ((edit.pointer, "") for edit in finding.edits)


def _names(finding: Finding) -> Iterator[str]:
    yield from map(_last_name, (finding.where, *(edit.pointer for edit in finding.edits)))


def _last_name(where: str) -> str:
    return where.rpartition("/")[2]


def accept_route(finding: Finding, request: ObservedRequest, evidence: ResponseEvidence) -> Finding:
    """Return an error on host, path, or method as a warning if the API refused what the request says.

    It does so with a reason and a known code about a right, a value, or a state: the path works, but is not published.
    """
    is_about_route = finding.code in _ROUTE and finding.severity is Severity.ERROR
    if not is_about_route or finding.source == SOURCE or request.response is None:
        return finding
    code = exact_code(request)
    is_other = request.has_unknown_path or evidence.refusal_codes.isdisjoint(_OF_OPERATIONS)
    if is_other or not code or is_vague(request.response_text):
        return finding
    why = f"the API accepted host and path: its code `{code}` is not about them"
    return finding._replace(severity=Severity.WARNING, why=why)


def exact_code(request: ObservedRequest) -> str:
    """Return the published code of a response that says more than that something is not valid; empty if it has none."""
    code = platform_code(request.response) if request.response else ""
    return code if find_platform_codes(code) and not GENERIC_CODE.fullmatch(code) else ""


def is_owner_named(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether a refusal names what is before a value in the path: "contact list id" for `/contactlists/x`."""
    above = request.path.rpartition(f"/{finding.value}")[0].rpartition("/")[2]
    text = request.response_text
    name = fold_name(above).rstrip("s")
    return request.is_refused and bool(name) and name in fold_name(text)


def is_named(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether the message of the response names the property or parameter that a finding is about."""
    is_place = finding.where.startswith(("/", "header:"))
    name = re.split("[/:]", finding.where)[-1] if is_place else finding.origin
    if not request.response or not name or len(name) < _MIN_NAME or finding.source == SOURCE:
        return False
    words = _words_of(request.response_text)
    return any(f" {each} " in words for each in (name.lower(), " ".join(name_words(name))))


@lru_cache(maxsize=1)
def _words_of(text: str) -> str:
    """Return the words of a text between spaces; an identifier counts as a whole: `callerIdName` does not name `callerId`."""
    text = _IDENTIFIER.sub(lambda found: found[0].lower(), text)
    return f" {' '.join(name_words(text))} "


def merge_said(findings: Iterable[Finding], request: ObservedRequest) -> Iterator[Finding]:
    """Yield the findings without notes of the API on a parameter that has an error, whose reason their words become."""
    found = list(findings)
    errors = {
        place_of_finding(each) for each in found if each.severity is Severity.ERROR and each.origin
    }
    notes = [each for each in found if each.source == SOURCE and each.severity is Severity.NOTE]
    said = errors.intersection(map(place_of_finding, notes))
    for each in found:
        is_said = place_of_finding(each) in said
        if is_said and each.severity is Severity.ERROR and QUOTATION not in each.why:
            words = f"{QUOTATION}: {request.response_text}"
            yield each._replace(why=f"{each.why}; {words}" if each.why else words)
        elif not (is_said and each in notes):
            yield each


def merge_equal(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return the findings without repetitions for other items of a list; the first one names their number."""
    first: dict[tuple[str, ...], Finding] = {}
    counts: dict[tuple[str, ...], int] = {}
    for each in dict.fromkeys(findings):
        where = LIST_INDEX.sub("/*", each.where)
        key: tuple[str, ...] = (each.severity, each.code, where, LIST_INDEX.sub("/*", each.message))
        if each.where == where and key in first:  # not an item of a list
            key = (*key, each.where, str(len(counts)))
        first.setdefault(key, each)
        counts[key] = counts.get(key, 0) + 1
    return [
        each._replace(message=f"{each.message} (and in {counts[key] - 1} other items)")
        if counts[key] > 1
        else each
        for key, each in first.items()
    ]


def with_allowed_values(finding: Finding, text: str) -> Finding:
    """Return a finding on a refused value with the values that the API lists; the schema may have more."""
    listed = _ALLOWED_VALUES.search(text) if finding.code == "value-not-allowed" else None
    if listed is None:
        return finding
    values = re.split(r", *", listed[1])
    if len(values) > 1:
        return finding._replace(fix=f"use one of: {', '.join(values)}")
    edit = write("replace", finding.where, values[0], Applicability.UNSAFE)
    return finding._replace(fix=f"use `{values[0]}`", edits=(edit,))

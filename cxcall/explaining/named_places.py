"""The places of findings: those that the response names, and items of lists with equal findings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.responses.message_in_body import SOURCE
from cxcall.responses.refusals.reason_choice import platform_text
from cxcall.runtime.patterns import fold_name, name_words

LIST_INDEX = re.compile(r"/[0-9]+(?=/|`|$)")
"""The index of an item in a pointer, also of a pointer in a message."""
IN_URL = ("path", "query", "form")
_MIN_NAME = 4
"""Letters; shorter names such as `to` and `id` are words of any message."""
_IDENTIFIER = re.compile(r"\b[a-z]+(?:[A-Z][a-z0-9]*)+")


class ResponseEvidence(NamedTuple):
    """What the findings on a response say about all others, computed once: there may be thousands of them.

    `named` are the findings on the places in the request that the response names. `errors` are the errors in the
    request itself, `causes` those of them that may explain a refusal without a place: of errors in the body, if
    the response names places, only those at one of them. `is_said`: the response names the property of an error.
    """

    in_response: list[Finding]
    named: list[Finding]
    errors: list[Finding]
    causes: list[Finding]
    is_said: bool

    @classmethod
    def of(cls, findings: Iterable[Finding], request: ObservedRequest) -> Self:
        """Return the evidence in some findings."""
        found = list(findings)
        named = [each for each in found if each.source == SOURCE and each.where != "response"]
        errors = [
            each for each in found if each.severity is Severity.ERROR and each.source != SOURCE
        ]
        causes = [
            each
            for each in errors
            if not named or each.where[:1] != "/" or any(has_name(each, place) for place in named)
        ]
        return cls(
            [each for each in found if each.where == "response" or each.source == SOURCE],
            named,
            errors,
            causes,
            any(is_named(each, request) for each in errors),
        )


def is_owner_named(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether the API refuses a request with words for the path before a value: "contact list id" for `/contactlists/x`."""
    above = request.path.rpartition(f"/{finding.value}")[0].rpartition("/")[2]
    text = platform_text(request.response) if request.response else ""
    name = fold_name(above).rstrip("s")
    return request.is_refused and bool(name) and name in fold_name(text)


def is_at(finding: Finding, named: Finding) -> bool:
    """Return whether a finding is at the place that the response names: the same property, or parameter of the URL."""
    is_other = named.where in IN_URL and named.origin not in ("", finding.origin)
    return finding.where == named.where and not is_other


def is_within(finding: Finding, named: Finding) -> bool:
    """Return whether a finding is at a place that the response names, about a value in it, or renames to it."""
    is_new_name = named.where in (edit.pointer for edit in finding.edits)
    return is_at(finding, named) or is_new_name or finding.where.startswith(f"{named.where}/")


def has_name(finding: Finding, named: Finding) -> bool:
    """Return whether a finding is about what the response names, as `is_within`, or has its name at another place."""
    places = (finding.where, *(edit.pointer for edit in finding.edits))
    names = (each.rpartition("/")[2] for each in places if named.where[:1] == "/")
    return is_within(finding, named) or named.where.rpartition("/")[2] in names


def is_named(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether the message of the response names the property or parameter that a finding is about."""
    is_place = finding.where.startswith(("/", "header:"))
    name = re.split("[/:]", finding.where)[-1] if is_place else finding.origin
    if not request.response or not name or len(name) < _MIN_NAME or finding.source == SOURCE:
        return False
    # An identifier counts as a whole: `callerIdName` does not name `callerId`.
    text = _IDENTIFIER.sub(lambda found: found[0].lower(), platform_text(request.response))
    response_words = f" {' '.join(name_words(text))} "
    return any(f" {each} " in response_words for each in (name.lower(), " ".join(name_words(name))))


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

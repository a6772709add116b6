"""What the response of a request says about the findings: the places that it names, and what it accepted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Self

from cxcall.explaining.checks.partial_success import accepted_kinds
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.responses.message_in_body import SOURCE
from cxcall.responses.refusals.reason_choice import platform_text
from cxcall.runtime.patterns import fold_name, name_words

IN_URL = ("path", "query", "form")
_MIN_NAME = 4
"""Letters; shorter names such as `to` and `id` are words of any message."""
_IDENTIFIER = re.compile(r"\b[a-z]+(?:[A-Z][a-z0-9]*)+")


class ResponseEvidence(NamedTuple):
    """All findings on a request, those on its response, and what follows from them for each other finding."""

    findings: list[Finding]
    in_response: list[Finding]
    accepted: set[tuple[str, str]]
    codes_in_body: Counter[str]

    @classmethod
    def of(cls, findings: list[Finding], request: ObservedRequest) -> Self:
        """Return the evidence in some findings, computed once: there may be thousands of them."""
        return cls(
            findings,
            [each for each in findings if each.where == "response" or each.source == SOURCE],
            accepted_kinds(request, findings) if request.is_successful else set(),
            Counter(each.code for each in findings if each.where[:1] == "/"),
        )


def is_owner_named(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether the API refuses a request with words for the path before a value: "contact list id" for `/contactlists/x`."""
    above = request.path.rpartition(f"/{finding.value}")[0].rpartition("/")[2]
    text = platform_text(request.response) if request.response else ""
    name = fold_name(above).rstrip("s")
    return request.is_refused and bool(name) and name in fold_name(text)


def find_named(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on the places in the request that the response names."""
    return [each for each in findings if each.source == SOURCE and each.where != "response"]


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

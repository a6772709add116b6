"""Find what an API accepted although its 2xx response reports that some items failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cxcall.documents.json_pointer import enclosing_pointers
from cxcall.explaining.correction.json_repair import parse_repaired
from cxcall.explaining.equal_findings import LIST_INDEX
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.refusals.reason_choice import find_cause_of_text

_MAY_BE_VALUES = ("value-not-allowed", "property-missing", "id-format", "not-provable")
"""Reasons of a failure whose cause may be in the body."""


def is_for_another_reason(findings: Iterable[Finding]) -> bool:
    """Return whether each reported failure has a reason that is not about the values of the request."""
    reported = (each for each in findings if each.code == "hidden-failure")
    failures = (each.message for each in reported if each.severity is Severity.ERROR)
    causes = {find_cause_of_text(each).code for each in failures}
    return bool(causes) and causes.isdisjoint(_MAY_BE_VALUES)


def accepted_kinds(request: ObservedRequest, findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """Return (code, place without indexes) of each finding on an item that the response reports as a success."""
    document, _ = parse_repaired(request.body or "")
    response = request.response.json() if request.response else None
    if document is None:
        return set()
    succeeded = {
        f"{pointer}/{index}"
        for _, results in _lists_with_pointers(response)
        for pointer, items in _lists_with_pointers(document.value)
        if len(items) == len(results)
        for index, result in enumerate(results)
        if isinstance(result, dict) and result.get("success") is True
    }
    return {
        (each.code, kind_of_place(each.where))
        for each in findings
        if not succeeded.isdisjoint(enclosing_pointers(each.where))
    }


def kind_of_place(where: str) -> str:
    """Return a place without the indexes of items."""
    return LIST_INDEX.sub("/*", where)


def _lists_with_pointers(value: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield a list, or the lists in an object, with their pointers."""
    members = value.items() if isinstance(value, dict) else ()
    for pointer, items in (("", value), *((f"/{name}", member) for name, member in members)):
        if isinstance(items, list):
            yield pointer, items

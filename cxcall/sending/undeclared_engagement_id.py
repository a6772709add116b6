"""The notes on an engagement ID whose place the document of an operation does not declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation

_CODE = "engagement-id-missing"


def notes_on_undeclared_id(operation: Operation, place: str) -> Iterator[Finding]:
    """Yield a note with the `place` where an ID was found; if it is empty, a note if an ID is to be expected."""
    if place:
        yield Finding.note(
            _CODE,
            "response",
            f"the document does not declare the place of the engagement ID: `{place}` was used, because of its name",
            fix=f"to be sure, name the place: `--engagement-id {place}`",
        )
    elif operation.can_place_call and not operation.contract.is_shipped:
        yield Finding.note(
            _CODE,
            "response",
            "accepted, but no engagement ID was found in the response",
            fix="name its place: `--engagement-id header:NAME` or `--engagement-id body:/pointer`",
            why="the document does not declare its place, and no usual name is in the response",
        )

"""Find what a batch sent by the number of the row, while its file is unchanged."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

    from cxcall.batch.job import Job
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record
    from cxcall.sending.checked_request import CheckedRequest

_BITS = 32
"""A row and the number of its delivery are one integer in the array: a batch may have sent millions of rows."""


class SentRows:
    """The deliveries of those batches that read the present content of the file.

    The request of a row can differ from the one that was sent although the file does not: the operation has another
    path, or a property another type, in a document that was edited meanwhile.
    """

    def __init__(self, ledger: Ledger, job: Job, batches: Collection[str]) -> None:
        self._records = ledger.batches
        same = [
            each.id
            for each in self._records.of_file("", job.rows.digest)
            if each.id in batches and self._records.content(each.id) is None
        ]
        places = (row << _BITS | number for row, number in self._records.numbers_by_row(same))
        self._places = array("Q", sorted(places))

    def find(self, row: int, request: CheckedRequest) -> Record | None:
        """Return the delivery of a row that placed, or may have placed, a call; None for any other row.

        A delivery of an operation with another name is that of the row only if it has the same path.
        """
        name, path = request.operation.name, path_of_target(request.request.masked_url)
        start, end = (bisect_left(self._places, each << _BITS) for each in (row, row + 1))
        found = (
            self._records.delivery(each & (1 << _BITS) - 1) for each in self._places[start:end]
        )
        same = (
            each for each in found if each.operation == name or path_of_target(each.target) == path
        )
        return next((each for each in same if each.was_placed or each.is_unresolved), None)


def path_of_target(target: str) -> str:
    """Return the path of a request's URL, as the ledger has it."""
    return urlsplit(target).path

"""The people of the rows of a file, so that a row that calls the person of an earlier one is found."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.ledger.stored_values import keyed_digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from cxcall.sending.checked_request import CheckedRequest

_MAX_DIGESTS = 500
"""The number of digests in one statement."""
_END_LENGTH = 6


class FileContacts:
    """The people of the rows to send or to load, as digests in tables of a temporary database.

    Most rows are found to be new by the end of their numbers alone, which all spellings share.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._key = database, os.urandom(8).hex()
        database.execute(
            "CREATE TABLE contact (digest TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )
        database.execute("CREATE TABLE contact_end (digest TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, request: CheckedRequest, row: int) -> None:
        """Store the people who are called for a row."""
        people = request.people
        digests = ((each, row) for each in self._digests(people))
        self._database.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?)", digests)
        ends = ((each,) for each in self._digests(map(_end, people)))
        self._database.executemany("INSERT OR IGNORE INTO contact_end VALUES (?)", ends)

    def find(self, request: CheckedRequest) -> int | None:
        """Return the first row that calls a person whom the request calls; None if no row does."""
        ends = {*map(_end, request.people)}
        statement = "SELECT count(*) FROM contact_end WHERE digest IN ({})"
        if "" not in ends and not sum(self._select(statement, {"", *ends})):
            return None
        people = chain.from_iterable(request.possible_people)
        rows = self._select("SELECT min(row) FROM contact WHERE digest IN ({})", people)
        return min((row for row in rows if row is not None), default=None)

    def _digests(self, texts: Iterable[str]) -> list[str]:
        return [keyed_digest(each, self._key) for each in texts]

    def _select(self, statement: str, texts: Iterable[str]) -> Iterator[Any]:
        """Yield the result of a statement for some digests at a time."""
        digests = self._digests(texts)
        for start in range(0, len(digests), _MAX_DIGESTS):
            some = digests[start : start + _MAX_DIGESTS]
            marks = ", ".join("?" * len(some))
            yield self._database.execute(statement.format(marks), some).fetchone()[0]


def _end(person: str) -> str:
    """Return the end of a number or an ID, which is the same in all spellings; empty for a short number."""
    end = person[-_END_LENGTH:]
    return "" if " " in end else end

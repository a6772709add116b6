"""Find the contacts of one file that an earlier row has already, by a number in any spelling."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING

from cxcall.ledger.access import keyed_digest

if TYPE_CHECKING:
    import sqlite3

    from cxcall.sending.draft import CheckedRequest

_MAX_DIGESTS = 500
"""How many digests one statement looks for."""


class FileContacts:
    """The people of the rows that are to be loaded, as digests in a table of a temporary database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._key = database, os.urandom(8).hex()
        database.execute(
            "CREATE TABLE contact (digest TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )

    def add(self, request: CheckedRequest, row: int) -> None:
        """Remember whom the dialer calls for a row."""
        digests = ((keyed_digest(person, self._key), row) for person in request.people)
        self._database.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?)", digests)

    def find(self, request: CheckedRequest) -> int | None:
        """Return the first row that has one of the people of a request; None if there is none."""
        digests = [
            keyed_digest(each, self._key) for each in chain.from_iterable(request.possible_people)
        ]
        rows = []
        for start in range(0, len(digests), _MAX_DIGESTS):
            some = digests[start : start + _MAX_DIGESTS]
            marks = ", ".join("?" * len(some))
            statement = f"SELECT min(row) FROM contact WHERE digest IN ({marks})"  # noqa: S608 - marks alone
            rows += self._database.execute(statement, some).fetchone()
        return min((row for row in rows if row is not None), default=None)

"""The records of a ledger of version 6, as cxcall 0.2.0 wrote them, as records of this version.

In version 6, the kind of a record was the start of one of its texts.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.ledger.checksummed_rows import LEDGER_COUNTS, is_intact, with_checksum
from cxcall.ledger.errors import LastingLedgerError
from cxcall.ledger.schema import COLUMNS, BatchEvent, DecisionKind, PersonKind, UnsentKind
from cxcall.ledger.stored_values import NOT_PLACED, PLACED
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

VERSION = 6
ADDED_COLUMNS = {
    "delivery": ("rows",),
    "event": ("time_limit",),
    "batch": ("is_load",),
    "batch_event": ("kind", "value"),
    "decision": ("kind",),
    "unsent": ("kind",),
    "person": ("kind",),
    "state": (),
}
"""The columns of this version that version 6 did not have."""
FORMER_NAMES = {"batch_event": "batch_end"}
"""The tables that had another name; `last_batch_event` of the state was `last_batch_end`."""
TABLES_IN_ORDER = ("batch", *(each for each in COLUMNS if each != "batch"))
"""The tables in the order of their conversion: a batch says whether its deliveries are those of a load."""
RECORDS = "SELECT deliveries + events + people + last_unsent FROM state"
_MANY_RECORDS = 20_000
"""The number of records whose upgrade takes about a second."""

_BATCH_EVENTS = {f"{each} ": each for each in BatchEvent if each is not BatchEvent.ENDED}
_DECISIONS = {"stop: ": DecisionKind.STOP, "server: ": DecisionKind.SERVER}
_UNSENT = {
    "delivery ": UnsentKind.MOVED,
    "person ": UnsentKind.PERSON,
    "file-changed ": UnsentKind.CONTENT,
}
_ROWS = r"rows (([0-9]+)(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*)"
_RESOLUTIONS = {"rang": PLACED, "did-not-ring": NOT_PLACED}


@cache
def kept_columns(table: str) -> list[str]:
    """Return the columns of a table of this version that version 6 had too, without the checksum."""
    return [each for each in COLUMNS[table] if each not in ADDED_COLUMNS[table]]


class Conversion:
    """Converts all rows of a ledger, and checks them as they are checked when they are read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loads: dict[str, bool] = {}
        self._state: dict[str, Any] = {}
        self._counts: Counter[str] = Counter()

    def announce(self, found: Sequence[Any] | None) -> None:
        """Log how many records are converted, the result of RECORDS, if that takes long; the command prints it on stderr."""
        if found and (found[0] or 0) > _MANY_RECORDS:
            text = "upgrading the ledger `%s`: %d records; this is done once"
            logging.getLogger("cxcall").warning(text, self._name, found[0])

    def damage_error(self, detail: str) -> LastingLedgerError:
        """Return the error for a ledger with a damaged record."""
        return LastingLedgerError(
            f"the ledger `{self._name}` cannot be upgraded from version {VERSION}, because it is damaged: {detail}",
            "restore a backup; without a backup, leave the ledger where it is, and use cxcall 0.2.0, which checks a record "
            "only when it needs it",
        )

    def convert(self, table: str, row: Sequence[Any]) -> tuple[Any, ...]:
        """Return a row of version 6, with its checksum, as a row of this version; raises LedgerError if it is damaged."""
        *values, checksum = row
        former = FORMER_NAMES.get(table, table)
        if not is_intact(former, values, checksum):
            raise self.damage_error(f"a record of `{former}` does not match its checksum")
        found = dict(zip(kept_columns(table), values, strict=True))
        self._counts[table] += 1
        if table == "state":
            self._state = found
        if table == "delivery" and not self._loads.get(found["batch"], True):
            found["rows"] = ""  # of an ordinary batch, whose rows may have any name
        else:
            found |= _CHANGES[table](found)
        if table == "batch":
            self._loads[found["id"]] = bool(found["is_load"])
        return with_checksum(table, [found[each] for each in COLUMNS[table]])

    def check_counts(self) -> None:
        """Raise LedgerError if rows are missing, when all of them were converted."""
        if self._counts["state"] != 1:
            raise self.damage_error("its state is missing")
        if any(self._counts[table] != self._state[name] for table, name in LEDGER_COUNTS.items()):
            raise self.damage_error("records are missing")


def _split(text: str, starts: Mapping[str, StrEnum], other: StrEnum) -> tuple[str, str]:
    """Return the kind that the start of a text names, and the rest; `other` and the text if it names none."""
    for start, kind in starts.items():
        if text.startswith(start):
            return kind.value, text.removeprefix(start)
    return other.value, text


def _of_delivery(row: Mapping[str, Any]) -> dict[str, Any]:
    found = compile_pattern(_ROWS).fullmatch(row["key"])
    if found is None or found[2] != str(row["row"]):  # the name of one row
        return {"rows": ""}
    return {"rows": found[1], "key": ""}


def _of_event(row: Mapping[str, Any]) -> dict[str, Any]:
    timings = json.loads(row["timings"] or "{}")
    limit = timings.pop("limit", 0)
    return {
        "timings": json.dumps(timings) if timings else "",
        "time_limit": limit / 1000,
        "resolution": _RESOLUTIONS.get(row["resolution"], row["resolution"]),
    }


def _of_batch(row: Mapping[str, Any]) -> dict[str, Any]:
    given = row["given"].removeprefix("load:")
    return {"given": given, "is_load": int(given != row["given"])}


def _of_batch_end(row: Mapping[str, Any]) -> dict[str, Any]:
    kind, rest = _split(row["batch"], _BATCH_EVENTS, BatchEvent.ENDED)
    batch, _, value = rest.partition(" ")
    at = row["at"]
    if kind == BatchEvent.BEGAN:  # with the number of an event in place of the time
        at, value = 0.0, str(int(at))
    return {"batch": batch, "at": at, "kind": kind, "value": value}


def _kind_at(
    column: str, starts: Mapping[str, StrEnum], other: StrEnum
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that takes the kind of a row from the start of the text in a column."""

    def change(row: Mapping[str, Any]) -> dict[str, Any]:
        kind, text = _split(row[column], starts, other)
        return {"kind": kind, column: text}

    return change


_CHANGES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "delivery": _of_delivery,
    "event": _of_event,
    "batch": _of_batch,
    "batch_event": _of_batch_end,
    "decision": _kind_at("note", _DECISIONS, DecisionKind.ACCEPTED),
    "unsent": _kind_at("reason", _UNSENT, UnsentKind.NOT_SENT),
    "person": _kind_at("digest", {"key ": PersonKind.KEY}, PersonKind.PERSON),
    "state": lambda _row: {},
}
"""The functions that return the values of a row that are different in this version, by table."""

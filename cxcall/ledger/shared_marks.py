"""The facts that all machines that share a ledger must know, in rows of its table `decision`.

A machine whose marker shows that records are missing stops all machines, until a person accepts that. A machine
without a marker, such as a new container, detects it by the server: a promoted standby may lack the last
records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.ledger.schema import DecisionKind
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cxcall.ledger.checksummed_rows import LedgerRows


class SharedMarks(NamedTuple):
    """The facts that all machines know.

    `stop` is why calls are stopped, `server` where the ledger was, in the form of `LedgerDatabase.server`.
    `is_accepted` says that a person decided at some time to continue without records.
    """

    stop: str = ""
    server: str = ""
    is_accepted: bool = False


def read_marks(rows: LedgerRows) -> SharedMarks:
    """Return the last decision of each kind in a ledger."""
    marks = SharedMarks()
    for row in rows.select_table("decision", "ORDER BY number"):
        if row["kind"] == DecisionKind.STOP:
            marks = marks._replace(stop=str(row["note"]))
        elif row["kind"] == DecisionKind.SERVER:
            marks = marks._replace(server=str(row["note"]))
        else:
            marks = marks._replace(stop="", is_accepted=True)
    return marks


def shared_problem(marks: SharedMarks, name: str, server: str) -> str:
    """Return why a ledger on a server may lack records; empty if nothing shows that."""
    if marks.stop:
        return f"another machine found that records are missing: {marks.stop}"
    if marks.server and server and marks.server != server:
        return (
            f"the ledger `{name}` is not the same copy as before: a standby was promoted, or a backup restored,"
            " and its last records may be missing"
        )
    return ""

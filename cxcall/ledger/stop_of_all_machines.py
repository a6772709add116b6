"""What all machines that share a ledger must know, in rows of its table `decision`.

A machine whose marker shows that records are missing stops all machines, until a person accepts that. A machine
without a marker, such as a new container, notices by the server: one that was promoted from a standby may lack the
last records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cxcall.ledger.checksummed_rows import LedgerRows

STOP, SERVER = "stop: ", "server: "
"""How the notes begin that are no decision of a person: why all machines stop, and where the ledger is."""


class SharedMarks(NamedTuple):
    """What all machines know.

    `stop` is why calls are stopped, `server` where the ledger was, as `LedgerDatabase.server` names it. `is_accepted`:
    a person has decided at some time to go on without records.
    """

    stop: str = ""
    server: str = ""
    is_accepted: bool = False


def read_marks(rows: LedgerRows) -> SharedMarks:
    """Return what the decisions of a ledger say, the last one of each kind."""
    marks = SharedMarks()
    for row in rows.select_table("decision", "ORDER BY number"):
        note = str(row["note"])
        if note.startswith(STOP):
            marks = marks._replace(stop=note.removeprefix(STOP))
        elif note.startswith(SERVER):
            marks = marks._replace(server=note.removeprefix(SERVER))
        else:
            marks = marks._replace(stop="", is_accepted=True)
    return marks


def shared_problem(marks: SharedMarks, name: str, server: str) -> str:
    """Return why a ledger on a server may lack records; empty when nothing shows that."""
    if marks.stop:
        return f"another machine found that records are missing: {marks.stop}"
    if marks.server and server and marks.server != server:
        return (
            f"the ledger `{name}` is not the same copy as before: a standby was promoted, or a backup restored,"
            " and its last records may be missing"
        )
    return ""

"""Copy the ledger, or delete old deliveries: those that the duplicate guard or a limit of calls may need stay."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.ledger.errors import explain_errors
from cxcall.ledger.schema import CALLS_PERSON, FINISHED_BATCHES, SAME_RUN, BatchEvent, UnsentKind
from cxcall.phone.call_limit import LONGEST_PERIOD

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cxcall.ledger.boot_clock import BootTime
    from cxcall.ledger.checksummed_rows import LedgerRows
    from cxcall.ledger.database_interface import LedgerDatabase
    from cxcall.ledger.ledger import Ledger

# The rows of an unfinished batch are duplicates at any age, and so is what was sent since it began, or before by the same
# run. Calls to people count for a week, except those without TLS, which went to this machine.
# A load is kept forever, because its contacts stay in their list.
# `uptime` is the age within the same start of the machine, whatever the clock says.
_OLD = f"""
SELECT d.number AS number, d.id AS id, d.batch AS batch, coalesce(e.ended_at, d.at) AS at
FROM delivery d CROSS JOIN event e ON e.number = (SELECT max(number) FROM event WHERE delivery = d.number)
WHERE coalesce(e.ended_at, d.at) < :before AND (e.outcome <> 'unknown' OR e.resolution <> '')
    AND (d.batch = '' OR d.batch IN ({FINISHED_BATCHES}))
    AND coalesce(e.ended_at, d.at) < (SELECT coalesce(min(at) - {SAME_RUN}, :before) FROM batch
        WHERE is_load = 0 AND id NOT IN ({FINISHED_BATCHES}))
    AND d.batch NOT IN (SELECT id FROM batch WHERE is_load = 1)
    AND NOT (e.boot = :boot AND e.boot <> '' AND e.uptime > :uptime)
    AND NOT ((d.at >= :counted OR (e.boot = :boot AND e.boot <> '' AND e.uptime > :counted_uptime))
        AND substr(d.target, 1, 6) = 'https:' AND {CALLS_PERSON})
"""  # noqa: S608 - constants

_EMPTY_BATCH = f"""at < :before AND is_load = 0 AND id IN ({FINISHED_BATCHES})
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.batch = batch.id AND d.batch <> '')"""  # noqa: S608 - constants

# A batch is deleted as a whole, so that its report has all of its rows. What stopped a row of a batch is kept as long as this
# batch; batches that stopped rows of each other are deleted together.
_PRUNABLE = f"""
WITH RECURSIVE old AS ({_OLD}), complete AS (
    SELECT o.batch FROM (SELECT batch, count(*) AS deliveries FROM old GROUP BY batch) o
        JOIN (SELECT batch, count(*) AS deliveries FROM delivery GROUP BY batch) a
        ON a.batch = o.batch AND a.deliveries = o.deliveries
), stop AS (
    SELECT u.batch AS stopped, u.reason AS delivery, d.batch AS batch
    FROM unsent u JOIN delivery d ON d.id = u.reason WHERE u.kind = '{UnsentKind.DUPLICATE}'
), kept (batch) AS (
    SELECT id FROM batch WHERE id NOT IN (SELECT batch FROM complete) AND NOT ({_EMPTY_BATCH})
    UNION SELECT s.batch FROM kept k JOIN stop s ON s.stopped = k.batch WHERE s.batch <> ''
)
SELECT number, batch, at FROM old WHERE (batch = '' OR batch IN (SELECT batch FROM complete))
    AND batch NOT IN (SELECT batch FROM kept)
    AND id NOT IN (SELECT s.delivery FROM kept k JOIN stop s ON s.stopped = k.batch)
"""  # noqa: S608 - constants

_PRUNED = {
    "batches": f"DELETE FROM batch WHERE id IN (SELECT batch FROM pruned) OR ({_EMPTY_BATCH})",  # noqa: S608 - constants
    "people": "DELETE FROM person WHERE delivery IN (SELECT number FROM pruned)",
    "events": "DELETE FROM event WHERE delivery IN (SELECT number FROM pruned)",
    "deliveries": "DELETE FROM delivery WHERE number IN (SELECT number FROM pruned)",
}
"""Statements that delete the rows, by the number in the state that counts them."""

# `--resume` sends no request that was accepted since the batch began, by whatever command, or by the same run before.
_WITHOUT_HISTORY = f"""
SELECT id FROM batch WHERE at < (SELECT max(at) + {SAME_RUN} FROM pruned) AND is_load = 0
    AND id IN ({FINISHED_BATCHES}) AND id NOT IN (SELECT batch FROM batch_event WHERE kind = '{BatchEvent.PRUNED}')
"""  # noqa: S608 - constants

_PRUNE_UNSENT = f"""
DELETE FROM unsent WHERE batch NOT IN (SELECT id FROM batch)
    OR (at < :before AND batch IN ({FINISHED_BATCHES}) AND outcome <> 'unknown'
        AND batch IN (SELECT id FROM batch WHERE is_load = 1)
        AND kind = '{UnsentKind.NOT_SENT}')
"""  # noqa: S608 - constants


def prune_bounds(before: datetime, now: datetime, clock: BootTime) -> dict[str, Any]:
    """Return the parameters of the statements, for deliveries from before a time by either clock."""
    boot, uptime = clock
    return {
        "before": before.timestamp(),
        "boot": boot,
        "uptime": uptime - (now - before).total_seconds(),
        "now": now.timestamp(),
        "counted": now.timestamp() - LONGEST_PERIOD,
        "counted_uptime": uptime - LONGEST_PERIOD,
    }


def count_prunable(database: LedgerDatabase, bounds: dict[str, Any]) -> int:
    """Return how many deliveries may be deleted."""
    return int(database.run(f"SELECT count(*) FROM ({_PRUNABLE}) p", bounds).fetchone()[0])  # noqa: S608 - a constant


def prune_rows(database: LedgerDatabase, rows: LedgerRows, bounds: dict[str, Any]) -> int:
    """Delete the deliveries that may be deleted, within a transaction, and return their number."""
    run = database.run
    run("CREATE TEMP TABLE pruned (number INTEGER PRIMARY KEY, batch TEXT, at REAL)")
    run(f"INSERT INTO pruned {_PRUNABLE}", bounds)
    counts: dict[str, int] = {
        name: run(statement, bounds).rowcount for name, statement in _PRUNED.items()
    }
    for (batch,) in run(_WITHOUT_HISTORY).fetchall():
        event = {"batch": batch, "at": bounds["now"], "kind": BatchEvent.PRUNED, "value": ""}
        rows.insert("batch_event", **event)
    run("DROP TABLE pruned")
    run(_PRUNE_UNSENT, {"before": bounds["before"]})
    state = rows.state
    rows.state = state._replace(
        **{name: getattr(state, name) - count for name, count in counts.items()}
    )
    return counts["deliveries"]


def write_backup(ledger: Ledger, path: Path) -> int:
    """Copy the ledger to a new private file, check the copy, and return how many deliveries it has.

    The file appears under its name only when it is complete. Raises UsageError if it exists, and
    LedgerError if it cannot be written or the ledger is damaged.
    """
    if os.path.lexists(path):
        raise UsageError(
            f"`{path}` exists", where="FILE", fix="name a file that does not exist yet"
        )
    if ledger.is_shared:
        ledger.back_up(path)  # raises UsageError: the server's own programs do that
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        try:
            draft.touch(0o600)
        except OSError as error:
            raise UsageError(
                f"`{path}` cannot be created: {error.strerror}",
                where="FILE",
                fix="name a new file in a folder that exists, and that you can write to",
            ) from None
        with explain_errors(path):
            deliveries = ledger.back_up(draft)
            with draft.open("r+b") as file:
                os.fsync(file.fileno())
            draft.rename(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return deliveries

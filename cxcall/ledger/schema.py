"""The tables of the ledger."""

from __future__ import annotations

from enum import StrEnum

SCHEMA_VERSION = 8
APPLICATION_ID = 0x63786C67  # "cxlg": distinguishes a ledger from any other database


def select_statement(table: str, rest: str = "") -> str:
    """Return the statement that reads all columns of a table, with the checksum last."""
    return f"SELECT {columns_of(table, table)} FROM {table} {rest}"  # noqa: S608 - names of this file


def insert_statement(table: str) -> str:
    """Return the statement that adds a row with its checksum."""
    marks = ", ".join("?" * (len(COLUMNS[table]) + 1))
    names = ", ".join((*COLUMNS[table], "checksum"))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of this file


def columns_of(table: str, alias: str) -> str:
    """Return the columns of a table for a SELECT, with the checksum last."""
    return ", ".join(f"{alias}.{column}" for column in (*COLUMNS[table], "checksum"))


APPEND_ONLY_TABLES = ("delivery", "event", "person")


def trigger(table: str, verb: str) -> str:
    """Return the statement for the trigger that forbids a change of a table."""
    return (
        f"CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )


SAME_RUN = 12 * 3600
"""Seconds before the start of a batch in which an earlier, finished batch of the same file belongs to the same run."""


class EventKind(StrEnum):
    """The kinds of rows of `event`."""

    SENDING = "sending"
    """An attempt is about to be sent."""
    NOT_PROCESSED = "not-processed"
    """An attempt was provably not processed, and another one may follow."""
    ENDED = "ended"
    SPLIT = "split"
    """As ENDED, but other deliveries have the outcomes of its rows. A version that does not know them stops at this kind."""
    RESOLVED = "resolved"
    """A person found out whether a call was placed."""


class BatchEvent(StrEnum):
    """The kinds of rows of `batch_event`."""

    BEGAN = "began"
    """`value` is the number of the last event before the batch."""
    BEGAN_AGAIN = "began-again"
    """As BEGAN, with `--again`: what was sent before stops no row."""
    GUARDS = "guards"
    """`value` has the guards of the batch from now on, in JSON."""
    ENDED = "ended"
    REOPENED = "reopened"
    """The batch is unfinished again."""
    PRUNED = "pruned"
    """The batch cannot be resumed, because deliveries that it may need were deleted."""


class UnsentKind(StrEnum):
    """The kinds of rows of `unsent`: what a batch records about a row of its file, besides deliveries."""

    NOT_SENT = "not-sent"
    """`reason` says why the row was not sent."""
    DUPLICATE = "duplicate"
    """The delivery with the ID `reason` stopped a row as a duplicate: the row, found by its content, stays stopped."""
    MOVED = "moved"
    """Another batch sent the row: `reason` is the ID of its delivery."""
    PERSON = "person"
    """The row of a load was not confirmed; only in records of cxcall 0.2.0."""
    CONTENT = "content"
    """The file was changed; only in records of cxcall 0.2.0."""


class DecisionKind(StrEnum):
    """The kinds of rows of `decision`: what all machines that share a ledger must know."""

    ACCEPTED = "accepted"
    """A person decided to continue without the records that `note` says are missing."""
    STOP = "stop"
    """All machines stop, because of `note`."""
    SERVER = "server"
    """The ledger is on the server `note`, in the form of `LedgerDatabase.server`."""


class PersonKind(StrEnum):
    """The kinds of rows of `person`: what `digest` is a keyed digest of."""

    PERSON = "person"
    KEY = "key"
    """The key by which an API recognizes a repetition of the request; only in records of cxcall 0.2.0."""


KINDS = {
    "event": frozenset(EventKind),
    "batch_event": frozenset(BatchEvent),
    "unsent": frozenset(UnsentKind),
    "decision": frozenset(DecisionKind),
    "person": frozenset(PersonKind),
}
"""The kinds that this version knows, by table."""
CALLS_PERSON = f"""
EXISTS (SELECT 1 FROM person p WHERE p.delivery = d.number AND p.kind = '{PersonKind.PERSON}')
"""  # noqa: S608 - a constant
"""The condition that a person is recorded whom the delivery `d` calls."""
FINISHED_BATCHES = f"""
SELECT batch FROM batch_event WHERE kind = '{BatchEvent.ENDED}' AND number IN (
    SELECT max(number) FROM batch_event WHERE kind IN ('{BatchEvent.ENDED}', '{BatchEvent.REOPENED}') GROUP BY batch)
"""  # noqa: S608 - constants
"""The statement that selects the IDs of the finished batches."""

# Rows of deliveries and events are only inserted. The state of a delivery is its last event. Before
# each attempt an event says `unknown`, so a process that is killed while it sends leaves the
# delivery `unknown`.
#
# Each row has a checksum, and the values that the duplicate guard searches are in two indexes, whose
# results are compared: a damaged page cannot hide a delivery or its last event from both.
TABLES = (
    """CREATE TABLE delivery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, provenance TEXT NOT NULL,
        method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
        numbers TEXT NOT NULL, again INTEGER NOT NULL, batch TEXT NOT NULL, row INTEGER,
        key TEXT NOT NULL, rows TEXT NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE event (
        number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery,
        at REAL NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, engagement_id TEXT, correlation_id TEXT, resolution TEXT NOT NULL,
        ended_at REAL, note TEXT NOT NULL, boot TEXT NOT NULL, uptime REAL NOT NULL,
        code TEXT NOT NULL, message TEXT NOT NULL, timings TEXT NOT NULL,
        time_limit REAL NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE batch (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL,
        file TEXT NOT NULL, digest TEXT NOT NULL, given TEXT NOT NULL, rows INTEGER,
        key TEXT NOT NULL, is_load INTEGER NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE batch_event (
        number INTEGER PRIMARY KEY, batch TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
        value TEXT NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE decision (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, note TEXT NOT NULL, kind TEXT NOT NULL,
        checksum TEXT NOT NULL
    )""",
    """CREATE TABLE unsent (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, batch TEXT NOT NULL, row INTEGER NOT NULL,
        key TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
        kind TEXT NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE person (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, delivery INTEGER NOT NULL REFERENCES delivery,
        digest TEXT NOT NULL, kind TEXT NOT NULL, checksum TEXT NOT NULL
    )""",
    """CREATE TABLE state (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, generation INTEGER NOT NULL,
        last_delivery INTEGER NOT NULL, last_event INTEGER NOT NULL, last_batch INTEGER NOT NULL,
        last_batch_event INTEGER NOT NULL, last_decision INTEGER NOT NULL,
        deliveries INTEGER NOT NULL, events INTEGER NOT NULL, batches INTEGER NOT NULL,
        last_unsent INTEGER NOT NULL, last_person INTEGER NOT NULL, people INTEGER NOT NULL,
        checksum TEXT NOT NULL
    )""",
)
COLUMNS = {
    statement.split()[2]: tuple(
        column.split()[0] for column in statement.partition("(")[2].split(",")[:-1]
    )
    for statement in TABLES
}
"""The columns of each table, without the checksum that follows them."""
INDEXES = (
    "CREATE INDEX delivery_at ON delivery (at)",
    "CREATE INDEX delivery_digest ON delivery (digest)",
    "CREATE INDEX delivery_digest_at ON delivery (digest, at)",
    "CREATE INDEX delivery_operation ON delivery (operation, at)",
    "CREATE INDEX delivery_batch ON delivery (batch, digest) WHERE batch <> ''",
    "CREATE INDEX event_delivery ON event (delivery)",
    "CREATE INDEX event_delivery_at ON event (delivery, at)",
    "CREATE INDEX unsent_batch ON unsent (batch)",
    "CREATE INDEX person_digest ON person (digest, delivery)",
    "CREATE INDEX person_digest_at ON person (digest, at)",
    "CREATE INDEX person_delivery ON person (delivery)",
    "CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL",
    *(trigger(table, verb) for table in APPEND_ONLY_TABLES for verb in ("UPDATE", "DELETE")),
)
PRUNE_TRIGGERS = tuple(trigger(table, "DELETE") for table in APPEND_ONLY_TABLES)
EXPECTED = {*TABLES, *INDEXES}
"""The statements that `sqlite_master` must contain."""

END_COLUMNS = (
    "attempts status engagement_id correlation_id note ended_at boot uptime code message timings time_limit"
).split()
"""The columns that a resolved delivery keeps from its last event."""

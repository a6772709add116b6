"""The tables of the queue in PostgreSQL, and the statements on them."""

from __future__ import annotations

TABLES = (
    """CREATE TABLE IF NOT EXISTS queued_batch (
        batch text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), profile text NOT NULL,
        operation text NOT NULL, target text NOT NULL, options jsonb NOT NULL, ended_at timestamptz,
        cancelled_at timestamptz
    )""",
    """CREATE TABLE IF NOT EXISTS queued_row (
        batch text NOT NULL REFERENCES queued_batch ON DELETE CASCADE, number integer NOT NULL,
        state text NOT NULL DEFAULT 'todo' CHECK (state IN ('todo', 'claimed', 'sending', 'ended')),
        not_before timestamptz NOT NULL DEFAULT '-infinity', worker text, lease timestamptz, delivery text,
        outcome text, content text, PRIMARY KEY (batch, number),
        CHECK ((state = 'ended') = (outcome IS NOT NULL) AND (state = 'ended') = (content IS NULL)),
        CHECK ((state IN ('claimed', 'sending')) = (lease IS NOT NULL)),
        CHECK (state <> 'sending' OR delivery IS NOT NULL)
    ) WITH (fillfactor = 70)""",
    "CREATE SEQUENCE IF NOT EXISTS queued_claim",
    """CREATE INDEX IF NOT EXISTS queued_row_todo ON queued_row (batch, not_before, number)
        WHERE state = 'todo'""",
    """CREATE INDEX IF NOT EXISTS queued_row_held ON queued_row (worker, lease)
        WHERE state IN ('claimed', 'sending')""",
    """CREATE OR REPLACE FUNCTION queued_row_check() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state IN ('sending', 'ended') AND NEW.state NOT IN (OLD.state, 'ended')
            OR OLD.state = 'ended' AND OLD.outcome <> 'unknown' AND NEW.outcome <> OLD.outcome
        THEN RAISE EXCEPTION 'row % of batch % may have been sent: it is never free again', OLD.number, OLD.batch;
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE OR REPLACE TRIGGER queued_row_check BEFORE UPDATE ON queued_row
        FOR EACH ROW EXECUTE FUNCTION queued_row_check()""",
)
LOCK = 0x63787175
"""The key of the advisory lock for the creation of the tables."""

COLLECTED = "CREATE TEMP TABLE IF NOT EXISTS filled (number integer, content text); TRUNCATE filled"
ADD_BATCH = """
INSERT INTO queued_batch (batch, profile, operation, target, options) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
FORGET_ENDED = """
DELETE FROM queued_row WHERE batch = %(batch)s AND state = 'ended' AND (
    outcome = 'cancelled' OR number IN (SELECT number FROM filled)
)
"""
ADD_ROWS = "INSERT INTO queued_row (batch, number, content) SELECT %s, number, content FROM filled"
# Nothing before it locks the row of the batch: who cancels the batch needs that row while the guard waits for them.
# The target changes if a login has found another host of the tenant since the batch was queued first.
OPEN_BATCH = """
UPDATE queued_batch SET target = %s, options = %s, ended_at = NULL, cancelled_at = NULL WHERE batch = %s
"""

OPEN_BATCHES = """
SELECT batch, profile, operation, target, options FROM queued_batch
WHERE ended_at IS NULL AND cancelled_at IS NULL ORDER BY batch
"""
# `SKIP LOCKED` passes over the rows that other workers claim at the same time.
CLAIM = """
UPDATE queued_row r SET state = 'claimed', worker = %(worker)s::text || '/' || nextval('queued_claim'), lease = now() + %(lease)s
FROM (
    SELECT batch, number FROM queued_row
    WHERE batch = %(batch)s AND state = 'todo' AND not_before <= now() AND number <> ALL(%(held)s::integer[])
        AND EXISTS (SELECT FROM queued_batch b WHERE b.batch = %(batch)s AND b.cancelled_at IS NULL)
    ORDER BY not_before, number LIMIT %(count)s FOR UPDATE SKIP LOCKED
) next
WHERE r.batch = next.batch AND r.number = next.number
RETURNING r.batch, r.number, r.content, r.worker
"""
BEGIN_SENDING = """
UPDATE queued_row SET state = 'sending', delivery = %(delivery)s, lease = now() + %(lease)s
WHERE batch = %(batch)s AND number = %(number)s AND worker = %(worker)s AND lease > now()
    AND (state = 'claimed' OR state = 'sending' AND delivery = %(delivery)s
        AND EXISTS (SELECT FROM queued_batch b WHERE b.batch = queued_row.batch AND b.cancelled_at IS NULL))
"""
KEEP = """
UPDATE queued_row r SET lease = now() + %(lease)s
FROM unnest(%(batches)s::text[], %(numbers)s::integer[], %(workers)s::text[]) held (batch, number, worker)
WHERE r.batch = held.batch AND r.number = held.number AND r.worker = held.worker
    AND r.state IN ('claimed', 'sending') AND r.lease > now()
"""
GIVE_BACK = """
UPDATE queued_row SET state = 'todo', worker = NULL, lease = NULL, not_before = coalesce(%(not_before)s, not_before)
WHERE batch = %(batch)s AND number = %(number)s AND worker = %(worker)s AND state = 'claimed'
"""
END = """
UPDATE queued_row SET state = 'ended', outcome = %(outcome)s, content = NULL, lease = NULL
WHERE batch = %(batch)s AND number = %(number)s AND CASE %(delivery)s
    WHEN '' THEN state = 'claimed' AND worker = %(worker)s
    ELSE delivery = %(delivery)s AND (state = 'sending' OR outcome = 'unknown') END
"""
EXPIRE_CLAIMS = """
UPDATE queued_row SET state = 'todo', worker = NULL, lease = NULL WHERE state = 'claimed' AND lease <= now()
"""
EXPIRE_SENDING = """
UPDATE queued_row SET state = 'ended', outcome = 'unknown', content = NULL, lease = NULL
WHERE state = 'sending' AND lease <= now()
RETURNING batch, number
"""
CANCEL = """
UPDATE queued_row SET state = 'ended', outcome = 'cancelled', content = NULL, lease = NULL
WHERE batch = %(batch)s AND state IN ('todo', 'claimed')
"""
PRUNE = """
DELETE FROM queued_batch q WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = q.batch)
    AND NOT EXISTS (SELECT FROM queued_row r WHERE r.batch = q.batch AND (r.state <> 'ended' OR r.outcome = 'unknown'))
"""
COUNT = """
SELECT coalesce(outcome, CASE WHEN not_before > now() THEN 'waiting' ELSE state END), count(*)
FROM queued_row WHERE batch = %(batch)s GROUP BY 1
"""

DONE = """
WHERE batch = %(batch)s AND ended_at IS NULL AND cancelled_at IS NULL
    AND NOT EXISTS (SELECT FROM queued_row WHERE batch = %(batch)s AND state = 'todo')
    AND NOT EXISTS (SELECT FROM queued_row WHERE batch = %(batch)s AND state IN ('claimed', 'sending'))
"""
"""The condition for an open batch without rows to send."""

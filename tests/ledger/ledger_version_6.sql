-- The tables of a ledger of version 6, as cxcall 0.2.0 wrote them.
CREATE TABLE delivery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, provenance TEXT NOT NULL,
        method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
        numbers TEXT NOT NULL, again INTEGER NOT NULL, batch TEXT NOT NULL, row INTEGER,
        key TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE event (
        number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery,
        at REAL NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, engagement_id TEXT, correlation_id TEXT, resolution TEXT NOT NULL,
        ended_at REAL, note TEXT NOT NULL, boot TEXT NOT NULL, uptime REAL NOT NULL,
        code TEXT NOT NULL, message TEXT NOT NULL, timings TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE batch (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL,
        file TEXT NOT NULL, digest TEXT NOT NULL, given TEXT NOT NULL, rows INTEGER,
        key TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE batch_end (
        number INTEGER PRIMARY KEY, batch TEXT NOT NULL, at REAL NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE decision (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, note TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE unsent (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, batch TEXT NOT NULL, row INTEGER NOT NULL,
        key TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
        checksum TEXT NOT NULL
    );
CREATE TABLE person (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, delivery INTEGER NOT NULL REFERENCES delivery,
        digest TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE state (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, generation INTEGER NOT NULL,
        last_delivery INTEGER NOT NULL, last_event INTEGER NOT NULL, last_batch INTEGER NOT NULL,
        last_batch_end INTEGER NOT NULL, last_decision INTEGER NOT NULL,
        deliveries INTEGER NOT NULL, events INTEGER NOT NULL, batches INTEGER NOT NULL,
        last_unsent INTEGER NOT NULL, last_person INTEGER NOT NULL, people INTEGER NOT NULL,
        checksum TEXT NOT NULL
    );
CREATE INDEX delivery_at ON delivery (at);
CREATE INDEX delivery_digest ON delivery (digest);
CREATE INDEX delivery_digest_at ON delivery (digest, at);
CREATE INDEX delivery_operation ON delivery (operation, at);
CREATE INDEX delivery_batch ON delivery (batch, digest) WHERE batch <> '';
CREATE INDEX event_delivery ON event (delivery);
CREATE INDEX event_delivery_at ON event (delivery, at);
CREATE INDEX unsent_batch ON unsent (batch);
CREATE INDEX person_digest ON person (digest, delivery);
CREATE INDEX person_digest_at ON person (digest, at);
CREATE INDEX person_delivery ON person (delivery);
CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL;
CREATE TRIGGER delivery_UPDATE BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_UPDATE BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER person_UPDATE BEFORE UPDATE ON person BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER delivery_DELETE BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_DELETE BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER person_DELETE BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
PRAGMA application_id = 1668836455;
PRAGMA user_version = 6;

-- A ledger as the first release wrote it, with one delivery that is unknown.
PRAGMA application_id = 1668836455;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE delivery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, provenance TEXT NOT NULL,
        method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
        numbers TEXT NOT NULL, again INTEGER NOT NULL
    );
INSERT INTO "delivery" VALUES(1,'01M83T4CM0DATMCSYR',1795424400.0,'default','execute','community','POST','https://api.example.com/x','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','["+*******0100"]',0);
CREATE TABLE event (
        number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery,
        at REAL NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, engagement_id TEXT, correlation_id TEXT, resolution TEXT NOT NULL,
        ended_at REAL, note TEXT NOT NULL
    );
INSERT INTO "event" VALUES(1,1,1795424400.0,'sending',1,'unknown',NULL,NULL,NULL,'',NULL,'');
CREATE INDEX delivery_at ON delivery (at);
CREATE INDEX delivery_digest ON delivery (digest);
CREATE INDEX delivery_operation ON delivery (operation, at);
CREATE INDEX event_delivery ON event (delivery);
CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL;
CREATE TRIGGER delivery_UPDATE BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER delivery_DELETE BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_UPDATE BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_DELETE BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;

-- A ledger of version 4, as cxcall wrote it before it kept the codes, the messages, and the timings of responses.
PRAGMA application_id = 1668836455;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE batch (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL,
        file TEXT NOT NULL, digest TEXT NOT NULL, given TEXT NOT NULL, checksum TEXT NOT NULL
    );
INSERT INTO "batch" VALUES(1,'01M83T4DK8DPFYPJP9',1795424402.0,'main','execute','https://api.example.com','/tmp/calls.csv','d1gest','','653b16a94882ec0f');
CREATE TABLE batch_end (
        number INTEGER PRIMARY KEY, batch TEXT NOT NULL, at REAL NOT NULL, checksum TEXT NOT NULL
    );
INSERT INTO "batch_end" VALUES(1,'01M83T4DK8DPFYPJP9',1795424421.0,'16a45b577c62ade2');
CREATE TABLE decision (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, note TEXT NOT NULL, checksum TEXT NOT NULL
    );
CREATE TABLE delivery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, provenance TEXT NOT NULL,
        method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
        numbers TEXT NOT NULL, again INTEGER NOT NULL, batch TEXT NOT NULL, row INTEGER,
        checksum TEXT NOT NULL
    );
INSERT INTO "delivery" VALUES(1,'01M83T4FHR0FX01RPG',1795424405.0,'main','execute','community','POST','https://api.example.com/x','v2:4d19f1e5560b1fbba784a4916fe4b301ce75fb6305c524d5621f21973fc212ec','["+*******0100"]',0,'01M83T4DK8DPFYPJP9',1,'e6322f60a548add3');
INSERT INTO "delivery" VALUES(2,'01M83T4ND88WTM1QMH',1795424411.0,'main','execute','community','POST','https://api.example.com/x','v2:0158e0dc930aba42e3f4f8390c4a0d49f6f2d094552afb66370ea1958d75b723','["+*******0100"]',0,'01M83T4DK8DPFYPJP9',2,'773cb4353b776bb6');
INSERT INTO "delivery" VALUES(3,'01M83T4V8R366XPZ6A',1795424417.0,'main','execute','community','POST','https://api.example.com/x','v2:eb2efa5f7ed12ec52c083c1f32ac14fc7ef8d43ad618a765276ad9d0063db1f4','["+*******0100"]',0,'01M83T4DK8DPFYPJP9',3,'5afd7959fea1e3e5');
CREATE TABLE event (
        number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery,
        at REAL NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, engagement_id TEXT, correlation_id TEXT, resolution TEXT NOT NULL,
        ended_at REAL, note TEXT NOT NULL, boot TEXT NOT NULL, uptime REAL NOT NULL,
        checksum TEXT NOT NULL
    );
INSERT INTO "event" VALUES(1,1,1795424406.0,'sending',1,'unknown',NULL,NULL,NULL,'',NULL,'','boot',1.0,'7a0472203b7d65b0');
INSERT INTO "event" VALUES(2,1,1795424408.0,'ended',1,'accepted',201,'E1',NULL,'',1795424407.0,'','boot',1.0,'0bb5c7821f8ba609');
INSERT INTO "event" VALUES(3,2,1795424412.0,'sending',1,'unknown',NULL,NULL,NULL,'',NULL,'','boot',1.0,'4b112d9fd4e428be');
INSERT INTO "event" VALUES(4,2,1795424414.0,'ended',1,'refused',400,NULL,NULL,'',1795424413.0,'','boot',1.0,'85af777c15cfba84');
INSERT INTO "event" VALUES(5,3,1795424418.0,'sending',1,'unknown',NULL,NULL,NULL,'',NULL,'','boot',1.0,'6fec06f2e1be90b1');
INSERT INTO "event" VALUES(6,3,1795424420.0,'ended',1,'unknown',NULL,NULL,NULL,'',1795424419.0,'timed out','boot',1.0,'b90d6369e451d8de');
CREATE TABLE state (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, generation INTEGER NOT NULL,
        last_delivery INTEGER NOT NULL, last_event INTEGER NOT NULL, last_batch INTEGER NOT NULL,
        last_batch_end INTEGER NOT NULL, last_decision INTEGER NOT NULL,
        deliveries INTEGER NOT NULL, events INTEGER NOT NULL, batches INTEGER NOT NULL,
        checksum TEXT NOT NULL
    );
INSERT INTO "state" VALUES(1,'c412cba1a7c58be1',9,3,6,1,1,0,3,6,1,'11a892e14ec6592a');
CREATE INDEX delivery_at ON delivery (at);
CREATE INDEX delivery_digest ON delivery (digest);
CREATE INDEX delivery_digest_at ON delivery (digest, at);
CREATE INDEX delivery_operation ON delivery (operation, at);
CREATE INDEX delivery_batch ON delivery (batch, digest) WHERE batch <> '';
CREATE INDEX event_delivery ON event (delivery);
CREATE INDEX event_delivery_at ON event (delivery, at);
CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL;
CREATE TRIGGER delivery_UPDATE BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER delivery_DELETE BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_UPDATE BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER event_DELETE BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;

-- Alerts about tables. A check cannot be changed in SQLite, so both tables are made again; what they hold stays.

CREATE TABLE alerts_again (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- One of the four.
    pipeline TEXT,
    sink TEXT,
    schedule_id TEXT,
    -- The schedule's name when the alert opened.
    schedule_name TEXT,
    table_name TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'silenced', 'resolved')),
    reason TEXT NOT NULL,
    advice TEXT NOT NULL,
    since BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    resolved_at BIGINT,
    acknowledged_by TEXT,
    acknowledged_at BIGINT,
    silenced_until BIGINT,
    runs TEXT NOT NULL,
    object_keys TEXT NOT NULL,
    window_from BIGINT NOT NULL,
    window_to BIGINT NOT NULL,
    gone_since BIGINT,
    told_at BIGINT NOT NULL,
    told_weight BIGINT NOT NULL,
    past BIGINT NOT NULL DEFAULT 0 CHECK (past IN (0, 1)),
    CHECK ((CASE WHEN pipeline IS NULL THEN 0 ELSE 1 END) + (CASE WHEN sink IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN schedule_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN table_name IS NULL THEN 0 ELSE 1 END) = 1),
    CHECK ((schedule_id IS NULL) = (schedule_name IS NULL)),
    CHECK ((past = 1) = (resolved_at IS NOT NULL)),
    CHECK ((past = 1) = (state = 'resolved'))
);

INSERT INTO alerts_again (id, kind, pipeline, sink, schedule_id, schedule_name, state, reason, advice, since, opened_at, updated_at, resolved_at,
    acknowledged_by, acknowledged_at, silenced_until, runs, object_keys, window_from, window_to, gone_since, told_at,
    told_weight, past)
SELECT id, kind, pipeline, sink, schedule_id, schedule_name, state, reason, advice, since, opened_at, updated_at, resolved_at,
    acknowledged_by, acknowledged_at, silenced_until, runs, object_keys, window_from, window_to, gone_since, told_at,
    told_weight, past FROM alerts;

CREATE TABLE outbox_again (
    id TEXT NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL REFERENCES alerts_again (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL,
    what TEXT NOT NULL,
    alert TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL
);

INSERT INTO outbox_again (id, alert_id, receiver, what, alert, made_at, attempts, next_at)
SELECT id, alert_id, receiver, what, alert, made_at, attempts, next_at FROM outbox;

DROP TABLE outbox;
DROP TABLE alerts;
ALTER TABLE alerts_again RENAME TO alerts;
ALTER TABLE outbox_again RENAME TO outbox;

CREATE UNIQUE INDEX alerts_of_pipeline ON alerts (pipeline, kind) WHERE past = 0 AND pipeline IS NOT NULL;
CREATE UNIQUE INDEX alerts_of_sink ON alerts (sink, kind) WHERE past = 0 AND sink IS NOT NULL;
CREATE UNIQUE INDEX alerts_of_schedule ON alerts (schedule_id, kind) WHERE past = 0 AND schedule_id IS NOT NULL;
CREATE UNIQUE INDEX alerts_of_table ON alerts (table_name, kind) WHERE past = 0 AND table_name IS NOT NULL;
CREATE INDEX alerts_in_order ON alerts (past, id DESC);
CREATE INDEX alerts_of_pipeline_in_order ON alerts (pipeline, past, id DESC);
CREATE INDEX alerts_of_schedule_in_order ON alerts (schedule_id, past, id DESC);
CREATE INDEX alerts_of_table_in_order ON alerts (table_name, past, id DESC);
CREATE INDEX alerts_by_resolution ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX outbox_by_time ON outbox (next_at);
CREATE INDEX outbox_by_receiver ON outbox (receiver, alert_id, id);

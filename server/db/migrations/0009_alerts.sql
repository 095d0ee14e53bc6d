-- What is wrong, whom it was told, and how sinks took marked events. See src/alerts.

CREATE TABLE alerts (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- One of the two.
    pipeline TEXT,
    sink TEXT,
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
    -- JSON lists.
    runs TEXT NOT NULL,
    object_keys TEXT NOT NULL,
    window_from BIGINT NOT NULL,
    window_to BIGINT NOT NULL,
    -- What the evaluator must know to go on: since when the condition is gone, when people were told last, how bad it
    -- was then.
    gone_since BIGINT,
    told_at BIGINT NOT NULL,
    told_weight BIGINT NOT NULL,
    -- 1: resolved. Lists begin with what is not.
    past BIGINT NOT NULL DEFAULT 0 CHECK (past IN (0, 1)),
    CHECK ((pipeline IS NULL) <> (sink IS NULL)),
    CHECK ((past = 1) = (resolved_at IS NOT NULL)),
    CHECK ((past = 1) = (state = 'resolved'))
);

-- One unresolved alert of a kind.
CREATE UNIQUE INDEX alerts_of_pipeline ON alerts (pipeline, kind) WHERE past = 0 AND pipeline IS NOT NULL;
CREATE UNIQUE INDEX alerts_of_sink ON alerts (sink, kind) WHERE past = 0 AND sink IS NOT NULL;

CREATE INDEX alerts_in_order ON alerts (past, id DESC);
CREATE INDEX alerts_of_pipeline_in_order ON alerts (pipeline, past, id DESC);
CREATE INDEX alerts_by_resolution ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;

-- Who looks at conditions; one row.
CREATE TABLE evaluator (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    evaluated_at BIGINT
);

-- What receivers are to be told. Its id goes with every attempt, so that a receiver can tell a repeat.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL,
    what TEXT NOT NULL,
    -- The alert as it was then; JSON.
    alert TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- When to try next, which is also the fence of whoever tries.
    next_at BIGINT NOT NULL
);

CREATE INDEX outbox_by_time ON outbox (next_at);
CREATE INDEX outbox_by_receiver ON outbox (receiver, alert_id, id);

-- What came of attempts; they outlive what they tried.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    alert_id TEXT,
    receiver TEXT NOT NULL,
    at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    what TEXT NOT NULL,
    status BIGINT,
    error TEXT,
    took_ms BIGINT NOT NULL
);

CREATE INDEX deliveries_by_receiver ON deliveries (receiver, id DESC);
CREATE INDEX deliveries_by_alert ON deliveries (alert_id, id DESC) WHERE alert_id IS NOT NULL;

-- Marked events that were sent to sinks.
CREATE TABLE canaries (
    id TEXT NOT NULL PRIMARY KEY,
    sink TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    at BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    -- What proves its arrival.
    proof TEXT,
    error TEXT
);

CREATE INDEX canaries_by_sink ON canaries (sink, bytes, at DESC);

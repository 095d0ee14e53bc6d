-- What was shipped, object by object. A run is one of its origin (a job, what a pipeline's follower does, an invocation
-- of a function): of these there is one row a key, so that an object shipped again after a crash is no second run. See
-- src/runs.

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL,
    job_id TEXT REFERENCES jobs (id) ON DELETE CASCADE,
    pipeline TEXT,
    source TEXT NOT NULL,
    request_id TEXT,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    memory_mb BIGINT,
    store TEXT,
    bucket TEXT,
    object_key BYTEA,
    etag TEXT,
    size BIGINT,
    -- The one of the configuration that it was sent to: what one sink has, another may lack.
    sink TEXT,
    -- From the summary, for charts.
    lines BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    -- 1: all that the object holds within the window is where it belongs. Without a window: all that it holds.
    whole BIGINT NOT NULL DEFAULT 0 CHECK (whole IN (0, 1)),
    -- 1: another try may bring more: events were given up, or the object broke off.
    again BIGINT NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
    window_from BIGINT,
    window_to BIGINT,
    summary TEXT
);

CREATE UNIQUE INDEX runs_by_origin ON runs (origin, object_key);

-- Lists: newest first, each filter in the order of time.
CREATE INDEX runs_by_time ON runs (started_at, id);
CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at, id);
CREATE INDEX runs_by_outcome ON runs (outcome, started_at, id);
CREATE INDEX runs_by_pipeline_and_outcome ON runs (pipeline, outcome, started_at, id);
CREATE INDEX runs_by_key ON runs (object_key, started_at, id);
CREATE INDEX runs_by_job ON runs (job_id, started_at, id) WHERE job_id IS NOT NULL;
CREATE INDEX runs_by_request ON runs (request_id) WHERE request_id IS NOT NULL;

-- What was delivered.
CREATE INDEX runs_by_object ON runs (pipeline, bucket, object_key, etag, whole, again);

-- Pipelines that Logyard follows: who does it, and what it saw when it looked last.
CREATE TABLE followers (
    pipeline TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- Objects written before are not its business.
    since BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    waiting BIGINT NOT NULL DEFAULT 0,
    oldest BIGINT,
    error TEXT
);

-- Plans of reprocesses, beside those of mirrors.
ALTER TABLE plans ADD COLUMN kind TEXT NOT NULL DEFAULT 'clone';

-- One text for SQLite and PostgreSQL. Times are Unix milliseconds, ids UUIDv7 as text: their hyphens stand at fixed
-- places, so that every collation sorts them alike, by time of creation. Keys are bytes: see src/failures.rs.

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
    spec TEXT NOT NULL,
    author TEXT NOT NULL,
    source_store TEXT NOT NULL,
    source_bucket TEXT NOT NULL,
    destination_store TEXT NOT NULL,
    destination_bucket TEXT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    holder TEXT,
    lease_until BIGINT,
    stopping TEXT,
    revision BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    updated_at BIGINT NOT NULL,
    progress TEXT NOT NULL DEFAULT '{}',
    -- From progress, for what only jobs with failed objects allow.
    failed_objects BIGINT NOT NULL DEFAULT 0,
    proof TEXT,
    error TEXT,
    checkpoint TEXT,
    history TEXT NOT NULL DEFAULT '[]',
    -- Title, author and id, and apart from them the error's message, in small letters: what a search reads.
    search_text TEXT NOT NULL,
    search_error TEXT NOT NULL DEFAULT '',
    idempotency_key TEXT,
    request_hash TEXT,
    CHECK (state <> 'succeeded' OR proof IS NOT NULL),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);

-- Lists: every filter walks one of these in the order of ids, and the columns after the id answer what else is asked,
-- so that a walk that finds nothing does not read the rows. See src/filter.rs.
CREATE INDEX jobs_by_state ON jobs (state, id, source_store, destination_store); -- also the queue, for claims
CREATE INDEX jobs_by_author ON jobs (author, state, id, source_store, destination_store);
CREATE INDEX jobs_by_source_store ON jobs (source_store, state, id);
CREATE INDEX jobs_by_destination_store ON jobs (destination_store, state, id, source_store);
CREATE INDEX jobs_by_source_bucket
    ON jobs (source_bucket, state, id, author, source_store, destination_store);
CREATE INDEX jobs_by_destination_bucket
    ON jobs (destination_bucket, state, id, source_bucket, author, source_store, destination_store);

CREATE INDEX jobs_by_end ON jobs (state, ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_by_change ON jobs (updated_at, id);

-- Claims: running jobs by when their lease expires.
CREATE INDEX jobs_leased ON jobs (lease_until, source_store, destination_store) WHERE lease_until IS NOT NULL;

CREATE UNIQUE INDEX jobs_by_idempotency ON jobs (author, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE failures (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    object_key BYTEA NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    -- 1 from "retry what failed" until the key is recorded or mended again.
    retry BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, object_key)
);

CREATE INDEX failures_by_reason ON failures (job_id, reason, object_key);

CREATE TABLE events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE sessions (
    hash BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

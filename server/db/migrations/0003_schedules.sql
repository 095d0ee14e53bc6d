-- Clones that are started again and again. A schedule's next times are its fence: whoever starts a job for one of them
-- moves it on in the same transaction, so that it is started once, whoever comes first.

CREATE TABLE schedules (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    cron TEXT NOT NULL,
    verify_cron TEXT,
    zone TEXT NOT NULL,
    spec TEXT NOT NULL,
    author TEXT NOT NULL,
    enabled BIGINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_at BIGINT NOT NULL,
    next_at BIGINT,
    verify_next_at BIGINT,
    -- The job started last: while it has not ended, no other is started.
    job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
    -- What came of the last of its times.
    last TEXT,
    CHECK (enabled = 1 OR (next_at IS NULL AND verify_next_at IS NULL)),
    CHECK (verify_cron IS NOT NULL OR verify_next_at IS NULL)
);

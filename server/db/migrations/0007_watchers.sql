-- Pipelines whose function's log group is read: who does it, how far, and how it went. See src/watchers.rs.

CREATE TABLE watchers (
    pipeline TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- Events from here on are read next: all before it are in the runs.
    read_from BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    behind_ms BIGINT NOT NULL,
    error TEXT,
    failing_since BIGINT
);

-- How much of an invocation a reading saw, and what it made of that. A reading that saw less takes no other's place,
-- and one that says the same changes nothing.
ALTER TABLE runs ADD COLUMN known BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN verdict TEXT;

CREATE UNIQUE INDEX runs_by_invocation ON runs (pipeline, request_id) WHERE source = 'lambda';

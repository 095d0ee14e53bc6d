-- Tables that are kept in step with a remote copy: who does it, how they stand, what was asked and done. See src/syncs.

CREATE TABLE syncs (
    table_name TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('logyard', 'agent')),
    -- As JSON; what the other columns hold is taken from them.
    status TEXT NOT NULL,
    -- Who looked last. Held while lease_until is not 0; heard of lately until heard_until.
    holder TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    heard_until BIGINT NOT NULL DEFAULT 0,
    paused BIGINT NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    -- What the next evaluation goes on from; what the last one came to.
    checkpoint TEXT,
    verdict TEXT,
    -- JSON lists.
    key_map TEXT NOT NULL DEFAULT '[]',
    quarantine TEXT NOT NULL DEFAULT '[]',
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1
);

CREATE INDEX syncs_by_change ON syncs (updated_at);

-- What people asked, until an evaluation has answered it.
CREATE TABLE sync_asks (
    id TEXT NOT NULL PRIMARY KEY,
    table_name TEXT NOT NULL REFERENCES syncs (table_name) ON DELETE CASCADE,
    -- JSON.
    action TEXT NOT NULL,
    author TEXT NOT NULL,
    -- 1: a holder has read it. What is asked after that is for the next.
    taken BIGINT NOT NULL DEFAULT 0 CHECK (taken IN (0, 1))
);

CREATE INDEX sync_asks_by_table ON sync_asks (table_name, id);

-- What was done, minute by minute; those in which nothing was have no row.
CREATE TABLE sync_minutes (
    table_name TEXT NOT NULL REFERENCES syncs (table_name) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    uploaded BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    found BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    bytes_sent BIGINT NOT NULL,
    bytes_received BIGINT NOT NULL,
    local_rows BIGINT NOT NULL,
    remote_rows BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    PRIMARY KEY (table_name, at)
);

CREATE INDEX sync_minutes_by_time ON sync_minutes (at);

-- Evaluations that are worth remembering.
CREATE TABLE sync_evaluations (
    id TEXT NOT NULL PRIMARY KEY,
    table_name TEXT NOT NULL REFERENCES syncs (table_name) ON DELETE CASCADE,
    ended_at BIGINT NOT NULL,
    -- JSON.
    evaluation TEXT NOT NULL
);

CREATE INDEX sync_evaluations_by_table ON sync_evaluations (table_name, id DESC);
CREATE INDEX sync_evaluations_by_time ON sync_evaluations (ended_at);

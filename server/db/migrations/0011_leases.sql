-- Who runs which background task, and how its last round went. See src/task_leases.rs.
--
-- The lease columns of five tables move here. They are dropped, so that a process of an earlier version, which knows
-- nothing of this table, writes nothing any more.

CREATE TABLE leases (
    task TEXT NOT NULL,
    -- The pipeline, table or sink; `all` where a task has one lease only.
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    -- Unix milliseconds; 0: given back.
    until BIGINT NOT NULL,
    last_round_at BIGINT,
    -- Why the last round failed.
    last_error TEXT,
    PRIMARY KEY (task, key)
);

INSERT INTO leases (task, key, holder, until) SELECT 'follow', pipeline, holder, lease_until FROM followers;
INSERT INTO leases (task, key, holder, until) SELECT 'read_logs', pipeline, holder, lease_until FROM watchers;
INSERT INTO leases (task, key, holder, until) SELECT 'reconcile', pipeline, holder, lease_until FROM reconcilers;
INSERT INTO leases (task, key, holder, until) SELECT 'evaluate', 'all', holder, lease_until FROM evaluator;
INSERT INTO leases (task, key, holder, until)
    SELECT 'sync', table_name, holder, lease_until FROM syncs WHERE source = 'logyard' AND holder IS NOT NULL;

ALTER TABLE followers DROP COLUMN holder;
ALTER TABLE followers DROP COLUMN lease_until;
ALTER TABLE watchers DROP COLUMN holder;
ALTER TABLE watchers DROP COLUMN lease_until;
ALTER TABLE reconcilers DROP COLUMN holder;
ALTER TABLE reconcilers DROP COLUMN lease_until;
ALTER TABLE evaluator DROP COLUMN holder;
ALTER TABLE evaluator DROP COLUMN lease_until;
-- `syncs.holder` stays: it also names the agent that reports a table.
ALTER TABLE syncs DROP COLUMN lease_until;

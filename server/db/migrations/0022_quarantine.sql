-- Rows that a copy refuses: a row each, where they were part of a checkpoint that is written every second. Those of
-- older checkpoints move here with the next evaluation.

CREATE TABLE sync_quarantine (
    table_name TEXT NOT NULL REFERENCES syncs (table_name) ON DELETE CASCADE,
    row_key TEXT NOT NULL,
    -- As pages show it, and as the engine goes on from it; both JSON.
    shown TEXT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (table_name, row_key)
);

ALTER TABLE syncs DROP COLUMN quarantine;

-- Plans of mirrors: what previews showed, kept for as long as they may be confirmed, and a day to look back at. The id
-- is the plan's digest, so that the same preview is one row. See src/plans.rs.

CREATE TABLE plans (
    id TEXT NOT NULL PRIMARY KEY,
    spec TEXT NOT NULL,
    preview TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX plans_by_age ON plans (created_at);

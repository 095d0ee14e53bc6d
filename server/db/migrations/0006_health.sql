-- What is said of runs that functions did, and what charts and health are made of. See src/runs.

ALTER TABLE runs ADD COLUMN parsed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN delivered BIGINT NOT NULL DEFAULT 0;
-- JSON: what the platform says of an invocation.
ALTER TABLE runs ADD COLUMN invocation TEXT;
-- The summary as the shipper logged it, where that is not Logyard's own shape.
ALTER TABLE runs ADD COLUMN logged TEXT;
-- JSON: the lines that the outcome rests on.
ALTER TABLE runs ADD COLUMN evidence TEXT;

-- As near as what was kept comes: a failure was of parsing far more often than of sending.
UPDATE runs SET parsed = lines - failures, delivered = lines - failures WHERE lines >= failures;

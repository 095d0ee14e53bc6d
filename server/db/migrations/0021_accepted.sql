-- Who accepted that a run is incomplete, when, and why: what it lacks can be brought by no run.
ALTER TABLE runs ADD COLUMN accepted_at BIGINT;
ALTER TABLE runs ADD COLUMN accepted_by TEXT;
ALTER TABLE runs ADD COLUMN accepted_note TEXT;

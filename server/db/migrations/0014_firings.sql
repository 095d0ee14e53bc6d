-- What became of each due time of a schedule, and of each start by hand. See src/schedules/firings.rs.

CREATE TABLE firings (
    id TEXT NOT NULL PRIMARY KEY,
    schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    -- The firing as JSON.
    fired TEXT NOT NULL
);

CREATE INDEX firings_of_schedule ON firings (schedule_id, id DESC);

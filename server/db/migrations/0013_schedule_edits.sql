-- Schedules that can be edited. The revision grows with every edit, and an edit names the one that it is based on, so
-- that of two people who edit at once the second is told. See src/schedules/edit.rs.

ALTER TABLE schedules ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE schedules ADD COLUMN edited_by TEXT;
ALTER TABLE schedules ADD COLUMN edited_at BIGINT;

-- The standing consent of a schedule that mirrors: how much one firing may delete, who gave it, and when; JSON.

ALTER TABLE schedules ADD COLUMN consent TEXT;

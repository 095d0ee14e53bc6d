-- Objects that a follower could not ship completely and tries again, and why the last of them failed.
ALTER TABLE followers ADD COLUMN retrying BIGINT NOT NULL DEFAULT 0;
ALTER TABLE followers ADD COLUMN retrying_because TEXT;

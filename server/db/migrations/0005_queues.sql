-- What a follower saw in the queue of its pipeline; JSON.
ALTER TABLE followers ADD COLUMN queue TEXT;

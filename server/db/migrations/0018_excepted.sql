-- Of the complete objects of an interval, those with records that are dead letters because no run can bring them: they
-- cannot be parsed, or the sink refuses them.
ALTER TABLE reconciled ADD COLUMN excepted BIGINT NOT NULL DEFAULT 0;
DROP INDEX reconciled_by_time;
CREATE INDEX reconciled_by_time ON reconciled (pipeline, start_at, objects, twice, excepted);

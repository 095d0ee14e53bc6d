-- What charts, tiles and costs are made of: sums over runs, in stretches of three widths. A row is of one pipeline, one
-- outcome and one job, so that each of these may be asked for, and so that the sums of a job go when it goes, with its
-- runs. See src/sums.

CREATE TABLE run_sums (
    -- Milliseconds: five minutes, an hour, a day.
    width BIGINT NOT NULL,
    -- A multiple of the width.
    start_at BIGINT NOT NULL,
    -- Empty: of no pipeline.
    pipeline TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- The job's id once more, empty where there is none: a key holds no NULL.
    part_of TEXT NOT NULL,
    job_id TEXT REFERENCES jobs (id) ON DELETE CASCADE,
    runs BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    parsed BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    -- Of invocations: how many they were, what they are paid for, the same times the memory that they were given, and
    -- how many began cold.
    invocations BIGINT NOT NULL,
    billed_ms BIGINT NOT NULL,
    billed_mb_ms BIGINT NOT NULL,
    cold_starts BIGINT NOT NULL,
    PRIMARY KEY (width, start_at, pipeline, outcome, part_of)
);

CREATE INDEX run_sums_by_pipeline ON run_sums (pipeline, width, start_at);
CREATE INDEX run_sums_by_job ON run_sums (job_id, width, start_at) WHERE job_id IS NOT NULL;

-- Of runs recorded before there were sums. None of them was an invocation.
INSERT INTO run_sums
SELECT widths.width, started_at / widths.width * widths.width, COALESCE(pipeline, ''), outcome, COALESCE(job_id, ''),
    MAX(job_id), COUNT(*), SUM(lines), SUM(parsed), SUM(delivered), SUM(failures), SUM(duration_ms), 0, 0, 0, 0
FROM runs
CROSS JOIN (SELECT 300000 AS width UNION ALL SELECT 3600000 UNION ALL SELECT 86400000) AS widths
GROUP BY widths.width, started_at / widths.width * widths.width, COALESCE(pipeline, ''), outcome, COALESCE(job_id, '');

-- Runs that began before are forgotten, and not recorded again: they are in the sums.
CREATE TABLE swept (
    -- Empty: of all pipelines.
    pipeline TEXT NOT NULL PRIMARY KEY,
    before BIGINT NOT NULL
);

-- Percentiles are read from the index alone.
DROP INDEX runs_by_pipeline;
CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at, id, duration_ms, memory_mb);

-- Who holds the log objects of a pipeline against its runs, and how the last look went. See src/reconciled.
CREATE TABLE reconcilers (
    pipeline TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- Objects written before are not its business.
    since BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    -- To the end.
    listed_at BIGINT,
    error TEXT,
    -- When the oldest object was written that waits, and is too young to be missed.
    waiting_since BIGINT
);

-- Log objects by the five minutes that they cover.
CREATE TABLE reconciled (
    pipeline TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    twice BIGINT NOT NULL,
    PRIMARY KEY (pipeline, start_at)
);

CREATE INDEX reconciled_by_time ON reconciled (pipeline, start_at, objects, twice);

-- Those of them that are not whole where they belong.
CREATE TABLE gaps (
    pipeline TEXT NOT NULL,
    object_key BYTEA NOT NULL,
    start_at BIGINT NOT NULL,
    etag TEXT,
    size BIGINT NOT NULL,
    written_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    run_id TEXT,
    PRIMARY KEY (pipeline, object_key)
);

CREATE INDEX gaps_by_time ON gaps (pipeline, start_at, kind);
CREATE INDEX gaps_by_age ON gaps (pipeline, written_at);
CREATE INDEX gaps_by_kind ON gaps (pipeline, kind, written_at);

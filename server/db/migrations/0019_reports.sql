-- Completion reports of clones, in pieces as they were made. See src/reports.rs.

CREATE TABLE reports (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    -- Lines of JSON, compressed with gzip: a member of its own, so that pieces in a row are one file.
    lines BYTEA NOT NULL,
    PRIMARY KEY (job_id, id)
);

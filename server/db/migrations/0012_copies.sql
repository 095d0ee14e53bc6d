-- Copies on record whose ETag is not that of their source, so that later runs do not copy them again. See src/copies.rs.

CREATE TABLE copies (
    -- A digest of both endpoints and buckets.
    places BYTEA NOT NULL,
    id TEXT NOT NULL,
    -- Records of fixed length, one after another.
    records BYTEA NOT NULL,
    PRIMARY KEY (places, id)
);

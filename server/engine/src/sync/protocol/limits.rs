//! Limits of the protocol. A server refuses a request beyond them; the client splits it into several.

/// Most spans to split in one request for summaries.
pub const MAX_SPLIT_SPANS: usize = 512;

/// Most spans in one request for contents.
pub const MAX_CONTENT_SPANS: usize = 64;

/// Most rows with digests in one answer; rows of one version are never separated.
pub const MAX_CONTENT_ROWS: usize = 131_072;

/// Most columns in one request for contents; databases have fewer.
pub const MAX_COLUMNS: usize = 4_096;

/// Most spans in any other request.
pub const MAX_SPANS: usize = 4_096;

/// Most rows in the lists of one answer, and in a page.
pub const MAX_LISTED_ROWS: usize = 16_384;

/// Rows in a page without `limit`.
pub const DEFAULT_PAGE_ROWS: usize = 1_000;

/// Most rows in one upload.
pub const MAX_UPLOAD_ROWS: usize = 5_000;

/// Most rows in one request to delete.
pub const MAX_DELETE_ROWS: usize = 16_384;

/// Largest request body in bytes, both as sent and decompressed.
pub const MAX_REQUEST_BYTES: usize = 8 << 20;

/// Largest answer in bytes that the client reads, both as sent and decompressed.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Smallest body in bytes that is compressed.
pub const MIN_COMPRESSED_BYTES: usize = 1_024;

/// Longest reason for a refused row, in characters.
pub const MAX_REFUSAL_CHARACTERS: usize = 500;

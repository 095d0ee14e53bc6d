//! What a request may hold. A server refuses more; a client of ours asks for more in several requests.

/// Spans to split in one request for summaries.
pub const MAX_SPLIT_SPANS: usize = 512;

/// Spans in any other request.
pub const MAX_SPANS: usize = 4_096;

/// Rows in the lists of one answer, and the most that may be asked of a page.
pub const MAX_LISTED_ROWS: usize = 16_384;

/// Of a page, unless `limit` says otherwise.
pub const DEFAULT_PAGE_ROWS: usize = 1_000;

/// Rows in one upload.
pub const MAX_UPLOAD_ROWS: usize = 5_000;

/// Rows in one request to delete.
pub const MAX_DELETE_ROWS: usize = 16_384;

/// Bytes of a request's body, both as it travels and decompressed.
pub const MAX_REQUEST_BYTES: usize = 8 << 20;

/// Bytes of an answer that a client of ours reads, both as it travels and decompressed.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Bodies that are smaller travel as they are.
pub const MIN_COMPRESSED_BYTES: usize = 1_024;

/// Characters of a row's refusal.
pub const MAX_REFUSAL_CHARACTERS: usize = 500;

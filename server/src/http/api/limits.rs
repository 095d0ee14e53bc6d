//! The limits of the API, in one place, so that what is enforced is what `GET /api/v1` states.

use std::time::Duration;

/// Of a request's body.
pub const BODY_BYTES: usize = 64 * 1_024;

/// Until an answer begins. What is streamed afterwards (events, failures) may take longer.
pub const REQUEST: Duration = Duration::from_secs(30);

/// Of a preview.
pub const PREVIEW: Duration = Duration::from_secs(10);

/// Of a mirror's, which must read both listings to their ends; shorter than [`REQUEST`], as starting it takes one more.
pub const PREVIEW_OF_A_MIRROR: Duration = Duration::from_secs(25);

/// Jobs on a page of a list, unless `limit` says otherwise.
pub const PAGE: u32 = 50;
pub const PAGE_MOST: u32 = 200;

/// Live streams open at once.
pub const STREAMS: usize = 256;

/// A live stream ends after this long; the client connects again, and a session that has expired ends with it.
pub const STREAM: Duration = Duration::from_hours(1);

/// Characters of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY: usize = 128;

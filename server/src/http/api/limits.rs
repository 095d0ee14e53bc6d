//! The limits of the API, in one place: `GET /api/v1` states the limits that are enforced.

use std::time::Duration;

/// Longest body of a request, in bytes.
pub const BODY_BYTES: usize = 64 * 1_024;

/// Longest time until an answer begins. A stream (events, failures) may then go on for longer.
pub const REQUEST: Duration = Duration::from_secs(30);

/// Longest time of a preview.
pub const PREVIEW: Duration = Duration::from_secs(10);

/// Longest time of a mirror's preview, which needs complete listings. Shorter than [`REQUEST`], because starting a
/// mirror takes another preview.
pub const MIRROR_PREVIEW: Duration = Duration::from_secs(25);

/// Default length of a page of a list.
pub const PAGE: u32 = 50;
/// Longest page of a list.
pub const PAGE_MOST: u32 = 200;

/// Most live streams open at once.
pub const STREAMS: usize = 256;

/// Longest duration of a live stream. The client then connects again, unless its session has expired.
pub const STREAM: Duration = Duration::from_hours(1);

/// Longest `Idempotency-Key`, in characters.
pub const IDEMPOTENCY_KEY: usize = 128;

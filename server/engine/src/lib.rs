//! The engines: what clones and ships, and what tells of it. No web, no SQL; usable and testable alone.

pub mod alerts;
pub mod clone;
pub mod logs;
pub mod notify;
pub mod recurrence;
pub mod runs;
pub mod s3;
pub mod ship;
pub mod sync;

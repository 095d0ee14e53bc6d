//! The engines: what clones, ships and syncs. No web, no SQL; usable and testable alone.

pub mod clone;
pub mod s3;
pub mod ship;
pub mod sync;

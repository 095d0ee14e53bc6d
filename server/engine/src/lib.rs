//! The engines: what clones, ships and syncs, and what judges and reports it. No web, no SQL; usable and testable alone.
//!
//! Always: engines do not import one another. What several need lies beside them: connections ([`s3`], [`logs`]), listings
//! ([`listing`]), ceilings and rates ([`limit`]), log objects, HTTP connections, credentials, TLS, and the clock.

pub mod alerts;
pub mod clock;
pub mod clone;
mod connect;
mod credentials;
pub mod limit;
pub mod listing;
mod log_event;
mod log_object;
pub mod logs;
pub mod notify;
pub mod recurrence;
pub mod runs;
pub mod s3;
pub mod ship;
pub mod sync;
pub mod tls;

//! Jobs of any kind: runners, and the hub that publishes their changes.

pub mod hub;
mod report;
pub mod runner;

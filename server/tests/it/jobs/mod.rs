//! What holds for jobs of any kind: runners, and what follows them.

pub mod hub;
pub mod runner;

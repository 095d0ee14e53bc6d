//! Schedules: the API, edits and history, mirrors, the scheduler, and the pages.

pub mod edits;
pub mod mirrors;
pub mod pages;
pub mod scheduler;

//! Schedules: the API, edits and history, the scheduler, and the pages.

pub mod edits;
pub mod pages;
pub mod scheduler;

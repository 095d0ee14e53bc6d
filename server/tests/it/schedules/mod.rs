//! Schedules: the API, the scheduler, and the pages.

pub mod pages;
pub mod scheduler;

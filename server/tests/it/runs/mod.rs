//! Runs of shippers: read from logs, imported, summed up, and compared with the log objects.

pub mod health;
pub mod health_pages;
pub mod import;
pub mod log_reader;
pub mod log_reader_faults;
pub mod reconciler;

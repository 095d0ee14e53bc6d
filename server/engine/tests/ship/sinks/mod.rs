//! Tests of the sinks: against third-party receivers where available, and against doubles for faults and for protocols
//! whose receivers cannot run in tests.

mod bulk;
mod bulk_receiver;
mod certificates;
mod events;
mod file;
mod limits;
mod lumberjack;
mod lumberjack_receiver;
mod rsyslog;
mod tcp;
mod tcp_faults;
mod tcp_receiver;
mod ways;

//! The promises of the sinks, against receivers nobody here wrote where there are any, and against doubles for faults
//! and for protocols whose receivers do not run here.

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

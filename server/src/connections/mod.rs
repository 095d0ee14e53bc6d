//! Connections: handles to everything outside the process except Logyard's own database.
//!
//! - `stores`: S3 endpoints; `sinks`: receivers of events; `log_groups`: CloudWatch Logs
//! - `tables`: both ends of synced tables; `receivers`: webhooks and topics for alerts
//! - `ledger`: the recorded deliveries, as the shipping engine queries them; `dead_letters`: their files
//!
//! Always: what is opened is opened once a process, so that its limits hold for everything that uses it.

pub mod dead_letters;
pub mod ledger;
pub mod log_groups;
pub mod receivers;
pub mod sinks;
pub mod stores;
pub mod tables;
pub mod transforms;

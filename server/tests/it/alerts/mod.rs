//! Alerts: from a failed run to a notified receiver.

pub mod canaries;
pub mod delivery;
pub mod double_trigger;
pub mod schedules;
pub mod story;
pub mod tables;
pub mod webhook_tls;

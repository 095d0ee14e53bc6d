//! Alerts: from what goes wrong to who is notified.

pub mod canaries;
pub mod delivery;
pub mod double_trigger;
pub mod story;
pub mod webhook_tls;

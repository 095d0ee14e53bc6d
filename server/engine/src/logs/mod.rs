//! Reads log groups of CloudWatch: the events that functions logged, page by page.
//!
//! One API call is enough, `FilterLogEvents`, which reads all streams of a group in the order of time. It allows few
//! requests a second for a whole account, so all groups of a process share one
//! [`AdaptiveLimiter`](crate::limit::AdaptiveLimiter).
//!
//! Always: a page without events is not the end while it has a token. An error is returned, never taken for silence.

mod client;
mod console;
mod error;
mod templates;

pub use self::{
    client::{Logs, Page, Place, Stretch},
    console::console,
    error::{LogsError, LogsFault},
    templates::Templates,
};

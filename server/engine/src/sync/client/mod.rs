//! The remote end of a sync behind an HTTP API: ours, or another's that speaks the protocol.
//!
//! What is more than a request may hold is asked for in several. What comes back is looked at before it is believed:
//! an answer that does not fit the question is refused with a sentence and never becomes an answer of its own.
//!
//! Always: a token is sent to the configured host alone (redirects are refused) and appears nowhere else. What is read of
//! an answer is bounded, and so is the time it may take.

mod check;
mod problem;
mod remote_url;
mod table;
mod token;
mod transport;

pub use self::{table::RemoteTable, token::Token};

//! The remote endpoint of a sync behind an HTTP API: a Logyard replica, or any server that speaks the protocol.
//!
//! A question too large for one request is split into several. Every answer is checked against its question before it
//! is used; an answer that does not fit becomes an error.
//!
//! Always: the token is sent to the configured host only (redirects are refused) and appears nowhere else. The size of
//! an answer is bounded, and so is its duration.

mod check;
mod problem;
mod remote_url;
mod table;
mod token;
mod transport;

pub use self::{table::RemoteTable, token::Token};

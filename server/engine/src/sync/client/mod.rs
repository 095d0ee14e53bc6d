//! The remote end of a sync behind an HTTP API: ours, or another's that speaks the protocol.
//!
//! What is more than a request may hold is asked for in several. What comes back is looked at before it is believed:
//! an answer that does not fit the question is refused with a sentence and never becomes an answer of its own.
//!
//! Always: changes may be repeated without harm, so a request that broke on a connection which the remote had given up
//! is sent again. A token is sent to the configured host alone (redirects are refused) and appears nowhere else.

mod fits;
mod place;
mod problem;
mod table;
mod token;
mod transport;

pub use self::{table::RemoteTable, token::Token};

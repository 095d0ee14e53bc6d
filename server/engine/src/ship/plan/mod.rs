//! Which objects a reprocess is about: from keys, days and windows to the list that is sent.
//!
//! Always: what is decided is a pure function of the request and of what was listed. An object whose name tells nothing
//! is judged by when it was written, never left aside for its name.

mod days;
mod digest;
mod ledger;
mod objects;
mod preview;
mod time_line;

pub(super) use self::{
    digest::Sketch,
    ledger::{Checked, to_send},
    objects::{Found, Objects},
};
pub use self::{
    ledger::{Ledger, LedgerError, NothingDelivered},
    preview::preview,
};

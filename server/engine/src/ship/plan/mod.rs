//! Selects the objects of a reprocess from keys, days and windows.
//!
//! Always: the selection is a pure function of the request and the listing. An object without a time in its name is
//! judged by its modification time, never skipped for its name.

mod days;
mod digest;
mod ledger;
mod objects;
mod preview;
mod time_line;

pub(super) use self::{
    digest::PlanDigest,
    ledger::{Checked, to_send},
    objects::{Found, Objects},
};
pub use self::{
    ledger::{Ledger, LedgerError, NothingDelivered},
    preview::preview,
};

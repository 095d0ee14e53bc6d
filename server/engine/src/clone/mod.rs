//! The clone engine: makes the objects under one place equal to those under another, and proves it.
//!
//! ```text
//! plan     the dual listing → what is missing or different (bounded queue)
//! copier   so many copies at once → settled: copied, equal after all, or failed
//! tracker  settled keys → cursor, counts, failures: progress and checkpoint from one place
//! prune    of a mirror alone: what only the destination has, deleted as a confirmed plan says
//! verify   the dual listing once more, key by key → the proof
//! ```
//!
//! Always:
//! - A key is settled only when the store acknowledged its copy with an ETag, or it was found equal, or it failed for
//!   good and the failure is recorded. A cursor passes settled keys only.
//! - A listing that fails ends the clone with an error; nothing is taken for absent because it was not listed.
//! - Memory is bounded by listing pages, the window of unsettled keys and the failures not yet taken.
//! - A mirror deletes only what its plan says, after everything was copied, and never on doubt.
//! - One failing object does not stop the others. What concerns the whole store (no such bucket, refused credentials,
//!   no connection) stops the clone, so that it can go on later, rather than failing a million objects one by one.

mod check;
mod compare;
mod copier;
mod crew;
mod effort;
mod error;
mod flow;
mod plan;
mod preview;
mod prune;
mod records;
mod retry;
mod run;
mod sections;
mod settle;
mod sides;
mod sketch;
mod throttle;
mod tracker;
mod verify;
mod window;

pub use self::{
    check::check,
    error::CloneError,
    preview::preview,
    run::{Options, run},
    tracker::{Checkpoint, Pruning, Range, RangeState, Settled, Taken, Tracker},
};

//! The clone engine: makes the objects at one place equal to those at another, and proves it.
//!
//! ```text
//! plan     the dual listing → what is missing or different, queued for the copier
//! copier   copies with bounded concurrency → settled: copied, equal already, or failed
//! tracker  settled keys → cursor, counts, failures: progress and checkpoint from one place
//! prune    of a mirror only: deletes what only the destination has, as a confirmed plan says
//! verify   the dual listing once more, key by key → the proof
//! ```
//!
//! Always:
//! - A key is settled only when the store acknowledged its copy with an ETag, or it was found equal, or it failed for
//!   good and the failure is recorded. A cursor passes settled keys only.
//! - A listing that fails ends the clone with an error; no object counts as missing because it was not listed.
//! - Memory is bounded by listing pages, the window of unsettled keys and the failures not yet taken.
//! - A mirror deletes only what its plan says, after everything was copied, and never in doubt.
//! - One failing object does not stop the others. An error of the whole store (no such bucket, refused credentials, no
//!   connection) stops the clone, so that it can resume later, instead of failing a million objects one by one.

mod check;
mod compare;
mod comparison;
mod completion_text;
mod completions;
mod concurrency;
mod copier;
mod endpoints;
mod error;
mod gauge;
mod job_ceilings;
mod mirror_plan;
mod mover;
mod options;
mod plan;
mod plan_builder;
mod planned;
mod preview;
mod prune;
mod records;
mod refusals;
mod retry;
mod run;
mod sections;
mod settle;
mod throttle;
mod tracker;
mod verify;
mod window;
mod worker_pool;

pub use self::{
    check::check,
    completion_text::{completions_as_csv, compress_completions},
    completions::{Completed, Completion, CompletionEvidence},
    error::CloneError,
    job_ceilings::check_limits,
    mirror_plan::{MirrorPlan, plan_mirror},
    options::Options,
    preview::preview,
    records::{CopyRecord, places},
    run::run,
    tracker::{Checkpoint, Pruning, Range, RangeState, Settled, Taken, Tracker},
};

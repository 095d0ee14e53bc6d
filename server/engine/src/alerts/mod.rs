//! Alerts: decides from facts alone what is wrong with a pipeline, a sink, a schedule or a table. No I/O and no clock.
//!
//! [`judge`] compares the [`Facts`] of a moment with [`Limits`] and returns a [`Judgement`]: the findings, and the
//! kinds that cannot be known. The [`AlertTracker`] compares judgements with the unresolved alerts and returns the
//! changes.
//!
//! Always: what cannot be read is unknown, never fine. Kinds that rest on it are neither opened nor resolved meanwhile,
//! and the unknown state is an alert of its own. An alert is resolved once, and only after its finding has been gone
//! for the debounce time.

mod alert_tracker;
mod canary;
mod facts;
mod findings;
mod judge;
mod limits;
#[cfg(test)]
mod properties;
mod schedule;
mod table;

pub use self::{
    alert_tracker::{AlertTracker, Change, Debounce, TrackedAlert},
    canary::{CANARY_SIZES, CanaryFacts, Probe, judge_canary},
    facts::{Arrived, Facts, Gaps, Reader, RunFacts},
    findings::{Finding, Judgement},
    judge::judge,
    limits::Limits,
    schedule::{FiringFacts, FiringOutcome, ScheduleFacts, judge_schedule},
    table::{TableFacts, judge_table},
};

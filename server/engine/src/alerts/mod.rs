//! Alerts: what is wrong with a pipeline or a sink, decided from facts alone. No I/O and no clock in here.
//!
//! [`Facts`] of a moment go into [`judge`], held against [`Limits`]; out comes a [`Judgement`]: what holds, and what cannot be
//! known. The [`AlertTracker`] holds views against the alerts that are open and says what becomes of them.
//!
//! Always: what cannot be read is unknown, never fine. A kind that rests on it is neither opened nor resolved meanwhile;
//! that it is unknown is an alert of its own. An alert is resolved once, and only after what it told of was gone for a
//! while.

mod alert_tracker;
mod canary;
mod facts;
mod findings;
mod judge;
mod limits;
#[cfg(test)]
mod properties;

pub use self::{
    alert_tracker::{AlertTracker, Change, Debounce, TrackedAlert},
    canary::{CANARY_SIZES, CanaryFacts, Probe, judge_canary},
    facts::{Arrived, Facts, Gaps, Reader, RunFacts},
    findings::{Finding, Judgement},
    judge::judge,
    limits::Limits,
};

//! Alerts: what is wrong with a pipeline or a sink, decided from facts alone. No I/O and no clock in here.
//!
//! [`Facts`] of a moment go into [`judge`], held against [`Limits`]; out comes a [`View`]: what holds, and what cannot be
//! known. The [`Book`] holds views against the alerts that are open and says what becomes of them.
//!
//! Always: what cannot be read is unknown, never fine. A kind that rests on it is neither opened nor resolved meanwhile;
//! that it is unknown is an alert of its own. An alert is resolved once, and only after what it told of was gone for a
//! while.

mod book;
mod canary;
mod facts;
mod findings;
mod judge;
mod limits;
#[cfg(test)]
mod properties;

pub use self::{
    book::{Book, Change, Patience, Standing},
    canary::{CANARY_SIZES, CanaryFacts, Probe, judge_canary},
    facts::{Arrived, Facts, Gaps, Reader, Seen},
    findings::{Finding, View},
    judge::judge,
    limits::Limits,
};

//! Judges the outcome of an invocation from its evidence: rules in a fixed order, the first that applies decides.
//!
//! Always: no outcome claims more than the evidence shows. A counter that is missing is unknown and never zero; a
//! receiver that does not acknowledge lets a run be `sent` at best; without a summary nothing is claimed.

mod history;
mod rules;

pub use self::{
    history::History,
    rules::{Ending, Evidence, judge},
};

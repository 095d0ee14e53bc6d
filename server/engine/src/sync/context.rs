//! What all parts of one evaluation share.

use super::checkpoint::{Checkpoint, Options};
use super::coverage::Coverage;
use super::exchange::{Meta, PerEndpoint};
use super::verdict::Work;

#[derive(Clone, Debug)]
pub struct Context {
    pub options: Options,
    pub checkpoint: Checkpoint,
    /// When the evaluation began, in Unix milliseconds.
    pub now: u64,
    /// Both ends when it began.
    pub meta: PerEndpoint<Meta>,
    /// Local rows below this version are compared; those above are not sent yet, or not safe to read.
    pub below: u64,
    pub work: Work,
    /// As far as it has looked.
    pub coverage: Coverage,
}

/// The driver answered something else than was asked, or the remote not what the protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not fit the question: {0}")]
pub struct UnexpectedAnswer(pub &'static str);

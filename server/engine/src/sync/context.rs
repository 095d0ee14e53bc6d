//! State shared by all parts of one evaluation.

use super::checkpoint::{Checkpoint, Options};
use super::coverage::Coverage;
use super::exchange::{Meta, PerEndpoint};
use super::verdict::Work;

#[derive(Clone, Debug)]
pub struct Context {
    pub options: Options,
    pub checkpoint: Checkpoint,
    /// Start of the evaluation, in Unix milliseconds.
    pub now: u64,
    /// Metadata of both endpoints at the start.
    pub meta: PerEndpoint<Meta>,
    /// Local rows below this version are compared; rows above it are not sent yet, or not safe to read.
    pub below: u64,
    /// Whether this is the first evaluation of the table.
    pub fresh: bool,
    /// Milliseconds that the last answer took.
    pub elapsed: u64,
    pub work: Work,
    /// Part of the key space compared so far.
    pub coverage: Coverage,
}

/// An answer that does not fit the question: a bug of the driver, or a remote that violates the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not fit the question: {0}")]
pub struct UnexpectedAnswer(pub &'static str);

//! Sync: keeps a remote copy of a table in sync with the local table, which is the source of truth.
//!
//! Rows carry a version that grows with every write; deletes leave no trace. [`Evaluation`] is a state machine without
//! I/O: it says which question to ask or which change to apply next, and [`drive`] carries that out at the two
//! endpoints. Evaluations repeat: each one uploads new rows, searches for differences, repairs them, and returns a
//! verdict.
//!
//! Whether the tables are still those of the last evaluation, with the same columns, is asked in each. Where versions
//! prove nothing, contents are compared.
//!
//! Always: a row that exists locally is never deleted at the remote, an older version never replaces a newer one, and
//! an evaluation can resume from the checkpoint of any moment.

mod allowance;
mod batch;
mod catch_up;
mod cell;
mod checkpoint;
mod client;
mod content;
mod contents;
mod context;
mod coverage;
mod descent;
mod drive;
mod endpoint;
mod endpoints;
mod evaluation;
mod exchange;
mod findings;
mod guard;
mod identity;
pub mod protocol;
mod quarantine;
mod ranges;
mod repair;
mod scan;
mod scan_position;
mod search;
mod shape;
mod span;
mod uploads;
mod verdict;

pub use allowance::Allowance;
pub use batch::{Batch, BatchLimits};
pub use cell::{Cell, Delta, Difference, Mark, integer_key, text_key};
pub use checkpoint::{Checkpoint, Limits, Options, Purpose, Strategy};
pub use client::{RemoteTable, Token};
pub use content::{ContentSum, digest, is_same};
pub use contents::ContentCheck;
pub use coverage::Coverage;
pub use drive::{Controls, DriveResult, Halt, Observer, SyncProgress, drive};
pub use endpoint::{BATCH_BYTES, Local, Remote, Row, RowBatch, TableEndpoint, Usage};
pub use endpoints::Endpoints;
pub use evaluation::{Activity, Evaluation};
pub use exchange::{Answer, Change, EndpointRole, HeldBack, Meta, Order, Page, PerEndpoint, Question, Step, SyncFault};
pub use guard::Guard;
pub use model::{Evidence, MassDelete};
pub use quarantine::{Entry, Quarantine, Refusal};
pub use shape::{Column, DOUBLE_DIGITS, Kind, SINGLE_DIGITS};
pub use span::Span;
pub use verdict::{Verdict, Work};

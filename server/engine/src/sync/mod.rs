//! Sync: keeps a remote copy of a table in step with a local one, which is the truth.
//!
//! Rows carry a version that grows with every write; deletes leave no trace. [`Evaluation`] is a state machine that says
//! what to ask and what to change next; whoever drives it carries that to the two ends. It is run again and again: each
//! run sends what is new, looks for what differs, mends it, and says how things stand.
//!
//! Always: a row that is local is never deleted at the remote, an older version never replaces a newer one, and a
//! checkpoint of any moment is good to go on from.

mod allowance;
mod batch;
mod carry;
mod catch_up;
mod cell;
mod checkpoint;
mod client;
mod context;
mod descent;
mod drive;
mod ends;
mod evaluation;
mod exchange;
mod found;
mod guard;
mod look;
pub mod protocol;
mod quarantine;
mod ranges;
mod repair;
mod scan;
mod sight;
mod span;
mod uploads;
mod verdict;

pub use allowance::Allowance;
pub use batch::{Batch, BatchLimits};
pub use carry::Ends;
pub use cell::{Cell, Delta, Difference, Mark, integer_key, text_key};
pub use checkpoint::{Checkpoint, Limits, Options, Purpose, Strategy};
pub use client::{RemoteTable, Token};
pub use drive::{Driven, Halt, Observer, Terms, Told, drive};
pub use ends::{End, Local, Remote, Row, Spent};
pub use evaluation::{Doing, Evaluation};
pub use exchange::{Answer, Change, Meta, Order, Page, Question, Side, Sides, Step, SyncFault};
pub use guard::Guard;
pub use model::{Evidence, MassDelete};
pub use quarantine::{Entry, Quarantine, Refusal};
pub use sight::Sight;
pub use span::Span;
pub use verdict::{Verdict, Work};

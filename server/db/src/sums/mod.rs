//! The table of sums: figures of runs per interval, updated as runs are written, so that no chart reads a million runs.
//!
//! - `bars`: divides a window for a chart
//! - `change`: updates the sums when runs are written
//! - `pieces`: divides a window into stored intervals and the rest at its ends
//! - `read`: reads the sums of a window, for charts, tiles and costs
//!
//! Always: the sums of an interval equal those of the runs that began in it, also when runs are written late, changed,
//! or deleted with their job. Only retention separates them: runs it deletes stay in the sums, which are kept longer,
//! and are never counted again (see `retention`).

mod bars;
mod change;
mod pieces;
mod read;

pub use self::read::Totals;
pub(crate) use self::{bars::bars, change::Change};

/// Widths of stored intervals in milliseconds, each a multiple of the previous one.
pub(crate) const WIDTHS: [i64; 3] = [300_000, 3_600_000, 86_400_000];

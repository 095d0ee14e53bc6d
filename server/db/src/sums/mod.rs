//! The table of sums: what runs come to, kept as runs are written, so that no chart reads a million of them.
//!
//! - `bars`: how a window is divided for a chart
//! - `change`: what a transaction that writes runs does to the sums
//! - `pieces`: a window as stretches whose sums are kept, and what is left at its ends
//! - `read`: sums of a window, for charts, tiles and costs
//!
//! Always: the sums of a stretch are those of the runs that began in it, whatever became of these runs since: written
//! late, changed, or gone with their job. Only retention parts them: runs that it sweeps away stay in the sums, which
//! are kept longer, and are never counted again (see `retention`).

mod bars;
mod change;
mod pieces;
mod read;

pub use self::read::Totals;
pub(crate) use self::{bars::bars, change::Change};

/// Milliseconds of a stretch, each a multiple of the one before.
pub(crate) const WIDTHS: [i64; 3] = [300_000, 3_600_000, 86_400_000];

//! Sums of a window: in adjacent intervals for a chart, by outcome for a tile, in total for a cost.
//!
//! Always: exact to the millisecond while the runs exist. The ends of a window that no stored interval fits into are
//! read from the runs; after their retention an old window may lack less than five minutes at each end.

use std::collections::BTreeMap;

use model::{Outcome, RunFilter, RunSums, Time, Window};

use super::{
    WIDTHS, bars,
    change::paid,
    pieces::{Piece, pieces},
};
use crate::{
    Db, DbError,
    database::{Row, Statement},
    runs::chosen,
};

/// Most runs that a chart of runs reads.
const MAX_RUNS: i64 = 100_000;
/// Windows shorter than this are charted from runs, because stored intervals are too wide.
const SHORT_MS: i64 = 2 * 3_600_000;
/// Most intervals of a chart.
const MAX_PARTS: u32 = 500;
const FIGURES: &str = "CAST(SUM(runs) AS BIGINT) AS runs, CAST(SUM(lines) AS BIGINT) AS lines, \
                       CAST(SUM(parsed) AS BIGINT) AS parsed, CAST(SUM(delivered) AS BIGINT) AS delivered, \
                       CAST(SUM(failures) AS BIGINT) AS failures";
/// Figures computed from runs.
const COUNTED: &str = "CAST(COUNT(*) AS BIGINT) AS runs, CAST(SUM(lines) AS BIGINT) AS lines, \
                       CAST(SUM(parsed) AS BIGINT) AS parsed, CAST(SUM(delivered) AS BIGINT) AS delivered, \
                       CAST(SUM(failures) AS BIGINT) AS failures";

/// Totals of the runs of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Number of runs by outcome, without outcomes that have none, in the order of [`Outcome::ALL`].
    pub outcomes: Vec<(Outcome, u64)>,
    pub runs: u64,
    pub lines: u64,
    pub parsed: u64,
    pub delivered: u64,
    pub failures: u64,
    /// Number of Lambda invocations.
    pub invocations: u64,
    pub billed_ms: u64,
    /// Billed milliseconds times the configured megabytes.
    pub billed_mb_ms: u64,
    pub cold_starts: u64,
}

impl Db {
    /// Adjacent intervals of the window with their sums, oldest first, about `parts` (1 to 500). Intervals from stored
    /// sums begin at round times, and the first and the last may be shorter.
    pub async fn run_sums(&self, filter: &RunFilter, window: Window, parts: u32) -> Result<Vec<RunSums>, DbError> {
        let (from, to) = (window.from().0, window.to().0);
        let parts = i64::from(parts.clamp(1, MAX_PARTS));
        let few = filter.key.is_some() || filter.request_id.is_some();
        if few || to - from < SHORT_MS {
            return self.sums_of_runs(filter, window, parts).await;
        }
        let bars = bars(from, to, parts);
        let mut sums: Vec<RunSums> = bars.windows()?.into_iter().map(empty).collect();
        for piece in pieces(from, to, bars.width()) {
            for row in self.database().read(charted(filter, piece)).await? {
                let bar = row.get::<i64>("start_at")?.div_euclid(bars.width());
                if let Some(sum) = bars.of(bar, &mut sums) {
                    add(sum, &row)?;
                }
            }
        }
        Ok(sums)
    }

    /// `parts` intervals of equal length, from the newest [`MAX_RUNS`] runs.
    async fn sums_of_runs(&self, filter: &RunFilter, window: Window, parts: i64) -> Result<Vec<RunSums>, DbError> {
        let (from, to) = (window.from().0, window.to().0);
        let width = ((to - from) / parts + i64::from((to - from) % parts > 0)).max(1);
        let statement =
            Statement::new("SELECT (started_at - ").value(from).push(") / ").value(width).push(" AS part, ");
        let statement =
            statement.push(COUNTED).push(" FROM (SELECT started_at, lines, parsed, delivered, failures FROM runs ");
        let statement = chosen(statement, &within(filter, from, to))
            .push(" ORDER BY started_at DESC LIMIT ")
            .value(MAX_RUNS)
            .push(") AS newest GROUP BY part");
        let mut sums = Vec::new();
        let mut start = from;
        while start < to {
            let window = Window::new(Time(start), Time((start + width).min(to))).map_err(DbError::Invalid)?;
            sums.push(empty(window));
            start += width;
        }
        for row in self.database().read(statement).await? {
            let part = usize::try_from(row.get::<i64>("part")?).unwrap_or(usize::MAX);
            if let Some(sum) = sums.get_mut(part) {
                add(sum, &row)?;
            }
        }
        Ok(sums)
    }

    /// Totals of a window. Only pipeline, outcomes and job of the filter apply.
    pub async fn run_totals(&self, filter: &RunFilter, window: Window) -> Result<Totals, DbError> {
        let mut totals = Totals::default();
        let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
        for piece in pieces(window.from().0, window.to().0, WIDTHS[WIDTHS.len() - 1]) {
            for row in self.database().read(totalled(filter, piece)).await? {
                let runs = number(&row, "runs")?;
                *outcomes.entry(row.get("outcome")?).or_default() += runs;
                totals.runs += runs;
                totals.lines += number(&row, "lines")?;
                totals.parsed += number(&row, "parsed")?;
                totals.delivered += number(&row, "delivered")?;
                totals.failures += number(&row, "failures")?;
                if piece.width.is_some() {
                    totals.invocations += number(&row, "invocations")?;
                    totals.billed_ms += number(&row, "billed_ms")?;
                    totals.billed_mb_ms += number(&row, "billed_mb_ms")?;
                    totals.cold_starts += number(&row, "cold_starts")?;
                }
            }
            if piece.width.is_none() {
                self.add_invocations(filter, piece, &mut totals).await?;
            }
        }
        let counted = |outcome: Outcome| Some((outcome, *outcomes.get(outcome.as_str()).filter(|runs| **runs > 0)?));
        totals.outcomes = Outcome::ALL.into_iter().filter_map(counted).collect();
        Ok(totals)
    }

    /// Adds invocation figures from runs: they are stored as JSON, for which the databases share no SQL.
    async fn add_invocations(&self, filter: &RunFilter, piece: Piece, totals: &mut Totals) -> Result<(), DbError> {
        let filter = within(filter, piece.from, piece.to);
        let statement =
            chosen(Statement::new("SELECT invocation FROM runs "), &filter).push(" AND invocation IS NOT NULL");
        for row in self.database().read(statement).await? {
            let [invocations, billed, billed_mb, cold] =
                paid(row.optional_json("invocation")?.as_ref()).map(i64::unsigned_abs);
            totals.invocations += invocations;
            totals.billed_ms += billed;
            totals.billed_mb_ms += billed_mb;
            totals.cold_starts += cold;
        }
        Ok(())
    }
}

fn within(filter: &RunFilter, from: i64, to: i64) -> RunFilter {
    RunFilter { from: Some(Time(from)), to: Some(Time(to)), ..filter.clone() }
}

/// SQL for the figures of a piece by interval; a piece of runs is one interval, because no bar begins within it.
fn charted(filter: &RunFilter, piece: Piece) -> Statement {
    if let Some(width) = piece.width {
        let statement = Statement::new("SELECT start_at, ").push(FIGURES).push(" FROM run_sums ");
        kept(statement, filter, width, piece).push(" GROUP BY start_at")
    } else {
        let width = WIDTHS[0];
        let statement = Statement::new("SELECT started_at / ").value(width).push(" * ").value(width);
        let statement = statement.push(" AS start_at, ").push(COUNTED).push(" FROM runs ");
        chosen(statement, &within(filter, piece.from, piece.to)).push(" GROUP BY start_at")
    }
}

/// SQL for the figures of a piece by outcome.
fn totalled(filter: &RunFilter, piece: Piece) -> Statement {
    let statement = Statement::new("SELECT outcome, ");
    if let Some(width) = piece.width {
        let statement = statement.push(FIGURES).push(
            ", CAST(SUM(invocations) AS BIGINT) AS invocations, CAST(SUM(billed_ms) AS BIGINT) AS billed_ms, \
             CAST(SUM(billed_mb_ms) AS BIGINT) AS billed_mb_ms, CAST(SUM(cold_starts) AS BIGINT) AS cold_starts \
             FROM run_sums ",
        );
        kept(statement, filter, width, piece).push(" GROUP BY outcome")
    } else {
        let statement = statement.push(COUNTED).push(" FROM runs ");
        chosen(statement, &within(filter, piece.from, piece.to)).push(" GROUP BY outcome")
    }
}

fn kept(statement: Statement, filter: &RunFilter, width: i64, piece: Piece) -> Statement {
    let mut statement = statement
        .push("WHERE width = ")
        .value(width)
        .push(" AND start_at >= ")
        .value(piece.from)
        .push(" AND start_at < ")
        .value(piece.to);
    if let Some(pipeline) = &filter.pipeline {
        statement = statement.push(" AND pipeline = ").value(pipeline.as_str());
    }
    if !filter.outcomes.is_empty() {
        statement = statement.push(" AND outcome IN ").list(filter.outcomes.iter().copied().map(Outcome::as_str));
    }
    if let Some(job) = filter.job {
        statement = statement.push(" AND job_id = ").value(job);
    }
    statement
}

fn empty(window: Window) -> RunSums {
    RunSums { window, runs: 0, lines: 0, parsed: 0, delivered: 0, failures: 0 }
}

fn add(sum: &mut RunSums, row: &Row) -> Result<(), DbError> {
    sum.runs += number(row, "runs")?;
    sum.lines += number(row, "lines")?;
    sum.parsed += number(row, "parsed")?;
    sum.delivered += number(row, "delivered")?;
    sum.failures += number(row, "failures")?;
    Ok(())
}

fn number(row: &Row, column: &str) -> Result<u64, DbError> {
    Ok(row.get::<i64>(column)?.unsigned_abs())
}

//! Change of the sums by a transaction that writes runs: subtracts the old figures of the rows, adds the new ones.
//!
//! Always: only figures that can be subtracted are summed; a maximum is not one of them.

use std::collections::BTreeMap;

use model::Invocation;

use super::WIDTHS;
use crate::{
    DbError,
    database::{Row, Statement, Transaction},
    jobs::row::integer,
};

/// Rows per statement: see `failures`.
const BATCH: usize = 20;

/// Start of a statement that reads the figures of runs; a condition follows.
const READ: &str = "SELECT pipeline, job_id, outcome, started_at, lines, parsed, delivered, failures, duration_ms, \
                    invocation FROM runs WHERE ";

/// Key of a row of sums: runs with the same key are summed together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    width: i64,
    start_at: i64,
    pipeline: String,
    outcome: String,
    job: Option<String>,
}

/// Number of figures, in the order of the columns.
pub(super) const FIGURES: usize = 10;

/// The change that a transaction makes to the sums. The order is: [`Change::subtract`], write the runs,
/// [`Change::add`], [`Change::apply`].
#[derive(Default)]
pub(crate) struct Change {
    // Ordered, so that two transactions lock rows in the same order.
    cells: BTreeMap<Cell, [i64; FIGURES]>,
}

impl Change {
    /// Subtracts the current figures of the chosen rows, and locks them until the transaction ends.
    pub async fn subtract(
        &mut self,
        transaction: &mut Transaction,
        choose: impl FnOnce(Statement) -> Statement,
    ) -> Result<(), DbError> {
        let statement = choose(Statement::new(READ)).push(transaction.for_update());
        self.count(&transaction.run(statement).await?, -1)
    }

    /// Adds the current figures of the chosen rows.
    pub async fn add(
        &mut self,
        transaction: &mut Transaction,
        choose: impl FnOnce(Statement) -> Statement,
    ) -> Result<(), DbError> {
        self.count(&transaction.run(choose(Statement::new(READ))).await?, 1)
    }

    fn count(&mut self, rows: &[Row], sign: i64) -> Result<(), DbError> {
        for row in rows {
            let figures = figures(row)?;
            let started_at: i64 = row.get("started_at")?;
            for width in WIDTHS {
                let cell = Cell {
                    width,
                    start_at: started_at.div_euclid(width) * width,
                    pipeline: row.get::<Option<String>>("pipeline")?.unwrap_or_default(),
                    outcome: row.get("outcome")?,
                    job: row.get("job_id")?,
                };
                let sums = self.cells.entry(cell).or_default();
                sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum = sum.saturating_add(sign * figure));
            }
        }
        Ok(())
    }

    /// Writes the changed sums.
    pub async fn apply(self, transaction: &mut Transaction) -> Result<(), DbError> {
        let changed: Vec<_> =
            self.cells.into_iter().filter(|(_, figures)| figures.iter().any(|sum| *sum != 0)).collect();
        for batch in changed.chunks(BATCH) {
            let mut statement = Statement::new(
                "INSERT INTO run_sums (width, start_at, pipeline, outcome, part_of, job_id, runs, lines, parsed, \
                 delivered, failures, duration_ms, invocations, billed_ms, billed_mb_ms, cold_starts) VALUES ",
            )
            .of_any_length();
            for (index, (cell, sums)) in batch.iter().enumerate() {
                let [runs, lines, parsed, delivered, failures, duration, invocations, billed, billed_mb, cold] = *sums;
                statement = statement.push(if index == 0 { "" } else { ", " }).tuple([
                    cell.width.into(),
                    cell.start_at.into(),
                    cell.pipeline.as_str().into(),
                    cell.outcome.as_str().into(),
                    cell.job.clone().unwrap_or_default().into(),
                    cell.job.clone().into(),
                    runs.into(),
                    lines.into(),
                    parsed.into(),
                    delivered.into(),
                    failures.into(),
                    duration.into(),
                    invocations.into(),
                    billed.into(),
                    billed_mb.into(),
                    cold.into(),
                ]);
            }
            let statement = statement.push(
                " ON CONFLICT (width, start_at, pipeline, outcome, part_of) DO UPDATE SET \
                 runs = run_sums.runs + excluded.runs, lines = run_sums.lines + excluded.lines, \
                 parsed = run_sums.parsed + excluded.parsed, delivered = run_sums.delivered + excluded.delivered, \
                 failures = run_sums.failures + excluded.failures, \
                 duration_ms = run_sums.duration_ms + excluded.duration_ms, \
                 invocations = run_sums.invocations + excluded.invocations, \
                 billed_ms = run_sums.billed_ms + excluded.billed_ms, \
                 billed_mb_ms = run_sums.billed_mb_ms + excluded.billed_mb_ms, \
                 cold_starts = run_sums.cold_starts + excluded.cold_starts",
            );
            transaction.run(statement).await?;
        }
        Ok(())
    }
}

fn figures(row: &Row) -> Result<[i64; FIGURES], DbError> {
    let [invocations, billed, billed_mb, cold] = paid(row.optional_json("invocation")?.as_ref());
    Ok([
        1,
        row.get("lines")?,
        row.get("parsed")?,
        row.get("delivered")?,
        row.get("failures")?,
        row.get("duration_ms")?,
        invocations,
        billed,
        billed_mb,
        cold,
    ])
}

/// Number of invocations, billed milliseconds, billed milliseconds times megabytes, and cold starts.
pub(super) fn paid(invocation: Option<&Invocation>) -> [i64; 4] {
    let Some(invocation) = invocation else { return [0; 4] };
    let billed = invocation.billed_ms.unwrap_or(0);
    let billed_mb = billed.saturating_mul(invocation.memory_limit_mb.unwrap_or(0));
    let invocations = i64::from(invocation.attempts.max(1));
    [invocations, integer(billed), integer(billed_mb), i64::from(invocation.init_ms.is_some())]
}

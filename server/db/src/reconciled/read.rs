//! Reads intervals and gaps of a window.

use model::{GapKind, PipelineName, Reconciled, Reconciliation, Time, Window};

use super::{COLUMNS, missing};
use crate::{
    Db, DbError,
    database::{Row, Statement},
    sums::bars,
};

/// Approximate number of intervals in an answer.
const PARTS: i64 = 120;
/// Most gaps in an answer.
const GAPS: i64 = 1_000;
/// Time without a completed round after which the figures count as outdated.
const STALE_MS: i64 = 300_000;

impl Db {
    /// Reconciliation of a window; `None` before the first round. An interval belongs to the window that contains its
    /// start.
    pub async fn reconciliation(
        &self,
        pipeline: &PipelineName,
        window: Window,
    ) -> Result<Option<Reconciliation>, DbError> {
        let Some((listed_at, error)) = self.last_look(pipeline).await? else { return Ok(None) };
        let strip = bars(window.from().0, window.to().0, PARTS);
        let mut intervals = Vec::new();
        for window in strip.windows()? {
            intervals.push(Reconciled {
                window,
                objects: 0,
                whole: 0,
                never: 0,
                failed: 0,
                partial: 0,
                twice: 0,
                excepted: 0,
            });
        }
        let of = |select: &'static str, table: &'static str| {
            let statement = Statement::new("SELECT start_at / ").value(strip.width()).push(" AS bar, ").push(select);
            within(statement.push(table), pipeline, window)
        };
        let counted = of(
            "CAST(SUM(objects) AS BIGINT) AS objects, CAST(SUM(twice) AS BIGINT) AS twice, \
             CAST(SUM(excepted) AS BIGINT) AS excepted",
            " FROM reconciled WHERE pipeline = ",
        )
        .push(" GROUP BY bar");
        let missed = of("kind, COUNT(*) AS objects", " FROM gaps WHERE pipeline = ").push(" GROUP BY bar, kind");
        let listed = within(Statement::new(COLUMNS), pipeline, window)
            .push(" ORDER BY written_at, object_key LIMIT ")
            .value(GAPS);
        let database = self.database();
        let (counted, missed, listed, oldest) = tokio::try_join!(
            database.read(counted),
            database.read(missed),
            database.read(listed),
            self.oldest_unhandled(pipeline)
        )?;
        for row in counted {
            if let Some(interval) = strip.of(row.get("bar")?, &mut intervals) {
                interval.objects = number(&row, "objects")?;
                interval.twice = number(&row, "twice")?;
                interval.excepted = number(&row, "excepted")?;
            }
        }
        let mut gap_count = 0;
        for row in missed {
            let objects = number(&row, "objects")?;
            gap_count += objects;
            if let Some(interval) = strip.of(row.get("bar")?, &mut intervals) {
                match row.word("kind")? {
                    GapKind::Never => interval.never = objects,
                    GapKind::Failed => interval.failed = objects,
                    GapKind::Partial => interval.partial = objects,
                }
            }
        }
        for interval in &mut intervals {
            interval.whole = interval.objects.saturating_sub(interval.never + interval.failed + interval.partial);
        }
        let gaps = listed.iter().map(|row| Ok(missing(row)?.gap())).collect::<Result<_, DbError>>()?;
        Ok(Some(Reconciliation { window, listed_at, error, intervals, gaps, gap_count, oldest_unhandled: oldest }))
    }

    /// Time of the last complete listing, and the error since then, if any.
    async fn last_look(&self, pipeline: &PipelineName) -> Result<Option<(Time, Option<String>)>, DbError> {
        let statement = Statement::new("SELECT looked_at, listed_at, error FROM reconcilers WHERE pipeline = $1");
        let rows = self.database().read(statement.bind(pipeline.as_str())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let looked_at: i64 = row.get("looked_at")?;
        let listed_at: Option<i64> = row.get("listed_at")?;
        let error: Option<String> = row.get("error")?;
        if listed_at.is_none() && error.is_none() {
            return Ok(None); // the first look is under way
        }
        let stale = || format!("No server has looked into the bucket since {}.", Time(looked_at));
        let stale = (self.now().0 - looked_at > STALE_MS).then(stale);
        Ok(Some((Time(listed_at.unwrap_or(looked_at)), error.or(stale))))
    }

    /// Write time of the oldest unprocessed object, overdue or not.
    pub async fn oldest_unhandled(&self, pipeline: &PipelineName) -> Result<Option<Time>, DbError> {
        let statement = Statement::new(
            "SELECT (SELECT MIN(written_at) FROM gaps WHERE pipeline = $1 AND kind = 'never') AS never, \
             (SELECT waiting_since FROM reconcilers WHERE pipeline = $1) AS waiting",
        );
        let rows = self.database().read(statement.bind(pipeline.as_str())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (never, waiting): (Option<i64>, Option<i64>) = (row.get("never")?, row.get("waiting")?);
        Ok(never.into_iter().chain(waiting).min().map(Time))
    }
}

fn within(statement: Statement, pipeline: &PipelineName, window: Window) -> Statement {
    statement
        .value(pipeline.as_str())
        .push(" AND start_at >= ")
        .value(window.from())
        .push(" AND start_at < ")
        .value(window.to())
}

fn number(row: &Row, column: &str) -> Result<u64, DbError> {
    Ok(row.get::<i64>(column)?.unsigned_abs())
}

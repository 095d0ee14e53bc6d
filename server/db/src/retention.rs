//! Retention: deletes old runs in small batches, later their sums, old sync history, and resolved alerts.
//!
//! Always: a run that began before the sweep time is not recorded again, because its figures are still in the sums and
//! would count twice. The sweep time is stored before the first run is deleted.

use std::collections::HashMap;

use model::{PipelineName, Run, Time};

use crate::{
    Db, DbError,
    clock::id_floor,
    database::{Statement, Transaction},
};

impl Db {
    /// Deletes up to `most` runs that began before `before`, of one pipeline or of all. Returns the number deleted.
    /// Their sums stay.
    pub async fn sweep_runs(&self, pipeline: Option<&PipelineName>, before: Time, most: u32) -> Result<u64, DbError> {
        let name = pipeline.map(PipelineName::as_str).unwrap_or_default();
        let swept = Statement::new(
            "INSERT INTO swept (pipeline, before) VALUES ($1, $2) ON CONFLICT (pipeline) DO UPDATE SET \
             before = excluded.before WHERE swept.before < excluded.before",
        );
        self.database().write(swept.bind(name).bind(before)).await?;
        let statement =
            Statement::new("DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE started_at < ").value(before);
        let statement = match pipeline {
            Some(pipeline) => statement.push(" AND pipeline = ").value(pipeline.as_str()),
            None => statement,
        };
        let statement = statement.push(" ORDER BY started_at LIMIT ").value(i64::from(most)).push(") RETURNING id");
        Ok(self.database().write(statement).await?.len() as u64)
    }

    /// Deletes up to `most` sums per width of intervals that ended before `before`. Returns the number deleted.
    pub async fn sweep_sums(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let mut swept = 0;
        for width in crate::sums::WIDTHS {
            let statement = Statement::new("DELETE FROM run_sums WHERE width = ")
                .value(width)
                .push(" AND start_at < (SELECT COALESCE(MAX(start_at), 0) + 1 FROM (SELECT start_at FROM run_sums WHERE width = ")
                .value(width)
                .push(" AND start_at <= ")
                .value(before.0 - width)
                .push(" ORDER BY start_at LIMIT ")
                .value(i64::from(most))
                .push(") AS oldest) RETURNING start_at");
            swept += self.database().write(statement).await?.len() as u64;
        }
        Ok(swept)
    }

    /// Deletes up to `most` reconciled intervals and gaps each from before `before`. Returns the number deleted.
    pub async fn sweep_reconciled(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let intervals = Statement::new(
            "DELETE FROM reconciled WHERE (pipeline, start_at) IN \
             (SELECT pipeline, start_at FROM reconciled WHERE start_at < $1 LIMIT $2) RETURNING start_at",
        );
        let gaps = Statement::new(
            "DELETE FROM gaps WHERE (pipeline, object_key) IN \
             (SELECT pipeline, object_key FROM gaps WHERE start_at < $1 LIMIT $2) RETURNING start_at",
        );
        let mut swept = 0;
        for statement in [gaps, intervals] {
            swept += self.database().write(statement.bind(before).bind(i64::from(most))).await?.len() as u64;
        }
        Ok(swept)
    }

    /// Deletes up to `most` sync minutes from before `before`. Returns the number deleted.
    pub async fn sweep_sync_minutes(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let statement = Statement::new(
            "DELETE FROM sync_minutes WHERE (table_name, at) IN \
             (SELECT table_name, at FROM sync_minutes WHERE at < $1 ORDER BY at LIMIT $2) RETURNING at",
        );
        Ok(self.database().write(statement.bind(before).bind(i64::from(most))).await?.len() as u64)
    }

    /// Deletes up to `most` evaluations that ended before `before`, and tables of agents without a report since.
    /// Returns the number deleted. Tables that Logyard syncs keep their checkpoint.
    pub async fn sweep_syncs(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let evaluations = Statement::new(
            "DELETE FROM sync_evaluations WHERE id IN \
             (SELECT id FROM sync_evaluations WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) RETURNING ended_at",
        );
        let tables = Statement::new(
            "DELETE FROM syncs WHERE table_name IN (SELECT table_name FROM syncs \
             WHERE source = 'agent' AND updated_at < $1 LIMIT $2) RETURNING updated_at",
        );
        let mut swept = 0;
        for statement in [evaluations, tables] {
            swept += self.database().write(statement.bind(before).bind(i64::from(most))).await?.len() as u64;
        }
        Ok(swept)
    }
}

impl Db {
    /// Deletes up to `most` alerts resolved before `before`, and old delivery attempts without an alert. Returns the
    /// number deleted. Active alerts stay with their attempts.
    pub async fn sweep_alerts(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let alerts = Statement::new(
            "DELETE FROM alerts WHERE id IN \
             (SELECT id FROM alerts WHERE resolved_at < $1 ORDER BY resolved_at LIMIT $2) RETURNING id",
        );
        let attempts = Statement::new(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE id < $1 AND NOT EXISTS \
             (SELECT 1 FROM alerts WHERE alerts.id = deliveries.alert_id) ORDER BY id LIMIT $2) RETURNING id",
        );
        let mut swept = 0;
        for statement in [alerts.bind(before), attempts.bind(id_floor(before))] {
            swept += self.database().write(statement.bind(i64::from(most))).await?.len() as u64;
        }
        Ok(swept)
    }

    /// Deletes up to `most` canaries recorded before `before`, of all sinks. Returns the number deleted.
    pub async fn sweep_marked_events(&self, before: Time, most: u32) -> Result<u64, DbError> {
        let statement = Statement::new(
            "DELETE FROM canaries WHERE id IN (SELECT id FROM canaries WHERE id < $1 ORDER BY id LIMIT $2) RETURNING id",
        );
        Ok(self.database().write(statement.bind(id_floor(before)).bind(i64::from(most))).await?.len() as u64)
    }
}

/// Sweep times of runs by pipeline. Older runs must not be recorded again: they are still in the sums.
pub(crate) struct Swept(HashMap<String, i64>);

impl Swept {
    pub(crate) async fn read(transaction: &mut Transaction) -> Result<Self, DbError> {
        let rows = transaction.run(Statement::new("SELECT pipeline, before FROM swept")).await?;
        let before = rows.iter().map(|row| Ok((row.get::<String>("pipeline")?, row.get::<i64>("before")?)));
        Ok(Self(before.collect::<Result<_, DbError>>()?))
    }

    /// Whether a run may be recorded.
    pub(crate) fn allows(&self, run: &Run) -> bool {
        let of = |pipeline: &str| self.0.get(pipeline).is_none_or(|before| run.started_at.0 >= *before);
        of("") && run.pipeline.as_ref().is_none_or(|pipeline| of(pipeline.as_str()))
    }
}

//! Percentiles of duration and memory over the newest runs of a window, computed in the database.

use model::{Percentiles, PipelineName, Window};

use crate::{Db, DbError, database::Statement};

/// Most runs that percentiles are computed from.
const MAX_RUNS: i64 = 10_000;

/// Percentiles of the newest runs of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Number of runs in the percentiles, at most 10,000.
    pub runs: u64,
    pub duration_ms: Percentiles,
    /// Memory in MB, of the runs that report it.
    pub memory_mb: Percentiles,
}

impl Db {
    /// Percentiles (nearest rank) of the runs of a window.
    pub async fn run_measures(&self, pipeline: &PipelineName, window: Window) -> Result<Measures, DbError> {
        let durations = self.ranked("duration_ms", pipeline, window);
        let memory = self.ranked("memory_mb", pipeline, window);
        let ((runs, duration_ms), (_, memory_mb)) = tokio::try_join!(durations, memory)?;
        Ok(Measures { runs, duration_ms, memory_mb })
    }

    async fn ranked(
        &self,
        column: &'static str,
        pipeline: &PipelineName,
        window: Window,
    ) -> Result<(u64, Percentiles), DbError> {
        let statement = Statement::new("WITH newest AS (SELECT ")
            .push(column)
            .push(" AS figure FROM runs WHERE pipeline = ")
            .value(pipeline.as_str())
            .push(" AND started_at >= ")
            .value(window.from())
            .push(" AND started_at < ")
            .value(window.to())
            .push(" ORDER BY started_at DESC, id DESC LIMIT ")
            .value(MAX_RUNS)
            .push(
                "), ranked AS (SELECT figure, ROW_NUMBER() OVER (ORDER BY figure) AS place, \
                 COUNT(*) OVER () AS entries FROM newest WHERE figure IS NOT NULL) \
                 SELECT place, entries, figure FROM ranked WHERE place IN \
                 ((entries * 50 + 99) / 100, (entries * 95 + 99) / 100, (entries * 99 + 99) / 100, entries)",
            );
        let rows = self.database().read(statement).await?;
        let mut percentiles = Percentiles::default();
        let mut runs = 0;
        for row in rows {
            let (place, figure) = (row.get::<i64>("place")?, row.get::<i64>("figure")?.unsigned_abs());
            runs = row.get::<i64>("entries")?;
            let ranks = [
                (50, &mut percentiles.p50),
                (95, &mut percentiles.p95),
                (99, &mut percentiles.p99),
                (100, &mut percentiles.max),
            ];
            for (percent, value) in ranks {
                if (runs * percent + 99) / 100 == place {
                    *value = figure;
                }
            }
        }
        Ok((runs.unsigned_abs(), percentiles))
    }
}

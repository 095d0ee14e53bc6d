//! How pipelines did: a tile each for the first page, and the figures of one over a window. Made of sums that are kept,
//! of percentiles, and of what the reconciler found.

use db::{Fate, Totals};
use engine::{
    runs::{Sample, losses, prefix_of},
    ship::LogName,
};
use futures::future::try_join_all;
use model::{
    AlertFilter, AlertState, GapKind, Job, Key, Outcome, Pipeline, PipelineHealth, PipelineName, PipelineStatus,
    Problem, ProblemCode, Reconciliation, ReprocessRequest, RunFilter, RunSums, Tile, Time, Viewer, Window,
};

use super::{AppBackend, problem};

/// Stretches of a tile's trend, about.
const TREND: u32 = 48;
/// Runs among which losses are looked into.
const FATES: u32 = 2_000;
const HOUR_MS: i64 = 3_600_000;
/// From the best to the worst.
const SEVERITY: [Outcome; 9] = [
    Outcome::Delivered,
    Outcome::Sent,
    Outcome::Empty,
    Outcome::Partial,
    Outcome::Unproven,
    Outcome::Unknown,
    Outcome::Suspicious,
    Outcome::TimedOut,
    Outcome::Crashed,
];

impl AppBackend {
    pub(super) async fn gather_tiles(&self, window: Window) -> Result<Vec<Tile>, Problem> {
        try_join_all(self.config.pipelines.iter().map(|pipeline| self.tile(pipeline, window))).await
    }

    async fn tile(&self, pipeline: &Pipeline, window: Window) -> Result<Tile, Problem> {
        let filter = of(&pipeline.name);
        let now = Time(self.db.now().0 + 1);
        let hour = Window::new(Time(now.0 - HOUR_MS), now)?;
        let PipelineStatus { last_run, lag_ms, .. } = self.pipeline_status(pipeline).await?;
        let standing = AlertFilter {
            pipeline: Some(pipeline.name.clone()),
            states: vec![AlertState::Open, AlertState::Acknowledged, AlertState::Silenced],
            ..AlertFilter::default()
        };
        let (totals, trend, alerts) = tokio::try_join!(
            self.db.run_totals(&filter, hour),
            self.db.run_sums(&filter, window, TREND),
            self.db.alerts(&standing, None, 200)
        )
        .map_err(problem::database)?;
        let pipeline = pipeline.name.clone();
        let (worst, sums) = (worst(&totals), sums_of(&totals, hour));
        Ok(Tile { pipeline, worst, sums, lag_ms, last_run, trend, alerts: alerts.items })
    }

    pub(super) async fn measure_pipeline(
        &self,
        name: &PipelineName,
        window: Window,
    ) -> Result<PipelineHealth, Problem> {
        let pipeline = self.known(name)?;
        let filter = of(name);
        let (totals, measures, last, reconciliation, fates) = tokio::try_join!(
            self.db.run_totals(&filter, window),
            self.db.run_measures(name, window),
            self.db.last_run(name),
            self.db.reconciliation(name, window),
            self.db.fates(name, window, FATES),
        )
        .map_err(problem::database)?;
        let cost = self.config.prices.of_lambda(totals.invocations, totals.billed_mb_ms);
        let limit = last.and_then(|run| run.invocation).and_then(|invocation| invocation.memory_limit_mb);
        let canary = self.canary_of(pipeline, window).await?;
        let losses = losses(&samples(&fates, reconciliation.as_ref()));
        Ok(PipelineHealth {
            window,
            reconciliation,
            canary,
            duration_ms: measures.duration_ms,
            memory_mb: measures.memory_mb,
            memory_limit_mb: limit,
            billed_ms: totals.billed_ms,
            cold_starts: totals.cold_starts,
            runs: measures.runs,
            cost: (pipeline.function.is_some() || totals.invocations > 0).then_some(cost),
            losses,
        })
    }

    pub(super) async fn ship_gaps(
        &self,
        viewer: &Viewer,
        name: &PipelineName,
        window: Window,
        idempotency_key: Option<String>,
    ) -> Result<Job, Problem> {
        self.known(name)?;
        let found = self.db.reconciliation(name, window).await.map_err(problem::database)?;
        let keys: Vec<Key> =
            found.into_iter().flat_map(|found| found.gaps).filter_map(|gap| gap.key.parse().ok()).collect();
        if keys.is_empty() {
            let detail =
                format!("Nothing is missing of pipeline {name} between {} and {}.", window.from(), window.to());
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        let request = ReprocessRequest { pipeline: Some(name.clone()), keys, ..ReprocessRequest::default() };
        self.insert_reprocess(viewer, request, idempotency_key).await
    }
}

/// Objects as they fared, and those that nobody picked up.
fn samples(fates: &[Fate], reconciliation: Option<&Reconciliation>) -> Vec<Sample> {
    let handled = fates.iter().map(|fate| {
        let key = fate.key.as_str();
        // Its key tells the end of what it covers: it cannot have been written before.
        let age = LogName::of_key(key).and_then(|name| u64::try_from(fate.started_at.since(name.end)).ok());
        let (at, prefix) = (fate.started_at, Some(prefix_of(key)));
        Sample { at, size: fate.size, age_ms: age, prefix, duration_ms: Some(fate.duration_ms), lost: !fate.whole }
    });
    let gaps = reconciliation.into_iter().flat_map(|found| &found.gaps).filter(|gap| gap.kind == GapKind::Never);
    let never = gaps.map(|gap| {
        let (at, prefix) = (gap.written_at, Some(prefix_of(&gap.key)));
        Sample { at, size: Some(gap.size), age_ms: None, prefix, duration_ms: None, lost: true }
    });
    handled.chain(never).collect()
}

fn of(pipeline: &PipelineName) -> RunFilter {
    RunFilter { pipeline: Some(pipeline.clone()), ..RunFilter::default() }
}

fn worst(totals: &Totals) -> Option<Outcome> {
    let severity = |outcome: &Outcome| SEVERITY.iter().position(|known| known == outcome);
    totals.outcomes.iter().map(|(outcome, _)| *outcome).max_by_key(severity)
}

fn sums_of(totals: &Totals, window: Window) -> RunSums {
    let Totals { runs, lines, parsed, delivered, failures, .. } = *totals;
    RunSums { window, runs, lines, parsed, delivered, failures }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_place_from_the_best_to_the_worst() {
        assert!(Outcome::ALL.iter().all(|outcome| SEVERITY.contains(outcome)));
        let of = |outcomes: &[Outcome]| {
            worst(&Totals { outcomes: outcomes.iter().map(|outcome| (*outcome, 1)).collect(), ..Totals::default() })
        };
        assert_eq!(of(&[Outcome::Delivered, Outcome::TimedOut, Outcome::Partial]), Some(Outcome::TimedOut));
        assert_eq!(of(&[Outcome::Empty, Outcome::Sent]), Some(Outcome::Empty));
        assert_eq!(of(&[]), None);
    }
}

//! The figures of a pipeline: its tile on the first page, and the samples of which losses are judged.

use db::{ObjectOutcome, Totals};
use engine::{
    runs::{Sample, prefix_of},
    ship::LogName,
};
use model::{
    AlertFilter, AlertState, GapKind, Outcome, Pipeline, PipelineName, PipelineStatus, Problem, Reconciliation,
    RunFilter, RunSums, Tile, Time, Window,
};

use super::{AppBackend, problem};

/// Points of a tile's trend, about.
const TREND: u32 = 48;
const HOUR_MS: i64 = 3_600_000;
/// Outcomes from best to worst.
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
    pub(super) async fn tile(&self, pipeline: &Pipeline, window: Window) -> Result<Tile, Problem> {
        let filter = runs_of(&pipeline.name);
        let now = Time(self.db.now().0 + 1);
        let hour = Window::new(Time(now.0 - HOUR_MS), now)?;
        let PipelineStatus { last_run, lag_ms, .. } = self.pipeline_status(pipeline).await?;
        let active = AlertFilter {
            pipeline: Some(pipeline.name.clone()),
            states: vec![AlertState::Open, AlertState::Acknowledged, AlertState::Silenced],
            ..AlertFilter::default()
        };
        let (totals, trend, alerts) = tokio::try_join!(
            self.db.run_totals(&filter, hour),
            self.db.run_sums(&filter, window, TREND),
            self.db.alerts(&active, None, 200)
        )
        .map_err(problem::database)?;
        let pipeline = pipeline.name.clone();
        let (worst, sums) = (worst(&totals), sums_of(&totals, hour));
        Ok(Tile { pipeline, worst, sums, lag_ms, last_run, trend, alerts: alerts.items })
    }
}

/// Handled log objects, and those that were not processed.
pub(super) fn samples(fates: &[ObjectOutcome], reconciliation: Option<&Reconciliation>) -> Vec<Sample> {
    let handled = fates.iter().map(|fate| {
        let key = fate.key.as_str();
        // The key names the end of the covered interval: the object cannot have been written before.
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

pub(super) fn runs_of(pipeline: &PipelineName) -> RunFilter {
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
    fn severity_orders_every_outcome() {
        assert!(Outcome::ALL.iter().all(|outcome| SEVERITY.contains(outcome)));
        let worst_of = |outcomes: &[Outcome]| {
            worst(&Totals { outcomes: outcomes.iter().map(|outcome| (*outcome, 1)).collect(), ..Totals::default() })
        };
        assert_eq!(worst_of(&[Outcome::Delivered, Outcome::TimedOut, Outcome::Partial]), Some(Outcome::TimedOut));
        assert_eq!(worst_of(&[Outcome::Empty, Outcome::Sent]), Some(Outcome::Empty));
        assert_eq!(worst_of(&[]), None);
    }
}

//! The evaluation: facts of each pipeline and sink → findings → alerts, by one process at a time.

use std::collections::HashMap;

use db::{AlertChange, DbError, KeptAlert};
use engine::alerts::{AlertTracker, Change, Debounce, Judgement, TrackedAlert, judge, judge_canary};
use model::{PipelineName, SinkName, Time};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Context, facts, heartbeat::Heart};
use crate::signals::Nudge;

/// Whom alerts are of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Pipeline(PipelineName),
    Sink(SinkName),
}

/// What one process knows from one evaluation to the next.
struct Evaluator {
    context: Context,
    started_at: Time,
    trackers: HashMap<Subject, AlertTracker>,
}

pub async fn run(context: Context, told: Nudge, shutdown: CancellationToken) {
    let every = context.rhythm.evaluate;
    let mut heart = Heart::new(&context);
    let (db, holder) = (context.db.clone(), context.holder.clone());
    let mut evaluator = Evaluator { started_at: db.now(), context, trackers: HashMap::new() };
    let mut away = false;
    while !shutdown.is_cancelled() {
        match evaluator.evaluate().await {
            Ok(evaluated) => {
                away = false;
                if evaluated {
                    told.nudge();
                    heart.beat();
                }
            }
            Err(error) => {
                if !away {
                    warn!(%error, "conditions could not be looked at; trying again");
                }
                away = true;
            }
        }
        tokio::select! {
            () = sleep(every) => {}
            () = shutdown.cancelled() => {}
        }
    }
    if let Err(error) = db.release_evaluation(&holder).await {
        warn!(%error, "the evaluation could not be given back; its lease expires by itself");
    }
}

impl Evaluator {
    /// False if another process does it.
    async fn evaluate(&mut self) -> Result<bool, DbError> {
        let Context { db, config, holder, rhythm, receivers, hub, .. } = &self.context;
        let lease_ms = i64::try_from(rhythm.lease.as_millis()).unwrap_or(i64::MAX);
        if !db.hold_evaluation(holder, lease_ms).await? {
            self.trackers.clear();
            return Ok(false);
        }
        let mut standing = by_subject(db.standing_alerts().await?);
        let mut changes = Vec::new();
        let mut judgements = Vec::new();
        for pipeline in &config.pipelines {
            let facts = facts::of_pipeline(db, pipeline, self.started_at).await?;
            let judgement = judge(&facts, &self.context.limits(pipeline));
            let debounce = rhythm.debounce.unwrap_or_else(|| Debounce::of(pipeline.every_s));
            judgements.push((Subject::Pipeline(pipeline.name.clone()), judgement, debounce));
        }
        for (sink, every) in &config.alerts.canaries {
            let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
            let judgement = judge_canary(&facts::of_sink(db, sink, every_ms).await?);
            judgements.push((Subject::Sink(sink.clone()), judgement, rhythm.debounce.unwrap_or_default()));
        }
        // What is configured no more holds no more.
        let gone = standing.keys().filter(|subject| judgements.iter().all(|(known, ..)| known != *subject));
        let gone: Vec<Subject> = gone.cloned().collect();
        judgements.extend(
            gone.into_iter().map(|subject| (subject, Judgement::default(), rhythm.debounce.unwrap_or_default())),
        );
        for (subject, judgement, debounce) in judgements {
            let alerts = standing.remove(&subject).unwrap_or_default();
            let tracker = self.trackers.entry(subject.clone()).or_insert_with(|| subject.tracker(debounce));
            changes.extend(tracker.update(db.now(), &judgement, alerts, || db.new_alert_id()));
        }
        let records: Vec<_> = changes.iter().map(|change| (kept(change), change.notice())).collect();
        let recorded = db.record_evaluation(holder, &records, &receivers.names()).await?;
        if recorded {
            changes.iter().for_each(log);
            if let Some(hub) = hub.as_ref().filter(|_| !changes.is_empty()) {
                hub.nudge();
            }
        }
        Ok(recorded)
    }
}

impl Subject {
    fn tracker(&self, debounce: Debounce) -> AlertTracker {
        match self.clone() {
            Self::Pipeline(name) => AlertTracker::of_pipeline(name, debounce),
            Self::Sink(name) => AlertTracker::of_sink(name, debounce),
        }
    }
}

fn by_subject(kept: Vec<KeptAlert>) -> HashMap<Subject, Vec<TrackedAlert>> {
    let mut standing: HashMap<Subject, Vec<TrackedAlert>> = HashMap::new();
    for KeptAlert { alert, gone_since, told_at, told_weight } in kept {
        let subject = match (&alert.pipeline, &alert.sink) {
            (Some(name), _) => Subject::Pipeline(name.clone()),
            (None, Some(name)) => Subject::Sink(name.clone()),
            (None, None) => continue, // the table has no such row
        };
        standing.entry(subject).or_default().push(TrackedAlert {
            alert,
            gone_since,
            notified_at: told_at,
            notified_weight: told_weight,
        });
    }
    standing
}

fn kept(change: &Change) -> AlertChange {
    let TrackedAlert { alert, gone_since, notified_at, notified_weight } = change.tracked().clone();
    let kept = KeptAlert { alert, gone_since, told_at: notified_at, told_weight: notified_weight };
    match change {
        Change::Opened(_) => AlertChange::Opened(kept),
        Change::Updated { .. } => AlertChange::Updated(kept),
        Change::SilenceEnded(_) => AlertChange::Woken(kept),
        Change::Resolved(_) => AlertChange::Resolved(kept),
    }
}

fn log(change: &Change) {
    let alert = &change.tracked().alert;
    let of = alert
        .pipeline
        .as_ref()
        .map_or_else(|| alert.sink.as_ref().map(ToString::to_string), |name| Some(name.to_string()));
    let (of, kind) = (of.unwrap_or_default(), alert.kind.as_str());
    match change {
        Change::Opened(_) => warn!(of, kind, reason = alert.reason, "an alert was opened"),
        Change::Resolved(_) => info!(of, kind, "an alert is resolved"),
        Change::Updated { .. } | Change::SilenceEnded(_) => {}
    }
}

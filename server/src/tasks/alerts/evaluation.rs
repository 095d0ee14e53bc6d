//! The evaluation: facts of each pipeline, sink, schedule and table → findings → alerts, by one process at a time.

use std::{collections::HashMap, time::Duration};

use db::{AlertChange, DbError, KeptAlert, task};
use engine::alerts::{
    AlertTracker, Change, Debounce, Judgement, TableFacts, TrackedAlert, judge, judge_canary, judge_schedule,
    judge_table,
};
use model::{AlertKind, AlertSchedule, PipelineName, ScheduleId, SinkName, SyncSource, TableName, Time};
use tracing::{info, warn};

use super::{Context, facts, heartbeat::Heartbeat};
use crate::{
    signals::Nudge,
    tasks::leased::{Lease, LeasedTask, TaskError},
};

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Pipeline(PipelineName),
    Sink(SinkName),
    Schedule(ScheduleId),
    Table(TableName),
}

/// Evaluates all pipelines, sinks, schedules and tables.
pub struct Evaluator {
    context: Context,
    started_at: Time,
    heartbeat: Heartbeat,
    /// Wakes the alert sender of this process.
    sender: Nudge,
}

/// What the holder remembers from one evaluation to the next.
#[derive(Default)]
pub struct State {
    trackers: HashMap<Subject, AlertTracker>,
}

impl LeasedTask for Evaluator {
    const NAME: &'static str = task::EVALUATE;
    /// An evaluation under way is recorded.
    const DRAIN: Duration = Duration::from_secs(3);
    type State = State;

    fn key(&self) -> &str {
        task::ALL
    }

    async fn round(&mut self, state: &mut State, lease: &Lease) -> Result<Duration, TaskError> {
        let every = self.context.rhythm.evaluate;
        match self.evaluate(&mut state.trackers, &lease.holder).await {
            Ok(true) => {
                self.sender.nudge();
                self.heartbeat.ping();
                Ok(every)
            }
            Ok(false) => Err(TaskError::Lost),
            Err(error) => Err(TaskError::Failed { error: error.to_string(), retry_in: every }),
        }
    }
}

impl Evaluator {
    pub fn new(context: Context, sender: Nudge) -> Self {
        let (started_at, heartbeat) = (context.db.now(), Heartbeat::new(&context));
        Self { context, started_at, heartbeat, sender }
    }

    /// False if the lease was lost.
    async fn evaluate(&self, trackers: &mut HashMap<Subject, AlertTracker>, holder: &str) -> Result<bool, DbError> {
        let Context { db, config, rhythm, receivers, hub, .. } = &self.context;
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
        let mut names = HashMap::new();
        for schedule in db.schedules_in_brief().await? {
            let judgement = judge_schedule(&facts::of_schedule(db, &schedule).await?);
            let debounce = rhythm.debounce.unwrap_or(Debounce { resolve_after_ms: 0, ..Debounce::default() });
            judgements.push((Subject::Schedule(schedule.id), judgement, debounce));
            names.insert(schedule.id, AlertSchedule { id: schedule.id, name: schedule.name });
        }
        // A status that cannot be read, such as one of a newer version, leaves the alerts of tables as they are.
        let syncs = match db.syncs().await {
            Err(DbError::Corrupt(error)) => {
                warn!(error, "the status of a table is unreadable; alerts of tables stay as they are");
                let unknown = AlertKind::OF_TABLES.into_iter().chain([AlertKind::Unknown]).collect();
                let judgement = Judgement { unknown, ..Judgement::default() };
                let tables = standing.keys().filter(|subject| matches!(subject, Subject::Table(_))).cloned();
                let debounce = rhythm.debounce.unwrap_or_default();
                judgements.extend(tables.map(|subject| (subject, judgement.clone(), debounce)));
                Vec::new()
            }
            syncs => syncs?,
        };
        for status in syncs {
            // A table that is no longer configured here is nobody's, unless an agent reports it.
            let known = config.tables.iter().any(|table| table.name == status.table);
            if known || status.source == SyncSource::Agent {
                let subject = Subject::Table(status.table.clone());
                let judgement = judge_table(&TableFacts { now: db.now(), status });
                judgements.push((subject, judgement, rhythm.debounce.unwrap_or_default()));
            }
        }
        // Alerts of a subject that is no longer configured are resolved.
        let gone = standing.keys().filter(|subject| judgements.iter().all(|(known, ..)| known != *subject));
        let gone: Vec<Subject> = gone.cloned().collect();
        judgements.extend(
            gone.into_iter().map(|subject| (subject, Judgement::default(), rhythm.debounce.unwrap_or_default())),
        );
        for (subject, judgement, debounce) in judgements {
            let alerts = standing.remove(&subject).unwrap_or_default();
            let tracker = trackers.entry(subject.clone()).or_insert_with(|| subject.tracker(&names, debounce));
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
    fn tracker(&self, names: &HashMap<ScheduleId, AlertSchedule>, debounce: Debounce) -> AlertTracker {
        match self.clone() {
            Self::Pipeline(name) => AlertTracker::of_pipeline(name, debounce),
            Self::Sink(name) => AlertTracker::of_sink(name, debounce),
            Self::Table(name) => AlertTracker::of_table(name, debounce),
            Self::Schedule(id) => AlertTracker::of_schedule(names.get(&id).cloned(), debounce),
        }
    }
}

fn by_subject(kept: Vec<KeptAlert>) -> HashMap<Subject, Vec<TrackedAlert>> {
    let mut standing: HashMap<Subject, Vec<TrackedAlert>> = HashMap::new();
    for KeptAlert { alert, gone_since, told_at, told_weight } in kept {
        let subject = match (&alert.pipeline, &alert.sink, &alert.schedule) {
            (Some(name), ..) => Subject::Pipeline(name.clone()),
            (None, Some(name), _) => Subject::Sink(name.clone()),
            (None, None, Some(schedule)) => Subject::Schedule(schedule.id),
            (None, None, None) => match &alert.table {
                Some(table) => Subject::Table(table.clone()),
                None => continue, // the database has no such row
            },
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
        .map(ToString::to_string)
        .or_else(|| alert.sink.as_ref().map(ToString::to_string))
        .or_else(|| alert.schedule.as_ref().map(|schedule| schedule.name.to_string()))
        .or_else(|| alert.table.as_ref().map(ToString::to_string));
    let (of, kind) = (of.unwrap_or_default(), alert.kind.as_str());
    match change {
        Change::Opened(_) => warn!(of, kind, reason = alert.reason, "alert opened"),
        Change::Resolved(_) => info!(of, kind, "alert resolved"),
        Change::Updated { .. } | Change::SilenceEnded(_) => {}
    }
}

//! The alert tracker: opens, updates and resolves the alerts of one subject as judgements come in.
//!
//! A finding opens an alert at once, or after a delay where a single failed poll proves little. When the finding
//! disappears, the alert stays open for the debounce time and is then resolved; a finding that returns before that
//! continues the same alert. So a receiver gets at most one "opened" and one "resolved" per kind and debounce time.
//!
//! Always: at most one unresolved alert of a kind. An unknown kind opens and resolves nothing. An acknowledgement or a
//! silence lasts until the alert is resolved or the silence ends.

use std::collections::BTreeMap;

use model::{Alert, AlertId, AlertKind, AlertSchedule, AlertState, PipelineName, SinkName, TableName, Time};

use super::{
    findings::{Finding, Judgement},
    limits::intervals_ms,
};

/// Shortest time between two updates of an alert's reason when only its figures change. Milliseconds.
const REFRESH_MS: i64 = 60_000;
/// Shortest time between two notifications of an alert whose weight has doubled. Milliseconds.
const NOTIFY_AGAIN_MS: i64 = 15 * 60_000;

/// How long a finding must hold, or be gone, before it counts. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    /// A reader must fail for this long before an `unknown` alert opens: one throttled call is not an outage.
    pub open_unknown_after_ms: i64,
    /// A finding must be gone for this long before its alert is resolved.
    pub resolve_after_ms: i64,
}

/// An unresolved alert with the state that the tracker stores between evaluations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedAlert {
    pub alert: Alert,
    /// When its finding disappeared; `None` while the finding holds.
    pub gone_since: Option<Time>,
    /// When receivers were last notified.
    pub notified_at: Time,
    /// The finding's weight at that notification.
    pub notified_weight: u64,
}

/// A change to store, and whether receivers are notified of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Notified.
    Opened(TrackedAlert),
    /// Its figures changed. Notified if its weight at least doubled.
    Updated { tracked: TrackedAlert, notify: bool },
    /// The silence ended and the finding still holds. Notified.
    SilenceEnded(TrackedAlert),
    /// Notified even if acknowledged or silenced: every opened alert is also reported as resolved.
    Resolved(TrackedAlert),
}

/// Tracks the alerts of one pipeline, sink, schedule or table. Its own state may be lost on a restart: the start times of findings that
/// have not opened an alert yet.
#[derive(Debug)]
pub struct AlertTracker {
    pipeline: Option<PipelineName>,
    sink: Option<SinkName>,
    schedule: Option<AlertSchedule>,
    table: Option<TableName>,
    debounce: Debounce,
    holding: BTreeMap<AlertKind, Time>,
}

impl Debounce {
    /// Debounce times for a pipeline with this interval. It resolves after one interval, between two minutes and one
    /// hour: a pipeline that runs every half hour cannot show within two minutes that it has recovered.
    pub fn of(every_s: Option<u64>) -> Self {
        Self { resolve_after_ms: intervals_ms(every_s, 1).clamp(120_000, 3_600_000), ..Self::default() }
    }

    fn before_opening(self, kind: AlertKind) -> i64 {
        if kind == AlertKind::Unknown { self.open_unknown_after_ms } else { 0 }
    }
}

impl Default for Debounce {
    fn default() -> Self {
        Self { open_unknown_after_ms: 25_000, resolve_after_ms: 120_000 }
    }
}

impl Change {
    pub fn tracked(&self) -> &TrackedAlert {
        match self {
            Self::Opened(tracked)
            | Self::Updated { tracked, .. }
            | Self::SilenceEnded(tracked)
            | Self::Resolved(tracked) => tracked,
        }
    }

    /// The value of [`model::Notice::what`] for this change; `None` if receivers are not notified.
    pub fn notice(&self) -> Option<&'static str> {
        match self {
            Self::Opened(_) => Some("opened"),
            Self::Updated { notify, .. } => notify.then_some("updated"),
            Self::SilenceEnded(_) => Some("updated"),
            Self::Resolved(_) => Some("resolved"),
        }
    }
}

impl AlertTracker {
    pub fn of_pipeline(name: PipelineName, debounce: Debounce) -> Self {
        Self { pipeline: Some(name), ..Self::of_nothing(debounce) }
    }

    pub fn of_sink(name: SinkName, debounce: Debounce) -> Self {
        Self { sink: Some(name), ..Self::of_nothing(debounce) }
    }

    /// `None` for a schedule that is deleted, whose alerts are only resolved.
    pub fn of_schedule(schedule: Option<AlertSchedule>, debounce: Debounce) -> Self {
        Self { schedule, ..Self::of_nothing(debounce) }
    }

    pub fn of_table(name: TableName, debounce: Debounce) -> Self {
        Self { table: Some(name), ..Self::of_nothing(debounce) }
    }

    fn of_nothing(debounce: Debounce) -> Self {
        Self { pipeline: None, sink: None, schedule: None, table: None, debounce, holding: BTreeMap::new() }
    }

    /// Compares a judgement with the unresolved alerts (`tracked`) of this subject; returns the changes.
    pub fn update(
        &mut self,
        now: Time,
        judgement: &Judgement,
        tracked: Vec<TrackedAlert>,
        mut new_id: impl FnMut() -> AlertId,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let found = |kind: AlertKind| judgement.findings.iter().find(|finding| finding.kind == kind);
        self.holding.retain(|kind, _| found(*kind).is_some());
        for finding in &judgement.findings {
            let held_since = *self.holding.entry(finding.kind).or_insert(now);
            let open = tracked.iter().any(|tracked| tracked.alert.kind == finding.kind);
            if !open && now.since(held_since) >= self.debounce.before_opening(finding.kind) {
                changes.push(Change::Opened(self.open(now, finding, new_id())));
            }
        }
        for tracked in tracked {
            let kind = tracked.alert.kind;
            let change = match found(kind) {
                Some(finding) => still_holds(now, finding, tracked),
                None if judgement.unknown.contains(&kind) => not_known(now, tracked),
                None => gone(now, self.debounce, tracked),
            };
            changes.extend(change);
        }
        changes
    }

    fn open(&self, now: Time, finding: &Finding, id: AlertId) -> TrackedAlert {
        let alert = Alert {
            id,
            kind: finding.kind,
            pipeline: self.pipeline.clone(),
            sink: self.sink.clone(),
            schedule: self.schedule.clone(),
            table: self.table.clone(),
            state: AlertState::Open,
            reason: finding.reason.clone(),
            advice: finding.advice.clone(),
            since: finding.since.min(now),
            opened_at: now,
            updated_at: now,
            resolved_at: None,
            acknowledged_by: None,
            acknowledged_at: None,
            silenced_until: None,
            runs: finding.runs.clone(),
            keys: finding.keys.clone(),
            window: finding.window,
        };
        TrackedAlert { alert, gone_since: None, notified_at: now, notified_weight: finding.weight }
    }
}

fn still_holds(now: Time, finding: &Finding, mut tracked: TrackedAlert) -> Option<Change> {
    let alert = &tracked.alert;
    let evidence = alert.runs != finding.runs || alert.keys != finding.keys;
    let words = alert.reason != finding.reason || alert.window != finding.window;
    let stale = evidence || words && now.since(alert.updated_at) >= REFRESH_MS;
    let back = tracked.gone_since.take().is_some();
    let worse = alert.state == AlertState::Open
        && finding.weight >= tracked.notified_weight.saturating_mul(2).max(1)
        && finding.weight > tracked.notified_weight
        && now.since(tracked.notified_at) >= NOTIFY_AGAIN_MS;
    let awake = end_silence(now, &mut tracked.alert);
    if stale || worse || awake {
        let alert = &mut tracked.alert;
        alert.reason.clone_from(&finding.reason);
        alert.advice.clone_from(&finding.advice);
        alert.runs.clone_from(&finding.runs);
        alert.keys.clone_from(&finding.keys);
        alert.window = finding.window;
        alert.since = alert.since.min(finding.since);
        alert.updated_at = now;
    }
    if worse || awake {
        (tracked.notified_at, tracked.notified_weight) = (now, finding.weight);
    }
    if awake {
        return Some(Change::SilenceEnded(tracked));
    }
    (stale || worse || back).then_some(Change::Updated { tracked, notify: worse })
}

/// An unknown kind resets the debounce time: the finding may still hold.
fn not_known(now: Time, mut tracked: TrackedAlert) -> Option<Change> {
    let back = tracked.gone_since.take().is_some();
    if end_silence(now, &mut tracked.alert) {
        tracked.notified_at = now;
        return Some(Change::SilenceEnded(tracked));
    }
    back.then_some(Change::Updated { tracked, notify: false })
}

fn gone(now: Time, debounce: Debounce, mut tracked: TrackedAlert) -> Option<Change> {
    let since = tracked.gone_since;
    if since.is_some_and(|since| now.since(since) >= debounce.resolve_after_ms) {
        tracked.alert.state = AlertState::Resolved;
        tracked.alert.resolved_at = Some(now);
        tracked.alert.updated_at = now;
        return Some(Change::Resolved(tracked));
    }
    tracked.gone_since = since.or(Some(now));
    since.is_none().then_some(Change::Updated { tracked, notify: false })
}

/// Ends a silence whose time has passed; returns whether it did.
fn end_silence(now: Time, alert: &mut Alert) -> bool {
    let over = alert.state == AlertState::Silenced && alert.silenced_until.is_none_or(|until| until <= now);
    if over {
        alert.state = AlertState::Open;
        alert.silenced_until = None;
        alert.updated_at = now;
    }
    over
}

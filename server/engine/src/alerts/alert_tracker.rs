//! The book: what becomes of alerts, given what holds now.
//!
//! A finding opens an alert at once, or once it held for a while where one bad look proves little. An alert whose
//! finding is gone waits, and is resolved if it stays gone; what comes back meanwhile is the same alert. So nobody hears
//! of a kind more often than once opened and once resolved in the time that resolving takes.
//!
//! Always: at most one unresolved alert of a kind. What is unknown changes nothing. What people did (acknowledged,
//! silenced) stays until the alert is resolved, or the silence is over.

use std::collections::BTreeMap;

use model::{Alert, AlertId, AlertKind, AlertState, PipelineName, SinkName, Time};

use super::{
    findings::{Finding, Judgement},
    limits::intervals_ms,
};

/// Figures in a sentence change with each look; they are kept this fresh. Milliseconds.
const REFRESH_MS: i64 = 60_000;
/// People are told again of an alert that became twice as bad, at most this often. Milliseconds.
const NOTIFY_AGAIN_MS: i64 = 15 * 60_000;

/// How long things must stay as they are before they count. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debounce {
    /// A reader fails for this long before it is called failing: one throttled call is no news.
    pub open_unknown_after_ms: i64,
    /// What is gone for this long is over.
    pub resolve_after_ms: i64,
}

/// An alert as it is kept: what it says, and what the book must know to go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedAlert {
    pub alert: Alert,
    /// Since when its finding is gone.
    pub gone_since: Option<Time>,
    /// When people were told of it last, and how bad it was then.
    pub notified_at: Time,
    pub notified_weight: u64,
}

/// What is to be kept, and whether people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Told.
    Opened(TrackedAlert),
    /// Its figures changed. Told where it became much worse.
    Updated { tracked: TrackedAlert, notify: bool },
    /// The silence is over, and it still holds. Told.
    SilenceEnded(TrackedAlert),
    /// Told, whatever people did with it: whoever heard of its beginning hears of its end.
    Resolved(TrackedAlert),
}

/// Whom alerts are of. Keeps only what does not matter after a restart: since when something holds that is not open.
#[derive(Debug)]
pub struct AlertTracker {
    pipeline: Option<PipelineName>,
    sink: Option<SinkName>,
    debounce: Debounce,
    holding: BTreeMap<AlertKind, Time>,
}

impl Debounce {
    /// An interval at least, an hour at most: a pipeline that runs every half an hour has not recovered within two
    /// minutes.
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

    /// What people are told, if anything: a word of [`model::Notice::what`].
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
        Self { pipeline: Some(name), sink: None, debounce, holding: BTreeMap::new() }
    }

    pub fn of_sink(name: SinkName, debounce: Debounce) -> Self {
        Self { pipeline: None, sink: Some(name), debounce, holding: BTreeMap::new() }
    }

    /// `tracked`: the alerts of this pipeline or sink that are not resolved.
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

/// Whether it was gone is not known either.
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

/// Ends a silence whose time is over.
fn end_silence(now: Time, alert: &mut Alert) -> bool {
    let over = alert.state == AlertState::Silenced && alert.silenced_until.is_none_or(|until| until <= now);
    if over {
        alert.state = AlertState::Open;
        alert.silenced_until = None;
        alert.updated_at = now;
    }
    over
}

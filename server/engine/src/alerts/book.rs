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
    findings::{Finding, View},
    limits::intervals_ms,
};

/// Figures in a sentence change with each look; they are kept this fresh. Milliseconds.
const FRESH_MS: i64 = 60_000;
/// People are told again of an alert that became twice as bad, at most this often. Milliseconds.
const TELL_AGAIN_MS: i64 = 15 * 60_000;

/// How long things must stay as they are before they count. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// A reader fails for this long before it is called failing: one throttled call is no news.
    pub unknown_ms: i64,
    /// What is gone for this long is over.
    pub gone_ms: i64,
}

/// An alert as it is kept: what it says, and what the book must know to go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub alert: Alert,
    /// Since when its finding is gone.
    pub gone_since: Option<Time>,
    /// When people were told of it last, and how bad it was then.
    pub told_at: Time,
    pub told_weight: u64,
}

/// What is to be kept, and whether people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Told.
    Opened(Standing),
    /// Its figures changed. Told where it became much worse.
    Updated { standing: Standing, tell: bool },
    /// The silence is over, and it still holds. Told.
    Woken(Standing),
    /// Told, whatever people did with it: whoever heard of its beginning hears of its end.
    Resolved(Standing),
}

/// Whom alerts are of. Keeps only what does not matter after a restart: since when something holds that is not open.
#[derive(Debug)]
pub struct Book {
    pipeline: Option<PipelineName>,
    sink: Option<SinkName>,
    patience: Patience,
    holding: BTreeMap<AlertKind, Time>,
}

impl Patience {
    /// An interval at least, an hour at most: a pipeline that runs every half an hour has not recovered within two
    /// minutes.
    pub fn of(every_s: Option<u64>) -> Self {
        Self { gone_ms: intervals_ms(every_s, 1).clamp(120_000, 3_600_000), ..Self::default() }
    }

    fn before_opening(self, kind: AlertKind) -> i64 {
        if kind == AlertKind::Unknown { self.unknown_ms } else { 0 }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { unknown_ms: 25_000, gone_ms: 120_000 }
    }
}

impl Change {
    pub fn standing(&self) -> &Standing {
        match self {
            Self::Opened(standing)
            | Self::Updated { standing, .. }
            | Self::Woken(standing)
            | Self::Resolved(standing) => standing,
        }
    }

    /// What people are told, if anything: a word of [`model::Notice::what`].
    pub fn told(&self) -> Option<&'static str> {
        match self {
            Self::Opened(_) => Some("opened"),
            Self::Updated { tell, .. } => tell.then_some("updated"),
            Self::Woken(_) => Some("updated"),
            Self::Resolved(_) => Some("resolved"),
        }
    }
}

impl Book {
    pub fn of_pipeline(name: PipelineName, patience: Patience) -> Self {
        Self { pipeline: Some(name), sink: None, patience, holding: BTreeMap::new() }
    }

    pub fn of_sink(name: SinkName, patience: Patience) -> Self {
        Self { pipeline: None, sink: Some(name), patience, holding: BTreeMap::new() }
    }

    /// `standing`: the alerts of this pipeline or sink that are not resolved.
    pub fn turn(
        &mut self,
        now: Time,
        view: &View,
        standing: Vec<Standing>,
        mut new_id: impl FnMut() -> AlertId,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let found = |kind: AlertKind| view.findings.iter().find(|finding| finding.kind == kind);
        self.holding.retain(|kind, _| found(*kind).is_some());
        for finding in &view.findings {
            let held_since = *self.holding.entry(finding.kind).or_insert(now);
            let open = standing.iter().any(|standing| standing.alert.kind == finding.kind);
            if !open && now.since(held_since) >= self.patience.before_opening(finding.kind) {
                changes.push(Change::Opened(self.open(now, finding, new_id())));
            }
        }
        for standing in standing {
            let kind = standing.alert.kind;
            let change = match found(kind) {
                Some(finding) => still_holds(now, finding, standing),
                None if view.unknown.contains(&kind) => not_known(now, standing),
                None => gone(now, self.patience, standing),
            };
            changes.extend(change);
        }
        changes
    }

    fn open(&self, now: Time, finding: &Finding, id: AlertId) -> Standing {
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
        Standing { alert, gone_since: None, told_at: now, told_weight: finding.weight }
    }
}

fn still_holds(now: Time, finding: &Finding, mut standing: Standing) -> Option<Change> {
    let alert = &standing.alert;
    let evidence = alert.runs != finding.runs || alert.keys != finding.keys;
    let words = alert.reason != finding.reason || alert.window != finding.window;
    let stale = evidence || words && now.since(alert.updated_at) >= FRESH_MS;
    let back = standing.gone_since.take().is_some();
    let worse = alert.state == AlertState::Open
        && finding.weight >= standing.told_weight.saturating_mul(2).max(1)
        && finding.weight > standing.told_weight
        && now.since(standing.told_at) >= TELL_AGAIN_MS;
    let awake = woken(now, &mut standing.alert);
    if stale || worse || awake {
        let alert = &mut standing.alert;
        alert.reason.clone_from(&finding.reason);
        alert.advice.clone_from(&finding.advice);
        alert.runs.clone_from(&finding.runs);
        alert.keys.clone_from(&finding.keys);
        alert.window = finding.window;
        alert.since = alert.since.min(finding.since);
        alert.updated_at = now;
    }
    if worse || awake {
        (standing.told_at, standing.told_weight) = (now, finding.weight);
    }
    if awake {
        return Some(Change::Woken(standing));
    }
    (stale || worse || back).then_some(Change::Updated { standing, tell: worse })
}

/// Whether it was gone is not known either.
fn not_known(now: Time, mut standing: Standing) -> Option<Change> {
    let back = standing.gone_since.take().is_some();
    if woken(now, &mut standing.alert) {
        standing.told_at = now;
        return Some(Change::Woken(standing));
    }
    back.then_some(Change::Updated { standing, tell: false })
}

fn gone(now: Time, patience: Patience, mut standing: Standing) -> Option<Change> {
    let since = standing.gone_since;
    if since.is_some_and(|since| now.since(since) >= patience.gone_ms) {
        standing.alert.state = AlertState::Resolved;
        standing.alert.resolved_at = Some(now);
        standing.alert.updated_at = now;
        return Some(Change::Resolved(standing));
    }
    standing.gone_since = since.or(Some(now));
    since.is_none().then_some(Change::Updated { standing, tell: false })
}

/// Ends a silence whose time is over.
fn woken(now: Time, alert: &mut Alert) -> bool {
    let over = alert.state == AlertState::Silenced && alert.silenced_until.is_none_or(|until| until <= now);
    if over {
        alert.state = AlertState::Open;
        alert.silenced_until = None;
        alert.updated_at = now;
    }
    over
}

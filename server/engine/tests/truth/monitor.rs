//! Logyard as the monitor of a simulated pipeline: reads the log, judges runs, evaluates the facts, notifies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::{
    alerts::{
        AlertTracker, Arrived, CanaryFacts, Change, Debounce, Facts, Gaps, Limits, Probe, Reader as ReaderStatus,
        RunFacts, TrackedAlert, judge, judge_canary,
    },
    runs::{History, Mapping, Options, Read, Reader},
};
use model::{AlertId, AlertKind, Key, Outcome, Run, RunSource, Time};

use crate::simulation::{EVERY, MINUTE, Object, Simulation, TIMEOUT_S};

/// Interval between two polls of the log, in milliseconds.
const POLL_MS: i64 = 10_000;
/// Interval between two canary rounds, and how long each is waited for, in milliseconds.
const CANARY: i64 = 10 * 60_000;
const CANARY_WAITS: i64 = 30_000;
/// Most runs that the conditions are judged by.
const RUNS: usize = 60;

/// An opened alert, as its receivers are notified.
#[derive(Clone, Debug)]
pub struct Notification {
    pub at: Time,
    pub kind: AlertKind,
    pub reason: String,
}

/// The notifications and the outcomes of a simulation.
pub struct Observed {
    pub notifications: Vec<Notification>,
    /// The outcome of each request id.
    pub outcomes: BTreeMap<String, Outcome>,
}

struct Monitor<'w> {
    simulation: &'w Simulation,
    sizes: HashMap<&'w str, u64>,
    reader: Reader,
    history: History,
    /// Runs by start time and request id.
    runs: BTreeMap<(Time, String), RunFacts>,
    /// Objects that no run has processed, by the time they were written.
    waiting: BTreeSet<(Time, &'w str)>,
    /// Objects of the last day, as the reconciler counts them.
    arrived: Arrived,
    polled_at: Option<Time>,
    error: Option<String>,
    tracker: AlertTracker,
    sink_tracker: AlertTracker,
    tracked: Vec<TrackedAlert>,
    alerts: u64,
}

/// Runs a simulation from one time to another and evaluates the facts every `step` milliseconds.
pub fn monitor(simulation: &Simulation, from: Time, to: Time, step: i64) -> Observed {
    let every_s = u64::try_from(EVERY / 1_000).ok();
    let options = Options { timeout_s: TIMEOUT_S, mapping: Mapping::default(), log_group: None };
    let mut logyard = Monitor {
        simulation,
        sizes: simulation.objects.iter().map(|object| (object.key.as_str(), object.size)).collect(),
        reader: Reader::new(options),
        history: History::default(),
        runs: BTreeMap::new(),
        waiting: BTreeSet::new(),
        arrived: Arrived::default(),
        polled_at: None,
        error: None,
        tracker: AlertTracker::of_pipeline("elb".parse().unwrap(), Debounce::of(every_s)),
        sink_tracker: AlertTracker::of_sink("logs".parse().unwrap(), Debounce::default()),
        tracked: Vec::new(),
        alerts: 0,
    };
    let mut shown: Vec<usize> = (0..simulation.events.len()).collect();
    shown.sort_by_key(|index| simulation.events[*index].0);
    let (mut shown, mut objects) = (shown.into_iter().peekable(), simulation.objects.iter().peekable());
    let (mut now, mut notifications) = (from, Vec::new());
    let mut next_evaluation = from;
    while now < to {
        now = Time(now.0 + step.min(POLL_MS));
        while let Some(object) = objects.next_if(|object| object.written_at <= now) {
            logyard.waiting.insert((object.written_at, &object.key));
        }
        logyard.poll(now, &mut shown);
        if now >= next_evaluation {
            next_evaluation = Time(now.0 + step);
            notifications.extend(logyard.evaluate(now, every_s));
        }
    }
    let outcomes = logyard.runs.into_iter().map(|((_, id), run)| (id, run.outcome)).collect();
    Observed { notifications, outcomes }
}

impl Monitor<'_> {
    fn poll(&mut self, now: Time, shown: &mut std::iter::Peekable<impl Iterator<Item = usize>>) {
        let unreadable = self.simulation.unreadable.iter().find(|(from, to, _)| *from <= now && now < *to);
        self.error = unreadable.map(|(_, _, error)| (*error).to_owned());
        self.polled_at = Some(now);
        if unreadable.is_some() {
            return;
        }
        while let Some(index) = shown.next_if(|index| self.simulation.events[*index].0 <= now) {
            self.reader.push(self.simulation.events[index].1.clone());
        }
        for read in self.reader.take(now) {
            self.record(read);
        }
    }

    /// Records a run as the database does, with the object's size from the bucket's listing.
    fn record(&mut self, read: Read) {
        let key = read.key.as_ref().map(ToString::to_string).unwrap_or_default();
        let size = self.sizes.get(key.as_str()).copied();
        let lines = read.summary.as_ref().map(|summary| summary.lines.encountered);
        let (mut outcome, mut reason) = (read.outcome, read.reason);
        if let (true, Some(size), Some(lines)) = (outcome.whole(), size, lines) {
            match self.history.unusual(size, lines) {
                Some(unusual) => (outcome, reason) = (Outcome::Suspicious, unusual),
                None => self.history.learn(size, lines),
            }
        }
        // An object with unparsed lines was processed: it is not waiting.
        if outcome.whole() || outcome == Outcome::Partial {
            self.waiting.retain(|(_, waiting)| *waiting != key);
        }
        self.runs.retain(|(_, id), _| *id != read.request_id);
        let id = u128::from(u64::from_str_radix(&read.request_id[..8], 16).unwrap());
        let run = Run {
            id: model::RunId(uuid::Uuid::from_u128(id)),
            pipeline: None,
            source: RunSource::Lambda,
            request_id: Some(read.request_id.clone()),
            job: None,
            outcome,
            reason,
            started_at: read.started_at,
            duration_ms: read.duration_ms,
            memory_mb: read.memory_mb,
            invocation: Some(read.invocation),
            store: None,
            bucket: read.bucket,
            key: read.key,
            etag: None,
            size,
            summary: read.summary,
            logged: read.logged,
            accepted: None,
        };
        self.runs.insert((read.started_at, read.request_id), RunFacts::of(&run));
        self.count(read.started_at);
    }

    /// Counts the objects of the last day, and those of them that more than one run sent.
    fn count(&mut self, now: Time) {
        let mut delivered: HashMap<&Key, u64> = HashMap::new();
        let from = (Time(now.0 - 24 * 60 * MINUTE), String::new());
        for run in self.runs.range(from..).map(|(_, run)| run) {
            if let Some(key) = run.key.as_ref().filter(|_| run.outcome.whole() && run.outcome != Outcome::Empty) {
                *delivered.entry(key).or_default() += 1;
            }
        }
        let duplicates = delivered.values().filter(|runs| **runs > 1).count() as u64;
        self.arrived = Arrived { objects: delivered.len() as u64, duplicates };
    }

    fn evaluate(&mut self, now: Time, every_s: Option<u64>) -> Vec<Notification> {
        let gaps = Gaps {
            count: self.waiting.len() as u64,
            oldest: self.waiting.first().map(|(at, _)| *at),
            keys: self.waiting.iter().take(10).map(|(_, key)| (*key).to_owned()).collect(),
        };
        let facts = Facts {
            now,
            every_s,
            watched_since: None,
            runs: self.runs.values().rev().take(RUNS).cloned().collect(),
            runs_reader: Some(ReaderStatus {
                what: "the log group /aws/lambda/elb".to_owned(),
                polled_at: self.polled_at,
                error: self.error.clone(),
                leased: true,
                behind_ms: 0,
            }),
            objects_reader: None,
            shipping_error: None,
            gaps,
            arrived: Some(self.arrived),
        };
        let mut alerts = self.alerts;
        let mut id = || {
            alerts += 1;
            AlertId(uuid::Uuid::from_u128(u128::from(alerts)))
        };
        let (of_sink, of_pipeline) =
            std::mem::take(&mut self.tracked).into_iter().partition(|kept| kept.alert.sink.is_some());
        let mut changes =
            self.tracker.update(now, &judge(&facts, &Limits::default()), keep(&mut self.tracked, of_pipeline), &mut id);
        let probes = judge_canary(&self.canary(now));
        changes.extend(self.sink_tracker.update(now, &probes, keep(&mut self.tracked, of_sink), &mut id));
        self.alerts = alerts;
        let mut notifications = Vec::new();
        for change in changes {
            let tracked = change.tracked().clone();
            self.tracked.retain(|kept| kept.alert.id != tracked.alert.id);
            if let Change::Opened(opened) = &change {
                notifications.push(Notification {
                    at: now,
                    kind: opened.alert.kind,
                    reason: opened.alert.reason.clone(),
                });
            }
            if !matches!(change, Change::Resolved(_)) {
                self.tracked.push(tracked);
            }
        }
        notifications
    }

    fn canary(&self, now: Time) -> CanaryFacts {
        let sent = Time((now.0 - CANARY_WAITS).div_euclid(CANARY) * CANARY);
        let dropped = self.simulation.sink_drops_from.filter(|from| *from <= sent);
        let probe = |bytes| Probe {
            bytes,
            at: sent,
            arrived_last: Some(dropped.unwrap_or(sent)),
            error: dropped.map(|_| "it is not found there".to_owned()),
        };
        CanaryFacts { now, every_ms: CANARY, probes: [100, 10_000, 1_000_000].map(probe).to_vec() }
    }
}

/// Keeps the alerts that do not change.
fn keep(all: &mut Vec<TrackedAlert>, some: Vec<TrackedAlert>) -> Vec<TrackedAlert> {
    all.extend(some.iter().cloned());
    some
}

/// An object below a prefix, written at the given time.
pub fn object(prefix: &str, number: usize, lines: u64, written_at: Time) -> Object {
    Object::new(format!("{prefix}/{number}.log"), lines, written_at)
}

//! Logyard in that world: reads the log, judges runs, looks at the facts, and tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::{
    alerts::{
        AlertTracker, Arrived, CanaryFacts, Change, Debounce, Facts, Gaps, Limits, Probe, Reader as Watch, RunFacts,
        TrackedAlert, judge, judge_canary,
    },
    runs::{History, Mapping, Options, Read, Reader},
};
use model::{AlertId, AlertKind, Key, Outcome, Run, RunSource, Time};

use crate::world::{EVERY, MINUTE, Object, TIMEOUT_S, World};

/// The log is read this often.
const LOOK: i64 = 10_000;
/// Marked events are sent to the sink this often, and looked for this long.
const CANARY: i64 = 10 * 60_000;
const CANARY_WAITS: i64 = 30_000;
/// Runs handed to the conditions.
const RUNS: usize = 60;

/// An alert that people are told of.
#[derive(Clone, Debug)]
pub struct Told {
    pub at: Time,
    pub kind: AlertKind,
    pub reason: String,
}

/// What was told, and what runs came to.
pub struct Account {
    pub told: Vec<Told>,
    /// By request id.
    pub outcomes: BTreeMap<String, Outcome>,
}

struct Logyard<'w> {
    world: &'w World,
    sizes: HashMap<&'w str, u64>,
    reader: Reader,
    history: History,
    /// By when they began, with their request ids.
    runs: BTreeMap<(Time, String), RunFacts>,
    /// Objects without a run that handled them to their end, by when they were written.
    waiting: BTreeSet<(Time, &'w str)>,
    /// Of the last day, as the reconciler counts.
    arrived: Arrived,
    polled_at: Option<Time>,
    error: Option<String>,
    tracker: AlertTracker,
    sink_tracker: AlertTracker,
    tracked: Vec<TrackedAlert>,
    alerts: u64,
}

/// Plays a world from one time to another, looking at the facts every `step` milliseconds.
pub fn play(world: &World, from: Time, to: Time, step: i64) -> Account {
    let every_s = u64::try_from(EVERY / 1_000).ok();
    let options = Options { timeout_s: TIMEOUT_S, mapping: Mapping::default(), log_group: None };
    let mut logyard = Logyard {
        world,
        sizes: world.objects.iter().map(|object| (object.key.as_str(), object.size)).collect(),
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
    let mut shown: Vec<usize> = (0..world.events.len()).collect();
    shown.sort_by_key(|index| world.events[*index].0);
    let (mut shown, mut objects) = (shown.into_iter().peekable(), world.objects.iter().peekable());
    let (mut now, mut told) = (from, Vec::new());
    let mut next_look = from;
    while now < to {
        now = Time(now.0 + step.min(LOOK));
        while let Some(object) = objects.next_if(|object| object.written_at <= now) {
            logyard.waiting.insert((object.written_at, &object.key));
        }
        logyard.look(now, &mut shown);
        if now >= next_look {
            next_look = Time(now.0 + step);
            told.extend(logyard.tell(now, every_s));
        }
    }
    let outcomes = logyard.runs.into_iter().map(|((_, id), run)| (id, run.outcome)).collect();
    Account { told, outcomes }
}

impl Logyard<'_> {
    fn look(&mut self, now: Time, shown: &mut std::iter::Peekable<impl Iterator<Item = usize>>) {
        let unreadable = self.world.unreadable.iter().find(|(from, to, _)| *from <= now && now < *to);
        self.error = unreadable.map(|(_, _, error)| (*error).to_owned());
        self.polled_at = Some(now);
        if unreadable.is_some() {
            return;
        }
        while let Some(index) = shown.next_if(|index| self.world.events[*index].0 <= now) {
            self.reader.push(self.world.events[index].1.clone());
        }
        for read in self.reader.take(now) {
            self.record(read);
        }
    }

    /// As the store keeps it, with the object's size from the bucket's listing.
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
        // Lines that could not be parsed are lost, and not by waiting.
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
        };
        self.runs.insert((read.started_at, read.request_id), RunFacts::of(&run));
        self.count(read.started_at);
    }

    /// Objects of the day before, and those of them that more than one run delivered.
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

    fn tell(&mut self, now: Time, every_s: Option<u64>) -> Vec<Told> {
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
            runs_reader: Some(Watch {
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
        let mut told = Vec::new();
        for change in changes {
            let tracked = change.tracked().clone();
            self.tracked.retain(|kept| kept.alert.id != tracked.alert.id);
            if let Change::Opened(opened) = &change {
                told.push(Told { at: now, kind: opened.alert.kind, reason: opened.alert.reason.clone() });
            }
            if !matches!(change, Change::Resolved(_)) {
                self.tracked.push(tracked);
            }
        }
        told
    }

    fn canary(&self, now: Time) -> CanaryFacts {
        let sent = Time((now.0 - CANARY_WAITS).div_euclid(CANARY) * CANARY);
        let dropped = self.world.sink_drops_from.filter(|from| *from <= sent);
        let probe = |bytes| Probe {
            bytes,
            at: sent,
            arrived_last: Some(dropped.unwrap_or(sent)),
            error: dropped.map(|_| "it is not found there".to_owned()),
        };
        CanaryFacts { now, every_ms: CANARY, probes: [100, 10_000, 1_000_000].map(probe).to_vec() }
    }
}

/// What does not change stays as it is.
fn keep(all: &mut Vec<TrackedAlert>, some: Vec<TrackedAlert>) -> Vec<TrackedAlert> {
    all.extend(some.iter().cloned());
    some
}

/// The object of a prefix that is written at a time.
pub fn object(prefix: &str, number: usize, lines: u64, written_at: Time) -> Object {
    Object::new(format!("{prefix}/{number}.log"), lines, written_at)
}

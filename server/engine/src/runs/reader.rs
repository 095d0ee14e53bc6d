//! The reader: takes log events in any order and returns the invocations they belong to.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::Time;

use super::{
    LogEvent, Read,
    attempt::Attempt,
    event::EventOrder,
    invocation::{self, Clocks},
    line,
    mapping::Mapping,
    stream::Stream,
};

/// How long a settled request is remembered after its last line, for late and repeated events. Milliseconds.
const REMEMBERED_MS: i64 = 30 * 60_000;
/// How late a stream may be compared with others. Milliseconds.
const LATE_STREAM_MS: i64 = 15 * 60_000;
/// Most bytes kept in all streams; above it the streams without events for longest are dropped.
const BYTES: usize = 128 * 1_024 * 1_024;

/// How to read a log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seconds after which Lambda ends the function.
    pub timeout_s: u64,
    pub mapping: Mapping,
    /// Name of the log group, repeated in each invocation.
    pub log_group: Option<String>,
}

/// Reads one log group. It forgets old requests; after a restart a new reader must get the events from
/// [`Reader::reread_from`] on.
#[derive(Debug)]
pub struct Reader {
    options: Options,
    streams: HashMap<Box<str>, Stream>,
    requests: HashMap<Box<str>, Request>,
    earliest: Option<Time>,
}

/// The state of a request beyond its lines.
#[derive(Debug, Default)]
struct Request {
    streams: BTreeSet<Box<str>>,
    /// The run as last reported.
    reported: Option<Read>,
    settled: bool,
}

impl Reader {
    pub fn new(options: Options) -> Self {
        Self { options, streams: HashMap::new(), requests: HashMap::new(), earliest: None }
    }

    /// Adds an event. Order and repetition do not matter.
    pub fn push(&mut self, event: LogEvent) {
        self.earliest = Some(self.earliest.map_or(event.at, |earliest| earliest.min(event.at)));
        let line = line::read(&event.text, &self.options.mapping);
        let order = EventOrder::of(&event);
        let stream = self.streams.entry(event.stream.into()).or_insert_with(|| Stream::new(event.at));
        stream.newest = stream.newest.max(event.at);
        if let Some(line) = line {
            stream.keep(order, line);
        }
    }

    /// Returns every invocation about which more is known than when it was last reported.
    ///
    /// `now` decides which requests have been silent for too long. While older events are still being fetched (in a
    /// backfill or after a downtime), pass the time of the newest event pushed so far.
    pub fn take(&mut self, now: Time) -> Vec<Read> {
        let mut candidates = self.recompute();
        candidates.extend(self.requests.iter().filter(|(_, known)| !known.settled).map(|(id, _)| id.clone()));
        let mut reads: Vec<Read> = candidates.iter().filter_map(|id| self.report(id, now)).collect();
        reads.sort_by(|one, other| (one.started_at, &one.request_id).cmp(&(other.started_at, &other.request_id)));
        self.forget(now);
        reads
    }

    /// Time of the earliest event of any unsettled request.
    pub fn reread_from(&self) -> Option<Time> {
        let open = self.requests.iter().filter(|(_, known)| !known.settled);
        open.flat_map(|(id, known)| self.attempts(id, known)).map(|(_, attempt)| attempt.first).min()
    }

    /// Recomputes the requests that got new lines; returns those that changed.
    fn recompute(&mut self) -> HashSet<Box<str>> {
        let mut different = HashSet::new();
        for (name, stream) in self.streams.iter_mut().filter(|(_, stream)| stream.changed) {
            for id in stream.recompute(&self.options.mapping) {
                let request = self.requests.entry(id.clone()).or_default();
                if stream.attempts(&id).is_empty() {
                    request.streams.remove(name);
                } else {
                    request.streams.insert(name.clone());
                }
                different.insert(id);
            }
        }
        self.requests.retain(|_, known| !known.streams.is_empty());
        different
    }

    fn report(&mut self, id: &str, now: Time) -> Option<Read> {
        let known = self.requests.get(id)?;
        let attempts = self.attempts(id, known);
        let read_until = self.read_until(known, now);
        let clocks = Clocks { now, read_until, earliest: self.earliest? };
        let read = invocation::report(id, &attempts, &self.options, clocks);
        let settled = attempts.iter().all(|(_, attempt)| invocation::settled(attempt, read_until));
        let known = self.requests.get_mut(id)?;
        known.settled = settled;
        let read = read.filter(|read| known.reported.as_ref() != Some(read))?;
        known.reported = Some(read.clone());
        Some(read)
    }

    /// Time up to which the streams of a request are completely read.
    fn read_until(&self, known: &Request, now: Time) -> Time {
        let newest = known.streams.iter().filter_map(|name| self.streams.get(name)).map(|stream| stream.newest).max();
        newest.unwrap_or(now).max(Time(now.0.saturating_sub(LATE_STREAM_MS)))
    }

    fn attempts<'a>(&'a self, id: &str, known: &'a Request) -> Vec<(&'a str, &'a Attempt)> {
        let streams = known.streams.iter().filter_map(|name| Some((name.as_ref(), self.streams.get(name)?)));
        streams.flat_map(|(name, stream)| stream.attempts(id).iter().map(move |attempt| (name, attempt))).collect()
    }

    /// Forgets old requests, and the quietest streams if memory is short.
    fn forget(&mut self, now: Time) {
        let mut gone: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        for (id, known) in self.requests.iter().filter(|(_, known)| known.settled) {
            let last = self.attempts(id, known).iter().map(|(_, attempt)| attempt.last).max();
            if last.is_some_and(|last| self.read_until(known, now).since(last) > REMEMBERED_MS) {
                known.streams.iter().for_each(|name| gone.entry(name.clone()).or_default().push(id.clone()));
            }
        }
        for (name, ids) in gone {
            if let Some(stream) = self.streams.get_mut(&name) {
                stream.forget(&ids.iter().map(Box::as_ref).collect::<HashSet<&str>>());
            }
            for id in &ids {
                self.requests.remove(id);
            }
        }
        let quiet_since = Time(now.0.saturating_sub(LATE_STREAM_MS + REMEMBERED_MS));
        self.streams.retain(|_, stream| !stream.is_empty() || stream.newest > quiet_since);
        self.make_room();
    }

    fn make_room(&mut self) {
        let mut bytes: usize = self.streams.values().map(Stream::bytes).sum();
        while bytes > BYTES {
            let quietest = self.streams.iter().min_by_key(|(name, stream)| (stream.newest, *name));
            let Some(name) = quietest.map(|(name, _)| name.clone()) else { return };
            let Some(stream) = self.streams.remove(&name) else { return };
            bytes -= stream.bytes();
            for id in stream.requests() {
                if let Some(known) = self.requests.get_mut(id) {
                    known.streams.remove(&name);
                }
            }
            self.requests.retain(|_, known| !known.streams.is_empty());
        }
    }
}

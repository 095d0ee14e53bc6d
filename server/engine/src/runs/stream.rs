//! One log stream: its lines with a signal, in order, and the attempts derived from them.
//!
//! Always: the attempts follow from the set of lines alone. Lines at or before the floor are rejected, so that a
//! forgotten request cannot return partially.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::Time;

use super::{
    attempt::Attempt,
    event::EventOrder,
    line::{Line, Signal},
    mapping::Mapping,
};

/// Most lines kept per stream; above it the older half is dropped.
const LINES: usize = 20_000;
/// Most bytes kept per stream; above it the older half is dropped.
const BYTES: usize = 16 * 1_024 * 1_024;

#[derive(Debug)]
pub(super) struct Stream {
    lines: BTreeMap<EventOrder, Line>,
    bytes: usize,
    floor: Option<EventOrder>,
    /// Time of the newest event, with or without a signal.
    pub(super) newest: Time,
    pub(super) changed: bool,
    attempts: HashMap<Box<str>, Vec<Attempt>>,
}

impl Stream {
    pub(super) fn new(at: Time) -> Self {
        Self { lines: BTreeMap::new(), bytes: 0, floor: None, newest: at, changed: false, attempts: HashMap::new() }
    }

    pub(super) fn keep(&mut self, order: EventOrder, line: Line) {
        if self.floor.as_ref().is_some_and(|floor| order <= *floor) || self.lines.contains_key(&order) {
            return;
        }
        self.bytes += weight(&line);
        self.lines.insert(order, line);
        self.changed = true;
        if self.lines.len() > LINES || self.bytes > BYTES {
            self.drop_older_half();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn attempts(&self, request: &str) -> &[Attempt] {
        self.attempts.get(request).map_or(&[], Vec::as_slice)
    }

    pub(super) fn requests(&self) -> impl Iterator<Item = &str> {
        self.attempts.keys().map(Box::as_ref)
    }

    /// Derives all attempts again; returns the requests that changed.
    pub(super) fn recompute(&mut self, mapping: &Mapping) -> Vec<Box<str>> {
        self.changed = false;
        let mut by_request: HashMap<&str, Vec<Vec<(&EventOrder, &Line)>>> = HashMap::new();
        let mut owner = None;
        for (order, line) in &self.lines {
            owner = line.request.as_deref().or(owner);
            let Some(request) = owner else { continue };
            let segments = by_request.entry(request).or_default();
            let begun =
                |segment: &Vec<(&EventOrder, &Line)>| segment.iter().any(|(_, line)| line.signal == Signal::Start);
            // Lines before the first start line belong to the attempt that it begins.
            if segments.is_empty() || line.signal == Signal::Start && segments.last().is_some_and(begun) {
                segments.push(Vec::new());
            }
            if let Some(segment) = segments.last_mut() {
                segment.push((order, line));
            }
        }
        let attempts: HashMap<Box<str>, Vec<Attempt>> = by_request
            .into_iter()
            .map(|(request, segments)| {
                (request.into(), segments.iter().map(|segment| Attempt::of(segment, mapping)).collect())
            })
            .collect();
        let mut different: Vec<Box<str>> =
            attempts.iter().filter(|(id, now)| self.attempts.get(*id) != Some(now)).map(|(id, _)| id.clone()).collect();
        different.extend(self.attempts.keys().filter(|id| !attempts.contains_key(*id)).cloned());
        self.attempts = attempts;
        different
    }

    /// Forgets requests with all their lines, and rejects lines as old as theirs from now on.
    pub(super) fn forget(&mut self, requests: &HashSet<&str>) {
        let mut owner: Option<Box<str>> = None;
        let (mut floor, mut bytes) = (None, 0);
        self.lines.retain(|order, line| {
            if line.request.is_some() {
                owner.clone_from(&line.request);
            }
            let forgotten = owner.as_deref().is_none_or(|owner| requests.contains(owner));
            if forgotten {
                floor = Some(order.clone());
                bytes += weight(line);
            }
            !forgotten
        });
        self.bytes -= bytes;
        self.floor = floor.max(self.floor.take());
        for request in requests {
            self.attempts.remove(*request);
        }
    }

    fn drop_older_half(&mut self) {
        let Some(middle) = self.lines.keys().nth(self.lines.len() / 2).cloned() else { return };
        let kept = self.lines.split_off(&middle);
        self.floor = self.lines.keys().next_back().cloned().max(self.floor.take());
        self.lines = kept;
        self.bytes = self.lines.values().map(weight).sum();
    }
}

fn weight(line: &Line) -> usize {
    let json = match &line.signal {
        Signal::Summary(json) | Signal::Fragment(json) => json.len(),
        _ => 0,
    };
    200 + line.text.len() + json
}

//! Request, specification and preview of a reprocess: log objects to send again, and their sink.

use serde::{Deserialize, Serialize};

use crate::{Digest, Key, Location, PipelineName, Place, SinkName, Time, Window};

/// Format of the records of a log object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Detected for each record by its beginning and its object's key.
    #[default]
    Auto,
    Classic,
    Alb,
    Nlb,
    AlbConnection,
}

/// Which objects of a window or prefix to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Objects that no recorded run of the pipeline delivered completely.
    #[default]
    Missing,
    All,
}

/// The body of `POST /api/v1/reprocesses` and of its preview. A pipeline brings source, sink and format; each can be
/// given instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReprocessRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sink: Option<SinkName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LogFormat>,
    /// Start of the window, inclusive, on the records' own timestamps. Without `from` and `to`: whole objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// End of the window, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
    /// Only these objects of the source bucket; empty for all objects of the window and the prefix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
    /// Job whose dead letters are sent instead of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters_of: Option<crate::JobId>,
    pub extent: Extent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_events_per_second: Option<u32>,
    /// Parse only: nothing is sent.
    pub dry_run: bool,
    /// Plan of a preview: runs exactly that plan, or is refused with the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

/// A reprocess as stored with its job: the request with all defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReprocessSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineName>,
    pub source: Location,
    pub sink: SinkName,
    #[serde(default)]
    pub format: LogFormat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters_of: Option<crate::JobId>,
    #[serde(default)]
    pub extent: Extent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events_per_second: Option<u32>,
    #[serde(default)]
    pub dry_run: bool,
    /// Plan that the user saw; a run with a different listing is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

/// What a reprocess would send, derived from the listing; nothing was read or sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReprocessPreview {
    pub spec: ReprocessSpec,
    pub at: Time,
    /// False when the listing was longer than a preview reads: the counts are then "at least", and there is no plan.
    pub complete: bool,
    /// Objects of the window or prefix; `bytes` is their stored size.
    pub objects: u64,
    pub bytes: u64,
    /// Objects delivered completely by a recorded run of the pipeline.
    pub delivered: u64,
    /// Objects that are positively not logs of requests: of health checks, of other services, folders, the test object of
    /// AWS; not part of `objects`.
    pub left_out: u64,
    /// Objects to send.
    pub to_send: u64,
    pub to_send_bytes: u64,
    /// Window that the objects cover according to their keys; `None` if their keys contain no times.
    pub covers: Option<Window>,
    /// Timeline: at most 120 adjacent intervals.
    pub intervals: Vec<Interval>,
    /// The first hundred objects in key order.
    pub examples: Vec<LogObject>,
    /// Plan: digest of key, ETag and size of each object to send.
    pub plan: Option<Digest>,
}

/// An interval of the timeline, by the times in the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    pub window: Window,
    pub objects: u64,
    pub bytes: u64,
    pub delivered: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogObject {
    pub key: Key,
    pub size: u64,
    pub etag: String,
    pub last_modified: Time,
    /// End of the time that it covers, if its key contains it.
    pub ends: Option<Time>,
    pub delivered: bool,
}

impl ReprocessSpec {
    /// `api-prod → logstash, 2026-03-09T14:00:00Z to 2026-03-09T15:00:00Z`.
    pub fn title(&self) -> String {
        let from = self.pipeline.as_ref().map_or_else(|| self.source.to_string(), ToString::to_string);
        let what = match (&self.dead_letters_of, &self.window, self.keys.as_slice()) {
            (Some(job), ..) => format!(", dead letters of job {}", job.short()),
            (None, _, [key]) => format!(", {key}"),
            (None, _, keys @ [_, ..]) => format!(", {} objects", keys.len()),
            (None, Some(window), []) => format!(", {} to {}", window.from(), window.to()),
            (None, None, []) => String::new(),
        };
        format!("{from} → {}{what}", self.sink)
    }
}

impl ReprocessPreview {
    /// Differences of another preview of the same request, figure by figure, with keys where possible:
    /// `to send 3 → 5, bytes 300 → 500; new: a, b; gone: c`.
    pub fn changes(&self, now: &Self) -> String {
        let figures = [
            ("to send", self.to_send, now.to_send),
            ("bytes to send", self.to_send_bytes, now.to_send_bytes),
            ("delivered already", self.delivered, now.delivered),
        ];
        let figures = figures.into_iter().filter(|(_, before, now)| before != now);
        let figures: Vec<String> = figures.map(|(what, before, now)| format!("{what} {before} → {now}")).collect();
        let mut parts = vec![if figures.is_empty() { "as many as before".to_owned() } else { figures.join(", ") }];
        let same = |a: &LogObject, b: &LogObject| a.key == b.key && a.etag == b.etag && a.delivered == b.delivered;
        let named = |of: &[LogObject], other: &[LogObject]| {
            let differ = of.iter().filter(|object| !other.iter().any(|known| same(object, known)));
            differ.take(3).map(|object| object.key.to_string()).collect::<Vec<_>>().join(", ")
        };
        for (what, keys) in
            [("now", named(&now.examples, &self.examples)), ("before", named(&self.examples, &now.examples))]
        {
            if !keys.is_empty() {
                parts.push(format!("{what}: {keys}"));
            }
        }
        parts.join("; ")
    }
}

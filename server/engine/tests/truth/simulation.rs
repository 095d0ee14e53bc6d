//! A simulated pipeline: objects that appear, a function that ships them, and what it logs.

use engine::runs::LogEvent;
use model::Time;

use crate::random::Random;

pub const MINUTE: i64 = 60_000;
/// Interval between two objects, in milliseconds.
pub const EVERY: i64 = 5 * MINUTE;
/// The function's timeout, in seconds.
pub const TIMEOUT_S: u64 = 60;
/// Object bytes per line.
pub const LINE: u64 = 90;

/// A log object in the bucket.
#[derive(Clone, Debug)]
pub struct Object {
    pub key: String,
    pub size: u64,
    pub lines: u64,
    pub written_at: Time,
}

/// What a run logs.
#[derive(Clone, Debug)]
pub struct Log {
    /// The summary as JSON; `None` if it logs none.
    pub summary: Option<String>,
    /// Further lines, logged before its end.
    pub says: Vec<String>,
    pub duration_ms: i64,
    pub memory_mb: u64,
    /// Whether START is followed by END and REPORT.
    pub reported: bool,
}

/// All that happens in a simulated pipeline.
#[derive(Default)]
pub struct Simulation {
    pub objects: Vec<Object>,
    /// Log events, each with the time at which CloudWatch shows it.
    pub events: Vec<(Time, LogEvent)>,
    /// Times `from..to` in which the log group cannot be read, with CloudWatch's error.
    pub unreadable: Vec<(Time, Time, &'static str)>,
    /// When the sink begins to drop canary events.
    pub sink_drops_from: Option<Time>,
    requests: u64,
}

impl Object {
    pub fn new(key: String, lines: u64, written_at: Time) -> Self {
        Self { key, size: lines * LINE + 20, lines, written_at }
    }
}

impl Log {
    /// A run that parsed and sent a whole object.
    pub fn good(object: &Object, random: &mut Random) -> Self {
        Self::counting(object.lines, object.lines, object.lines, 8).lasting(random)
    }

    /// A run with a summary of these figures.
    pub fn counting(encountered: u64, parsed: u64, sent: u64, connections: u64) -> Self {
        let failed = encountered - parsed;
        let summary = format!(
            r#"{{"lines":{{"encountered":{encountered},"parsed":{parsed},"sent":{sent}}},"connections":{{"created":{connections},"destroyed":{connections}}},"failures":{{"sockets":{{"total":0,"lastFew":[]}},"parsing":{{"total":{failed},"lastFew":[]}},"sending":{{"total":0,"lastFew":[]}}}}}}"#
        );
        Self { summary: Some(summary), says: Vec::new(), duration_ms: 4_000, memory_mb: 150, reported: true }
    }

    pub fn silent() -> Self {
        Self { summary: None, ..Self::counting(0, 0, 0, 0) }
    }

    pub fn saying(mut self, line: &str) -> Self {
        self.says.push(line.to_owned());
        self
    }

    pub fn lasting(mut self, random: &mut Random) -> Self {
        self.duration_ms = i64::try_from(random.between(1_500, 20_000)).unwrap();
        self.memory_mb = random.between(140, 170);
        self
    }
}

impl Simulation {
    pub fn fresh_request(&mut self) -> String {
        self.requests += 1;
        format!("{:08x}-0000-4000-8000-000000000000", self.requests)
    }

    /// Logs one run over an object; returns when it ended.
    pub fn run(&mut self, object: &Object, at: Time, log: &Log, random: &mut Random) -> Time {
        let request = self.fresh_request();
        self.attempt(&request, object, at, log, random)
    }

    /// Logs an attempt under a given request id, as Lambda retries a request.
    pub fn attempt(&mut self, request: &str, object: &Object, at: Time, log: &Log, random: &mut Random) -> Time {
        let end = Time(at.0 + log.duration_ms);
        let mut lines = vec![
            (at, format!("START RequestId: {request} Version: $LATEST")),
            (
                at,
                format!(
                    "{at}\t{request}\tRetrieving ELK log file from S3 bucket/key specified in the initiating event. Bucket: [logs], Key: [{}]",
                    object.key
                ),
            ),
        ];
        lines.extend(log.says.iter().map(|line| (end, line.replace("ID", request).replace("AT", &end.to_string()))));
        if let Some(summary) = &log.summary {
            lines.push((end, format!("{end}\t{request}\tAll processing complete. Summary follows")));
            lines.push((end, format!("{end}\t{request}\t{summary}")));
        }
        if log.reported {
            lines.push((end, format!("END RequestId: {request}")));
            lines.push((end, format!(
                "REPORT RequestId: {request}\tDuration: {}.00 ms\tBilled Duration: {} ms\tMemory Size: 192 MB\tMax Memory Used: {} MB\t",
                log.duration_ms, log.duration_ms, log.memory_mb
            )));
        }
        for (at, text) in lines {
            let id = format!("{:056}", self.events.len());
            let shown = Time(at.0 + i64::try_from(random.between(500, 6_000)).unwrap());
            self.events.push((shown, LogEvent { at, id, stream: "2017/03/09/[$LATEST]0a1b".to_owned(), text }));
        }
        end
    }
}

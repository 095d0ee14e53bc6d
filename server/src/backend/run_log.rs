//! The log of a run, read from CloudWatch on request, and the link to it in the AWS console.
//!
//! Always: no log line is kept, and memory is bounded by a page, however long the log is.

use std::time::Duration;

use engine::{
    logs::{Logs, LogsError, Stretch, Templates, console},
    runs::LogEvent,
};
use model::{Invalid, Invocation, LogLine, Page, Problem, ProblemCode, Run, RunLog, Time};

use super::AppBackend;

/// Longest wait for all requests that one page takes.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Lines that templates are made of, at most, plus up to one page of CloudWatch.
const TEMPLATE_LINES: u64 = 30_000;
const TEMPLATES: usize = 50;
/// Longest log line returned, in characters.
const MAX_LINE_CHARS: usize = 1_000;
/// How far a line of the Lambda platform may lie before the run's start, or after its end. Milliseconds.
const BEFORE_MS: i64 = 2_000;
const AFTER_MS: i64 = 60_000;

/// Where a page begins: after this number of lines of one instant. As text: `1770000000000-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) struct Position {
    at: Time,
    lines: usize,
}

/// The log of one run.
pub(super) struct Log {
    logs: Logs,
    request: String,
    stretch: Stretch,
}

/// Finds the lines of one run in its stream, where the lines of one request follow those of another.
struct Cut<'a> {
    request: &'a str,
    begun: bool,
    ended: bool,
}

impl AppBackend {
    /// Link to the run's lines in the AWS console; `None` if their log group is not known.
    pub(super) async fn console(&self, run: &Run) -> Option<String> {
        let group = self.groups.get(run.pipeline.as_ref()?)?;
        let Invocation { log_group, log_stream, .. } = run.invocation.as_ref()?;
        let logs = self.groups.connect(group).await;
        let request = if log_stream.is_none() { run.request_id.as_deref() } else { None };
        let name = log_group.as_deref().unwrap_or(logs.group());
        Some(console(logs.region(), name, log_stream.as_deref(), around(run), request))
    }

    pub(super) async fn log_of(&self, run: &Run) -> Result<Log, Problem> {
        let nowhere = |why: &str| Problem::new(ProblemCode::Conflict, why);
        let (Some(invocation), Some(request)) = (&run.invocation, &run.request_id) else {
            return Err(nowhere("This run was Logyard's own and logged no lines. Its summary says what it did."));
        };
        let Some(stream) = &invocation.log_stream else {
            return Err(nowhere(
                "This run was imported without the name of its log stream, so its lines cannot be found.",
            ));
        };
        let Some(group) = run.pipeline.as_ref().and_then(|pipeline| self.groups.get(pipeline)) else {
            return Err(nowhere(
                "The pipeline of this run has no log group, so its lines cannot be read. Set its log_group in the configuration.",
            ));
        };
        let (from, to) = around(run);
        let stretch = Stretch { from, to, stream: Some(stream.clone()) };
        Ok(Log { logs: self.groups.connect(group).await, request: request.clone(), stretch })
    }
}

impl Log {
    pub(super) async fn page(&self, after: Option<Position>, limit: usize) -> Result<RunLog, LogsError> {
        let (mut templates, mut items, mut more) = (Templates::default(), Vec::new(), false);
        let mut complete = true;
        let mut place = Position { at: self.stretch.from, lines: 0 };
        let mut next = place;
        let mut cut = Cut { request: &self.request, begun: false, ended: false };
        let mut token = None;
        loop {
            let page = self.logs.page(&self.stretch, token.as_deref()).await?;
            for event in page.events {
                if !cut.holds(&event.text) {
                    continue;
                }
                place = place.then(event.at);
                let line = line(&event);
                if templates.lines() < TEMPLATE_LINES {
                    templates.take_in(&line);
                } else {
                    complete = false;
                }
                if after.is_none_or(|after| place > after) {
                    if items.len() == limit {
                        more = true;
                    } else {
                        items.push(line);
                        next = place;
                    }
                }
            }
            token = page.next.filter(|next| token.as_ref() != Some(next));
            if token.is_none() || cut.ended {
                break;
            }
            // Page and templates are complete: the rest of the log is not read.
            if more && templates.lines() >= TEMPLATE_LINES {
                complete = false;
                break;
            }
        }
        let next = more.then(|| format!("{}-{}", next.at.0, next.lines));
        let lines = templates.lines();
        let templates = templates.most_frequent(TEMPLATES);
        Ok(RunLog { page: Page { items, next }, templates, lines, whole: complete })
    }
}

impl Position {
    fn then(self, at: Time) -> Self {
        Self { at, lines: if at == self.at { self.lines + 1 } else { 1 } }
    }
}

impl Cut<'_> {
    /// True for a line of this run. Some functions log no start line: then the first line that names the request starts it.
    fn holds(&mut self, text: &str) -> bool {
        let named = text.contains(self.request);
        self.begun |= named;
        self.ended |= self.begun && !named && begins(text);
        self.begun && !self.ended
    }
}

/// Whether an invocation begins with this line.
fn begins(text: &str) -> bool {
    text.starts_with("START RequestId: ") || (text.starts_with('{') && text.contains("\"platform.start\""))
}

fn line(event: &LogEvent) -> LogLine {
    LogLine { at: event.at, text: event.text.trim_end().chars().take(MAX_LINE_CHARS).collect() }
}

fn around(run: &Run) -> (Time, Time) {
    let ended = run.started_at.0.saturating_add_unsigned(run.duration_ms);
    (Time(run.started_at.0 - BEFORE_MS), Time(ended.saturating_add(AFTER_MS)))
}

pub(super) fn position(text: &str) -> Result<Position, Problem> {
    let read = || {
        let (at, lines) = text.split_once('-')?;
        Some(Position { at: Time(at.parse().ok()?), lines: lines.parse().ok()? })
    };
    read().ok_or_else(|| Invalid::new("after", text, "the `next` of the page before").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_log_contains_only_its_own_request_lines() {
        let mut cut = Cut { request: "r2", begun: false, ended: false };
        let stream =
            ["START RequestId: r1 Version: 1", "a", "START RequestId: r2 Version: 1", "b", "REPORT RequestId: r2"];
        let held: Vec<_> = stream.iter().filter(|text| cut.holds(text)).collect();
        assert_eq!(held, ["START RequestId: r2 Version: 1", "b", "REPORT RequestId: r2"].iter().collect::<Vec<_>>());
        assert!(!cut.holds(r#"{"type":"platform.start","record":{"requestId":"r3"}}"#) && !cut.holds("c"));
    }

    #[test]
    fn position_counts_lines_within_one_instant() {
        let place = Position { at: Time(5), lines: 0 }.then(Time(5)).then(Time(5));
        assert_eq!(position("5-2").unwrap(), place);
        assert!(place < place.then(Time(6)) && place.then(Time(6)) > Position { at: Time(5), lines: 9 });
        assert_eq!(position("5").unwrap_err().field.as_deref(), Some("after"));
    }
}

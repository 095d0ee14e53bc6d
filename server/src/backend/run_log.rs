//! What a run logged, read from CloudWatch when somebody asks for it, and where the console shows it.
//!
//! Always: nothing of a log is kept; a page is a page, however long the log is.

use std::time::Duration;

use engine::{
    logs::{Logs, LogsError, Stretch, Templates, console},
    runs::LogEvent,
};
use model::{Invalid, Invocation, LogLine, Page, Problem, ProblemCode, Run, RunId, RunLog, Time};
use tokio::time::timeout;

use super::{AppBackend, problem};

/// Of the service, for all that one page takes.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Lines that templates are made of, at most, give or take a page of CloudWatch.
const SUMMED_UP: u64 = 30_000;
const TEMPLATES: usize = 50;
/// Of a line.
const CHARACTERS: usize = 1_000;
/// A platform's line may come a little before or after what it tells of.
const BEFORE_MS: i64 = 2_000;
const AFTER_MS: i64 = 60_000;

/// Where a page begins: after so many lines of one instant. Text: `1770000000000-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
struct Position {
    at: Time,
    lines: usize,
}

/// A run whose lines can be read.
struct Log {
    logs: Logs,
    request: String,
    stretch: Stretch,
}

/// The lines of one run among those of its stream, which are of one request at a time.
struct Cut<'a> {
    request: &'a str,
    begun: bool,
    ended: bool,
}

impl AppBackend {
    pub(super) async fn read_log(&self, id: RunId, after: Option<String>, limit: u32) -> Result<RunLog, Problem> {
        let run = self.db.run(id).await.map_err(problem::database)?;
        let after = after.map(|text| position(&text)).transpose()?;
        let log = self.log_of(&run).await?;
        let read = timeout(ANSWER_WITHIN, log.page(after, limit as usize)).await;
        let late = |_| Problem::new(ProblemCode::Store, "CloudWatch Logs took too long to answer. Try again.");
        read.map_err(late)?.map_err(|error| {
            let detail = format!("The log cannot be read: {error}. {}", error.advice());
            Problem::new(ProblemCode::Store, detail)
        })
    }

    /// `None`: nobody knows where its lines lie.
    pub(super) async fn console(&self, run: &Run) -> Option<String> {
        let group = self.groups.get(run.pipeline.as_ref()?)?;
        let Invocation { log_group, log_stream, .. } = run.invocation.as_ref()?;
        let logs = self.groups.connect(group).await;
        let request = if log_stream.is_none() { run.request_id.as_deref() } else { None };
        let name = log_group.as_deref().unwrap_or(logs.group());
        Some(console(logs.region(), name, log_stream.as_deref(), around(run), request))
    }

    async fn log_of(&self, run: &Run) -> Result<Log, Problem> {
        let nowhere = |why: &str| Problem::new(ProblemCode::Conflict, why);
        let (Some(invocation), Some(request)) = (&run.invocation, &run.request_id) else {
            return Err(nowhere("This run was Logyard's own: what it did is in its summary, and it logged no lines."));
        };
        let Some(stream) = &invocation.log_stream else {
            return Err(nowhere(
                "This run was imported without the name of its log stream, so its lines cannot be found.",
            ));
        };
        let Some(group) = run.pipeline.as_ref().and_then(|pipeline| self.groups.get(pipeline)) else {
            return Err(nowhere(
                "The pipeline of this run has no log_group in the configuration, so its lines cannot be read.",
            ));
        };
        let (from, to) = around(run);
        let stretch = Stretch { from, to, stream: Some(stream.clone()) };
        Ok(Log { logs: self.groups.connect(group).await, request: request.clone(), stretch })
    }
}

impl Log {
    async fn page(&self, after: Option<Position>, limit: usize) -> Result<RunLog, LogsError> {
        let (mut templates, mut items, mut more) = (Templates::default(), Vec::new(), false);
        let mut whole = true;
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
                if templates.lines() < SUMMED_UP {
                    templates.take_in(&line);
                } else {
                    whole = false;
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
            // The page is full, and so are the templates: the rest of the log is left where it is.
            if more && templates.lines() >= SUMMED_UP {
                whole = false;
                break;
            }
        }
        let next = more.then(|| format!("{}-{}", next.at.0, next.lines));
        let lines = templates.lines();
        let templates = templates.most_frequent(TEMPLATES);
        Ok(RunLog { page: Page { items, next }, templates, lines, whole })
    }
}

impl Position {
    fn then(self, at: Time) -> Self {
        Self { at, lines: if at == self.at { self.lines + 1 } else { 1 } }
    }
}

impl Cut<'_> {
    /// A function's settings may leave out the line of its beginning: then it begins with the first that names it.
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
    LogLine { at: event.at, text: event.text.trim_end().chars().take(CHARACTERS).collect() }
}

fn around(run: &Run) -> (Time, Time) {
    let ended = run.started_at.0.saturating_add_unsigned(run.duration_ms);
    (Time(run.started_at.0 - BEFORE_MS), Time(ended.saturating_add(AFTER_MS)))
}

fn position(text: &str) -> Result<Position, Problem> {
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
    fn of_a_stream_only_the_lines_of_the_request_are_its_log() {
        let mut cut = Cut { request: "r2", begun: false, ended: false };
        let stream =
            ["START RequestId: r1 Version: 1", "a", "START RequestId: r2 Version: 1", "b", "REPORT RequestId: r2"];
        let held: Vec<_> = stream.iter().filter(|text| cut.holds(text)).collect();
        assert_eq!(held, ["START RequestId: r2 Version: 1", "b", "REPORT RequestId: r2"].iter().collect::<Vec<_>>());
        assert!(!cut.holds(r#"{"type":"platform.start","record":{"requestId":"r3"}}"#) && !cut.holds("c"));
    }

    #[test]
    fn a_position_reads_as_it_is_written_and_counts_lines_of_one_instant() {
        let place = Position { at: Time(5), lines: 0 }.then(Time(5)).then(Time(5));
        assert_eq!(position("5-2").unwrap(), place);
        assert!(place < place.then(Time(6)) && place.then(Time(6)) > Position { at: Time(5), lines: 9 });
        assert_eq!(position("5").unwrap_err().field.as_deref(), Some("after"));
    }
}

//! The output of an import.

use std::{collections::BTreeMap, path::Path};

use db::NewInvocation;
use engine::runs::ExportError;
use model::{
    Outcome, Pipeline, Run,
    number::{count, counted},
};
use serde_json::Value;

use super::Exit;

/// Incomplete runs that are printed one by one.
const SHOWN: usize = 20;

pub struct Report {
    json: bool,
    events: usize,
    runs: usize,
    /// Runs that are new in the database, or changed.
    changed: u64,
    outcomes: BTreeMap<&'static str, usize>,
    /// The first runs that did not deliver their complete objects.
    troubled: Vec<String>,
    unreadable: usize,
}

impl Report {
    pub fn new(json: bool) -> Self {
        Self { json, events: 0, runs: 0, changed: 0, outcomes: BTreeMap::new(), troubled: Vec::new(), unreadable: 0 }
    }

    pub fn events(&mut self, events: usize) {
        self.events += events;
    }

    pub fn unreadable(&mut self, path: &Path, why: &ExportError) {
        self.unreadable += 1;
        err!("logyard: {}: {why}", path.display());
    }

    pub fn runs(&mut self, invocations: &[NewInvocation], changed: u64) {
        self.runs += invocations.len();
        self.changed += changed;
        for run in invocations.iter().map(|invocation| &invocation.run) {
            *self.outcomes.entry(run.outcome.as_str()).or_default() += 1;
            if self.json {
                out!("{}", line(run));
            } else if !run.outcome.whole() && self.troubled.len() < SHOWN {
                self.troubled.push(words(run));
            }
        }
    }

    pub fn finish(&self, pipeline: &Pipeline, files: usize) -> Exit {
        let recorded = format!(
            "{} of {} in {}, {} of them new or different in pipeline {}",
            counted(u64::try_from(self.runs).unwrap_or(u64::MAX), "run"),
            counted(u64::try_from(self.events).unwrap_or(u64::MAX), "event"),
            counted(u64::try_from(files).unwrap_or(u64::MAX), "file"),
            count(self.changed),
            pipeline.name,
        );
        if self.json {
            err!("{recorded}");
        } else {
            self.troubled.iter().for_each(|line| out!("{line}"));
            let counted = Outcome::ALL.into_iter().filter_map(|outcome| {
                Some(format!("{} {}", self.outcomes.get(outcome.as_str())?, outcome.as_str().replace('_', " ")))
            });
            let counted: Vec<String> = counted.collect();
            out!("{recorded}{}{}", if counted.is_empty() { "" } else { ": " }, counted.join(", "));
        }
        if self.unreadable == 0 { Exit::Done } else { Exit::ItemsFailed }
    }
}

/// The run as the API returns it, with the summary as logged, but without the id, which the database may change.
fn line(run: &Run) -> String {
    let logged = run.logged.as_deref().and_then(|logged| serde_json::from_str::<Value>(logged).ok());
    let mut item = serde_json::to_value(run).unwrap_or_default();
    if let Some(item) = item.as_object_mut() {
        item.remove("id");
        item.extend(logged.map(|logged| ("summary".to_owned(), logged)));
    }
    item.to_string()
}

fn words(run: &Run) -> String {
    let key = run.key.as_ref().map(|key| format!(" {}", key.as_str().escape_debug())).unwrap_or_default();
    let request = run.request_id.as_deref().unwrap_or_default();
    format!("{} {request} {}{key}: {}", run.started_at, run.outcome.as_str(), run.reason.escape_debug())
}

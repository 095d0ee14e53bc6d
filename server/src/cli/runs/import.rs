//! Reads events from files, builds runs from them, and records the runs in the database.

use std::{collections::BTreeMap, fs::File, mem};

use db::{Db, NewInvocation, Recorder};
use engine::runs::{ExportError, LogEvent, Options, Read, Reader, read_export};
use model::{Pipeline, Time};

use super::{Arguments, Failure, files::LogFile, report::Report};
use crate::{config::Config, connections::log_groups::invocation};

/// Events after which complete runs are recorded and dropped from memory.
const EVENTS: usize = 100_000;
/// Incomplete runs kept in memory, at most.
const HELD: usize = 5_000;
/// Longest run of a Lambda function. Seconds.
const LONGEST_S: u64 = 900;

pub struct Import {
    pipeline: Pipeline,
    reader: Reader,
    /// State of the file that is being read.
    newest: Option<Time>,
    /// Runs by request id, as last recorded.
    held: BTreeMap<String, Read>,
}

impl Import {
    pub fn new(config: &Config, arguments: &Arguments) -> Result<Self, Failure> {
        let pipeline = pipeline(config, arguments)?.clone();
        let function = pipeline.function.as_ref();
        let options = Options {
            timeout_s: function.map_or(LONGEST_S, |function| function.timeout_s),
            mapping: config.logs.mappings.get(&pipeline.name).cloned().unwrap_or_default(),
            log_group: arguments.log_group.clone().or_else(|| function.map(|function| function.log_group.clone())),
        };
        Ok(Self { pipeline, reader: Reader::new(options), newest: None, held: BTreeMap::new() })
    }

    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// If a file cannot be read to its end, the runs up to that point are recorded.
    pub async fn read(
        &mut self,
        file: &LogFile,
        db: &Db,
        report: &mut Report,
    ) -> Result<Result<(), ExportError>, Failure> {
        self.newest = None;
        let opened = match File::open(&file.path) {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut events = 0;
        let read = tokio::task::block_in_place(|| {
            read_export(opened, &file.stream, |event| {
                self.push(event);
                events += 1;
                if events % EVENTS == 0 {
                    self.take();
                }
            })
        });
        self.take();
        report.events(events);
        if self.held.len() > HELD {
            let settled = self.held.extract_if(.., |_, read| read.settled).map(|(_, read)| read).collect();
            self.record(settled, db, report).await?;
        }
        Ok(read)
    }

    /// Records the remaining runs: no more events will come.
    pub async fn finish(&mut self, db: &Db, report: &mut Report) -> Result<(), Failure> {
        for read in self.reader.take(db.now()) {
            self.held.insert(read.request_id.clone(), read);
        }
        let rest = mem::take(&mut self.held).into_values().collect();
        self.record(rest, db, report).await
    }

    fn push(&mut self, event: LogEvent) {
        self.newest = self.newest.max(Some(event.at));
        self.reader.push(event);
    }

    /// Judges as of the newest event of the file: files need not be in the order of time.
    fn take(&mut self) {
        let Some(newest) = self.newest else { return };
        for read in self.reader.take(newest) {
            self.held.insert(read.request_id.clone(), read);
        }
    }

    async fn record(&self, reads: Vec<Read>, db: &Db, report: &mut Report) -> Result<(), Failure> {
        let mut invocations: Vec<NewInvocation> =
            reads.into_iter().map(|read| invocation(read, &self.pipeline, db)).collect();
        invocations.sort_by_key(|invocation| invocation.run.started_at);
        let recorded = db.record_invocations(&self.pipeline.name, Recorder::Import, &invocations).await;
        let recorded =
            recorded.map_err(|error| Failure::unreachable(format!("the runs cannot be recorded: {error}")))?;
        report.runs(&invocations, recorded.unwrap_or_default());
        Ok(())
    }
}

/// The named pipeline, else that of the log group, else the only one shipped by a function, else the only one.
fn pipeline<'c>(config: &'c Config, arguments: &Arguments) -> Result<&'c Pipeline, Failure> {
    let all = &config.pipelines;
    let known = || {
        let names: Vec<&str> = all.iter().map(|pipeline| pipeline.name.as_str()).collect();
        if names.is_empty() { "the configuration has none".to_owned() } else { format!("one of {}", names.join(", ")) }
    };
    if let Some(name) = &arguments.pipeline {
        let named = all.iter().find(|pipeline| pipeline.name == *name);
        return named.ok_or_else(|| Failure::usage(format!("there is no pipeline {name}: {}", known())));
    }
    let group = |pipeline: &&Pipeline| pipeline.function.as_ref().map(|function| function.log_group.clone());
    if let Some(wanted) = &arguments.log_group
        && let Some(found) = all.iter().find(|pipeline| group(pipeline).as_ref() == Some(wanted))
    {
        return Ok(found);
    }
    let shipped: Vec<&Pipeline> = all.iter().filter(|pipeline| pipeline.function.is_some()).collect();
    match (shipped.as_slice(), all.as_slice()) {
        ([only], _) => Ok(only),
        ([], [only]) => Ok(only),
        _ => Err(Failure::usage(format!("--pipeline is missing: {}", known()))),
    }
}

//! Files → events → runs → the database.

use std::{collections::BTreeMap, fs::File, mem};

use db::{Db, NewInvocation, Recorder};
use engine::runs::{ExportError, LogEvent, Options, Read, Reader, read_export};
use model::{Pipeline, Time};

use super::{Arguments, Failure, files::LogFile, report::Report};
use crate::{config::Config, connections::log_groups::invocation};

/// After so many events runs are asked for, so that what is over can be forgotten.
const EVENTS: usize = 100_000;
/// Runs that are held back for what may still be said of them.
const HELD: usize = 5_000;
/// Lambda ends every function by then. Seconds.
const LONGEST_S: u64 = 900;

pub struct Import {
    pipeline: Pipeline,
    reader: Reader,
    /// Of the file that is being read.
    newest: Option<Time>,
    /// By request, as they were told last.
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

    /// Of a file that cannot be read to its end the runs are recorded up to there.
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

    /// Records what is left: nothing more will be said of it.
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

    /// As of the newest event of the file: files need not be in the order of time.
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

/// The one that is named, or of the log group, or the only one that a function ships, or the only one.
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

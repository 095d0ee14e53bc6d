//! `logyard parse`: load-balancer logs in, events as JSON lines out, without a server or a sink.
//!
//! Events go to standard output and nothing else does; the summary goes to standard error. A reader such as
//! `head` may close standard output at any time.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use engine::ship::{Batches, Choice, Events, Foreign, Origin, ParseOptions, RECORD_LIMIT, Transform};
use model::{
    PipelineName, Summary,
    number::{bytes, count, counted},
};

use super::{Exit, output};
use crate::{config::Config, connections::transforms::of_pipeline};

pub const AFTER_HELP: &str = "\
Examples:
  logyard parse access.log.gz > events.json
  zcat *.log.gz | logyard parse --format alb | jq .request_url
  logyard parse --pipeline api-prod access.log.gz | head -3      what this pipeline makes of it
  logyard parse --json access.log 2> summary.json > events.json

Exit codes: 0 all records parsed, 1 some did not, or the file is cut off or corrupt, 2 bad usage or unreadable file.";

#[derive(Args)]
pub struct Arguments {
    /// The log, plain or gzip; - or nothing for standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Which format to read; auto judges each record by how it begins
    #[arg(long, default_value = "auto", value_parser = formats())]
    format: Choice,
    /// Length in bytes over which a record counts as failed
    #[arg(long, value_name = "BYTES", default_value_t = RECORD_LIMIT as u64,
          value_parser = clap::value_parser!(u64).range(1..=16 * 1024 * 1024))]
    record_limit: u64,
    /// Read and change events as this pipeline of the configuration does
    #[arg(long, value_name = "NAME", conflicts_with = "format")]
    pipeline: Option<PipelineName>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

fn formats() -> impl TypedValueParser<Value = Choice> {
    PossibleValuesParser::new(["auto", "classic", "alb", "nlb", "alb_connection"])
        .try_map(|name| name.parse::<Choice>())
}

/// What a pipeline does with records: its format, and its changes to events.
fn as_pipeline(config: Option<&Path>, name: &PipelineName) -> Result<(Choice, Option<Arc<Transform>>), String> {
    let config = Config::load(config, &|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
    let known = || {
        let names: Vec<String> = config.pipelines.iter().map(|pipeline| format!("`{}`", pipeline.name)).collect();
        if names.is_empty() { "there is none".to_owned() } else { names.join(", ") }
    };
    let found = config.pipelines.iter().find(|pipeline| pipeline.name == *name);
    let pipeline = found.ok_or_else(|| format!("no pipeline is called `{name}`: {}", known()))?;
    Ok((pipeline.format.into(), of_pipeline(pipeline)))
}

pub fn run(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let started = Instant::now();
    let (choice, transform) = match arguments.pipeline.as_ref().map(|name| as_pipeline(config, name)) {
        None => (arguments.format, None),
        Some(Ok(found)) => found,
        Some(Err(message)) => {
            err!("logyard: {message}");
            return Exit::Usage.into();
        }
    };
    let file = arguments.file.as_deref().filter(|file| *file != Path::new("-"));
    let options = ParseOptions {
        choice,
        record_limit: usize::try_from(arguments.record_limit).unwrap_or(RECORD_LIMIT),
        name: file.map(|file| file.to_string_lossy().into_owned()),
        window: None,
        transform,
    };
    let events = io::stdout().lock();
    let parsed = match file {
        None => parse(io::stdin().lock(), events, &options),
        Some(path) => File::open(path).map_err(Stopped::Reading).and_then(|file| parse(file, events, &options)),
    };
    match parsed {
        Ok((mut summary, foreign)) => {
            summary.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            if let Some(foreign) = foreign {
                err!("logyard: left out: it is {}, not a load balancer's log", foreign.describe());
            }
            report(&summary, arguments.json);
            if summary.clean() { Exit::Done.into() } else { Exit::ItemsFailed.into() }
        }
        Err(Stopped::Reading(error)) => {
            let name = file.map_or("standard input".into(), Path::to_string_lossy);
            err!("logyard: {name} cannot be read: {error}");
            Exit::Usage.into()
        }
        Err(Stopped::Writing(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            output::note(Err(error));
            Exit::Done.into()
        }
        Err(Stopped::Writing(error)) => {
            err!("logyard: the events cannot be written: {error}");
            Exit::ItemsFailed.into()
        }
    }
}

/// Why parsing ended early.
#[derive(Debug)]
enum Stopped {
    Reading(io::Error),
    Writing(io::Error),
}

fn parse(
    log: impl Read,
    mut output: impl Write,
    options: &ParseOptions,
) -> Result<(Summary, Option<Foreign>), Stopped> {
    let mut batches = Batches::new(log, Events::new(options, Origin::unknown()));
    let mut batch = Vec::new();
    loop {
        let more = batches.read(&mut batch);
        output.write_all(&batch).map_err(Stopped::Writing)?; // also before an error: these records were read
        batch.clear();
        if !more.map_err(Stopped::Reading)? {
            output.flush().map_err(Stopped::Writing)?;
            return Ok((batches.summary(), batches.foreign()));
        }
    }
}

/// Prints the summary to standard error. Ignores a closed standard error.
fn report(summary: &Summary, json: bool) {
    let text = if json { serde_json::to_string(summary).unwrap_or_default() } else { words(summary) };
    let _ = writeln!(io::stderr(), "{text}");
}

fn words(summary: &Summary) -> String {
    let Summary { lines, failures, bytes: volume, duration_ms, .. } = summary;
    let mut text = format!(
        "{}: {} parsed, {} failed; {} read, {} of events, {duration_ms} ms",
        counted(lines.encountered, "record"),
        count(lines.parsed),
        count(failures.parsing.total),
        bytes(volume.read),
        bytes(volume.written),
    );
    if lines.filtered > 0 {
        let _ = write!(text, "\n{} left out by the pipeline's conditions", counted(lines.filtered, "event"));
    }
    if lines.replaced > 0 {
        let _ = write!(text, "\n{} that were not UTF-8, now U+FFFD", counted(lines.replaced, "sequence"));
    }
    if lines.omitted > 0 {
        let _ = write!(text, "\n{} left out for unexpected text", counted(lines.omitted, "optional field"));
    }
    for failure in &failures.parsing.last_few {
        let _ = write!(text, "\n{failure}");
    }
    for failure in &failures.reading.last_few {
        let _ = write!(text, "\n{failure}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = concat!(
        r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 "#,
        r#"200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#,
        "\n"
    );

    /// A log whose reading fails with a disk error, which no real file produces on demand.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
        }
    }

    #[test]
    fn events_before_disk_error_are_written() {
        let mut output = Vec::new();
        let stopped = parse(Failing(RECORD.as_bytes()), &mut output, &ParseOptions::default()).unwrap_err();
        assert!(matches!(stopped, Stopped::Reading(_)));
        assert!(output.ends_with(b"}\n"));
    }

    #[test]
    fn text_summary_names_failures() {
        let log = format!("{RECORD}bad\u{1b}\n");
        let (summary, _) = parse(log.as_bytes(), io::sink(), &ParseOptions::default()).unwrap();
        let words = words(&summary);
        assert!(words.starts_with("2 records: 1 parsed, 1 failed; "), "{words}");
        let failure = format!("\nline 2, offset {}: timestamp: \"bad\\u{{1b}}\" is not a time", RECORD.len());
        assert!(words.contains(&failure), "{words}");
    }
}

//! `logyard runs import`: reads exported logs of a function, and records its runs in the database.
//!
//! The runs go where a watcher would have put them, by the same rules: importing again, or what a watcher has read
//! already, makes nothing twice. Runs or their summary go to standard output, everything else to standard error.

mod files;
mod import;
mod report;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use model::PipelineName;

use self::{import::Import, report::Report};
use super::{Exit, Failure, database, log, stop};
use crate::config::Config;

const AFTER_HELP: &str = "\
Examples:
  aws logs tail /aws/lambda/api-prod-elb --since 1d > tail.log && logyard runs import tail.log --pipeline api-prod
  aws logs filter-log-events --log-group-name … > events.json && logyard runs import events.json
  logyard runs import export/ --json | jq 'select(.outcome != \"sent\")'

FILE is text from the console or `aws logs tail`, or JSON from FilterLogEvents or Insights, as one document or as lines;
plain or gzip. DIR is a copy of what CreateExportTask left in S3: one folder for each log stream.

Exit codes: 0 all files were read, 1 some were not, or not to their end, 2 bad usage or configuration, 3 no database.";

#[derive(Subcommand)]
pub enum Command {
    /// Read exported logs of a function and record its runs
    #[command(after_help = AFTER_HELP)]
    Import(Arguments),
}

#[derive(Args)]
pub struct Arguments {
    /// A file of logs, or a folder with such files at any depth
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// The pipeline that the function ships [default: the one of the log group, or the only one]
    #[arg(long, value_name = "NAME")]
    pipeline: Option<PipelineName>,
    /// The log group that was exported [default: the pipeline's]
    #[arg(long, value_name = "GROUP")]
    log_group: Option<String>,
    /// Print the runs as JSON lines, as the API does, without ids
    #[arg(long)]
    json: bool,
}

/// The command, with a runtime of its own.
pub fn import(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let done = Config::load(config, &|name| std::env::var(name).ok())
        .map_err(Failure::usage)
        .and_then(|config| Ok((config, tokio::runtime::Runtime::new().map_err(Failure::usage)?)))
        .and_then(|(config, runtime)| {
            log::start();
            let done = runtime.block_on(run(&config, arguments));
            runtime.shutdown_background(); // the database's clock is no longer needed
            done
        });
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            err!("logyard: {}", failure.message);
            failure.exit.into()
        }
    }
}

async fn run(config: &Config, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut import = Import::new(config, arguments)?;
    let files = files::find(&arguments.paths)?;
    let db = database::open(config, &stop::on_signal()).await?;
    let mut report = Report::new(arguments.json);
    for file in &files {
        if let Err(why) = import.read(file, &db, &mut report).await? {
            report.unreadable(&file.path, &why);
        }
    }
    import.finish(&db, &mut report).await?;
    Ok(report.finish(import.pipeline(), files.len()))
}

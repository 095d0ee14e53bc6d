//! `logyard sync`: syncs one table without a server, until its endpoints are equal or a person must decide.
//!
//! It needs no server: what it remembers lies in Logyard's own database. With a server or a worker on the same one they
//! take turns, an evaluation each. Progress goes to standard error (one updated line on a terminal, lines
//! elsewhere), the summary to standard output. With `--json` standard output holds one JSON object a line.

mod arguments;
mod drive;
mod migration;
mod outcome;
mod report;
mod summary;

use std::{path::Path, process::ExitCode};

pub use self::arguments::Arguments;
use self::{outcome::End, report::Reporter, summary::Summary};
use super::{Exit, log, stop};
use crate::{
    config::{self, Config},
    connections::tables::Syncs,
    demo,
};

pub const AFTER_HELP: &str = "\
Examples:
  logyard sync orders                       until both ends are equal
  logyard sync orders --verify --json       what differs, changing nothing
  logyard sync orders --verify --contents   the same, comparing the values of all rows
  logyard sync orders --approve 5000        approves a deletion of so many rows
  logyard sync orders --show-migration > orders.sql
  logyard sync orders --held-for acme/shop --apply-migration    at the server that holds the copy

TABLE is the name of one of the [[tables]] of the configuration. Running the command again continues where it was
stopped or killed. An end that stops answering is tried again for five minutes.

Exit codes: 0 in sync; 1 the ends differ, a deletion waits for approval, rows are quarantined, or the table is paused;
2 bad usage or configuration, an end that refuses, or a replaced local database; 3 an end or Logyard's database could
not be reached; 130 stopped by Ctrl-C, SIGTERM or SIGHUP.";

/// The command, with a runtime of its own.
pub fn main(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    log::start();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(run(config, arguments));
            runtime.shutdown_background(); // nothing that is left needs waiting for
            exit
        }
        Err(error) => {
            err!("logyard: {error}");
            Exit::Usage.into()
        }
    }
}

/// Runs it to its end, and says all there is to say.
async fn run(config: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let stop = stop::on_signal();
    let mut reporter = Reporter::new(arguments.json);
    let mut configured = Config::load(config, &|name| std::env::var(name).ok()).map_err(|error| End::usage(&error));
    if let Ok(config) = &mut configured {
        demo::find(config);
    }
    if let (Ok(config), Some(holder)) = (&configured, &arguments.held_for) {
        return migration::of_replica(config, holder, arguments).await;
    }
    let summary = match configured.and_then(|config| Ok((entry(&config, arguments)?, config))) {
        Err(end) => Summary::refused(&arguments.table, end),
        Ok((_, config)) if arguments.show_migration || arguments.apply_migration => {
            return migration::run(&Syncs::new(&config), arguments).await;
        }
        // Behind a pointer: it holds all of the engine's futures.
        Ok((entry, config)) => Box::pin(drive::drive(&config, entry, arguments, &mut reporter, &stop)).await,
    };
    reporter.finish(&summary);
    summary.outcome.exit()
}

/// The table that is meant.
fn entry(config: &Config, arguments: &Arguments) -> Result<config::Table, End> {
    let found = config.tables.iter().find(|table| table.name == arguments.table);
    found.cloned().ok_or_else(|| {
        let known: Vec<_> = config.tables.iter().map(|table| table.name.as_str()).collect();
        let file = config.file.as_deref().unwrap_or(Path::new(config::DEFAULT_FILE)).display();
        let known = if known.is_empty() {
            format!("{file} has no [[tables]]; logyard.example.toml shows what they look like")
        } else {
            format!("{file} has {}", known.join(", "))
        };
        End::usage(&format!("no table `{}` is configured: {known}", arguments.table))
    })
}

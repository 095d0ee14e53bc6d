//! `logyard clone`: the clone engine by itself, without server or database.
//!
//! Progress goes to standard error (a bar on a terminal, lines elsewhere), the summary to standard output. With
//! `--json` standard output holds one JSON object a line: progress once a second, and last the summary.
//!
//! Always: a clone that does not get to its end leaves a state file, and says with which command it goes on. It is
//! written to a temporary file first and renamed, so that it is whole whatever happens.

mod again;
mod arguments;
mod completions;
mod drive;
mod ends;
mod fidelity;
mod keys;
mod limits;
mod lock;
mod mirror;
mod outcome;
mod record;
mod report;
mod since;
mod state;
mod summary;

use std::{path::Path, process::ExitCode};

use engine::clone::check;

pub use self::arguments::CloneArgs;
use self::{arguments::Order, drive::drive, outcome::End, record::Record, report::Reporter, summary::Summary};
use super::{Exit, log, stop};

pub const AFTER_HELP: &str = "\
Examples:
  logyard clone s3://from s3://to
  logyard clone s3://from/logs/ s3://to/archive/ --endpoint-url http://127.0.0.1:3001
  logyard clone s3://from s3://to --state clone.json      after a crash, run the same again
  logyard clone s3://from s3://to --mode verify --json
  logyard clone s3://from s3://to --mode mirror           shows what it would delete there, and asks
  logyard clone s3://from s3://to --source-profile old --destination-profile new --destination-region eu-west-1
  logyard clone s3://public s3://to --source-no-sign-request
  logyard --config logyard.toml clone aws:from/logs/ archive:to      stores of the configuration
  logyard clone s3://from s3://to --sse aws:kms --acl bucket-owner-full-control --requester-pays
  logyard clone s3://from/logs/ s3://to --include '**/*.gz' --exclude 'tmp/**' --newer-than 36h
  logyard clone s3://from s3://to --bandwidth-hours '08:00-18:00 10MB' --bandwidth-zone Europe/Zurich --max-failures 100
  logyard clone s3://from s3://to --inventory s3://lists/from/2026-11-29T01-00Z/manifest.json
  logyard clone s3://from s3://to --report copied.csv.gz  lists what was copied or deleted
  logyard clone s3://from s3://to --older-than 30d --min-size 1MB --of-class STANDARD

Prefixes are not folders: s3://from/logs also covers logs-old/. Credentials come from the usual places: environment,
profile, container or instance role; renewed ones are read while the clone runs. Two ends with different credentials are
streamed through this process. Globs match the key after the source's prefix; `**/` is any number of segments,
including none. What is not selected is ignored on both sides, and the proof is not about it. Equal objects are skipped,
so running again copies only what is missing.

A mirror deletes at the destination what the source does not have, after everything was copied. It asks for the
destination's name. In a script, --dry-run shows its plan, and --plan with --confirm runs it.

Exit codes: 0 done, and proven equal unless --no-verify; 1 some objects failed, are not equal, or a listing failed, also
if --max-failures ended it;
2 refused: bad usage, a mirror not confirmed, same place, missing bucket, no permission, refused credentials; 3 could
not connect; 130 stopped by Ctrl-C, SIGTERM or SIGHUP, to continue later with --resume; 141 stopped because the reader
of standard output is gone.";

/// The command, with a runtime of its own.
pub fn main(config: Option<&Path>, args: CloneArgs) -> ExitCode {
    log::start();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(run(config, args));
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
pub async fn run(config: Option<&Path>, args: CloneArgs) -> ExitCode {
    let json = args.json;
    let mut reporter = Reporter::new(json);
    let mut order = match Order::read(args, config).await {
        Ok(order) => order,
        Err(message) => {
            let summary = Summary::refused(&message);
            reporter.finish(&summary);
            return summary.outcome.exit();
        }
    };
    // Behind a pointer: it holds all of the engine's futures.
    let (summary, failures) = Box::pin(carry_out(&mut order, &mut reporter, json)).await;
    reporter.finish(&summary);
    if let (Some(path), Some(record)) = (&order.failures, &failures)
        && let Err(error) = record.write_failures(path)
    {
        err!("logyard: the failures could not be written to {}: {error}", path.display());
    }
    match failures.map(|mut record| record.finish_report()) {
        Some(Err(error)) => {
            err!("logyard: {error}");
            if summary.outcome.is_done() { Exit::ItemsFailed.into() } else { summary.outcome.exit() }
        }
        Some(Ok(())) | None => summary.outcome.exit(),
    }
}

async fn carry_out(order: &mut Order, reporter: &mut Reporter, json: bool) -> (Summary, Option<Record>) {
    let stop = stop::on_signal();
    let (source, destination) = Box::pin(order.connect()).await;
    tokio::select! {
        checked = check(&order.spec, &source, &destination) => if let Err(error) = checked {
            return (Summary::of(order, &Record::default(), &End::refused(&error)), None);
        },
        () = stop.cancelled() => return (Summary::of(order, &Record::default(), &End::stopped_early()), None),
    }
    if let Some(notice) = &order.notice {
        reporter.warn(notice);
    }
    if let Some(state) = &order.resumed {
        reporter.warn(&format!("going on from {}", state.file().display()));
    }
    tokio::select! {
        agreed = mirror::agree(order, &source, &destination, json) => if let Err(end) = agreed {
            return (Summary::of(order, &Record::default(), &end), None);
        },
        () = stop.cancelled() => return (Summary::of(order, &Record::default(), &End::stopped_early()), None),
    }
    let mut record = Record::resume(order);
    let end = drive(order, (&source, &destination), &mut record, reporter, &stop).await;
    let over = end.outcome.finished() || end.needs_another_plan();
    let kept = if over {
        order.forget_state()
    } else {
        match order.lock_state() {
            Ok(()) => record.keep(order).await,
            Err(held) => Err(held),
        }
    };
    let mut summary = Summary::of(order, &record, &end);
    match kept {
        Ok(()) if !over => summary.resume = Some(order.resume_command()),
        Ok(()) => {}
        Err(error) => err!("logyard: {error}"),
    }
    (summary, Some(record))
}

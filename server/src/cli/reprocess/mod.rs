//! `logyard reprocess`: the shipping engine by itself, without server or database.
//!
//! Progress goes to standard error (a bar on a terminal, lines elsewhere), the summary to standard output. With
//! `--json` standard output holds one JSON object a line: progress once a second, and last the summary.

mod arguments;
mod drive;
mod outcome;
mod report;
mod summary;

use std::process::ExitCode;

pub use self::arguments::Arguments;
use self::{arguments::Order, drive::drive, outcome::End, report::Reporter, summary::Summary};
use super::{Exit, log, stop};

pub const AFTER_HELP: &str = "\
Examples:
  logyard reprocess s3://logs/elb/ tcp://127.0.0.1:5000 --from 2026-03-09T14:00:00Z --to 2026-03-09T15:00:00Z
  logyard reprocess s3://logs/elb/ tcp://127.0.0.1:5000 --from -1h                      the last hour
  logyard reprocess s3://logs/elb/ tcp://127.0.0.1:5000 --from yesterday --to today     in the machine's zone
  logyard reprocess s3://logs/elb/ lumberjacks://logs:5044?ca=ca.pem --from … --to … --dead-letters dead.ndjson
  logyard reprocess s3://logs/elb/app.log.gz https://search:9200/elb/_bulk
  logyard reprocess dead.ndjson tcp://127.0.0.1:5000      sends dead letters again
  logyard reprocess s3://logs/elb/ file:events.ndjson --from … --to … --dry-run      parse only

A window is half-open, from --from up to and without --to, on the records' own timestamps; without one, whole objects
are sent. Prefixes are not folders: s3://logs/elb also covers elb-old/. Credentials of the store come from the usual
places: environment, profile, container or instance role. Events carry an id, so that sending twice to Elasticsearch, or
to Logstash with document_id => \"%{[@metadata][_id]}\", changes nothing. A tcp or tls sink does not acknowledge: its events
count as sent once they are written and the connection is closed in order.

Exit codes: 0 all delivered; 1 some records or objects failed, or a listing failed; 2 bad usage, missing bucket, no
permission, refused credentials; 3 could not connect; 130 stopped by Ctrl-C, SIGTERM or SIGHUP.";

/// The command, with a runtime of its own.
pub fn main(arguments: Arguments) -> ExitCode {
    log::start();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let exit = runtime.block_on(run(arguments));
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
async fn run(arguments: Arguments) -> ExitCode {
    let mut reporter = Reporter::new(arguments.json);
    let stop = stop::on_signal();
    let summary = match Order::read(&arguments) {
        // Behind a pointer: it holds all of the engine's futures.
        Ok(order) => Box::pin(drive(order, &mut reporter, &stop)).await,
        Err(message) => Summary::refused(End::usage(&message)),
    };
    reporter.finish(&summary);
    summary.outcome.exit()
}

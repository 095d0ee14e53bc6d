//! The log: text on a terminal, one JSON object a line elsewhere. `LOGYARD_LOG` is `text`, `json` or unset; `RUST_LOG`
//! sets the level.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, fmt};

/// The level unless `RUST_LOG` is set. The embedded store logs each missing object as an error, and the SDK each source
/// without credentials at length; the error that follows says it in a sentence.
const DEFAULT: &str = "info,s3s=off,aws_config=error";

/// Starts the log; call once.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let json = match std::env::var("LOGYARD_LOG").as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        _ => !stderr().is_terminal(),
    };
    let log = fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    // A closed standard error cannot be told of itself: the attempt would panic.
    let log = log.log_internal_errors(false);
    if json {
        log.json().flatten_event(true).with_span_list(false).init();
    } else {
        log.with_target(false).compact().init();
    }
}

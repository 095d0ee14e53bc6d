//! The log: text on a terminal, one JSON object a line elsewhere. `LOGYARD_LOG` is `text`, `json` or unset; `RUST_LOG`
//! sets the level.
//!
//! Always: no secret at any level. Libraries that write whole requests, with their headers and bodies, are heard no further
//! than to the level above that.

use std::io::{IsTerminal, stderr};

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The level unless `RUST_LOG` is set. The embedded store logs each missing object as an error, and the SDK each source
/// without credentials at length; the error that follows says it in a sentence.
const DEFAULT: &str = "info,s3s=off,aws_config=error";

/// Libraries by the beginning of their names, and the lowest level at which they write no request. Requests hold keys of
/// customers (SSE-C), session tokens and the content of objects.
const WRITE_REQUESTS: [(&str, Level); 5] = [
    ("aws_", Level::DEBUG),
    ("h2", Level::INFO),
    ("hyper", Level::DEBUG),
    ("reqwest", Level::DEBUG),
    ("s3s", Level::INFO),
];

/// Starts the log; call once.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let json = match std::env::var("LOGYARD_LOG").as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        _ => !stderr().is_terminal(),
    };
    // A closed standard error cannot be told of itself: the attempt would panic.
    let log = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).log_internal_errors(false);
    let log = if json {
        log.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        log.with_target(false).compact().boxed()
    };
    tracing_subscriber::registry().with(log.with_filter(filter_fn(harmless))).with(filter).init();
}

fn harmless(what: &Metadata<'_>) -> bool {
    let lowest = WRITE_REQUESTS.iter().find(|(library, _)| what.target().starts_with(library));
    lowest.is_none_or(|(_, lowest)| what.level() <= lowest)
}

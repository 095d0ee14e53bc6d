//! The log: for eyes on a terminal, one JSON object a line elsewhere. `LOGYARD_LOG` is `text`, `json` or unset;
//! `RUST_LOG` chooses how much.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, fmt};

/// What is logged unless `RUST_LOG` says otherwise. The embedded store calls each missing object an error; it is an
/// answer. The SDK tells in full why each source of credentials has none; the error that follows says it in a sentence.
const DEFAULT: &str = "info,s3s=off,aws_config=error";

/// Call once, at start-up.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let json = match std::env::var("LOGYARD_LOG").as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        _ => !stderr().is_terminal(),
    };
    let log = fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    if json {
        log.json().flatten_event(true).with_span_list(false).init();
    } else {
        log.with_target(false).compact().init();
    }
}

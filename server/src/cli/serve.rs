//! The help of `logyard serve`; `boot::serve` does it.

pub const AFTER_HELP: &str = "\
Examples:
  logyard serve
  LOGYARD_SERVER_ADDR=127.0.0.1:8080 logyard serve
  LOGYARD_DATABASE_URL=postgres://logyard@db/logyard logyard --config logyard.toml serve

SIGTERM or Ctrl-C checkpoints running jobs and ends within 5 seconds; they continue at the next start, or in another
process on the same database.";

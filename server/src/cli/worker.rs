//! The help of `logyard worker`; `boot::worker` does it.

pub const AFTER_HELP: &str = "\
Examples:
  LOGYARD_DATABASE_URL=postgres://logyard@db/logyard logyard --config logyard.toml worker
  LOGYARD_RUNNER_JOBS=8 logyard worker

A worker needs the same configuration and the same database as the servers; runner.jobs says how many jobs it runs at
once. Like a server it also takes its turn at schedules, pipelines, log groups, alerts and syncs. Any number of workers
may run. SIGTERM releases its jobs within 5 seconds.";

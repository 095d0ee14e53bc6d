//! The help of `logyard worker`; `boot::worker` does it.

pub const AFTER_HELP: &str = "\
Examples:
  LOGYARD_DATABASE_URL=postgres://logyard@db/logyard logyard --config logyard.toml worker
  LOGYARD_RUNNER_JOBS=8 logyard worker

A worker needs the same configuration and the same database as the servers; runner.jobs says how many jobs it runs at
once. It also starts the jobs of schedules, follows pipelines, evaluates alerts and keeps tables in sync; [tasks] switches
each of these off. Any number of workers may run. SIGTERM gives its jobs back within 5 seconds.";

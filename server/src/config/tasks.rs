//! `[tasks]`: which background tasks a process runs. All of them, unless a key says otherwise.

use super::{
    ConfigError,
    source::Section,
    values::{YES_NO, parsed},
};

/// Each field is named as the task is, in the table of leases and in `/metrics`.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// Runs jobs; `runner.jobs = 0` switches it off, too.
    pub run_jobs: bool,
    /// Ships the objects of followed pipelines.
    pub follow: bool,
    /// Reads the log groups of functions.
    pub read_logs: bool,
    /// Compares log objects with recorded runs.
    pub reconcile: bool,
    /// Evaluates conditions for alerts.
    pub evaluate: bool,
    /// Sends canary events to sinks.
    pub canary: bool,
    /// Starts the jobs of schedules.
    pub schedule: bool,
    /// Keeps tables in sync.
    pub sync: bool,
    /// Deletes what is older than `[retention]` allows.
    pub sweep: bool,
    /// Sends alerts to webhooks and topics.
    pub send_alerts: bool,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            run_jobs: true,
            follow: true,
            read_logs: true,
            reconcile: true,
            evaluate: true,
            canary: true,
            schedule: true,
            sync: true,
            sweep: true,
            send_alerts: true,
        }
    }
}

impl Tasks {
    /// Names of the tasks that are on.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.run_jobs, "run_jobs"),
            (self.follow, "follow"),
            (self.read_logs, "read_logs"),
            (self.reconcile, "reconcile"),
            (self.evaluate, "evaluate"),
            (self.canary, "canary"),
            (self.schedule, "schedule"),
            (self.sync, "sync"),
            (self.sweep, "sweep"),
            (self.send_alerts, "send_alerts"),
        ];
        all.into_iter().filter_map(|(on, name)| on.then_some(name)).collect()
    }
}

/// `jobs`: `runner.jobs`.
pub fn read(mut section: Section<'_>, jobs: u32) -> Result<Tasks, ConfigError> {
    let mut on = |key| Ok::<_, ConfigError>(section.get(key, YES_NO, parsed)?.unwrap_or(true));
    let tasks = Tasks {
        run_jobs: on("run_jobs")? && jobs > 0,
        follow: on("follow")?,
        read_logs: on("read_logs")?,
        reconcile: on("reconcile")?,
        evaluate: on("evaluate")?,
        canary: on("canary")?,
        schedule: on("schedule")?,
        sync: on("sync")?,
        sweep: on("sweep")?,
        send_alerts: on("send_alerts")?,
    };
    section.finish()?;
    Ok(tasks)
}

//! What pages read and what their forms do.
//!
//! Pages are rendered on the server and read there, by plain functions. The few server functions, under
//! `/api/fn/{name}`, take what forms send, each ending with a redirect, and what the jump box looks up. They are public
//! endpoints like any other, so each of them checks the viewer itself. Every function is named like the method of
//! [`Backend`](crate::backend::Backend) that it calls.

mod alerts;
mod clones;
mod find_jobs;
mod jobs;
mod reprocesses;
mod runs;
mod schedules;
mod settings;
mod syncs;

pub use alerts::{ActOnAlert, TestReceiver, act_on_alert, get_alert, list_alerts, list_deliveries, test_receiver};
pub use clones::{StartClone, start_clone};
pub use find_jobs::{FindJobs, JobHit, find_jobs};
pub use jobs::{
    ActOnJob, ActOnJobs, JobList, act_on_job, act_on_jobs, action_name, action_named, get_counts, get_job,
    get_overview, list_failures, list_jobs, list_jobs_within, preview_act_on_jobs,
};
pub use reprocesses::{StartReprocess, start_reprocess};
pub use runs::{
    AcceptRuns, PutTemplate, StartBackfill, accept_runs, compare_template, get_pipeline, get_pipeline_dead_letters,
    get_pipeline_health, get_run, get_run_log, list_pipelines, list_runs_with_sums, list_tiles, put_template,
    start_backfill,
};
pub use schedules::{
    ActOnSchedule, ConfirmSchedule, CreateSchedule, EditSchedule, act_on_schedule, confirm_schedule, create_schedule,
    edit_schedule, get_schedule, list_firings, list_schedules,
};
pub use settings::{get_settings, list_stores};
pub use syncs::{ActOnSync, act_on_sync, get_sync, list_evaluations, list_quarantined, list_syncs};

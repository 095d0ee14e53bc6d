//! What pages ask and what their forms do.
//!
//! Pages are rendered on the server and read there, by plain functions. The few server functions, under
//! `/api/fn/{name}`, are what forms send to, each ending with a redirect, and what the jump box asks. They are public
//! endpoints like any other, so each one asks for the viewer itself.

mod act;
mod alerts;
mod clones;
mod jump;
mod read;
mod reprocesses;
mod runs;
mod schedules;
mod syncs;

pub use act::{ActOnJob, BulkAct, act_on_job, action_name, action_named, bulk_act};
pub use alerts::{ActOnAlert, TestReceiver, act_on_alert, alert, alerts, deliveries, test_receiver};
pub use clones::{StartClone, start_clone};
pub use jump::{JobHit, jump};
pub use read::{JobList, bulk_preview, counts, failures, job, jobs, overview, settings, stores};
pub use reprocesses::{StartReprocess, start_reprocess};
pub use runs::{
    StartBackfill, jobs_within, pipeline, pipeline_health, pipelines, run, run_log, runs, start_backfill, tiles,
};
pub use schedules::{ActOnSchedule, CreateSchedule, act_on_schedule, create_schedule, schedules};
pub use syncs::{ActOnSync, act_on_sync, evaluations, sync, syncs};

//! Log objects to sinks: reprocesses, backfills, followed pipelines and `logyard parse`.

pub mod api;
pub mod backfill;
pub mod command;
pub mod events;
pub mod follower;
pub mod follower_queue;
pub mod kill_nine;
pub mod letters;
pub mod memory;
pub mod pages;
pub mod parse;
pub mod quarantine;
pub mod runner;
pub mod template;

//! The table of jobs, as people and pages see it: made, listed, counted, acted on. What a runner does to a job is in
//! `leases`.

mod action;
mod insert;
mod list;
pub(crate) mod row;

pub(crate) use self::insert::insert_queued;
#[cfg(feature = "testing")]
pub(crate) use self::insert::insert_statement;

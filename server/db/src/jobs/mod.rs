//! The table of jobs as seen by users: creating, listing, counting and actions. `leases` has the runner's side.

mod action;
mod insert;
mod list;
pub(crate) mod row;

pub(crate) use self::insert::insert_queued;
#[cfg(feature = "testing")]
pub(crate) use self::insert::insert_statement;

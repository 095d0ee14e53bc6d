//! The silent-failure suite: ways in which a pipeline looks fine and is not, each told of within its time; and healthy
//! weeks, in which nothing is told.
//!
//! A world is played second by second: objects appear, a function ships them and logs, the logs are read late and out
//! of order by the [`engine::runs::Reader`], runs are judged, and [`engine::alerts`] decides. Only the world is made up.
//! `make bench-truth` prints the table.

mod chance;
mod healthy;
mod told;
mod ways;
mod world;

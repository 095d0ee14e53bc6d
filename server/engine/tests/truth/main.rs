//! The silent-failure suite: sixteen failures that leave a pipeline looking healthy, each notified in time; and healthy
//! weeks, in which nothing is notified.
//!
//! A pipeline is simulated second by second: objects appear, a function ships them and logs, the logs are read late and
//! out of order by the [`engine::runs::Reader`], runs are judged, and [`engine::alerts`] decides. Only the pipeline and
//! its log are simulated, all that judges them is the real code. `make bench-truth` prints the table.

mod healthy;
mod monitor;
mod random;
mod scenarios;
mod simulation;

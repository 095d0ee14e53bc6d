//! Runs of shippers: what can be told of many of them.

mod shape;

pub use self::shape::{FALSE_ALARMS, Sample, losses, prefix_of};

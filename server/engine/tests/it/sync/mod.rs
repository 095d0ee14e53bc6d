//! Sync held against tables in memory: the engine does no I/O, so this is all of it. What databases and HTTP add is
//! tried where they are.

mod bounds;
mod driven;
mod driven_histories;
mod ends;
mod promises;
mod random_histories;
mod world;

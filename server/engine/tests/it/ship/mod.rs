//! Reprocessing from a real store over HTTP: selection of objects, account of every record, and resuming after a crash.

mod batches;
mod cluster;
mod dead_letters;
mod dock;
mod faults;
mod pace;
mod plans;
mod receivers;
mod resume;
mod templates;
mod windows;

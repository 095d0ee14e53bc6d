//! Reprocessing on a real store over HTTP: which objects, what becomes of every record, and what survives a crash.

mod dock;
mod faults;
mod letters;
mod pace;
mod plans;
mod receivers;
mod resume;
mod windows;

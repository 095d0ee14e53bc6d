//! Reprocessing on a real store over HTTP: which objects, what becomes of every record, and what survives a crash.

mod dead_letters;
mod dock;
mod faults;
mod pace;
mod plans;
mod receivers;
mod resume;
mod windows;

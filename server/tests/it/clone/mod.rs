//! Clones and mirrors: through the API, by the command, and by processes that are killed.

pub mod command;
mod ends;
mod inventory;
mod keys;
pub mod kill_nine;
pub mod mirror;
pub mod mirror_command;
mod report;
mod secrets;

//! Processes of `logyard`: the command line, and restarts.

pub mod command_line;
pub mod restart;
pub mod web_only;

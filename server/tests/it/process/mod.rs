//! Processes of `logyard`: the command line, and restarts.

pub mod command_line;
pub mod restart;

//! Processes of `logyard`: the command line, and what survives an end.

pub mod command_line;
pub mod restart;

//! Exit codes, and the errors that lead to them.

use std::{fmt::Display, process::ExitCode};

/// Exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// The work was done, except some items.
    ItemsFailed = 1,
    /// Bad usage or configuration, a taken address or folder included.
    Usage = 2,
    /// A database or store could not be reached.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended, for the person at the terminal.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
}

impl Failure {
    pub fn usage(error: impl Display) -> Self {
        Self { exit: Exit::Usage, message: error.to_string() }
    }

    pub fn unreachable(error: impl Display) -> Self {
        Self { exit: Exit::Unreachable, message: error.to_string() }
    }
}

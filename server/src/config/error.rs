//! Errors of a configuration: where it is wrong, which key and value, and what would be right.

use std::{fmt, io, path::PathBuf};

/// Where a value was set: `logyard.toml line 12` or `the variable LOGYARD_SERVER_ADDR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    Line(PathBuf, usize),
    Variable(String),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{} line {line}", file.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {}: {source}", .file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("{at}: this is not TOML: {message}")]
    Syntax { at: At, message: String },
    #[error("{at}: {key} is not a setting{}", .nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    Unknown { at: At, key: String, nearest: Option<String> },
    #[error("{at}: {key} must be {expected}")]
    Shape { at: At, key: String, expected: &'static str },
    /// `value` is `None` where it may be a secret.
    #[error("{at}: {key}{} is not valid: it must be {expected}", .value.as_ref().map(|v| format!(" = {v:?}")).unwrap_or_default())]
    Value { at: At, key: String, value: Option<String>, expected: &'static str },
    #[error("{at}: {key} uses ${{{variable}}}, which is not set in the environment")]
    Unset { at: At, key: String, variable: String },
    #[error("{at}: {key} has a ${{ without its }}")]
    Unclosed { at: At, key: String },
    #[error("{at}: {key} is missing: it must be {expected}")]
    Missing { at: At, key: String, expected: &'static str },
    #[error("{at}: two {what} are named {name}; each needs a name of its own")]
    Twice { at: At, what: &'static str, name: String },
    #[error("{at}: [{section}]: {why}")]
    Wrong { at: At, section: &'static str, why: String },
    #[error("there is no store: add a [[stores]] entry, or remove `enabled = false` under [demo]")]
    NoStores,
    #[error(
        "the server may not listen on {addr} without a password: it would be open to everyone who can reach it. \
         Set server.addr to a loopback address such as 127.0.0.1:3000, or run `logyard hash-password` and put the \
         line it prints under [auth] as password_hash."
    )]
    Open { addr: std::net::SocketAddr },
}

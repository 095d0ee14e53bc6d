//! Configuration: one TOML file, overridden by the environment, checked completely at start-up.
//!
//! Every key under `[server]`, `[database]`, `[auth]`, `[runner]`, `[tasks]`, `[prices]`, `[retention]`, `[logs]`,
//! `[heartbeat]`, `[sync]` and `[demo]` can be set as `LOGYARD_SECTION_KEY`, such as `LOGYARD_SERVER_ADDR`; the lists `[[stores]]`,
//! `[[sinks]]`, `[[pipelines]]`, `[[tables]]`, `[[replicas]]`, `[[webhooks]]`, `[[topics]]` and `[[auth.tokens]]` are
//! set in the file only, where `${VAR}` works in every text. An unknown key is an error that names its line.
//!
//! Always: a [`Config`] that exists has been checked; nothing after start-up asks whether a setting makes sense.

mod alerts;
mod data_dir;
mod error;
mod events;
mod function;
mod load;
mod pipelines;
mod replicas;
mod retention;
pub mod secrets;
mod sinks;
mod source;
mod tables;
mod tasks;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use engine::{
    clone::Options,
    s3::{Ceilings, Threshold},
};
use model::{Pipeline, Prices, StoreName};

pub(crate) use self::values::seconds;
pub use self::{
    alerts::{Alerts, Format, Heartbeat, Topic, Webhook},
    data_dir::{DataDir, DataDirError},
    error::{At, ConfigError},
    function::Logs,
    load::{DEFAULT_FILE, DEMO_STORE},
    pipelines::{DEMO_LOGS, DEMO_PIPELINE},
    replicas::Replica,
    retention::Retention,
    sinks::{DEMO_SINK, Sink},
    tables::{Sync, Table, is_api},
    tasks::Tasks,
};

#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from, if any.
    pub file: Option<PathBuf>,
    pub server: Server,
    pub database: Database,
    pub auth: Option<Auth>,
    pub runner: Runner,
    /// Which background tasks this process runs.
    pub tasks: Tasks,
    /// Prices that previews use.
    pub prices: Prices,
    pub retention: Retention,
    /// Never empty: without `[[stores]]` it contains the embedded one, named `demo`.
    pub stores: Vec<Store>,
    pub sinks: Vec<Sink>,
    /// Store and sink of each are configured. With the demo and no other configuration: the demo's pipeline.
    pub pipelines: Vec<Pipeline>,
    /// Tables kept in sync with a remote copy.
    pub tables: Vec<Table>,
    /// Limits for all of these tables together.
    pub sync: Sync,
    /// How the log groups of functions are read.
    pub logs: Logs,
    pub demo: Demo,
    /// Limits of alerts, and their receivers.
    pub alerts: Alerts,
    /// Tables that others keep in sync with theirs.
    pub replicas: Vec<Replica>,
}

#[derive(Clone, Debug)]
pub struct Server {
    /// Loopback only, unless `[auth]` is set.
    pub addr: SocketAddr,
    pub data_dir: PathBuf,
    /// `https://logyard.example.com`, for links and for the Origin check behind a proxy.
    pub public_url: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:…` or `postgres://…`
    pub url: String,
}

/// `[auth]`: one operator with a password, and tokens for the API.
#[derive(Clone, Debug)]
pub struct Auth {
    pub user: String,
    /// PHC string, `$argon2id$…`
    pub password_hash: String,
    pub session_hours: u32,
    pub tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
pub struct Token {
    /// Recorded as the author of its actions.
    pub name: String,
    /// Hex of the SHA-256 of the token.
    pub sha256: String,
}

#[derive(Clone, Debug)]
pub struct Runner {
    /// Jobs at once in this process; 0: none, `logyard worker`s do the work.
    pub jobs: u32,
    /// Copies in flight at most, per job.
    pub concurrency: u32,
    /// How long a job or a task stays with a process that sends no heartbeat. Milliseconds.
    pub lease_ms: i64,
    /// Objects larger than this are copied in parts.
    pub multipart_threshold: Threshold,
}

impl Runner {
    /// Options of clones and their previews.
    pub fn clone_options(&self) -> Options {
        Options {
            concurrency: usize::try_from(self.concurrency).unwrap_or(1),
            verify: true,
            multipart_threshold: self.multipart_threshold,
            keys: None,
        }
    }
}

/// A `[[stores]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub name: StoreName,
    pub endpoint_url: Option<String>,
    pub region: Option<String>,
    pub path_style: Option<bool>,
    pub profile: Option<String>,
    /// Its buckets make requesters pay. Default: false.
    pub requester_pays: bool,
    /// Most jobs at once that use the store. Default 2.
    pub max_jobs: u32,
    /// Ceilings for everything this process does there. Default: those of `[runner]`.
    pub ceilings: Ceilings,
}

/// `[demo]`: the embedded store. On when no `[[stores]]` are configured.
#[derive(Clone, Debug)]
pub struct Demo {
    pub enabled: bool,
    /// Default 127.0.0.1:3001.
    pub addr: SocketAddr,
}

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;

//! The remote end of syncs: tables of this server that others keep in sync, as an API of its own beside Logyard's.
//!
//! Each `[[replicas]]` entry is a table in a database, reached at `/v1/customers/{customer}/databases/{database}/tables/
//! {table}`. A holder of one of its tokens may count, list and summarise its rows, write them and delete them; sessions
//! and the tokens of `[auth]` give no access here. The requests and answers are those of [`engine::sync::protocol`].
//!
//! Always: a table that a token does not grant looks like one that does not exist. A request is read completely and
//! checked before its table is queried. The size of a request, the rows of an answer and the number of concurrent
//! requests are bounded.

mod answer;
mod auth;
mod body;
mod handle;
pub mod routes;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::handle::TableHandle;
use crate::config;

/// Concurrent requests of all tables, whose bodies are complete. The others wait, because each may take about ten
/// megabytes.
const AT_ONCE: usize = 8;

/// Cheap to clone.
#[derive(Clone)]
pub struct Replicas {
    entries: Arc<[Entry]>,
    places: Arc<Semaphore>,
}

struct Entry {
    config: config::Replica,
    handle: Arc<TableHandle>,
}

impl Replicas {
    /// Opens no table: the first request for a table opens it.
    pub fn new(replicas: &[config::Replica]) -> Self {
        let entry =
            |config: &config::Replica| Entry { config: config.clone(), handle: TableHandle::new(config).into() };
        Self { entries: replicas.iter().map(entry).collect(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

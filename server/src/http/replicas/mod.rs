//! Tables that this server holds for others: the remote end of syncs, as an API of its own beside Logyard's.
//!
//! Each `[[replicas]]` entry is a table in a database, reached at `/v1/customers/{customer}/databases/{database}/tables/
//! {table}`. Whoever has one of its tokens may count, list and summarise its rows, write them and delete them; sessions
//! and the tokens of `[auth]` open nothing here. The requests and answers are those of [`engine::sync::protocol`].
//!
//! Always: what a token does not open looks like what does not exist. A request is read whole and found right before its
//! table is asked; its size, the rows of its answer, and how many are under way at once are bounded.

mod answer;
mod auth;
mod body;
mod handle;
pub mod routes;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::handle::TableHandle;
use crate::config;

/// Requests that are worked on at once. The others wait, as each may take some ten megabytes.
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
    /// Opens none of them: a table is opened by the first request for it.
    pub fn new(replicas: &[config::Replica]) -> Self {
        let entry =
            |config: &config::Replica| Entry { config: config.clone(), handle: TableHandle::new(config).into() };
        Self { entries: replicas.iter().map(entry).collect(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

//! The cached handle of a table, opened by the first request and retried while its database is down.
//!
//! The server therefore starts without the database, and needs no restart when it comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{Problem, ProblemCode};
use tables::{Table, TableSpec};
use tokio::{
    sync::{AcquireError, Mutex, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::config;

/// Longest wait for a table to open. Shorter than a request's limit, so the caller gets an answer.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// Concurrent requests to one table, so that one customer's slow database leaves places for the others.
const AT_ONCE: usize = 2;
/// Bodies of requests to one table in memory at once, each of eight megabytes at most.
const BODIES: usize = 4;
/// Pause after a failed attempt to open.
pub const PAUSE: Duration = Duration::from_secs(2);

pub struct TableHandle {
    name: String,
    spec: TableSpec,
    state: Mutex<State>,
    bodies: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

enum State {
    Closed,
    Failed(Instant),
    Opened(Table),
}

impl TableHandle {
    pub fn new(config: &config::Replica) -> Self {
        Self {
            name: config.to_string(),
            spec: config.spec(),
            state: Mutex::new(State::Closed),
            bodies: permits(BODIES),
            places: permits(AT_ONCE),
        }
    }

    /// Leave to read a body for this table. The others wait.
    pub async fn body(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.bodies).acquire_owned().await
    }

    /// A place among the requests of this table. The others wait.
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.places).acquire_owned().await
    }

    /// The table. One request at a time opens it, while the others wait for the result.
    pub async fn table(&self) -> Result<Table, Problem> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Opened(table) => return Ok(table.clone()),
            State::Failed(at) if at.elapsed() < PAUSE => return Err(away()),
            State::Failed(_) | State::Closed => {}
        }
        let error = match timeout(OPEN_WITHIN, Table::open(self.spec.clone())).await {
            Ok(Ok(table)) => {
                let table = table.as_copy();
                *state = State::Opened(table.clone());
                return Ok(table);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", OPEN_WITHIN.as_secs()),
        };
        tracing::warn!(replica = self.name, error, "replica table cannot be opened; the next request retries");
        *state = State::Failed(Instant::now());
        Err(away())
    }

    /// The problem for a database that does not answer. Its own words go to the log only.
    pub fn away(&self, error: &str) -> Problem {
        tracing::warn!(replica = self.name, error, "database of the replica table does not answer");
        away()
    }
}

fn permits(number: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(number))
}

fn away() -> Problem {
    let detail = "The database of this table does not answer, or cannot be used. Try again in a moment; the server's log has \
                  the cause.";
    Problem::new(ProblemCode::Unavailable, detail)
}

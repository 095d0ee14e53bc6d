//! A table that is opened when it is first asked for, and again and again while its database is down.
//!
//! So the server starts without it, and needs no restart when it comes back.

use std::time::{Duration, Instant};

use model::{Problem, ProblemCode};
use tables::{Table, TableSpec};
use tokio::{sync::Mutex, time::timeout};

use crate::config;

/// Shorter than a request may take, so that whoever asks is told.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// How long nobody tries again after a failure.
pub const PAUSE: Duration = Duration::from_secs(2);

pub struct Holding {
    name: String,
    spec: TableSpec,
    state: Mutex<State>,
}

enum State {
    Closed,
    Failed(Instant),
    Opened(Table),
}

impl Holding {
    pub fn new(config: &config::Replica) -> Self {
        Self { name: config.to_string(), spec: config.spec(), state: Mutex::new(State::Closed) }
    }

    /// The table; opened by one request at a time, while others wait for what becomes of it.
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
        tracing::warn!(replica = self.name, error, "cannot be opened");
        *state = State::Failed(Instant::now());
        Err(away())
    }

    /// What whoever asks is told of a database that does not answer. What it said is for the log alone.
    pub fn away(&self, error: &str) -> Problem {
        tracing::warn!(replica = self.name, error, "does not answer");
        away()
    }
}

fn away() -> Problem {
    let detail = "The database of this table does not answer, or cannot be used. Try again in a moment; the log of the \
                  server says why.";
    Problem::new(ProblemCode::Unavailable, detail)
}

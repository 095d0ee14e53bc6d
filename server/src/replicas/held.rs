//! A table that is opened when it is first asked for, and again and again while its database is down.
//!
//! So the server starts without it, and needs no restart when it comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use engine::sync::{Fault, Mark, Remote};
use futures::future::BoxFuture;
use model::{Problem, ProblemCode};
use tokio::{sync::Mutex, time::timeout};

/// What lies behind the routes.
#[async_trait]
pub trait Held: Remote {
    /// As [`Remote::delete`]; answers how many rows there were.
    async fn delete_counted(&self, marks: &[Mark]) -> Result<u64, Fault>;
}

/// Opens a table. The error is for the log.
pub type Open = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Held>, String>> + Send + Sync>;

/// Shorter than a request may take, so that whoever asks is told.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// How long nobody tries again after a failure.
pub const PAUSE: Duration = Duration::from_secs(2);

pub struct Holding {
    name: String,
    open: Open,
    state: Mutex<State>,
}

enum State {
    Closed,
    Failed(Instant),
    Opened(Arc<dyn Held>),
}

impl Holding {
    pub fn new(name: String, open: Open) -> Self {
        Self { name, open, state: Mutex::new(State::Closed) }
    }

    /// The table; opened by one request at a time, while others wait for what becomes of it.
    pub async fn table(&self) -> Result<Arc<dyn Held>, Problem> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Opened(table) => return Ok(Arc::clone(table)),
            State::Failed(at) if at.elapsed() < PAUSE => return Err(away()),
            State::Failed(_) | State::Closed => {}
        }
        let opened = timeout(OPEN_WITHIN, (self.open)()).await;
        match opened.unwrap_or_else(|_| Err(format!("no answer within {} seconds", OPEN_WITHIN.as_secs()))) {
            Ok(table) => {
                tracing::info!(replica = self.name, place = table.place(), "opened");
                *state = State::Opened(Arc::clone(&table));
                Ok(table)
            }
            Err(error) => {
                tracing::warn!(replica = self.name, error, "cannot be opened");
                *state = State::Failed(Instant::now());
                Err(away())
            }
        }
    }

    /// What whoever asks is told of a fault. What a database that does not answer said is for the log alone.
    pub fn problem(&self, fault: Fault) -> Problem {
        match fault {
            Fault::Refused(detail) => Problem::new(ProblemCode::Invalid, detail),
            Fault::Unavailable(error) => {
                tracing::warn!(replica = self.name, error, "does not answer");
                away()
            }
        }
    }
}

fn away() -> Problem {
    let detail = "The database of this table does not answer, or cannot be used. Try again in a moment; the log of the \
                  server says why.";
    Problem::new(ProblemCode::Unavailable, detail)
}

//! The configured sinks: the one place that turns a `[[sinks]]` entry into a connection.
//!
//! Always: a sink is open at most once in this process, so that its limits (connections, events a second) hold for
//! everything that ships to it.

use std::sync::Arc;

use engine::ship::sink::{Sink, SinkError};
use model::{SinkName, SinkStatus};
use tokio::sync::OnceCell;

use crate::config;

/// Cheap to clone.
#[derive(Clone)]
pub struct Sinks {
    entries: Arc<[Entry]>,
}

struct Entry {
    config: config::Sink,
    open: OnceCell<Sink>,
}

impl Sinks {
    /// Nothing is connected yet.
    pub fn new(entries: &[config::Sink]) -> Self {
        let entry = |config: &config::Sink| Entry { config: config.clone(), open: OnceCell::new() };
        Self { entries: entries.iter().map(entry).collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &config::Sink> {
        self.entries.iter().map(|entry| &entry.config)
    }

    pub fn get(&self, name: &SinkName) -> Option<&config::Sink> {
        self.iter().find(|sink| sink.name == *name)
    }

    /// Connects at the first call; later calls share the connection. `None`: the sink is not configured here.
    pub async fn open(&self, name: &SinkName) -> Option<Result<Sink, SinkError>> {
        let entry = self.entries.iter().find(|entry| entry.config.name == *name)?;
        let open = entry.open.get_or_try_init(|| Sink::open(entry.config.settings.clone()));
        Some(open.await.cloned())
    }

    /// What may be shown of a sink.
    pub fn status(entry: &config::Sink) -> SinkStatus {
        let settings = &entry.settings;
        SinkStatus {
            name: entry.name.clone(),
            url: settings.url.to_string(),
            connections: settings.connections as u64,
            max_events_per_second: settings.max_events_per_second.map(|most| u64::from(most.get())),
        }
    }
}

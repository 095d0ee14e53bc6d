//! The configured sinks: the one place that turns a `[[sinks]]` entry into a connection.
//!
//! Always: a sink is open at most once in this process, so that its limits (connections, events a second) hold over
//! all that ships to it.

use std::{collections::HashMap, sync::Arc};

use engine::ship::sink::{Sink, SinkError};
use model::{SinkName, SinkStatus};
use tokio::sync::Mutex;

use crate::config;

/// Cheap to clone.
#[derive(Clone)]
pub struct Sinks {
    entries: Arc<[config::Sink]>,
    open: Arc<Mutex<HashMap<SinkName, Sink>>>,
}

impl Sinks {
    /// Nothing is connected yet.
    pub fn new(entries: &[config::Sink]) -> Self {
        Self { entries: entries.into(), open: Arc::default() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &config::Sink> {
        self.entries.iter()
    }

    pub fn get(&self, name: &SinkName) -> Option<&config::Sink> {
        self.iter().find(|sink| sink.name == *name)
    }

    /// Connects the first who asks; the others share it.
    pub async fn open(&self, entry: &config::Sink) -> Result<Sink, SinkError> {
        let mut open = self.open.lock().await;
        if let Some(sink) = open.get(&entry.name) {
            return Ok(sink.clone());
        }
        let sink = Sink::open(entry.settings.clone()).await?;
        open.insert(entry.name.clone(), sink.clone());
        Ok(sink)
    }

    /// As far as it may be shown.
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

//! A sink that is open: shared by all who deliver to it.

use std::sync::Arc;

use super::{Delivery, Fault, Settings, SinkError, delivery::Way, file::FileSink, pace::Pace, url::Place};

/// Cheap to clone; all clones share connections and limits.
#[derive(Clone)]
pub struct Sink(Arc<Open>);

struct Open {
    settings: Settings,
    kind: Kind,
}

enum Kind {
    File(FileSink),
}

impl Sink {
    /// Connects once, so that a receiver that is down is said at once.
    pub async fn open(settings: Settings) -> Result<Self, SinkError> {
        let name = settings.url.to_string();
        settings.check().map_err(|invalid| Fault::Settings(invalid).at(&name))?;
        let pace = Arc::new(Pace::new(settings.max_events_per_second));
        let kind = match &settings.url.place {
            Place::File(path) => FileSink::open(&name, path, pace, settings.unproven_bytes).await.map(Kind::File),
            _ => Err(Fault::Unreachable { why: "no such sink".into() }),
        };
        let kind = kind.map_err(|fault| fault.at(&name))?;
        Ok(Self(Arc::new(Open { settings, kind })))
    }

    /// Whether "delivered" means that the receiver said so (a file: that the disk has it).
    pub fn acknowledges(&self) -> bool {
        self.0.settings.url.acknowledges()
    }

    /// As it may be shown: the URL without credentials.
    pub fn name(&self) -> String {
        self.0.settings.url.to_string()
    }

    /// One object's way. Waits while as many are under way as there may be connections.
    pub async fn delivery(&self) -> Result<Delivery, SinkError> {
        let way = match &self.0.kind {
            Kind::File(file) => Way::File(file.delivery()),
        };
        Ok(Delivery::new(way))
    }

    /// Closes what stands by. Deliveries under way go on.
    pub async fn close(self) {}
}

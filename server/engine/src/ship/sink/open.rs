//! A sink that is open: shared by all who deliver to it.

use std::{fmt, sync::Arc};

use super::{
    Delivery, Settings, SinkError, bulk::Bulk, delivery::Way, error::SinkFault, file::FileSink, lines::Lines,
    lumberjack::Lumberjack, pace::Pace, url::Place,
};

/// Cheap to clone; all clones share connections and limits.
#[derive(Clone)]
pub struct Sink(Arc<Open>);

struct Open {
    settings: Settings,
    kind: Kind,
}

pub(super) enum Kind {
    Lines(Lines),
    Lumberjack(Lumberjack),
    Bulk(Arc<Bulk>),
    File(FileSink),
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sink({})", self.0.settings.url)
    }
}

impl Sink {
    /// Connects once, so that a receiver that is down is said at once.
    pub async fn open(settings: Settings) -> Result<Self, SinkError> {
        let name = settings.url.to_string();
        settings.check().map_err(|invalid| SinkFault::Settings(invalid).at(&name))?;
        let pace = Arc::new(Pace::new(settings.max_events_per_second));
        let kind = match &settings.url.place {
            Place::Lines(peer) => Lines::open(peer, &settings, pace).await.map(Kind::Lines),
            Place::Lumberjack(peer) => Lumberjack::open(peer, &settings, pace).await.map(Kind::Lumberjack),
            Place::Bulk { peer, path_and_query } => {
                Bulk::open(peer, path_and_query, &settings, pace).await.map(Kind::Bulk)
            }
            Place::File(path) => FileSink::open(&name, path, pace, settings.unproven_bytes).await.map(Kind::File),
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

    /// One object's way. Over TCP and Lumberjack it waits while as many are under way as there may be connections.
    pub async fn delivery(&self) -> Result<Delivery, SinkError> {
        Ok(Delivery::new(match &self.0.kind {
            Kind::Lines(lines) => Way::Lines(lines.delivery().await?),
            Kind::Lumberjack(lumberjack) => Way::Lumberjack(Box::new(lumberjack.delivery().await?)),
            Kind::Bulk(bulk) => Way::Bulk(bulk.delivery()),
            Kind::File(file) => Way::File(file.delivery()),
        }))
    }

    pub(super) fn parts(&self) -> (&Settings, &Kind) {
        (&self.0.settings, &self.0.kind)
    }

    /// Closes what stands by. Deliveries under way go on.
    pub async fn close(self) {
        match &self.0.kind {
            Kind::Lines(lines) => lines.pool.close().await,
            Kind::Lumberjack(lumberjack) => lumberjack.pool.close().await,
            Kind::Bulk(bulk) => bulk.close(),
            Kind::File(_) => {}
        }
    }
}

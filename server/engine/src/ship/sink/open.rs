//! An open sink, shared by all deliveries to it.

use std::{fmt, sync::Arc};

use super::{
    BatchLimits, Delivery, Settings, SinkError, bulk::Bulk, delivery::Protocol, error::SinkFault, file::FileSink,
    lines::Lines, lumberjack::Lumberjack, pace::Pace, url::Place,
};

/// An open sink. Cheap to clone; all clones share connections and limits.
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
    /// Opens the sink. Connects once, so that a receiver that is down is reported at once.
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

    /// Whether the receiver acknowledges events; a file does by syncing to the disk.
    pub fn acknowledges(&self) -> bool {
        self.0.settings.url.acknowledges()
    }

    /// The URL without credentials.
    pub fn name(&self) -> String {
        self.0.settings.url.to_string()
    }

    /// How much to gather before it is sent: a request or a window. Of a sink without such, a buffer.
    pub(in crate::ship) fn batch_limits(&self) -> BatchLimits {
        let settings = &self.0.settings;
        match &self.0.kind {
            Kind::Bulk(bulk) => {
                let names = settings.batch_events * bulk.index_bytes();
                let bytes = bulk.limits().bytes();
                BatchLimits { events: settings.batch_events, bytes: bytes.saturating_sub(names).max(bytes / 2) }
            }
            Kind::Lumberjack(_) => BatchLimits { events: settings.batch_events, bytes: settings.batch_bytes },
            Kind::Lines(_) | Kind::File(_) => BatchLimits::default(),
        }
    }

    /// Begins the delivery of one object. Over TCP and Lumberjack it waits for a free connection.
    pub async fn delivery(&self) -> Result<Delivery, SinkError> {
        Ok(Delivery::new(match &self.0.kind {
            Kind::Lines(lines) => Protocol::Lines(lines.delivery().await?),
            Kind::Lumberjack(lumberjack) => Protocol::Lumberjack(Box::new(lumberjack.delivery().await?)),
            Kind::Bulk(bulk) => Protocol::Bulk(bulk.delivery()),
            Kind::File(file) => Protocol::File(file.delivery()),
        }))
    }

    pub(super) fn parts(&self) -> (&Settings, &Kind) {
        (&self.0.settings, &self.0.kind)
    }

    /// Closes idle connections. Deliveries in progress continue.
    pub async fn close(self) {
        match &self.0.kind {
            Kind::Lines(lines) => lines.pool.close().await,
            Kind::Lumberjack(lumberjack) => lumberjack.pool.close().await,
            Kind::Bulk(bulk) => bulk.close(),
            Kind::File(_) => {}
        }
    }
}

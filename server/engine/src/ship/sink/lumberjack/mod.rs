//! Lumberjack v2, as Logstash's `beats` input speaks it: windows of events, each acknowledged.
//!
//! Several windows may be on their way; acknowledgements come in their order. A receiver that is busy says so by
//! acknowledging 0, and is waited for. When a connection breaks, every event that was not acknowledged is sent again
//! on the next, in order: the receiver may get it twice, and tells by the event's id.

mod delivery;
mod frame;

use std::{sync::Arc, time::Duration};

pub(super) use self::delivery::LumberjackDelivery;
use super::{Settings, SinkError, error::SinkFault, pace::Pace, piece::Limits, pool::Pool, url::Peer};

#[derive(Clone)]
pub(super) struct Lumberjack {
    name: Arc<str>,
    pub pool: Arc<Pool>,
    pace: Arc<Pace>,
    patience: Duration,
    limits: Limits,
    compression: u32,
}

impl Lumberjack {
    pub async fn open(peer: &Peer, settings: &Settings, pace: Arc<Pace>) -> Result<Self, SinkFault> {
        Ok(Self {
            name: settings.url.to_string().into(),
            pool: Pool::open(peer, settings).await?,
            limits: Limits::new(settings, &pace),
            pace,
            patience: settings.patience,
            compression: settings.compression,
        })
    }

    pub async fn delivery(&self) -> Result<LumberjackDelivery, SinkError> {
        let place = self.pool.place().await.map_err(|fault| fault.at(&self.name))?;
        Ok(LumberjackDelivery::new(self.clone(), place))
    }
}

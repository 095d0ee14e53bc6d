//! The sink for Lumberjack v2, the protocol of Logstash's `beats` input: windows of events, each acknowledged.
//!
//! Several windows may be in flight; acknowledgements come in their order. A busy receiver acknowledges 0 and is waited
//! for. When a connection breaks, every unacknowledged event is sent again on the next one, in order. The receiver may
//! then get an event twice and can deduplicate by its id.

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

//! The open sink: its connections, which are reused, its limits, and what answers have told of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    client::conn::http1::{self, SendRequest},
    header::HeaderValue,
};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;

use super::{delivery::BulkDelivery, index::IndexPattern, sign::Signer};
use crate::ship::sink::{
    Credentials, Delivered, Settings,
    error::SinkFault,
    pace::Pace,
    piece::Limits,
    pool::{Dialer, Idle},
    retry_budget::RetryBudget,
    url::Peer,
};

/// Bytes that the name of an index adds to the line before an event, about.
const INDEX_BYTES: usize = 64;

pub(super) type Sender = SendRequest<Full<Bytes>>;

pub struct Bulk {
    pub(super) name: String,
    pub(super) dialer: Dialer,
    pub(super) idle: Idle<Sender>,
    /// Permits for requests in flight.
    pub(super) places: Arc<Semaphore>,
    pub(super) pace: Arc<Pace>,
    pub(super) patience: Duration,
    limits: Limits,
    compression: u32,
    learned: Learned,
    pub(super) path_and_query: String,
    pub(super) scheme: &'static str,
    /// As in the header `Host`: without the scheme's own port.
    pub(super) host: String,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) signer: Option<Signer>,
    /// Names of indexes made from each event.
    pub(super) index: Option<IndexPattern>,
}

/// What answers of the receiver have told about it. Holds for all deliveries.
struct Learned {
    /// Most bytes of a request before compression, since a larger one was refused.
    most_bytes: AtomicUsize,
    /// Whether it takes no compressed requests.
    plain: AtomicBool,
    /// Requests of a single event rejected since one was last answered event by event.
    rejected: AtomicU32,
}

/// A request is not made smaller than this for being refused. Bytes.
const SMALLEST: usize = 4 << 10;

/// Single events rejected one after another, above which it is the request that is wrong and not the events.
const MOST_REJECTED: u32 = 8;

impl Bulk {
    /// Limits of a request: the configured ones, and what the receiver was seen to refuse.
    pub(in crate::ship::sink) fn limits(&self) -> Limits {
        self.limits.within(self.learned.most_bytes.load(Relaxed))
    }

    pub(super) fn compression(&self) -> u32 {
        if self.learned.plain.load(Relaxed) { 0 } else { self.compression }
    }

    /// Records that a request of this many bytes is too large.
    pub(super) fn refused_size(&self, bytes: usize) {
        self.learned.most_bytes.fetch_min((bytes / 2).max(SMALLEST), Relaxed);
    }

    /// Records that compressed requests are refused.
    pub(super) fn send_uncompressed(&self) {
        self.learned.plain.store(true, Relaxed);
    }

    /// Records a request of one event that was rejected as a whole; true if it cannot be the event.
    pub(super) fn rejects_all(&self) -> bool {
        self.learned.rejected.fetch_add(1, Relaxed) + 1 >= MOST_REJECTED
    }

    /// Records a request that was answered event by event.
    pub(super) fn answered(&self) {
        self.learned.rejected.store(0, Relaxed);
    }

    /// Connects once.
    pub async fn open(
        peer: &Peer,
        path_and_query: &str,
        settings: &Settings,
        pace: Arc<Pace>,
    ) -> Result<Arc<Self>, SinkFault> {
        let (scheme, usual) = if peer.tls.is_some() { ("https", 443) } else { ("http", 80) };
        let signer = match &settings.signing {
            Some(signing) => Some(Signer::of(signing, &peer.host).await?),
            None => None,
        };
        let bulk = Self {
            name: settings.url.to_string(),
            dialer: Dialer::of_http(peer, settings)?,
            idle: Idle::new(),
            places: Arc::new(Semaphore::new(settings.connections)),
            limits: Limits::new(settings, &pace),
            pace,
            patience: settings.patience,
            compression: settings.compression,
            learned: Learned { most_bytes: usize::MAX.into(), plain: false.into(), rejected: 0.into() },
            path_and_query: path_and_query.to_owned(),
            scheme,
            host: if peer.port == usual { peer.authority.clone() } else { format!("{}:{}", peer.authority, peer.port) },
            signer,
            index: settings.index.clone(),
            authorization: settings.credentials().map(authorization).transpose()?,
        };
        let sender = bulk.connect().await?;
        bulk.idle.push(sender);
        Ok(Arc::new(bulk))
    }

    pub fn delivery(self: &Arc<Self>) -> BulkDelivery {
        BulkDelivery::new(Arc::clone(self))
    }

    /// Bytes added to the line before an event for the name of its index, about.
    pub(in crate::ship::sink) fn index_bytes(&self) -> usize {
        if self.index.is_some() { INDEX_BYTES } else { 0 }
    }

    pub fn close(&self) {
        drop(self.idle.close());
    }

    /// A sender on an open connection: an idle one, else a new one.
    pub(super) async fn sender(
        &self,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Result<Sender, SinkFault> {
        while let Some(mut sender) = self.idle.pop() {
            delivered.connections.created += 1;
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
            delivered.connections.destroyed += 1;
        }
        let connection = self.dialer.dial_with_retries(retries, delivered).await?;
        self.handshake(connection).await
    }

    /// One attempt to open a connection.
    pub(super) async fn connect(&self) -> Result<Sender, SinkFault> {
        self.handshake(self.dialer.dial().await?).await
    }

    async fn handshake(&self, connection: crate::ship::sink::connection::Connection) -> Result<Sender, SinkFault> {
        let stream = TokioIo::new(connection.into_stream());
        let (sender, driver) = http1::handshake(stream).await.map_err(|error| broken(&error))?;
        tokio::spawn(async move {
            // An error reaches the caller that waits for an answer.
            let _ = driver.await;
        });
        Ok(sender)
    }
}

fn authorization(credentials: &Credentials) -> Result<HeaderValue, SinkFault> {
    let text = match credentials {
        Credentials::Password { user, password } => {
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
        }
        Credentials::ApiKey(key) => format!("ApiKey {key}"),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| SinkFault::Denied { why: "an API key is letters and digits".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn broken(why: &impl ToString) -> SinkFault {
    SinkFault::Broken { why: why.to_string() }
}

//! The pool of connections to one receiver. It returns only connections that are open.
//!
//! Each delivery has a connection of its own. Meanwhile another is opened as a spare, so that the next object does not
//! wait for a handshake. An idle connection is checked before use and closed after a short time: receivers and load
//! balancers cut idle connections after 60 s, and the first bytes written after that are lost.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use futures::future::join_all;
use tokio::{
    io,
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};

use super::{
    Delivered, Settings,
    connection::{Connection, Stream},
    error::SinkFault,
    retry_budget::RetryBudget,
    url::Peer,
};
use crate::{
    connect::{Proxies, Proxy},
    tls::Trust,
};

/// Time limit of one connection attempt, handshake included.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest time that a connection stays idle.
const IDLE: Duration = Duration::from_secs(30);

/// Longest wait for a receiver to close an unused connection.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    dialer: Dialer,
    idle: Idle<Connection>,
    places: Arc<Semaphore>,
    most_idle: usize,
}

/// Opens connections to one receiver.
pub(super) struct Dialer {
    address: (String, u16),
    trust: Option<Trust>,
    proxy: Option<Proxy>,
    /// Whether a proxy passes requests on, as it does with plain HTTP; any other connection it makes by `CONNECT`.
    forwards: bool,
}

/// Idle items with the time since when; `None` after closing.
pub(super) struct Idle<T>(Mutex<Option<Vec<(T, Instant)>>>);

impl Dialer {
    pub fn new(peer: &Peer, settings: &Settings) -> Result<Self, SinkFault> {
        let trust = |ca: Option<&Path>| match &settings.client_certificate {
            Some(own) => Trust::as_client(&peer.host, ca, own),
            None => Trust::new(&peer.host, ca),
        };
        let trust = peer.tls.as_ref().map(|tls| trust(tls.ca.as_deref())).transpose()?;
        let proxy = settings.proxy.as_ref().map(|proxy| proxy.0.clone());
        Ok(Self { address: (peer.host.clone(), peer.port), trust, proxy, forwards: false })
    }

    /// For a receiver that speaks HTTP: by the sink's own proxy, else by that of the environment, if one leads there.
    pub fn of_http(peer: &Peer, settings: &Settings) -> Result<Self, SinkFault> {
        let own = Self { forwards: peer.tls.is_none(), ..Self::new(peer, settings)? };
        if own.proxy.is_some() {
            return Ok(own);
        }
        let scheme = if peer.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}:{}/", peer.authority, peer.port);
        let url = url.parse().map_err(|error: hyper::http::uri::InvalidUri| unreachable(&error))?;
        let proxy = Proxies::of_environment().leading_to(&url).map_err(|error| unreachable(&error))?.cloned();
        Ok(Self { proxy, ..own })
    }

    /// The proxy that passes plain requests on.
    pub fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| self.forwards)
    }

    /// One attempt.
    pub async fn dial(&self) -> Result<Connection, SinkFault> {
        let connected = timeout(CONNECT, self.connect()).await;
        connected.unwrap_or_else(|_| Err(SinkFault::Unreachable { why: format!("no answer for {CONNECT:?}") }))
    }

    /// Retries until the retry budget is exhausted.
    pub async fn dial_with_retries(
        &self,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Result<Connection, SinkFault> {
        loop {
            let fault = match self.dial().await {
                Ok(connection) => {
                    delivered.connections.created += 1;
                    return Ok(connection);
                }
                Err(fault) => fault,
            };
            delivered.socket_failed(fault.to_string());
            // A retry does not make a certificate trusted.
            if matches!(fault, SinkFault::Untrusted { .. }) {
                return Err(fault);
            }
            if retries.wait().await.is_err() {
                return Err(fault);
            }
        }
    }

    async fn connect(&self) -> Result<Connection, SinkFault> {
        let (host, port) = &self.address;
        let stream = match &self.proxy {
            Some(proxy) if !self.forwards => proxy.connect(host, *port).await,
            Some(proxy) => proxy.dial().await,
            None => Ok(TcpStream::connect((host.as_str(), *port)).await.map_err(|error| unreachable(&error))?),
        };
        let stream = stream.map_err(|error| unreachable(&error))?;
        stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
        let Some(Trust { connector, server }) = &self.trust else { return Ok(Connection::new(Stream::Plain(stream))) };
        let stream = connector.connect(server.clone(), stream).await.map_err(|error| handshake(&error))?;
        Ok(Connection::new(Stream::Tls(Box::new(stream))))
    }
}

fn unreachable(why: &impl ToString) -> SinkFault {
    SinkFault::Unreachable { why: why.to_string() }
}

fn handshake(error: &io::Error) -> SinkFault {
    let why = error.to_string();
    match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => SinkFault::Untrusted { why },
        _ => SinkFault::Unreachable { why: format!("TLS handshake: {why}") },
    }
}

impl<T> Idle<T> {
    pub fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// Takes the item that has been idle for the shortest time.
    pub fn pop(&self) -> Option<T> {
        self.with(|idle| idle.pop().map(|(item, _)| item)).flatten()
    }

    pub fn push(&self, item: T) {
        self.with(|idle| idle.push((item, Instant::now())));
    }

    /// Takes all idle items and accepts no more.
    pub fn close(&self) -> Vec<T> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        idle.into_iter().flatten().map(|(item, _)| item).collect()
    }

    fn len(&self) -> usize {
        self.with(|idle| idle.len()).unwrap_or(0)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<(T, Instant)>) -> R) -> Option<R> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.as_mut()?;
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        Some(act(idle))
    }
}

impl Pool {
    /// Opens the pool with one connection.
    pub async fn open(peer: &Peer, settings: &Settings) -> Result<Arc<Self>, SinkFault> {
        let dialer = Dialer::new(peer, settings)?;
        let idle = Idle::new();
        idle.push(dialer.dial().await?);
        let most_idle = settings.connections;
        Ok(Arc::new(Self { dialer, idle, places: Arc::new(Semaphore::new(most_idle)), most_idle }))
    }

    /// Waits for a permit to use a connection.
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, SinkFault> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|_| SinkFault::Unreachable { why: "the sink is closed".to_owned() })
    }

    /// Takes an open connection: an idle one, else a new one.
    pub async fn take(
        self: &Arc<Self>,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Result<Connection, SinkFault> {
        while let Some(mut connection) = self.idle.pop() {
            delivered.connections.created += 1;
            if connection.is_idle().await {
                return Ok(connection);
            }
            delivered.connections.destroyed += 1;
        }
        self.dialer.dial_with_retries(retries, delivered).await
    }

    /// Returns a connection to the pool.
    pub fn put(self: &Arc<Self>, connection: Connection) {
        self.idle.push(connection);
        tokio::spawn(expire(Arc::downgrade(self)));
    }

    /// Opens a spare connection in the background, unless enough are idle.
    pub fn stand_by(self: &Arc<Self>) {
        if self.idle.len() >= self.most_idle {
            return;
        }
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            let Some(strong) = pool.upgrade() else { return };
            // If it cannot be opened, the delivery that needs a connection reports the error.
            if let Ok(connection) = strong.dialer.dial().await {
                strong.idle.push(connection);
            }
            drop(strong);
            expire(pool).await;
        });
    }

    /// Closes idle connections in order, with a short time limit.
    pub async fn close(&self) {
        let farewells = self.idle.close().into_iter().map(|mut connection| async move {
            let _ = timeout(FAREWELL, connection.close()).await;
        });
        join_all(farewells).await;
    }
}

/// Closes connections that were idle for too long.
async fn expire(pool: Weak<Pool>) {
    sleep(IDLE).await;
    if let Some(pool) = pool.upgrade() {
        pool.idle.len();
    }
}

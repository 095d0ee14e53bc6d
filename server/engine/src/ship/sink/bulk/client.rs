//! Sends bulk requests over HTTP/1.1 on reused connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, PROXY_AUTHORIZATION, RETRY_AFTER, USER_AGENT,
    },
};
use hyper_util::rt::TokioIo;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    answer::{self, Answer},
    delivery::BulkDelivery,
};
use crate::clock::now;
use crate::ship::sink::{
    Credentials, Delivered, Settings,
    error::SinkFault,
    pace::Pace,
    piece::Limits,
    pool::{Dialer, Idle},
    retry_budget::RetryBudget,
    url::Peer,
};

/// Most bytes of an answer per event; error texts can be long.
const ANSWER_EACH: usize = 4 << 10;
/// Longest answer with a single document, in bytes.
const LONGEST_DOCUMENT: usize = 16 << 20;

type Sender = SendRequest<Full<Bytes>>;

pub struct Bulk {
    pub(super) name: String,
    dialer: Dialer,
    idle: Idle<Sender>,
    /// Permits for requests in flight.
    pub(super) places: Arc<Semaphore>,
    pub(super) pace: Arc<Pace>,
    pub(super) patience: Duration,
    limits: Limits,
    compression: u32,
    learned: Learned,
    path_and_query: String,
    host: String,
    authorization: Option<HeaderValue>,
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
        let bulk = Self {
            name: settings.url.to_string(),
            dialer: Dialer::of_http(peer)?,
            idle: Idle::new(),
            places: Arc::new(Semaphore::new(settings.connections)),
            limits: Limits::new(settings, &pace),
            pace,
            patience: settings.patience,
            compression: settings.compression,
            learned: Learned { most_bytes: usize::MAX.into(), plain: false.into(), rejected: 0.into() },
            path_and_query: path_and_query.to_owned(),
            host: format!("{}:{}", peer.authority, peer.port),
            authorization: settings.credentials().map(authorization).transpose()?,
        };
        let sender = bulk.handshake(bulk.dialer.dial().await?).await?;
        bulk.idle.push(sender);
        Ok(Arc::new(bulk))
    }

    pub fn delivery(self: &Arc<Self>) -> BulkDelivery {
        BulkDelivery::new(Arc::clone(self))
    }

    pub fn close(&self) {
        drop(self.idle.close());
    }

    /// Sends a request of `events` events and reads its answer.
    pub(super) async fn post(
        &self,
        (body, compressed): (Vec<u8>, bool),
        events: usize,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Answer {
        let mut sender = match self.sender(retries, delivered).await {
            Ok(sender) => sender,
            Err(fault) => return Answer::Never(fault),
        };
        delivered.wire += body.len() as u64;
        let answered = timeout(self.patience, self.exchange(&mut sender, (body, compressed), events)).await;
        let silent = SinkFault::Silent { what: "the receiver did not answer", patience: self.patience };
        match answered.unwrap_or(Err(silent)) {
            Ok(answer) => {
                self.idle.push(sender);
                answer
            }
            Err(fault) => {
                delivered.connections.destroyed += 1;
                delivered.socket_failed(fault.to_string());
                Answer::Later { fault, after: None }
            }
        }
    }

    /// Sends a `GET` on a connection of its own.
    pub(in crate::ship::sink) async fn get(&self, path: &str) -> Result<(StatusCode, Bytes), SinkFault> {
        let asked = timeout(self.patience, async {
            let mut sender = self.handshake(self.dialer.dial().await?).await?;
            let request = self.request(Method::GET, path).body(Full::default()).map_err(|error| broken(&error))?;
            let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST_DOCUMENT).collect().await;
            Ok((status, body.map_err(|error| broken(&error))?.to_bytes()))
        });
        let silent = SinkFault::Silent { what: "the receiver did not answer", patience: self.patience };
        asked.await.unwrap_or(Err(silent))
    }

    async fn exchange(
        &self,
        sender: &mut Sender,
        (body, compressed): (Vec<u8>, bool),
        events: usize,
    ) -> Result<Answer, SinkFault> {
        let mut request = self.request(Method::POST, &self.path_and_query).header(CONTENT_TYPE, "application/x-ndjson");
        if compressed {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let request = request.body(Full::new(body.into())).map_err(|error| broken(&error))?;
        let response: Response<Incoming> = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let (status, after) = (response.status(), retry_after(&response));
        let most = ANSWER_EACH * (events + 16);
        let body = Limited::new(response.into_body(), most).collect().await.map_err(|error| broken(&error))?;
        Ok(answer::read(status, &body.to_bytes(), events, after))
    }

    /// A request with its target and the headers of every request. A proxy that passes it on needs the whole URL.
    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let forwarder = self.dialer.forwarder();
        let target = if forwarder.is_some() { format!("http://{}{path}", self.host) } else { path.to_owned() };
        let mut request = Request::builder().method(method).uri(target);
        request = request.header(HOST, &self.host).header(USER_AGENT, "logyard");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        match forwarder.and_then(|proxy| proxy.authorization.as_ref()) {
            Some(authorization) => request.header(PROXY_AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// A sender on an open connection: an idle one, else a new one.
    async fn sender(&self, retries: &mut RetryBudget, delivered: &mut Delivered) -> Result<Sender, SinkFault> {
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

/// How long the receiver asks to wait: `Retry-After`, in seconds or as a date.
fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
    Some(Duration::from_millis(u64::try_from(until - now().0).unwrap_or(0)))
}

fn broken(why: &impl ToString) -> SinkFault {
    SinkFault::Broken { why: why.to_string() }
}

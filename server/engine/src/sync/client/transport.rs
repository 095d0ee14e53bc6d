//! HTTP/1.1 requests to a remote over pooled connections, with timeouts and size limits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, PROXY_AUTHORIZATION,
        USER_AGENT,
    },
};
use hyper_util::client::legacy::Client;
use model::Invalid;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use super::{
    Token,
    problem::{Failure, failure},
    remote_url::RemoteUrl,
};
use crate::{
    connect::{Connector, Proxies, client},
    sync::{
        SyncFault, Usage,
        protocol::{
            ROWS_READ,
            gzip::{self, Unreadable},
            limits,
        },
    },
    tls::{self, Trust},
};

/// Time limit of a direct connection, TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle time after which a connection is closed; servers close theirs after a minute or more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(45);
/// Timeout from a request to the end of its answer. A Logyard replica begins to answer within 30 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

pub struct Transport {
    client: Client<Connector, Full<Bytes>>,
    proxies: Arc<Proxies>,
    url: String,
    authorization: Option<HeaderValue>,
    pub(super) timeout: Duration,
    /// Whether the remote has refused a gzip body.
    plain: AtomicBool,
    usage: Counters,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    rows: AtomicU64,
}

impl Transport {
    pub fn new(remote: &RemoteUrl, token: Option<&Token>) -> Result<Self, Invalid> {
        let proxies = Arc::new(Proxies::of_environment());
        let connector = Connector::new(trust(remote)?, Arc::clone(&proxies), CONNECT_TIMEOUT);
        let client = client(connector, |pool| {
            pool.pool_idle_timeout(IDLE_TIMEOUT).pool_max_idle_per_host(4);
        });
        Ok(Self {
            client,
            proxies,
            url: remote.url.clone(),
            authorization: token.map(Token::header).transpose()?,
            timeout: REQUEST_TIMEOUT,
            plain: AtomicBool::new(false),
            usage: Counters::default(),
        })
    }

    pub fn usage(&self) -> Usage {
        let Counters { requests, bytes_sent, bytes_received, rows } = &self.usage;
        Usage {
            requests: requests.load(Relaxed),
            bytes_sent: bytes_sent.load(Relaxed),
            bytes_received: bytes_received.load(Relaxed),
            rows: rows.load(Relaxed),
        }
    }

    /// Sends a GET; `path` is relative to the table, such as `count`.
    pub async fn get(&self, path: &str, query: &str) -> Result<Bytes, Failure> {
        let mark = if query.is_empty() { "" } else { "?" };
        self.exchange(&Method::GET, path, &format!("{path}{mark}{query}"), None).await
    }

    /// Sends a POST with a JSON body, compressed unless the remote refuses that.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<Bytes, Failure> {
        let body = Bytes::from(body);
        if body.len() >= limits::MIN_COMPRESSED_BYTES && !self.plain.load(Relaxed) {
            let small = Some((Bytes::from(gzip::compressed(&body)), true));
            match self.exchange(&Method::POST, path, path, small).await {
                Err(Failure::Compressed) => self.plain.store(true, Relaxed),
                answer => return answer,
            }
        }
        self.exchange(&Method::POST, path, path, Some((body, false))).await
    }

    /// Sends one request; `body` comes with whether it is compressed.
    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        path_and_query: &str,
        body: Option<(Bytes, bool)>,
    ) -> Result<Bytes, Failure> {
        let what = format!("{method} {path}");
        let unavailable = |why: String| Failure::Fault(SyncFault::Unavailable(format!("{what}: {why}")));
        let request = self.request(method, path_and_query, body).map_err(|error| unavailable(error.to_string()))?;
        self.usage.requests.fetch_add(1, Relaxed);
        let exchanging = async {
            let response = self.client.request(request).await.map_err(|error| unavailable(causes(&error)))?;
            let (status, headers, body) = self.read(&what, response).await?;
            if status.is_success() { Ok(body) } else { Err(failure(&what, status, &headers, &body)) }
        };
        let silent = || Err(unavailable(format!("no answer within {} seconds", self.timeout.as_secs_f32())));
        timeout(self.timeout, exchanging).await.unwrap_or_else(|_| silent())
    }

    fn request(
        &self,
        method: &Method,
        path_and_query: &str,
        body: Option<(Bytes, bool)>,
    ) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/{path_and_query}", self.url))
            .header(USER_AGENT, "logyard")
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "gzip");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(authorization) = request.uri_ref().and_then(|uri| self.proxies.authorization(uri)) {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let Some((body, gzip)) = body else { return request.body(Full::default()) };
        self.usage.bytes_sent.fetch_add(body.len() as u64, Relaxed);
        request = request.header(CONTENT_TYPE, "application/json");
        if gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        request.body(Full::new(body))
    }

    async fn read(&self, what: &str, response: Response<Incoming>) -> Result<(StatusCode, HeaderMap, Bytes), Failure> {
        let refused = |why: &str| Failure::Fault(SyncFault::Refused(format!("the answer to {what} {why}")));
        let too_large = || refused(&format!("has more than {} bytes", limits::MAX_ANSWER_BYTES));
        let (parts, body) = response.into_parts();
        let read = parts.headers.get(ROWS_READ).and_then(|rows| rows.to_str().ok()?.parse::<u32>().ok());
        self.usage.rows.fetch_add(read.unwrap_or(0).into(), Relaxed);
        let body = Limited::new(body, limits::MAX_ANSWER_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return too_large();
            }
            let why = causes(&*error);
            Failure::Fault(SyncFault::Unavailable(format!("the answer to {what} was cut off: {why}")))
        })?;
        let body = body.to_bytes();
        self.usage.bytes_received.fetch_add(body.len() as u64, Relaxed);
        let body = match parts.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => body,
            Some(b"gzip") => gzip::decompressed(&body, limits::MAX_ANSWER_BYTES)
                .map_err(|error| match error {
                    Unreadable::TooLarge => too_large(),
                    Unreadable::Broken => refused("is not valid gzip although its header says so"),
                })?
                .into(),
            Some(_) => return Err(refused("is compressed in a way that was not requested")),
        };
        Ok((parts.status, parts.headers, body))
    }
}

/// TLS configuration with the trusted authorities; none for plain HTTP.
fn trust(remote: &RemoteUrl) -> Result<ClientConfig, Invalid> {
    let untrusted =
        |why: String| Invalid::new("remote", &remote.url, format!("a host with a trusted certificate: {why}"));
    if remote.secure {
        let trust = Trust::new(&remote.host, remote.ca.as_deref()).map_err(|fault| untrusted(fault.to_string()))?;
        return Ok(ClientConfig::clone(trust.connector.config()));
    }
    Ok(tls::trusting(RootCertStore::empty()))
}

/// An error with its causes: the outermost text alone often says little.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

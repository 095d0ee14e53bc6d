//! Sends requests over HTTP/1.1: bulk requests on reused connections, others on one of their own.
//!
//! Always: a request that is signed is signed for each attempt, as a signature holds for some minutes. If credentials of
//! AWS are refused, they are loaded once more and the request is sent again.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, PROXY_AUTHORIZATION, RETRY_AFTER, USER_AGENT,
    },
};
use tokio::time::timeout;

use super::{
    answer::{self, Answer},
    client::{Bulk, Sender, broken},
};
use crate::{
    clock::now,
    ship::sink::{Delivered, error::SinkFault, retry_budget::RetryBudget},
};

/// Most bytes of an answer per event; error texts can be long.
const ANSWER_EACH: usize = 4 << 10;
/// Longest answer with a single document, in bytes.
const LONGEST_DOCUMENT: usize = 16 << 20;

/// A body with its headers.
struct Body {
    bytes: Bytes,
    kind: Option<&'static str>,
    compressed: bool,
}

impl Bulk {
    /// Sends a request of `events` events and reads its answer.
    pub(super) async fn post(
        &self,
        (body, compressed): (Vec<u8>, bool),
        events: usize,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Answer {
        let body = Body { bytes: body.into(), kind: Some("application/x-ndjson"), compressed };
        let answer = self.post_once(&body, events, retries, delivered).await;
        if let (Answer::Never(SinkFault::Denied { .. }), Some(signer)) = (&answer, &self.signer)
            && signer.renew().await
        {
            return self.post_once(&body, events, retries, delivered).await;
        }
        answer
    }

    async fn post_once(
        &self,
        body: &Body,
        events: usize,
        retries: &mut RetryBudget,
        delivered: &mut Delivered,
    ) -> Answer {
        let mut sender = match self.sender(retries, delivered).await {
            Ok(sender) => sender,
            Err(fault) => return Answer::Never(fault),
        };
        let request = match self.request(Method::POST, &self.path_and_query, body).await {
            Ok(request) => request,
            Err(fault) => return Answer::Never(fault),
        };
        delivered.wire += body.bytes.len() as u64;
        let answered = timeout(self.patience, exchange(&mut sender, request, events)).await;
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

    /// Sends a request on a connection of its own; a body is JSON. Returns the whole answer, whatever its status.
    pub(in crate::ship::sink) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, Bytes), SinkFault> {
        let kind = body.is_some().then_some("application/json");
        let body = Body { bytes: body.unwrap_or_default().into(), kind, compressed: false };
        let asked = timeout(self.patience, async {
            let mut sender = self.connect().await?;
            let request = self.request(method, path, &body).await?;
            let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST_DOCUMENT).collect().await;
            Ok((status, body.map_err(|error| broken(&error))?.to_bytes()))
        });
        let silent = SinkFault::Silent { what: "the receiver did not answer", patience: self.patience };
        asked.await.unwrap_or(Err(silent))
    }

    pub(in crate::ship::sink) async fn get(&self, path: &str) -> Result<(StatusCode, Bytes), SinkFault> {
        self.ask(Method::GET, path, None).await
    }

    /// A request with its target and its headers. A proxy that passes it on needs the whole URL.
    async fn request(&self, method: Method, path: &str, body: &Body) -> Result<Request<Full<Bytes>>, SinkFault> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&self.host).map_err(|error| broken(&error))?);
        if let Some(kind) = body.kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if body.compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(signer) = &self.signer {
            let url = format!("{}://{}{path}", self.scheme, self.host);
            signer.sign(method.as_str(), &url, &mut headers, &body.bytes).await?;
        }
        headers.insert(USER_AGENT, HeaderValue::from_static("logyard"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let forwarder = self.dialer.forwarder();
        if let Some(authorization) = forwarder.and_then(|proxy| proxy.authorization.as_ref()) {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let target = if forwarder.is_some() { format!("http://{}{path}", self.host) } else { path.to_owned() };
        let request = Request::builder().method(method).uri(target).body(Full::new(body.bytes.clone()));
        let mut request = request.map_err(|error| broken(&error))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

async fn exchange(sender: &mut Sender, request: Request<Full<Bytes>>, events: usize) -> Result<Answer, SinkFault> {
    let response: Response<Incoming> = sender.send_request(request).await.map_err(|error| broken(&error))?;
    let (status, after) = (response.status(), retry_after(&response));
    let most = ANSWER_EACH * (events + 16);
    let body = Limited::new(response.into_body(), most).collect().await.map_err(|error| broken(&error))?;
    Ok(answer::read(status, &body.to_bytes(), events, after))
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

//! An HTTP server whose replies a test scripts: for missing, invalid and truncated answers, which a replica never
//! gives.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use engine::sync::{RemoteTable, Token};
use futures::StreamExt;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    HeaderMap, Method, Request, Response,
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

pub const TOKEN: &str = "0123456789abcdef-secret";
/// Path of the table.
pub const PATH: &str = "/v1/customers/acme/databases/shop/tables/orders";

/// A received request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub method: Method,
    /// Path below the table, such as `count`.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Scripted reply to a request.
pub enum Reply {
    Json(Value),
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Never answers.
    Silence,
    /// The beginning of an answer, then a closed connection.
    CutOff,
    /// An answer, then a closed connection without notice.
    ThenHangUp(Value),
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn problem(status: u16, detail: &str) -> Self {
        let body = serde_json::json!({"title": "No", "detail": detail}).to_string().into_bytes();
        Self::Answer { status, headers: vec![("content-type", "application/problem+json".to_owned())], body }
    }

    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status: 200, headers: Vec::new(), body: body.into() }
    }
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl Server {
    pub async fn start(answer: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(answer, None).await
    }

    /// Starts a server with TLS.
    pub async fn tls(tls: TlsAcceptor, answer: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(answer, Some(tls)).await
    }

    async fn listen(
        answer: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (seen, answer) = (Arc::clone(&server.seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer, tls) = (Arc::clone(&seen), Arc::clone(&answer), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, seen, answer).await,
                        Some(tls) => {
                            // A client that does not trust the certificate disconnects.
                            let Ok(stream) = tls.accept(stream).await else { return };
                            serve(stream, seen, answer).await;
                        }
                    }
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    pub fn client(&self) -> RemoteTable {
        RemoteTable::connect(&self.url(), Some(&token())).unwrap()
    }

    pub fn seen(&self) -> Vec<RecordedRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// Received requests in order, such as `GET count`.
    pub fn requests(&self) -> Vec<String> {
        self.seen().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

pub fn token() -> Token {
    TOKEN.parse().unwrap()
}

async fn serve<S, A>(stream: S, seen: Arc<Mutex<Vec<RecordedRequest>>>, answer: Arc<A>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(&RecordedRequest) -> Reply,
{
    let hang_up = tokio::sync::Notify::new();
    let service = service_fn(|request| handle(request, &seen, answer.as_ref(), &hang_up));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // The client or the reply ends the connection.
        _ = connection => {}
        () = hang_up.notified() => {}
    }
}

async fn handle<A: Fn(&RecordedRequest) -> Reply>(
    request: Request<Incoming>,
    seen: &Mutex<Vec<RecordedRequest>>,
    answer: &A,
    hang_up: &tokio::sync::Notify,
) -> Result<Response<BoxBody<Bytes, &'static str>>, &'static str> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the request broke off")?.to_bytes();
    let path = parts.uri.path();
    let path = path.strip_prefix(PATH).unwrap_or(path).trim_start_matches('/').to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let request = RecordedRequest { method: parts.method, path, query, headers: parts.headers, body };
    let reply = answer(&request);
    seen.lock().unwrap().push(request);
    let whole = |body: Vec<u8>| Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed();
    match reply {
        Reply::Json(value) => Ok(Response::new(whole(value.to_string().into_bytes()))),
        Reply::Answer { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(whole(body)).map_err(|_| "a header that is none")
        }
        Reply::Silence => std::future::pending().await,
        Reply::CutOff => {
            let piece = futures::stream::iter([Ok(Frame::data(Bytes::from_static(b"{\"count\":")))]);
            let end = futures::stream::once(async {
                // Lets the first part be sent.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                Err("cut off")
            });
            Ok(Response::new(BodyExt::boxed(StreamBody::new(piece.chain(end)))))
        }
        Reply::ThenHangUp(value) => {
            let body = value.to_string().into_bytes();
            let end = futures::stream::once(async move { Ok(Frame::data(Bytes::from(body))) });
            hang_up.notify_one();
            Ok(Response::new(BodyExt::boxed(StreamBody::new(end))))
        }
    }
}

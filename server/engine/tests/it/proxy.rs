//! A fake for faults that no real part produces on demand: an HTTP forwarder in front of the embedded store that
//! answers in its stead, breaks connections, falsifies listings, or changes objects just before a request arrives.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    HeaderMap, Method, Request, Response,
    body::{Frame, Incoming},
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use testing::{Span as _, eventually, within};
use tokio::{
    net::{TcpListener, TcpStream},
    time,
};
use tokio_util::task::AbortOnDropHandle;

/// What happens to one request.
pub enum Fate {
    Forward,
    /// An S3 error of this status and code.
    Refuse(u16, &'static str),
    /// The same, with this message.
    Explain(u16, &'static str, &'static str),
    /// Success, with this body.
    Answer(&'static str),
    /// An answer of any kind: status, headers, body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// The store's answer as something on the way makes it that decompresses: another body, its length not told.
    Transcode(&'static str),
    /// The store's answer, with this header.
    Header(&'static str, String),
    /// The connection breaks.
    Reset,
    /// The store does as it is asked, and the connection breaks before it answers.
    Lost,
    /// The store does as it is asked, and the connection breaks in the middle of its answer.
    CutOff,
    /// The store does as it is asked, and this is answered with success.
    Belied(&'static str),
    /// One bit of the request's body altered, at this share of its length.
    FlipRequest(f64),
    /// One bit of the answer's body altered.
    FlipAnswer(f64),
    /// The answer's body in ten pieces, and so much time before each, once the piece before is seen to have arrived.
    Trickle(Duration, Arc<dyn Fn() -> bool + Send + Sync>),
    /// So much time before the answer.
    Slow(Duration),
    /// No answer, ever.
    Hang,
    /// The store's answer, with its body rewritten.
    Rewrite(fn(String) -> String),
    /// The same, by what remembers something.
    Alter(Box<dyn FnOnce(String) -> String + Send>),
    /// The store's answer, with the ETags of its header and body rewritten.
    Retag(fn(&str) -> String),
    /// The store's answer to another request: this path and query.
    Instead(String),
    /// The store's answer to the request without the headers that describe an object, with these in place of its own: a
    /// store that keeps whatever it is given.
    Carrying(Vec<(String, Vec<u8>)>),
}

/// Whether a header describes an object.
pub fn describes(name: &str) -> bool {
    let known =
        ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];
    known.contains(&name) || name.starts_with("x-amz-meta-")
}

/// A request as it came, and how many of its kind came before it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    pub method: Method,
    /// Path and query, as sent.
    pub target: String,
    pub headers: HeaderMap,
    /// Of its kind, from 0.
    pub number: usize,
}

impl Seen {
    /// Whether the bytes of an object go with it: a GET or a PUT of one, or of a part of it.
    pub fn has_bytes(&self) -> bool {
        let (_, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let operation = ["x-id=GetObject", "x-id=PutObject", "x-id=UploadPart"];
        self.kind == Kind::Other && query.split('&').any(|pair| operation.contains(&pair))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    List,
    Copy,
    Other,
}

type Body = BoxBody<Bytes, io::Error>;

type Answered = io::Result<Response<Body>>;

type Decide = dyn Fn(Seen) -> Pin<Box<dyn Future<Output = Fate> + Send>> + Send + Sync;

pub struct Proxy {
    url: String,
    _server: AbortOnDropHandle<()>,
}

#[derive(Clone)]
struct Front {
    behind: String,
    client: Client<HttpConnector, Full<Bytes>>,
    decide: Arc<Decide>,
    numbers: Arc<[AtomicUsize; 3]>,
    keys_a_page: usize,
}

impl Proxy {
    pub async fn before<F>(behind: &str, decide: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Fate> + Send + 'static,
    {
        Self::with_pages_of(1_000, behind, decide).await
    }

    /// With shorter pages of listings than were asked for. What is signed is then another request: the embedded store
    /// minds only where it is signed with its own key.
    pub async fn with_pages_of<F>(keys: usize, behind: &str, decide: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Fate> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let front = Front {
            behind: behind.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            decide: Arc::new(move |seen| Box::pin(decide(seen))),
            numbers: Arc::default(),
            keys_a_page: keys,
        };
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(front.clone().serve(stream));
            }
        });
        Self { url, _server: AbortOnDropHandle::new(server) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Front {
    async fn serve(self, stream: TcpStream) {
        let service = service_fn(move |request| {
            let front = self.clone();
            async move { front.answer(request).await }
        });
        let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    }

    /// An error makes hyper drop the connection: that is the reset.
    async fn answer(&self, request: Request<Incoming>) -> Answered {
        let target = request.uri().path_and_query().unwrap().to_string();
        let kind = match () {
            () if target.contains("list-type=2") => Kind::List,
            () if request.headers().contains_key("x-amz-copy-source") => Kind::Copy,
            () => Kind::Other,
        };
        let number = self.numbers[kind as usize].fetch_add(1, Relaxed);
        let (method, headers) = (request.method().clone(), request.headers().clone());
        match (self.decide)(Seen { kind, method, target: target.clone(), headers, number }).await {
            Fate::Forward => self.forward(request, &target).await,
            Fate::Instead(target) => self.forward(request, &target).await,
            Fate::Refuse(status, code) => Ok(refusal(status, code, "by the test")),
            Fate::Explain(status, code, message) => Ok(refusal(status, code, message)),
            Fate::Answer(body) => Ok(text(200, body.to_owned())),
            Fate::Reply(status, headers, body) => {
                let mut answer = text(status, body);
                for (name, value) in headers {
                    answer.headers_mut().insert(name, value.parse().unwrap());
                }
                Ok(answer)
            }
            Fate::Transcode(body) => {
                let (mut parts, _) = self.whole(request, &target).await?.into_parts();
                parts.headers.remove(CONTENT_LENGTH);
                parts.headers.remove(CONTENT_ENCODING);
                parts.headers.insert("x-goog-stored-content-encoding", "gzip".parse().unwrap());
                let pieces = stream::iter([Ok(Frame::data(Bytes::from_static(body.as_bytes())))]);
                Ok(Response::from_parts(parts, BodyExt::boxed(StreamBody::new(pieces))))
            }
            Fate::Header(name, value) => {
                let mut answer = self.forward(request, &target).await?;
                answer.headers_mut().insert(name, value.parse().unwrap());
                Ok(answer)
            }
            Fate::Reset => Err(io::Error::other("reset")),
            Fate::Lost => {
                self.forward(request, &target).await?;
                Err(io::Error::other("reset"))
            }
            Fate::CutOff => {
                let (parts, body) = self.whole(request, &target).await?.into_parts();
                let half = body.slice(..body.len() / 2);
                let pieces = stream::iter([Ok(Frame::data(half)), Err(io::Error::other("cut off"))]);
                // Else both come at once, and the answer breaks before its first byte has left.
                let pieces = pieces.then(|piece| async {
                    tokio::task::yield_now().await;
                    piece
                });
                Ok(Response::from_parts(parts, BodyExt::boxed(StreamBody::new(pieces))))
            }
            Fate::Belied(body) => {
                self.forward(request, &target).await?;
                Ok(text(200, body.to_owned()))
            }
            Fate::FlipRequest(at) => {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                self.send(Request::from_parts(parts, flipped(&body, at)), &target).await.map(|answer| answer.map(full))
            }
            Fate::FlipAnswer(at) => Ok(self.whole(request, &target).await?.map(|body| full(flipped(&body, at)))),
            Fate::Trickle(span, arrived) => {
                let (parts, body) = self.whole(request, &target).await?.into_parts();
                let pieces: Vec<Bytes> =
                    body.chunks(body.len().div_ceil(10).max(1)).map(Bytes::copy_from_slice).collect();
                let pieces = stream::iter(pieces.into_iter().enumerate()).then(move |(before, piece)| {
                    let arrived = Arc::clone(&arrived);
                    async move {
                        if before > 0 {
                            eventually("arrival of the piece before", within(30.secs()), || arrived()).await;
                        }
                        pass(span).await;
                        Ok(Frame::data(piece))
                    }
                });
                Ok(Response::from_parts(parts, BodyExt::boxed(StreamBody::new(pieces))))
            }
            Fate::Slow(span) => {
                pass(span).await;
                self.forward(request, &target).await
            }
            Fate::Hang => std::future::pending().await,
            Fate::Carrying(headers) => {
                let (mut parts, body) = request.into_parts();
                parts.headers = others(&parts.headers);
                let mut answer = self.whole(Request::from_parts(parts, body), &target).await?;
                *answer.headers_mut() = others(answer.headers());
                for (name, value) in headers {
                    let name = HeaderName::try_from(name).unwrap();
                    answer.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
                }
                Ok(answer.map(full))
            }
            Fate::Retag(retag) => self.retagged(request, &target, retag).await,
            Fate::Rewrite(rewrite) => self.rewritten(request, &target, rewrite).await,
            Fate::Alter(rewrite) => self.rewritten(request, &target, rewrite).await,
        }
    }

    async fn rewritten(
        &self,
        request: Request<Incoming>,
        target: &str,
        rewrite: impl FnOnce(String) -> String,
    ) -> Answered {
        let answer = self.whole(request, target).await?;
        Ok(text(answer.status().as_u16(), rewrite(String::from_utf8(answer.into_body().to_vec()).unwrap())))
    }

    async fn retagged(&self, request: Request<Incoming>, target: &str, retag: fn(&str) -> String) -> Answered {
        let mut answer = self.whole(request, target).await?;
        if let Some(etag) = answer.headers().get(ETAG) {
            let changed = retag(etag.to_str().unwrap());
            answer.headers_mut().insert(ETAG, changed.parse().unwrap());
        }
        answer.headers_mut().remove(CONTENT_LENGTH);
        let xml = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/xml");
        Ok(answer.map(|body| match String::from_utf8(body.to_vec()) {
            Ok(text) if xml => full(retag(&text)),
            _ => full(body),
        }))
    }

    async fn forward(&self, request: Request<Incoming>, target: &str) -> Answered {
        Ok(self.whole(request, target).await?.map(full))
    }

    /// The store's answer. The host goes as it was, which is signed.
    async fn whole(&self, request: Request<Incoming>, target: &str) -> io::Result<Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        self.send(Request::from_parts(parts, body), target).await
    }

    async fn send(&self, request: Request<Bytes>, target: &str) -> io::Result<Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let target = target.replace("max-keys=1000", &format!("max-keys={}", self.keys_a_page));
        parts.uri = format!("{}{target}", self.behind).parse().unwrap();
        let answer =
            self.client.request(Request::from_parts(parts, Full::from(body))).await.map_err(io::Error::other)?;
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, body.collect().await.map_err(io::Error::other)?.to_bytes()))
    }
}

/// With one bit altered.
fn flipped(body: &Bytes, at: f64) -> Bytes {
    let mut bytes = body.to_vec();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
    let place = (at * bytes.len() as f64) as usize;
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 0x10;
    }
    bytes.into()
}

/// Lets the clock go on by so much at once: who waits for less gives up. It is not paused while anything else runs, as
/// then it would go on by itself.
async fn pass(span: Duration) {
    time::pause();
    let _ = time::advance(span).now_or_never();
    time::resume();
    tokio::task::yield_now().await;
}

/// Headers without those that describe an object.
fn others(headers: &HeaderMap) -> HeaderMap {
    let others = headers.iter().filter(|(name, _)| !describes(name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(io::Error::other).boxed()
}

fn text(status: u16, body: String) -> Response<Body> {
    Response::builder().status(status).body(full(body)).unwrap()
}

fn refusal(status: u16, code: &str, message: &str) -> Response<Body> {
    text(status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

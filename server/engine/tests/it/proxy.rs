//! A fake for faults that no real part produces on demand: an HTTP forwarder in front of the embedded store that
//! answers in its stead, breaks connections, falsifies listings, or changes objects just before a request arrives.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    HeaderMap, Method, Request, Response,
    body::{Frame, Incoming},
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::{TcpListener, TcpStream};
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
    /// No answer, ever.
    Hang,
    /// The store's answer, with its body rewritten.
    Rewrite(fn(String) -> String),
    /// The same, by what remembers something.
    Alter(Box<dyn FnOnce(String) -> String + Send>),
    /// The store's answer to another request: this path and query.
    Instead(String),
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
            Fate::Hang => std::future::pending().await,
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

    async fn forward(&self, request: Request<Incoming>, target: &str) -> Answered {
        Ok(self.whole(request, target).await?.map(full))
    }

    /// The store's answer. The host goes as it was, which is signed.
    async fn whole(&self, request: Request<Incoming>, target: &str) -> io::Result<Response<Bytes>> {
        let (mut parts, body) = request.into_parts();
        let target = target.replace("max-keys=1000", &format!("max-keys={}", self.keys_a_page));
        parts.uri = format!("{}{target}", self.behind).parse().unwrap();
        let body = Full::from(body.collect().await.map_err(io::Error::other)?.to_bytes());
        let answer = self.client.request(Request::from_parts(parts, body)).await.map_err(io::Error::other)?;
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, body.collect().await.map_err(io::Error::other)?.to_bytes()))
    }
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

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
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
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
    /// Success, with this body.
    Answer(&'static str),
    /// The connection breaks.
    Reset,
    /// No answer, ever.
    Hang,
    /// The store's answer, with its body rewritten.
    Rewrite(fn(String) -> String),
}

/// A request as it came, and how many of its kind came before it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    /// Path and query, as sent.
    pub target: String,
    /// Of its kind, from 0.
    pub number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    List,
    Copy,
    Other,
}

type Answered = io::Result<Response<Full<Bytes>>>;

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
}

impl Proxy {
    pub async fn before<F>(behind: &str, decide: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
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
        let xml = |status: u16, body: String| Ok(Response::builder().status(status).body(Full::from(body)).unwrap());
        match (self.decide)(Seen { kind, target, number }).await {
            Fate::Forward => self.forward(request).await,
            Fate::Refuse(status, code) => {
                xml(status, format!("<Error><Code>{code}</Code><Message>by the test</Message></Error>"))
            }
            Fate::Answer(body) => xml(200, body.to_owned()),
            Fate::Reset => Err(io::Error::other("reset")),
            Fate::Hang => std::future::pending().await,
            Fate::Rewrite(rewrite) => {
                let (parts, body) = self.forward(request).await?.into_parts();
                let body =
                    String::from_utf8(body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec()).unwrap();
                xml(parts.status.as_u16(), rewrite(body))
            }
        }
    }

    /// With the host as it was, which is signed.
    async fn forward(&self, request: Request<Incoming>) -> Answered {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{}", self.behind, parts.uri.path_and_query().unwrap()).parse().unwrap();
        let body = Full::from(body.collect().await.map_err(io::Error::other)?.to_bytes());
        let (parts, body) =
            self.client.request(Request::from_parts(parts, body)).await.map_err(io::Error::other)?.into_parts();
        Ok(Response::from_parts(parts, Full::from(body.collect().await.map_err(io::Error::other)?.to_bytes())))
    }
}

//! Opens the connections of hyper's pooling client: TCP, directly or by a proxy, then TLS.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{Uri, body::Body};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{Builder, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use super::{Proxies, stream::Stream};

/// Further time for a connection by a proxy, which has to reach the host itself.
const BY_PROXY: Duration = Duration::from_secs(30);

type Opening<T> = Pin<Box<dyn Future<Output = Result<T, Box<dyn Error + Send + Sync>>> + Send>>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Dialer>,
    proxies: Arc<Proxies>,
    /// Time limit of a direct connection, TLS handshake included.
    limit: Duration,
}

/// TCP, as far as the host.
#[derive(Clone)]
struct Dialer {
    tcp: HttpConnector,
    proxies: Arc<Proxies>,
}

/// The pooling client and its builder, to which the caller adds the limits of its pool.
pub(crate) fn client<B>(connector: Connector, pool: impl FnOnce(&mut Builder)) -> Client<Connector, B>
where
    B: Body + Send,
    B::Data: Send,
{
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new());
    pool(&mut builder);
    builder.build(connector)
}

impl Connector {
    pub fn new(tls: ClientConfig, proxies: Arc<Proxies>, limit: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Spread over the addresses of the host, so that one that does not answer leaves time for the others.
        tcp.set_connect_timeout(Some(limit));
        let dialer = Dialer { tcp, proxies: Arc::clone(&proxies) };
        Self { https: HttpsConnector::from((dialer, tls)), proxies, limit }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Stream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Opening<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let by_proxy = matches!(self.proxies.leading_to(&to), Ok(Some(_)));
        let limit = if by_proxy { self.limit + BY_PROXY } else { self.limit };
        let opening = self.https.call(to);
        Box::pin(async move {
            let opened = timeout(limit, opening).await;
            opened.unwrap_or_else(|_| Err(too_slow(limit)))
        })
    }
}

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Opening<Stream>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let proxy = self.proxies.leading_to(&to).map(Option::<&_>::cloned);
        let mut tcp = self.tcp.clone();
        Box::pin(async move {
            let Some(proxy) = proxy? else { return Ok(Stream::to_host(tcp.call(to).await?)) };
            let stream = tcp.call(proxy.url.clone()).await.map_err(|error| proxy.unreachable(&cause(&error)))?;
            if to.scheme_str() != Some("https") {
                return Ok(Stream::to_proxy(stream));
            }
            let (host, port) = (to.host().unwrap_or_default(), to.port_u16().unwrap_or(443));
            let stream = proxy.tunnel(stream.into_inner(), host, port).await?;
            Ok(Stream::to_host(TokioIo::new(stream)))
        })
    }
}

fn too_slow(limit: Duration) -> Box<dyn Error + Send + Sync> {
    let why = format!("no connection within {} s", limit.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, why).into()
}

/// The innermost cause: `Connection refused (os error 111)`.
fn cause(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

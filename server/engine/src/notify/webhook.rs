//! Sends a request to a webhook.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{Empty, Full, combinators::BoxBody};
use hyper::{
    Method, Request,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, PROXY_AUTHORIZATION, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use model::{Invalid, Time};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    sync::OnceCell,
    time::timeout,
};
use url::{Host, Url};

use super::{NotifyError, Secret, address::not_public, sign};
use crate::{
    connect::{Proxies, Proxy, ProxyError},
    tls::Trust,
};

/// Time limit for connecting to each address.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// An `http://` or `https://` URL. Only scheme and host are ever shown, as the rest often is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Cheap to clone.
#[derive(Clone)]
pub struct Webhook {
    inner: Arc<Inner>,
}

struct Inner {
    url: WebhookUrl,
    secret: Option<Secret>,
    allow_private: bool,
    /// PEM file with the only trusted authorities; `None`: the machine's.
    ca: Option<PathBuf>,
    trust: OnceCell<Trust>,
    proxies: Proxies,
}

impl FromStr for WebhookUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // The rejected text may contain a secret.
        let invalid = || Invalid::new("url", "…", "http:// or https://, a host, and no user");
        let url = Url::parse(text).map_err(|_| invalid())?;
        let fits = ["http", "https"].contains(&url.scheme())
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none();
        if fits { Ok(Self(url)) } else { Err(invalid()) }
    }
}

impl fmt::Display for WebhookUrl {
    /// Scheme and host.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}/…")
    }
}

impl Webhook {
    /// `ca`: PEM file with the only authorities trusted over HTTPS; `None`: the machine's.
    pub fn new(url: WebhookUrl, secret: Option<Secret>, allow_private: bool, ca: Option<PathBuf>) -> Self {
        Self::by(Proxies::of_environment(), url, secret, allow_private, ca)
    }

    fn by(proxies: Proxies, url: WebhookUrl, secret: Option<Secret>, allow_private: bool, ca: Option<PathBuf>) -> Self {
        Self { inner: Arc::new(Inner { url, secret, allow_private, ca, trust: OnceCell::new(), proxies }) }
    }

    /// Posts JSON, signed if there is a secret. `delivery` is the same for each attempt at the same notification.
    /// Returns the HTTP status, which is a success.
    pub async fn post(&self, delivery: &str, at: Time, body: String) -> Result<u16, NotifyError> {
        let mut request = Request::post(self.inner.target())
            .header(CONTENT_TYPE, "application/json")
            .header("X-Logyard-Delivery", delivery);
        if let Some(secret) = &self.inner.secret {
            request = request.header("X-Logyard-Signature", sign(secret, at, body.as_bytes()));
        }
        self.inner.within(request, BoxBody::new(Full::new(body.into()))).await
    }

    /// Sends a `GET` without content, as a heartbeat.
    pub async fn ping(&self) -> Result<u16, NotifyError> {
        let request = Request::builder().method(Method::GET).uri(self.inner.target());
        self.inner.within(request, BoxBody::new(Empty::new())).await
    }
}

type Body = BoxBody<Bytes, std::convert::Infallible>;

impl Inner {
    async fn within(&self, request: hyper::http::request::Builder, body: Body) -> Result<u16, NotifyError> {
        let silent = || NotifyError::Silent { host: self.host(), within: ANSWER_WITHIN };
        timeout(ANSWER_WITHIN, self.send(request, body)).await.unwrap_or_else(|_| Err(silent()))
    }

    async fn send(&self, request: hyper::http::request::Builder, body: Body) -> Result<u16, NotifyError> {
        let broken = |why: String| NotifyError::Broken { host: self.host(), why };
        let proxy = self.proxy().map_err(|error| self.unreachable(&error))?;
        let stream = match proxy {
            Some(proxy) => self.connect_by(proxy).await?,
            None => self.connect().await?,
        };
        let mut request = request.header(HOST, self.authority()).header(USER_AGENT, "logyard");
        if let Some(authorization) = proxy.and_then(|proxy| self.forwarded().then_some(proxy.authorization.as_ref()?)) {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let request = request.body(body).map_err(|error| broken(error.to_string()))?;
        let status = if self.url.0.scheme() == "https" {
            let trust = || async { Trust::new(&self.bare_host(), self.ca.as_deref()) };
            let trust = self.trust.get_or_try_init(trust).await.map_err(|fault| self.untrusted(&fault))?;
            let stream = trust.connector.connect(trust.server.clone(), stream).await;
            exchange(stream.map_err(|error| self.no_handshake(&error))?, request).await
        } else {
            exchange(stream, request).await
        };
        match status.map_err(|error| broken(error.to_string()))? {
            status @ 200..300 => Ok(status),
            status @ 300..400 => Err(NotifyError::Redirected { host: self.host(), status }),
            status => Err(NotifyError::Refused { host: self.host(), status }),
        }
    }

    /// Connects to an address that was checked, and to no other.
    async fn connect(&self) -> Result<TcpStream, NotifyError> {
        let mut last = None;
        for address in self.addresses().await? {
            match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = Some(self.unreachable(&error)),
                Err(_) => last = Some(self.unreachable(&"it does not answer")),
            }
        }
        Err(last.unwrap_or_else(|| self.unreachable(&"no address")))
    }

    /// Connects by a proxy, which resolves the name by itself. A name that is private from here is refused all the same.
    async fn connect_by(&self, proxy: &Proxy) -> Result<TcpStream, NotifyError> {
        match self.addresses().await {
            Ok(_) | Err(NotifyError::Unresolved { .. }) => {}
            Err(error) => return Err(error),
        }
        let connecting = async {
            if self.forwarded() {
                return proxy.dial().await;
            }
            proxy.connect(&self.bare_host(), self.url.0.port_or_known_default().unwrap_or(443)).await
        };
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(connected) => connected.map_err(|error| self.unreachable(&error)),
            Err(_) => Err(self.unreachable(&proxy.unreachable(&"it does not answer"))),
        }
    }

    fn proxy(&self) -> Result<Option<&Proxy>, ProxyError> {
        self.url.0.as_str().parse().map_or(Ok(None), |url| self.proxies.leading_to(&url))
    }

    /// Whether a proxy would pass requests on instead of opening a tunnel: only those without TLS.
    fn forwarded(&self) -> bool {
        self.url.0.scheme() == "http" && matches!(self.proxy(), Ok(Some(_)))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, NotifyError> {
        let port = self.url.0.port_or_known_default().unwrap_or(443);
        let unresolved = |why: String| NotifyError::Unresolved { host: self.host(), why };
        let addresses: Vec<SocketAddr> = match self.url.0.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                lookup_host((name, port)).await.map_err(|error| unresolved(error.to_string()))?.collect()
            }
            None => Vec::new(),
        };
        if self.allow_private {
            return Ok(addresses);
        }
        let private = |address: &IpAddr| not_public(*address);
        let refused = addresses.iter().find_map(|address| private(&address.ip()).map(|what| (address.ip(), what)));
        let public: Vec<SocketAddr> =
            addresses.into_iter().filter(|address| private(&address.ip()).is_none()).collect();
        match refused {
            Some((address, what)) if public.is_empty() => {
                Err(NotifyError::Private { host: self.host(), address, what })
            }
            _ => Ok(public),
        }
    }

    /// Path and query for the request line; the whole URL for a proxy that passes it on.
    fn target(&self) -> String {
        let url = &self.url.0;
        if self.forwarded() {
            return url.as_str().split('#').next().unwrap_or_default().to_owned();
        }
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    fn host(&self) -> String {
        self.url.to_string()
    }

    /// The host as a certificate names it, without brackets.
    fn bare_host(&self) -> String {
        self.url.0.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }

    fn authority(&self) -> String {
        let host = self.url.0.host_str().unwrap_or_default();
        self.url.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn no_handshake(&self, error: &io::Error) -> NotifyError {
        match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(_)) => self.untrusted(error),
            _ => self.unreachable(&format!("TLS handshake: {error}")),
        }
    }

    fn untrusted(&self, why: &impl ToString) -> NotifyError {
        NotifyError::Untrusted { host: self.host(), why: why.to_string() }
    }

    fn unreachable(&self, why: &impl ToString) -> NotifyError {
        NotifyError::Unreachable { host: self.host(), why: why.to_string() }
    }
}

/// Sends the request and returns the status; the body is ignored.
async fn exchange<S>(stream: S, request: Request<Body>) -> Result<u16, hyper::Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(connection));
    let status = sender.send_request(request).await?.status().as_u16();
    drop(driver);
    Ok(status)
}

#[cfg(test)]
mod tests;

//! A forward proxy and a TLS front, both on loopback. Each leads to 127.0.0.1 whatever host is asked for, and puts that
//! into the request's `Host`, as the embedded store answers to loopback names only.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// Takes plain requests and `CONNECT`.
pub struct ForwardProxy {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    pub async fn start() -> Self {
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        let port = listen(move |stream| {
            let seen = Arc::clone(&seen);
            async move { forward(stream, &seen).await }
        });
        Self { port: port.await, heads }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The heads of the requests so far, one for each connection.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Requests whose head begins so.
    pub fn count(&self, beginning: &str) -> usize {
        self.heads().iter().filter(|head| head.starts_with(beginning)).count()
    }
}

async fn forward(mut stream: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let head = head(&mut stream).await?;
    seen.lock().unwrap().push(head.clone());
    let target = head.split(' ').nth(1)?;
    if head.starts_with("CONNECT ") {
        let port = target.rsplit_once(':')?.1.parse().ok()?;
        let Ok(mut host) = TcpStream::connect(("127.0.0.1", port)).await else {
            return stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.ok();
        };
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
        copy_bidirectional(&mut stream, &mut host).await.ok()?;
        return Some(());
    }
    let rest = target.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/')?;
    let port = authority.rsplit_once(':')?.1.parse().ok()?;
    pass(stream, &head.replacen(target, &format!("/{path}"), 1), port).await
}

/// Starts a TLS front before a plain HTTP port; returns its port.
pub async fn tls_front(acceptor: TlsAcceptor, behind: u16) -> u16 {
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.ok()?;
            let head = head(&mut stream).await?;
            pass(stream, &head, behind).await
        }
    })
    .await
}

async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

/// Passes one request on, and closes the connection after its answer.
async fn pass(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str, port: u16) -> Option<()> {
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !line.is_empty() && !["host", "connection", "proxy-authorization"].contains(&name.as_str())
    });
    let own = [format!("Host: 127.0.0.1:{port}"), "Connection: close\r\n\r\n".to_owned()];
    let head = kept.map(str::to_owned).chain(own).collect::<Vec<_>>().join("\r\n");
    let mut host = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    host.write_all(head.as_bytes()).await.ok()?;
    copy_bidirectional(&mut stream, &mut host).await.ok()?;
    Some(())
}

/// Reads up to the empty line.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

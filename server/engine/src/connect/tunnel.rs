//! `CONNECT`: asks a proxy for a connection to a host, whose bytes it then passes on unread.

use std::io;

use hyper::header::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Proxy;

/// Longest answer of a proxy to `CONNECT`, in bytes.
const LONGEST_ANSWER: usize = 8 << 10;

/// Why a connection by a proxy was not made. Its text is complete: it has no cause of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyError {
    #[error("{variable} is {value}; it must be http://host:port, as a proxy is reached over plain HTTP")]
    Unusable { variable: &'static str, value: String },
    #[error("the proxy {proxy} cannot be reached: {why}")]
    Unreachable { proxy: String, why: String },
    #[error("the proxy {proxy} does not connect to {target}: {why}")]
    Refused { proxy: String, target: String, why: String },
}

impl Proxy {
    pub fn unreachable(&self, why: &impl ToString) -> ProxyError {
        ProxyError::Unreachable { proxy: self.name(), why: why.to_string() }
    }

    /// Connects to the proxy alone, for requests that it passes on.
    pub async fn dial(&self) -> Result<TcpStream, ProxyError> {
        let host = self.url.host().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.url.port_u16().unwrap_or(80))).await;
        let stream = stream.map_err(|error| self.unreachable(&error))?;
        stream.set_nodelay(true).map_err(|error| self.unreachable(&error))?;
        Ok(stream)
    }

    /// Connects through the proxy to a host, whose name the proxy resolves.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ProxyError> {
        self.tunnel(self.dial().await?, host, port).await
    }

    /// Asks for a connection on a stream to the proxy.
    pub async fn tunnel(&self, mut stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, ProxyError> {
        let host = host.trim_matches(['[', ']']);
        let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        match ask(&mut stream, &target, self.authorization.as_ref()).await {
            Ok(answer) if is_success(&answer) => Ok(stream),
            Ok(answer) => Err(self.refused(target, format!("it answered {answer:?}"))),
            Err(error) => Err(self.refused(target, error.to_string())),
        }
    }

    fn refused(&self, target: String, why: String) -> ProxyError {
        ProxyError::Refused { proxy: self.name(), target, why }
    }
}

/// Returns the first line of the answer without its version: `200 Connection established`.
async fn ask(stream: &mut TcpStream, target: &str, authorization: Option<&HeaderValue>) -> io::Result<String> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = authorization {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    let mut answer = Vec::new();
    // A byte at a time: what follows the answer belongs to the host.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == LONGEST_ANSWER {
            return Err(io::Error::other("its answer does not end"));
        }
        answer.push(stream.read_u8().await?);
    }
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let status = line.strip_prefix("HTTP/").and_then(|rest| rest.split_once(' ')).map(|(_, status)| status.trim());
    status.map(str::to_owned).ok_or_else(|| io::Error::other(format!("its answer is not HTTP: {line:?}")))
}

fn is_success(status: &str) -> bool {
    let code = status.split(' ').next().unwrap_or_default();
    code.len() == 3 && code.starts_with('2')
}

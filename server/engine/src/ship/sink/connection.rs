//! A connection to a receiver, plain or TLS, that listens while it writes: so a receiver's close, or what it has to
//! say, is noticed at once and not when everything is written.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// More than this no receiver has to say.
const MOST_HEARD: usize = 1 << 20;

pub(super) struct Connection {
    stream: Stream,
    /// What the receiver said and nobody looked at yet.
    pub heard: Vec<u8>,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What came forward.
pub(super) enum Progress {
    Wrote(usize),
    /// Nothing was written, but the receiver said something.
    Heard,
}

impl Connection {
    pub fn new(stream: Stream) -> Self {
        Self { stream, heard: Vec::new() }
    }

    pub fn into_stream(self) -> Stream {
        self.stream
    }

    /// Writes some of the bytes. The receiver's close is an error: there is more to send.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<Progress> {
        let mut heard = false;
        poll_fn(|cx| {
            while let Poll::Ready(some) = self.poll_hear(cx) {
                if !some? {
                    return Poll::Ready(Err(closed_early()));
                }
                heard = true;
            }
            match Pin::new(&mut self.stream).poll_write(cx, bytes) {
                Poll::Pending if heard => Poll::Ready(Ok(Progress::Heard)),
                written => written.map_ok(Progress::Wrote),
            }
        })
        .await
    }

    /// Waits for the receiver to say something. Its close is an error: there is more to say.
    pub async fn answer(&mut self) -> io::Result<Progress> {
        self.stream.flush().await?;
        if self.hear().await? { Ok(Progress::Heard) } else { Err(closed_early()) }
    }

    /// Waits until the receiver says something; false if it closed instead.
    async fn hear(&mut self) -> io::Result<bool> {
        poll_fn(|cx| self.poll_hear(cx)).await
    }

    /// Whether it can be used: still open, and with nothing unasked for to read.
    pub async fn is_quiet(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(self.poll_hear(cx).is_pending())).await
    }

    /// Closes our half and waits for the receiver's close. Success means that the receiver read everything up to the
    /// end of our half, or at least had its kernel take it, before it closed: a close that comes earlier, or that
    /// throws unread bytes away, is an error.
    pub async fn close(&mut self) -> io::Result<()> {
        self.stream.flush().await?;
        if !poll_fn(|cx| Poll::Ready(self.still_open(cx))).await? {
            return Err(closed_early());
        }
        self.stream.shutdown().await?;
        loop {
            self.heard.clear();
            match self.hear().await {
                Ok(true) => {}
                Ok(false) => break,
                // Of TLS, a close without its own farewell; we were not waiting for anything it could have cut off.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        // A reset that comes after the close is no error of the read.
        self.stream.socket().take_error()?.map_or(Ok(()), Err)
    }

    fn still_open(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        while let Poll::Ready(some) = self.poll_hear(cx) {
            if !some? {
                return Ok(false);
            }
            self.heard.clear();
        }
        Ok(true)
    }

    /// Reads what is there into `heard`; false at the receiver's close.
    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [0; 512];
        let mut space = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space))?;
        self.heard.extend_from_slice(space.filled());
        if self.heard.len() > MOST_HEARD {
            return Poll::Ready(Err(io::Error::other("the receiver sends what nobody asked for")));
        }
        Poll::Ready(Ok(!space.filled().is_empty()))
    }
}

fn closed_early() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed by the receiver before the end")
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

//! A connection to a receiver, plain or TLS, that reads while it writes, so that the receiver's close or answer is
//! noticed at once and not only after everything is written.

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

/// Most unread bytes from a receiver.
const MOST_RECEIVED: usize = 1 << 20;

pub(super) struct Connection {
    stream: Stream,
    /// Bytes received and not yet processed.
    pub received: Vec<u8>,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The progress of a call.
pub(super) enum Progress {
    Wrote(usize),
    /// Nothing was written, but bytes were received.
    Received,
}

impl Connection {
    pub fn new(stream: Stream) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub fn into_stream(self) -> Stream {
        self.stream
    }

    /// Writes some of the bytes. The receiver's close is an error: there is more to send.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<Progress> {
        let mut received = false;
        poll_fn(|cx| {
            while let Poll::Ready(some) = self.poll_receive(cx) {
                if !some? {
                    return Poll::Ready(Err(closed_early()));
                }
                received = true;
            }
            match Pin::new(&mut self.stream).poll_write(cx, bytes) {
                Poll::Pending if received => Poll::Ready(Ok(Progress::Received)),
                written => written.map_ok(Progress::Wrote),
            }
        })
        .await
    }

    /// Waits for bytes from the receiver. Its close is an error, as an answer is expected.
    pub async fn answer(&mut self) -> io::Result<Progress> {
        self.stream.flush().await?;
        if self.receive().await? { Ok(Progress::Received) } else { Err(closed_early()) }
    }

    /// Waits for bytes from the receiver; false if it closed instead.
    async fn receive(&mut self) -> io::Result<bool> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// Whether an idle connection can be used: still open, and without unexpected bytes.
    pub async fn is_idle(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(self.poll_receive(cx).is_pending())).await
    }

    /// Closes our half and waits for the receiver's close. Success means that the receiver, or at least its kernel,
    /// took everything up to the end of our half before it closed. An earlier close, or one that discards unread bytes,
    /// is an error.
    pub async fn close(&mut self) -> io::Result<()> {
        self.stream.flush().await?;
        if !poll_fn(|cx| Poll::Ready(self.still_open(cx))).await? {
            return Err(closed_early());
        }
        self.stream.shutdown().await?;
        loop {
            self.received.clear();
            match self.receive().await {
                Ok(true) => {}
                Ok(false) => break,
                // A TLS close without close_notify; no data is expected that it could have truncated.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        // A reset after the close is not reported by the read.
        self.stream.socket().take_error()?.map_or(Ok(()), Err)
    }

    fn still_open(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        while let Poll::Ready(some) = self.poll_receive(cx) {
            if !some? {
                return Ok(false);
            }
            self.received.clear();
        }
        Ok(true)
    }

    /// Reads available bytes into `received`; false at the receiver's close.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [0; 512];
        let mut space = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space))?;
        self.received.extend_from_slice(space.filled());
        if self.received.len() > MOST_RECEIVED {
            return Poll::Ready(Err(io::Error::other("the receiver sends unexpected data")));
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

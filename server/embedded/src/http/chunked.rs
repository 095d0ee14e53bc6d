//! Decodes `aws-chunked` bodies of requests without a signature.
//!
//! SDKs send bodies in chunks with a checksum trailer even if s3s cannot check the signature, but s3s decodes chunks
//! only when it checks one. Without this module the frames would be stored as content. Chunk signatures are not
//! checked, like that of the request.

use std::{io, mem};

use bytes::{Buf, Bytes, BytesMut};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::StreamBody;
use hyper::body::Frame;
use s3s::Body;

use crate::service::Trailers;

/// Longest chunk head or trailer in bytes; longer ones are refused to bound memory.
const LONGEST_LINE: usize = 16 * 1024;

pub fn is_chunked(headers: &HeaderMap) -> bool {
    let starts_streaming = |value: &HeaderValue| value.as_bytes().starts_with(b"STREAMING-");
    headers.get("x-amz-content-sha256").is_some_and(starts_streaming)
}

/// Replaces the body by its decoded content, and the length by that of the content.
pub fn decode(request: &mut Request<Body>) {
    let headers = request.headers_mut();
    match headers.get("x-amz-decoded-content-length").cloned() {
        Some(length) => headers.insert(header::CONTENT_LENGTH, length),
        None => headers.remove(header::CONTENT_LENGTH),
    };
    let trailers = Trailers::default();
    request.extensions_mut().insert(trailers.clone());
    let body = mem::take(request.body_mut());
    let decoder = Decoder { body, buffer: BytesMut::new(), state: State::Head, trailers };
    let content = stream::try_unfold(decoder, |mut decoder| async move {
        Ok::<_, io::Error>(decoder.next().await?.map(|bytes| (Frame::data(bytes), decoder)))
    });
    *request.body_mut() = Body::http_body_unsync(StreamBody::new(content));
}

enum State {
    /// Before `SIZE;chunk-signature=…\r\n`, the size in hexadecimal.
    Head,
    /// Within a chunk, with this many bytes left.
    Data(u64),
    /// Before the `\r\n` that ends a chunk.
    Tail,
    /// After the chunk of size 0: `name:value\r\n` until an empty line.
    Trailers,
    End,
}

struct Decoder {
    body: Body,
    buffer: BytesMut,
    state: State,
    trailers: Trailers,
}

impl Decoder {
    /// The next bytes of content; `None` at the end.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            match self.state {
                State::Head => {
                    let line = self.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.state = match size_of(&line).ok_or_else(|| malformed("a chunk without a size"))? {
                        0 => State::Trailers,
                        size => State::Data(size),
                    };
                }
                State::Data(left) => {
                    if self.buffer.is_empty() && !self.fill().await? {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
                    self.state = if left > length as u64 { State::Data(left - length as u64) } else { State::Tail };
                    return Ok(Some(self.buffer.split_to(length).freeze()));
                }
                State::Tail => {
                    let line = self.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
                    if !line.is_empty() {
                        return Err(malformed("a chunk longer than its size"));
                    }
                    self.state = State::Head;
                }
                State::Trailers => match self.line().await? {
                    Some(line) if !line.is_empty() => self.keep_trailer(&line),
                    _ => self.state = State::End,
                },
                State::End => return Ok(None),
            }
        }
    }

    /// A line without its line ending; `None` at the end of the body.
    async fn line(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                let line = self.buffer.split_to(end).freeze();
                self.buffer.advance(2);
                return Ok(Some(line));
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(malformed("a line too long"));
            }
            if !self.fill().await? {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// Reads more of the body; `false` at its end.
    async fn fill(&mut self) -> io::Result<bool> {
        match self.body.next().await {
            Some(bytes) => {
                self.buffer.extend_from_slice(&bytes.map_err(io::Error::other)?);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn keep_trailer(&self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let name = HeaderName::from_bytes(line[..colon].trim_ascii());
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value), Ok(mut trailers)) = (name, value, self.trailers.0.lock()) {
            trailers.insert(name, value);
        }
    }
}

fn size_of(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?;
    u64::from_str_radix(str::from_utf8(digits).ok()?.trim(), 16).ok()
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

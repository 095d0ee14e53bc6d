//! Bodies: sequences of blob ranges.
//!
//! A plain object has one range, a multipart object one per part, an empty body none. A part copied by range shares the
//! bytes of its source.

use std::{io, ops::Range, sync::Arc, vec};

use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};

use super::blob::Blob;

/// Bytes read and buffered at a time.
const CHUNK: u64 = 256 * 1024;

#[derive(Debug, Clone)]
pub struct Segment {
    pub blob: Arc<Blob>,
    /// Range in bytes from the start of the blob.
    pub start: u64,
    pub length: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Body {
    segments: Vec<Segment>,
    length: u64,
}

impl Body {
    pub fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        let segments: Vec<_> = segments.into_iter().filter(|segment| segment.length > 0).collect();
        let length = segments.iter().map(|segment| segment.length).sum();
        Self { segments, length }
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// A part of the body that shares its bytes. `range` must lie within the body.
    pub fn slice(&self, range: Range<u64>) -> Self {
        let mut offset = 0;
        let segments = self.segments.iter().map(|segment| {
            let from = range.start.saturating_sub(offset).min(segment.length);
            let to = range.end.saturating_sub(offset).min(segment.length);
            offset += segment.length;
            Segment { blob: Arc::clone(&segment.blob), start: segment.start + from, length: to - from }
        });
        Self::new(segments)
    }

    pub fn reader(self) -> BodyReader {
        BodyReader { segments: self.segments.into_iter(), current: None }
    }
}

/// Reads a body sequentially in chunks.
#[derive(Debug)]
pub struct BodyReader {
    segments: vec::IntoIter<Segment>,
    /// Unread rest of the current segment.
    current: Option<Segment>,
}

impl BodyReader {
    /// The next bytes, at most [`CHUNK`] of them; `None` at the end.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(segment) = self.current.take().or_else(|| self.segments.next()) else { return Ok(None) };
        let length = segment.length.min(CHUNK);
        let bytes = segment.blob.read(segment.start..segment.start + length).await?;
        if segment.length > length {
            self.current = Some(Segment { start: segment.start + length, length: segment.length - length, ..segment });
        }
        Ok(Some(bytes))
    }

    /// Reads the rest into memory.
    pub async fn bytes(mut self) -> io::Result<Bytes> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The rest as a stream.
    pub fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static {
        stream::try_unfold(self, |mut reader| async move { Ok(reader.next().await?.map(|bytes| (bytes, reader))) })
    }
}

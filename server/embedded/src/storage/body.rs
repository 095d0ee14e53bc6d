//! Bodies: ranges of blobs, one after the other.
//!
//! An object that was put has one; one that came in parts has one a part; a part copied by range shares the bytes of
//! its source. An empty body has none.

use std::{io, ops::Range, sync::Arc, vec};

use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};

use super::blob::Blob;

/// How much is read, and held, at a time.
const CHUNK: u64 = 256 * 1024;

#[derive(Debug, Clone)]
pub struct Segment {
    pub blob: Arc<Blob>,
    /// In bytes from the start of the blob.
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

    /// In bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The same bytes, shared. `range` must lie within the body.
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

/// Reads a body from its start to its end, a chunk at a time.
#[derive(Debug)]
pub struct BodyReader {
    segments: vec::IntoIter<Segment>,
    /// What is left of the segment that is being read.
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

    /// All that is left of it, in memory.
    pub async fn bytes(mut self) -> io::Result<Bytes> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// All that is left of it.
    pub fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static {
        stream::try_unfold(self, |mut reader| async move { Ok(reader.next().await?.map(|bytes| (bytes, reader))) })
    }
}

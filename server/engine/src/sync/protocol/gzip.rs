//! gzip with a bound on the decompressed size.

use std::io::{Read, Write};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

/// Compresses at the fastest level: between data centres speed matters more than size.
pub fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Reason why a body cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The decompressed size exceeds the bound.
    TooLarge,
    Broken,
}

/// Decompresses up to `max` bytes.
pub fn decompressed(bytes: &[u8], max: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(max as u64 + 1);
    decoder.read_to_end(&mut out).map_err(|_| Unreadable::Broken)?;
    if out.len() > max { Err(Unreadable::TooLarge) } else { Ok(out) }
}

//! gzip, with a bound on what comes out of it.

use std::io::{Read, Write};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

/// Fast: what travels between data centres need not be small at any price.
pub fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes any writing.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It has more bytes than may come out.
    TooLarge,
    Broken,
}

pub fn decompressed(bytes: &[u8], most: usize) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(most as u64 + 1);
    decoder.read_to_end(&mut out).map_err(|_| Unreadable::Broken)?;
    if out.len() > most { Err(Unreadable::TooLarge) } else { Ok(out) }
}

//! Frames of Lumberjack v2: encodes windows, decodes acknowledgements.

use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};

use crate::ship::sink::piece::Piece;

const VERSION: u8 = b'2';

/// Length of an acknowledgement: version, type, number.
const ACK: usize = 6;

/// Encodes a window: the number of events, then all events in one compressed frame, or in plain frames.
pub(super) struct Encoder {
    compression: u32,
    zlib: ZlibEncoder<Vec<u8>>,
}

impl Encoder {
    pub fn new(compression: u32) -> Self {
        Self { compression, zlib: ZlibEncoder::new(Vec::new(), Compression::new(compression)) }
    }

    /// Appends the frames to `out`. Numbers start at 1 in each window, so that an acknowledged number is also a count.
    pub fn window(&mut self, piece: &Piece, out: &mut Vec<u8>) -> io::Result<()> {
        header(b'W', piece.events.len(), out)?;
        if self.compression == 0 {
            return events(piece, out);
        }
        events(piece, &mut self.zlib)?;
        let stream = self.zlib.reset(Vec::new())?;
        header(b'C', stream.len(), out)?;
        out.extend_from_slice(&stream);
        Ok(())
    }
}

fn events(piece: &Piece, out: &mut impl Write) -> io::Result<()> {
    for (number, event) in piece.events.clone().enumerate() {
        let event = piece.batch.event(event);
        let mut frame = Vec::with_capacity(10);
        header(b'J', number + 1, &mut frame)?;
        frame.extend_from_slice(&length(event.len())?);
        out.write_all(&frame)?;
        out.write_all(event)?;
    }
    Ok(())
}

fn header(kind: u8, number: usize, out: &mut Vec<u8>) -> io::Result<()> {
    out.extend_from_slice(&[VERSION, kind]);
    out.extend_from_slice(&length(number)?);
    Ok(())
}

fn length(number: usize) -> io::Result<[u8; 4]> {
    u32::try_from(number).map(u32::to_be_bytes).map_err(io::Error::other)
}

/// Removes one acknowledgement from the received bytes; `None` until it is complete. The error quotes other bytes.
pub(super) fn acknowledgement(received: &mut Vec<u8>) -> Result<Option<usize>, String> {
    let expected = [VERSION, b'A'];
    let begun = received.len().min(expected.len());
    if received[..begun] != expected[..begun] {
        let said = &received[..received.len().min(40)];
        return Err(format!("it answers \"{}\" where an acknowledgement belongs", said.escape_ascii()));
    }
    let Some(&[_, _, a, b, c, d]) = received.first_chunk::<ACK>() else { return Ok(None) };
    received.drain(..ACK);
    Ok(Some(u32::from_be_bytes([a, b, c, d]) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_are_read_in_any_split() {
        let mut received = b"2A\0\0".to_vec();
        assert_eq!(acknowledgement(&mut received), Ok(None));
        received.extend_from_slice(b"\x01\x002A\x00\x00\x00\x002");
        assert_eq!(acknowledgement(&mut received), Ok(Some(256)));
        assert_eq!(acknowledgement(&mut received), Ok(Some(0)));
        assert_eq!(acknowledgement(&mut received), Ok(None));
        let mut received = b"HTTP/1.1 400 Bad Request\r\n".to_vec();
        assert!(acknowledgement(&mut received).unwrap_err().contains(r"HTTP/1.1 400 Bad Request\r\n"));
    }
}

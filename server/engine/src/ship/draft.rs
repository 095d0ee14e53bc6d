//! The buffer in which an event is written before it is known to be complete.
//!
//! Keys and short texts are copied in blocks of fixed size, and the length then says how much of the block counts: a
//! few instructions each, where a copy of variable length is a call. So there is always spare room after the written
//! bytes.

use super::{
    block::{BLOCK, Bits, Block},
    field::{LONGEST_KEY, MemberKey},
};

/// Room needed per field in addition to its own bytes: its keys (at most two of full length) and the excess of the last
/// block.
const FIELD: usize = 2 * LONGEST_KEY + 4 * BLOCK;

/// A draft larger than this is freed before the next record. Bytes.
const LARGEST: usize = 64 * 1024;

#[derive(Debug, Default)]
pub struct Draft {
    /// Only the bytes before `end` are written.
    bytes: Vec<u8>,
    end: usize,
    /// Spare room needed after them.
    room: usize,
}

impl Draft {
    /// Begins an event of at most `fields` fields and `texts` bytes of texts.
    pub fn begin(&mut self, opening: &MemberKey, fields: usize, texts: usize) {
        if self.bytes.len() > LARGEST {
            self.bytes = Vec::new();
        }
        self.end = 0;
        self.room = (fields + 1) * FIELD + texts;
        self.make_room();
        self.key(opening);
    }

    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    fn make_room(&mut self) {
        let wanted = self.end + self.room;
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
    }

    #[inline]
    pub fn key(&mut self, key: &MemberKey) {
        place(self.room(), key.padded());
        self.end += key.length();
    }

    /// Appends a key and the first bytes of a block.
    #[inline]
    pub fn member(&mut self, key: &MemberKey, block: Block, length: usize) {
        let room = &mut self.room()[..LONGEST_KEY + BLOCK];
        place(room, key.padded());
        place(&mut room[key.length()..], block.bytes());
        self.end += key.length() + length;
    }

    /// Writes a key and a text up to its end, without counting them until [`Self::keep`]; returns the text's length.
    #[inline]
    pub fn attempt(&mut self, key: &MemberKey, text: &[u8], ends: impl Fn(Block) -> Bits) -> usize {
        let room = self.room();
        place(room, key.padded());
        let (blocks, rest) = text.as_chunks();
        let (places, _) = room[key.length()..].as_chunks_mut();
        for (index, (from, to)) in blocks.iter().zip(&mut *places).enumerate() {
            *to = *from;
            let ends = ends(Block::from(from));
            if ends != 0 {
                return index * BLOCK + ends.trailing_zeros() as usize;
            }
        }
        let last = Block::first_of(rest);
        places[blocks.len()] = *last.bytes();
        blocks.len() * BLOCK + ends(last).trailing_zeros() as usize
    }

    /// Keeps what [`Self::attempt`] wrote, and appends `close`.
    #[inline]
    pub fn keep<const N: usize>(&mut self, key: &MemberKey, length: usize, close: &[u8; N]) {
        self.end += key.length() + length;
        self.append(close);
    }

    /// Bytes written so far; see [`Self::go_back`].
    #[inline]
    pub fn length(&self) -> usize {
        self.end
    }

    /// Discards everything written after this length.
    #[inline]
    pub fn go_back(&mut self, length: usize) {
        self.end = length;
    }

    /// Appends a few bytes of known number.
    #[inline]
    pub fn append<const N: usize>(&mut self, text: &[u8; N]) {
        place(self.room(), text);
        self.end += N;
    }

    /// Appends the first bytes of a block.
    #[inline]
    pub fn append_some<const N: usize>(&mut self, piece: &[u8; N], length: usize) {
        place(self.room(), piece);
        self.end += length;
    }

    pub fn append_all(&mut self, text: &[u8]) {
        self.room()[..text.len()].copy_from_slice(text);
        self.end += text.len();
    }

    /// Appends whatever `write` appends to a vector.
    pub fn write<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.bytes.truncate(self.end);
        let result = write(&mut self.bytes);
        self.end = self.bytes.len();
        self.make_room();
        result
    }

    #[inline]
    fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }
}

#[inline]
fn place<const N: usize>(room: &mut [u8], piece: &[u8; N]) {
    room[..N].copy_from_slice(piece);
}

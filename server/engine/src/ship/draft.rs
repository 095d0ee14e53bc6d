//! An event while it is written, before it is known to be whole.
//!
//! Keys and short texts are copied in pieces of fixed size, of which only what belongs to the event then counts: a few
//! instructions each, where a copy of just so many bytes is a call. So there is always room behind what is written.

use super::{
    block::{BLOCK, Bits, Block},
    field::{LONGEST_KEY, MemberKey},
};

/// Room that a field takes beside its own bytes: two keys, and what a last block has too much.
const FIELD: usize = 2 * LONGEST_KEY + 4 * BLOCK;

/// A draft that has grown larger, for one record out of thousands, does not stay so.
const LARGEST: usize = 64 * 1024;

#[derive(Debug, Default)]
pub struct Draft {
    /// Only those before `end` are written.
    bytes: Vec<u8>,
    end: usize,
    /// What there must be room for behind them.
    room: usize,
}

impl Draft {
    /// An event of at most so many fields, of a record of so many bytes.
    pub fn begin(&mut self, opening: &str, fields: usize, record: usize) {
        if self.bytes.len() > LARGEST {
            self.bytes = Vec::new();
        }
        self.end = 0;
        self.room = (fields + 1) * FIELD + record;
        self.make_room();
        self.append(opening.as_bytes());
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
        self.place(0, key.padded());
        self.end += key.length();
    }

    /// A key and the first bytes of a block.
    #[inline]
    pub fn member(&mut self, key: &MemberKey, block: Block<'_>, length: usize) {
        self.place(0, key.padded());
        self.place(key.length(), block.bytes());
        self.end += key.length() + length;
    }

    /// A key and a text from where it begins, up to where it ends; answers how long it is. It does not count until it
    /// is kept. `None` if there is no end in the whole blocks.
    #[inline]
    pub fn attempt<'t>(&mut self, key: &MemberKey, text: &'t [u8], ends: impl Fn(Block<'t>) -> Bits) -> Option<usize> {
        self.place(0, key.padded());
        let mut length = 0;
        for block in Block::all_of(text) {
            self.place(key.length() + length, block.bytes());
            let ends = ends(block);
            if ends != 0 {
                return Some(length + ends.trailing_zeros() as usize);
            }
            length += BLOCK;
        }
        None
    }

    /// Keeps an attempt, and closes its quote.
    #[inline]
    pub fn keep(&mut self, key: &MemberKey, length: usize) {
        self.end += key.length() + length;
        self.append(b"\"");
    }

    #[inline]
    pub fn append(&mut self, text: &[u8]) {
        self.bytes[self.end..self.end + text.len()].copy_from_slice(text);
        self.end += text.len();
    }

    /// Appends what is written to a vector.
    pub fn write<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.bytes.truncate(self.end);
        let result = write(&mut self.bytes);
        self.end = self.bytes.len();
        self.make_room();
        result
    }

    /// Puts a piece so many bytes behind what is written.
    #[inline]
    fn place<const N: usize>(&mut self, after: usize, piece: &[u8; N]) {
        let start = self.end + after;
        self.bytes[start..start + N].copy_from_slice(piece);
    }
}

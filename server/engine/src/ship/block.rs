//! Scans sixteen bytes at once with SIMD. Nearly every word of a log fits in one block, which makes parsing fast.
//!
//! Always: the last bytes of a text are padded with zeros. A zero is neither a digit nor a space, and ends a word as
//! the end of the text does.

use wide::i8x16;

pub const BLOCK: usize = 16;

/// Sixteen bytes of a record; the last ones are padded with zeros.
#[derive(Clone, Copy, Debug)]
pub struct Block([u8; BLOCK]);

/// A set of a block's bytes, one bit each; the lowest bit is the first byte.
pub type Bits = u32;

/// Position of the first space.
#[inline]
pub fn find_space(text: &[u8]) -> Option<usize> {
    let (blocks, rest) = text.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let spaces = Block(*block).equal_to(b' ');
        if spaces != 0 {
            return Some(index * BLOCK + spaces.trailing_zeros() as usize);
        }
    }
    let spaces = Block::first_of(rest).equal_to(b' ');
    (spaces != 0).then(|| blocks.len() * BLOCK + spaces.trailing_zeros() as usize)
}

impl Block {
    /// The first bytes of a text, padded with zeros.
    #[inline]
    pub fn first_of(text: &[u8]) -> Self {
        text.first_chunk().map_or_else(|| Self::padded(text), |block| Self(*block))
    }

    fn padded(text: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        block[..text.len()].copy_from_slice(text);
        Self(block)
    }

    #[inline]
    pub fn bytes(&self) -> &[u8; BLOCK] {
        &self.0
    }

    /// Bytes that end an unquoted word: spaces, control characters, quotes, backslashes, and non-ASCII bytes.
    #[inline]
    pub fn ends_word(self) -> Bits {
        (self.below(b' ' + 1) | self.special()).to_bitmask()
    }

    /// Bytes that end a quoted text, in which spaces are allowed.
    #[inline]
    pub fn ends_quoted(self) -> Bits {
        (self.below(b' ') | self.special()).to_bitmask()
    }

    #[inline]
    pub fn equal_to(self, byte: u8) -> Bits {
        self.lanes_equal_to(byte).to_bitmask()
    }

    /// Lanes of all ones where the byte occurs.
    #[inline]
    pub fn lanes_equal_to(self, byte: u8) -> i8x16 {
        self.lanes().simd_eq(lane(byte))
    }

    #[inline]
    pub fn digits(self) -> Bits {
        (self.lanes().simd_gt(lane(b'0' - 1)) & self.lanes().simd_lt(lane(b'9' + 1))).to_bitmask()
    }

    /// Length of the number at the start, if it consists of digits with at most one point between them.
    #[inline]
    pub fn number(self) -> Option<usize> {
        let digits = self.digits();
        let behind_digits = !digits & (digits + 1);
        let length = (digits | (self.equal_to(b'.') & behind_digits)).trailing_ones();
        let between_digits = digits & ((digits << 1) >> length) & 1 != 0;
        let needless_zero = self.0[0] == b'0' && digits & 0b10 != 0;
        (between_digits && !needless_zero).then_some(length as usize)
    }

    #[inline]
    fn special(self) -> i8x16 {
        self.lanes_equal_to(b'"') | self.lanes_equal_to(b'\\')
    }

    /// Bytes below an ASCII character, and all non-ASCII bytes: as signed numbers they are negative.
    #[inline]
    fn below(self, byte: u8) -> i8x16 {
        self.lanes().simd_lt(lane(byte))
    }

    #[inline]
    fn lanes(self) -> i8x16 {
        i8x16::new(self.0.map(u8::cast_signed))
    }
}

impl From<&[u8; BLOCK]> for Block {
    #[inline]
    fn from(bytes: &[u8; BLOCK]) -> Self {
        Self(*bytes)
    }
}

#[inline]
fn lane(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ship::json;

    fn bits(bytes: [u8; BLOCK], is: impl Fn(u8) -> bool) -> Bits {
        bytes.iter().rev().fold(0, |bits, byte| (bits << 1) | Bits::from(is(*byte)))
    }

    proptest! {
        #[test]
        fn block_classifies_each_byte_correctly(bytes: [u8; BLOCK], byte: u8) {
            let block = Block(bytes);
            let special = |byte: u8| !(b' '..0x80).contains(&byte) || byte == b'"' || byte == b'\\';
            prop_assert_eq!(block.ends_quoted(), bits(bytes, special));
            prop_assert_eq!(block.ends_word(), bits(bytes, |byte| special(byte) || byte == b' '));
            prop_assert_eq!(block.digits(), bits(bytes, |byte| byte.is_ascii_digit()));
            prop_assert_eq!(block.equal_to(byte), bits(bytes, |other| other == byte));
        }

        #[test]
        fn block_without_end_is_unchanged_in_json(text in "[ -~é\n]{16}") {
            let block = Block::first_of(text.as_bytes());
            let mut json = Vec::new();
            json::write_string(block.bytes(), &mut json);
            let as_it_is = [b"\"", &block.bytes()[..], b"\""].concat();
            prop_assert_eq!(block.ends_quoted() == 0, json == as_it_is && block.bytes().is_ascii());
        }

        #[test]
        fn recognized_number_is_a_json_number(text in "[0-9]{0,4}[.]?[0-9]{0,4}[eE -]?[0-9 ]{0,4} {16}") {
            let length = Block::first_of(text.as_bytes()).number();
            let word = text.split(' ').next().unwrap();
            if let Some(length) = length.filter(|length| text.as_bytes()[*length] == b' ') {
                prop_assert!(length == word.len() && json::is_number(word.as_bytes()), "{}", word);
            } else {
                prop_assert!(word.contains(['e', 'E', '-']) || !json::is_number(word.as_bytes()), "{}", word);
            }
        }

        #[test]
        fn first_space_is_found_at_any_position(text in "[a-z ]{0,50}") {
            prop_assert_eq!(find_space(text.as_bytes()), text.find(' '));
        }
    }
}

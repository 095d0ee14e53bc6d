//! The origin of events: what each event says about its object, and the id that lets a receiver deduplicate it.
//!
//! The id has 128 bits: a hash of bucket, key and `ETag`, plus the record's offset. It depends on nothing else, such as
//! when or how the object was read. Within an object ids cannot collide, as they count up from one hash; between
//! objects, two hashes would have to be closer together than an object's length.

use model::{BucketName, Key};
use sha2::{Digest, Sha256};

use super::{draft::Draft, json};

/// The bytes before and after the id in an event.
const IN_METADATA: (&str, &str) = (r#","@metadata":{"_id":""#, r#""}"#);
const ON_TOP: (&str, &str) = (r#","_id":""#, r#"""#);

/// Hexadecimal digits of an id.
const ID: usize = 32;

/// Digits of the largest offset.
const OFFSET: usize = 20;

/// The part of an event that describes its object.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `,"log":{"bucket":"…","key":"…","offset":`, without unknown members.
    opening: Vec<u8>,
    base: Option<u128>,
    id_keys: (&'static str, &'static str),
    key: Option<Key>,
}

impl Origin {
    /// The origin of a local file or a pipe. Events have only their offset and no id, since any two files would share
    /// ids.
    pub fn unknown() -> Self {
        Self { opening: br#","log":{"offset":"#.to_vec(), base: None, id_keys: ("", ""), key: None }
    }

    /// The origin of an object of a bucket. The id is written at `@metadata._id`, where Logstash can use it without
    /// storing it.
    pub fn object(bucket: &BucketName, key: &Key, etag: &str) -> Self {
        let mut opening = br#","log":{"bucket":"#.to_vec();
        json::write_string(bucket.as_str().as_bytes(), &mut opening);
        opening.extend_from_slice(br#","key":"#);
        json::write_string(key.as_str().as_bytes(), &mut opening);
        opening.extend_from_slice(br#","offset":"#);
        Self { opening, base: Some(base(bucket, key, etag)), id_keys: IN_METADATA, key: Some(key.clone()) }
    }

    /// Moves the id to `_id`, where Elasticsearch tools expect it.
    #[must_use]
    pub fn with_id_on_top(self) -> Self {
        Self { id_keys: ON_TOP, ..self }
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// The id of the record at this offset.
    pub(super) fn id(&self, offset: u64) -> Option<u128> {
        self.base.map(|base| base.wrapping_add(u128::from(offset)))
    }

    /// Most bytes that [`Self::close`] adds.
    pub(super) fn length(&self) -> usize {
        self.opening.len() + OFFSET + self.id_keys.0.len() + ID + self.id_keys.1.len() + 2
    }

    /// Adds `,"log":{…}` and the id to an event, and closes it.
    pub(super) fn close(&self, offset: u64, event: &mut Draft) {
        event.append_all(&self.opening);
        let (digits, length) = decimal(offset);
        event.append_some(&digits, length);
        event.append(b"}");
        if let Some(id) = self.id(offset) {
            event.append_all(self.id_keys.0.as_bytes());
            event.append(&hexadecimal(id));
            event.append_all(self.id_keys.1.as_bytes());
        }
        event.append(b"}");
    }
}

/// Splits an event into the part before its id, without the closing brace, and the id. The id is always written last,
/// so no search is needed.
pub(super) fn split_id(event: &[u8]) -> Option<(&[u8], &str)> {
    let open = event.strip_suffix(b"}")?;
    [IN_METADATA, ON_TOP].into_iter().find_map(|(before, after)| {
        let open = open.strip_suffix(after.as_bytes())?;
        let (open, id) = open.split_at(open.len().checked_sub(ID)?);
        let open = open.strip_suffix(before.as_bytes())?;
        let id = str::from_utf8(id).ok().filter(|id| id.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        Some((open, id))
    })
}

/// Hashes bucket, key and `ETag`. Each is prefixed by its length, so that no two triples give the same bytes.
fn base(bucket: &BucketName, key: &Key, etag: &str) -> u128 {
    let mut hash = Sha256::new();
    for part in [bucket.as_str(), key.as_str(), etag] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(0, |base, byte| (base << 8) | u128::from(*byte))
}

/// The digits of a number, padded with zeros, and their count.
fn decimal(number: u64) -> ([u8; OFFSET], usize) {
    let mut digits = [0; 2 * OFFSET];
    let (mut first, mut rest) = (OFFSET, number);
    while rest >= 10 {
        first -= 2;
        digits[first..first + 2].copy_from_slice(&DECIMAL[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest > 0 || number == 0 {
        first -= 1;
        digits[first] = DECIMAL[(rest % 10) as usize][1];
    }
    let mut left = [0; OFFSET];
    left.copy_from_slice(&digits[first..first + OFFSET]);
    (left, OFFSET - first)
}

/// Both digits of every number below a hundred.
const DECIMAL: [[u8; 2]; 100] = pairs(b"0123456789");

/// Both hexadecimal digits of every byte.
const HEXADECIMAL: [[u8; 2]; 256] = pairs(b"0123456789abcdef");

/// All pairs of these digits.
const fn pairs<const DIGITS: usize, const PAIRS: usize>(digits: &[u8; DIGITS]) -> [[u8; 2]; PAIRS] {
    let mut pairs = [[0; 2]; PAIRS];
    let mut pair = 0;
    while pair < PAIRS {
        pairs[pair] = [digits[pair / DIGITS], digits[pair % DIGITS]];
        pair += 1;
    }
    pairs
}

fn hexadecimal(number: u128) -> [u8; ID] {
    let mut digits = [0; ID];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
        *pair = HEXADECIMAL[usize::from(byte)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ship::field::MemberKey;

    fn origin(bucket: &str, key: &str, etag: &str) -> Origin {
        Origin::object(&bucket.parse().unwrap(), &key.parse().unwrap(), etag)
    }

    fn event(origin: &Origin, offset: u64) -> String {
        let mut event = Draft::default();
        event.begin(const { &MemberKey::new(r#"{"elb":"x""#) }, 0, origin.length());
        origin.close(offset, &mut event);
        String::from_utf8(event.written().to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_written_digit_for_digit(number: u64, shift in 0..64) {
            let number = number >> shift;
            let (digits, length) = decimal(number);
            prop_assert_eq!(digits[..length].to_vec(), number.to_string().into_bytes());
            prop_assert_eq!(hexadecimal(number.into()).to_vec(), format!("{number:032x}").into_bytes());
        }
    }

    #[test]
    fn id_depends_on_object_and_offset_only() {
        let id = origin("logs", "a", "e").id(5);
        assert_eq!(origin("logs", "a", "e").id(5), id);
        for other in [
            origin("logz", "a", "e").id(5),
            origin("logs", "b", "e").id(5),
            origin("logs", "a", "f").id(5),
            origin("logs", "ae", "").id(5),
            origin("logs", "a", "e").id(6),
        ] {
            assert_ne!(other, id);
        }
        assert_eq!(Origin::unknown().id(5), None);
    }

    #[test]
    fn id_is_split_off_the_event() {
        let plain = origin("logs", "a", "e");
        for origin in [plain.clone(), plain.with_id_on_top()] {
            let event = event(&origin, 7);
            let (open, id) = split_id(event.as_bytes()).unwrap();
            assert_eq!(open, br#"{"elb":"x","log":{"bucket":"logs","key":"a","offset":7}"#);
            assert_eq!(u128::from_str_radix(id, 16).ok(), origin.id(7));
        }
        assert_eq!(split_id(br#"{"elb":"x","log":{"offset":7}}"#), None);
        assert_eq!(split_id(b"}"), None);
    }

    /// Ids are stored in users' indexes: another way to compute them would duplicate every event there.
    #[test]
    fn id_is_the_same_in_every_version() {
        assert_eq!(
            event(&origin("logs", "api/a\"b.log", "0123"), 18_446_744_073_709_551_615),
            r#"{"elb":"x","log":{"bucket":"logs","key":"api/a\"b.log","offset":18446744073709551615},"@metadata":{"_id":"b7f323fd6c7b07e434252b54743433f3"}}"#
        );
    }
}

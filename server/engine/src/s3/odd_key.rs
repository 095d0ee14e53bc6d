//! Keys that are none: bytes that are not UTF-8, or too many of them. And keys that a user names, and a store does not show.
//!
//! Some stores hold such keys. A [`Key`] cannot, so a listing shows each with a stand-in, which no real key resembles, and
//! its bytes, by which it has its place among the others. The object is not copied, and fails under that name; everything
//! else goes on.

use model::{Key, Reason, Time};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use super::Listed;

/// Starts with the last character of Unicode.
const MARK: &str = "\u{10FFFF}not-a-key:";

/// Longest stand-in, in bytes.
const LONGEST: usize = 1_000;

/// Ends a stand-in that is cut.
const CUT: &str = "%…";

const SHOWN: &AsciiSet = &CONTROLS.add(b'%');

/// An object that cannot be copied, as its key is none, or names nothing that can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OddKey {
    pub bytes: Vec<u8>,
    /// As listed, with the stand-in as its key.
    pub object: Listed,
    /// `None`: its key is none.
    why: Option<(Reason, String)>,
}

impl OddKey {
    pub fn not_a_key(bytes: Vec<u8>, object: Listed) -> Self {
        Self { bytes, object, why: None }
    }

    /// A named key that a HEAD does not show.
    pub fn refused(key: Key, why: (Reason, String)) -> Self {
        let bytes = key.as_str().as_bytes().to_vec();
        let object = Listed { key, size: 0, etag: None, modified: Time::default(), class: None };
        Self { bytes, object, why: Some(why) }
    }

    /// Why it is not copied.
    pub fn why(&self) -> (Reason, String) {
        self.why.clone().unwrap_or_else(|| (Reason::NotAKey, why_odd(&self.object.key)))
    }

    /// Whether the selection may judge it by age, size and class: a named key that is not there has none.
    pub fn has_attributes(&self) -> bool {
        self.why.is_none()
    }
}

/// The stand-in for a key of these bytes.
pub(super) fn stand_in(bytes: &[u8]) -> Option<Key> {
    let shown = percent_encode(bytes, SHOWN).to_string();
    let room = LONGEST - MARK.len() - CUT.len();
    let text = match shown.get(..room) {
        Some(start) if shown.len() > room + CUT.len() => format!("{MARK}{start}{CUT}"),
        _ => format!("{MARK}{shown}"),
    };
    Key::try_from(text).ok()
}

/// Whether it stands for a key that is none.
pub(crate) fn is_odd(key: &Key) -> bool {
    key.as_str().starts_with(MARK)
}

/// The bytes that the key stands for; `None` if it is a real one, or cut.
pub(crate) fn stood_for(key: &Key) -> Option<Vec<u8>> {
    let shown = key.as_str().strip_prefix(MARK)?;
    (!shown.ends_with(CUT)).then(|| percent_decode_str(shown).collect())
}

/// Why the object of such a key is not copied.
pub(crate) fn why_odd(key: &Key) -> String {
    let Some(bytes) = stood_for(key) else { return "its key has more than 1,024 bytes: rename it".to_owned() };
    match str::from_utf8(&bytes) {
        Ok("") => "its key is empty".to_owned(),
        Ok(_) => format!("its key has {} bytes, and 1,024 are the most there can be: rename it", bytes.len()),
        Err(error) => format!("its key is not UTF-8 from byte {} on: rename it", error.valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_give_their_bytes_back() {
        for bytes in [&b"a\xFFb"[..], b"%\x00\x80", b"", "\u{10FFFF}é\u{1}".as_bytes()] {
            let key = stand_in(bytes).unwrap();
            assert!(is_odd(&key));
            assert_eq!(stood_for(&key).as_deref(), Some(bytes));
        }
        assert_eq!(stand_in(b"a\xFF").unwrap().as_str(), "\u{10FFFF}not-a-key:a%FF");
        let long = stand_in(&b"x".repeat(2_000)).unwrap();
        assert!(is_odd(&long) && long.as_str().ends_with('…') && stood_for(&long).is_none());
        let real: Key = "a".parse().unwrap();
        assert!(!is_odd(&real) && stood_for(&real).is_none());
    }

    #[test]
    fn reason_says_what_is_wrong_with_the_key() {
        let why = |bytes: &[u8]| why_odd(&stand_in(bytes).unwrap());
        assert!(why(b"ab\xFF").contains("from byte 2 on"));
        assert!(why(&b"x".repeat(1_025)).contains("more than 1,024"));
    }
}

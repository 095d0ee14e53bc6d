//! Encoded words (RFC 2047), as some stores spell metadata that is not ASCII: `=?UTF-8?Q?caf=C3=A9?=`.
//!
//! Values are carried as they came, in one spelling or the other. Two spellings of one text are equal when copies are
//! compared, as a store may decode what it is sent.

use base64::{Engine, prelude::BASE64_STANDARD};

/// Bytes in one word, which has at most 75 characters.
const BYTES: usize = 42;

/// Bytes that are not UTF-8, spelled in ASCII. They are called Latin-1, which gives each of them a meaning.
pub(super) fn spelled(bytes: &[u8]) -> String {
    let word = |bytes: &[u8]| format!("=?ISO-8859-1?B?{}?=", BASE64_STANDARD.encode(bytes));
    bytes.chunks(BYTES).map(word).collect::<Vec<_>>().join(" ")
}

/// The text with its encoded words decoded; words of an unknown kind stay as they are.
pub(super) fn decoded(text: &str) -> String {
    let (mut out, mut rest, mut after_word) = (String::with_capacity(text.len()), text, false);
    while let Some((before, word)) = rest.find("=?").map(|at| rest.split_at(at)) {
        // White space between two words separates only these.
        let separates = after_word && before.trim().is_empty();
        if let Some((value, length)) = first_word(word) {
            out.push_str(if separates { "" } else { before });
            out.push_str(&value);
            (rest, after_word) = (&word[length..], true);
        } else {
            out.push_str(before);
            out.push_str("=?");
            (rest, after_word) = (&word[2..], false);
        }
    }
    out.push_str(rest);
    out
}

/// Value and length of the word at the start of a text.
fn first_word(text: &str) -> Option<(String, usize)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (payload, after) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => BASE64_STANDARD.decode(payload).ok()?,
        "Q" | "q" => unquoted(payload)?,
        _ => return None,
    };
    let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
    let value = match charset.as_str() {
        "utf-8" | "us-ascii" => String::from_utf8(bytes).ok()?,
        "iso-8859-1" => bytes.into_iter().map(char::from).collect(),
        _ => return None,
    };
    Some((value, text.len() - after.len()))
}

fn unquoted(payload: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(payload.len());
    let mut rest = payload.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'_' => b' ',
            b'=' => {
                let digits = rest.get(..2)?;
                rest = &rest[2..];
                *hex::decode(digits).ok()?.first()?
            }
            other => *other,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_other_text_stays() {
        for (text, right) in [
            ("=?UTF-8?Q?caf=C3=A9?=", "café"),
            ("=?utf-8?b?Y2Fmw6k=?=", "café"),
            ("=?ISO-8859-1?Q?caf=E9_au_lait?=", "café au lait"),
            ("a =?UTF-8?Q?b?= =?UTF-8?Q?c?= d", "a bc d"),
            ("=?UTF-8?Q?b?= x =?UTF-8?Q?c?=", "b x c"),
            ("=?KOI8-R?Q?b?= =? =?UTF-8?Q?=4?=", "=?KOI8-R?Q?b?= =? =?UTF-8?Q?=4?="),
            ("plain =+ é", "plain =+ é"),
        ] {
            assert_eq!(decoded(text), right, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_spelled_in_full() {
        let bytes: Vec<u8> = (0xA0..=0xFF).collect();
        let spelled = spelled(&bytes);
        assert!(spelled.is_ascii() && spelled.split(' ').all(|word| word.len() <= 75), "{spelled}");
        let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(decoded(&spelled), latin);
    }
}

//! Encodings in requests: keys in a copy's source header and in a listing, tags, ranges.

use std::{borrow::Cow, ops::Range};

use model::{BucketName, Key};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters encoded in paths and in `x-amz-copy-source`: all except RFC 3986's unreserved ones and the slash.
pub(super) const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Characters encoded in a tagging header: all except RFC 3986's unreserved ones.
const PAIR: &AsciiSet = &PATH.add(b'/');

/// Value of `x-amz-copy-source`. The SDK sends it unchanged.
pub(super) fn copy_source(bucket: &BucketName, key: &Key) -> String {
    let object = if bucket.is_access_point() { "/object" } else { "" };
    format!("{bucket}{object}/{}", utf8_percent_encode(key.as_str(), PATH))
}

/// `bytes=0-9`, with both ends included. The range must not be empty.
pub(super) fn byte_range(bytes: &Range<u64>) -> String {
    format!("bytes={}-{}", bytes.start, bytes.end.saturating_sub(1))
}

/// Tags as `a=1&b=2`.
pub(super) fn tagging<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs =
        tags.map(|(key, value)| format!("{}={}", utf8_percent_encode(key, PAIR), utf8_percent_encode(value, PAIR)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The bytes of a key of a listing with `encoding-type=url`: a space is `+` or `%20`, a plus is `%2B`.
pub(super) fn listed_key(text: &str) -> Vec<u8> {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(key: &str) -> String {
        copy_source(&"bucket".parse().unwrap(), &key.parse().unwrap())
    }

    #[test]
    fn source_at_an_access_point_names_an_object() {
        let arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/logs";
        let source = copy_source(&arn.parse().unwrap(), &"a b".parse().unwrap());
        assert_eq!(source, format!("{arn}/object/a%20b"));
    }

    #[test]
    fn a_space_is_percent_20_and_a_plus_percent_2b() {
        assert_eq!(source("a b+c"), "bucket/a%20b%2Bc");
        assert_eq!(source("//x/./é?&#%"), "bucket///x/./%C3%A9%3F%26%23%25");
        assert_eq!(source("\u{1}\n"), "bucket/%01%0A");
    }

    #[test]
    fn listed_plus_is_a_space() {
        assert_eq!(listed_key("a+b%2Bc%20d%01"), b"a b+c d\x01");
        assert_eq!(listed_key("%FF"), b"\xFF");
    }

    #[test]
    fn tags_may_contain_separators() {
        assert_eq!(tagging([("a=b", "c&d/e f")].into_iter()), "a%3Db=c%26d%2Fe%20f");
    }

    proptest! {
        #[test]
        fn every_key_survives_its_encoding(key in "\\PC{1,40}|[\\x00-\\x7f]{1,40}") {
            let sent = source(&key);
            prop_assert!(sent.is_ascii());
            prop_assert_eq!(listed_key(sent.strip_prefix("bucket/").unwrap()), key.as_bytes());
        }
    }
}

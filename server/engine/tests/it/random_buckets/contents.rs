//! Objects with everything that one may carry.

use std::collections::BTreeMap;

use bytes::Bytes;
use embedded::{Content, Headers};
use proptest::{collection, option, prelude::*, sample};

const MIB: u64 = 1 << 20;

/// What these tests put the threshold at.
pub const THRESHOLD: u64 = 5 * MIB;

/// Sizes of the parts of an object that is small, as no client could send them.
const SMALL_PARTS: [&[u64]; 4] = [&[0], &[7], &[3, 1], &[1, 2, 3]];

const CLASSES: [&str; 5] = ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY"];

/// What must be restored before it can be read.
pub const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// Around the threshold, and above it: whole, cut evenly, and cut as no one else would.
const LARGE: [(u64, &[u64]); 7] = [
    (THRESHOLD - 1, &[]),
    (THRESHOLD, &[]),
    (THRESHOLD + 1, &[]),
    (THRESHOLD + 1, &[THRESHOLD, 1]),
    (THRESHOLD + 1, &[THRESHOLD + 1]),
    (THRESHOLD + 9, &[THRESHOLD + 2, 7]),
    (THRESHOLD + MIB, &[1, THRESHOLD, MIB - 1]),
];

fn word() -> impl Strategy<Value = String> {
    // Neither begins nor ends with a space, which a header would lose.
    "[!-~]([ -~]{0,20}[!-~])?".prop_filter("no encoded word", |word| !word.contains("=?"))
}

fn headers() -> impl Strategy<Value = Headers> {
    let expires = sample::select(&["Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 18 May 2033 03:33:20 GMT"][..]);
    let metadata = collection::btree_map("[a-z0-9][a-z0-9._-]{0,12}", word(), 0..4);
    let plain = (
        word(),
        option::weighted(0.3, word()),
        option::weighted(0.3, word()),
        option::weighted(0.3, "gzip|br|aes128gcm, gzip|identity"),
        option::weighted(0.3, word()),
    );
    (plain, option::weighted(0.3, expires.prop_map(str::to_owned)), metadata).prop_map(|(plain, expires, metadata)| {
        let (content_type, cache_control, content_disposition, content_encoding, content_language) = plain;
        Headers {
            content_type: Some(content_type),
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            website_redirect: None, // a copy in one request does not bring it, on AWS neither
            metadata,
        }
    })
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    collection::btree_map("[A-Za-z0-9 +=._:/@é漢-]{1,12}", "[A-Za-z0-9 +=._:/@é漢-]{0,12}", 0..5)
}

fn class() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        10 => Just(None),
        4 => sample::select(&CLASSES[..]).prop_map(|class| Some(class.to_owned())),
        1 => sample::select(&ARCHIVES[..]).prop_map(|class| Some(class.to_owned())),
    ]
}

/// Bytes of so many, no two pieces alike, and of their own kind.
fn bytes(size: u64, kind: u8) -> Bytes {
    let mut bytes = vec![kind; usize::try_from(size).unwrap()];
    for (number, piece) in (0_u32..).zip(bytes.chunks_exact_mut(1 << 10)) {
        piece[..4].copy_from_slice(&number.to_be_bytes());
    }
    bytes.into()
}

fn body() -> impl Strategy<Value = (Bytes, Vec<u64>)> {
    let whole = |size: u64, kind: u8| (bytes(size, kind), Vec::new());
    prop_oneof![
        2 => Just((Bytes::new(), Vec::new())),
        10 => (1..2_000_u64, any::<u8>()).prop_map(move |(size, kind)| whole(size, kind)),
        1 => (sample::select(&SMALL_PARTS[..]), any::<u8>()).prop_map(|(parts, kind)| {
            (bytes(parts.iter().sum(), kind), parts.to_vec())
        }),
    ]
}

pub fn small() -> impl Strategy<Value = Content> {
    (body(), headers(), tags(), class()).prop_map(|((body, parts), headers, tags, storage_class)| Content {
        body,
        headers,
        tags,
        storage_class,
        parts,
    })
}

pub fn large() -> impl Strategy<Value = Content> {
    (sample::select(&LARGE[..]), any::<u8>(), small()).prop_map(|((size, parts), kind, small)| Content {
        body: bytes(size, kind),
        parts: parts.to_vec(),
        ..small
    })
}

//! Checks that hold for every input: no panic, one valid JSON object per line, a summary that adds up, and no record
//! that merges with another. Used by the fuzz target (`server/engine/fuzz`) and by `fuzzing`, which runs with the
//! tests.

use std::{io::Write, num::NonZeroUsize};

use engine::ship::{Choice, Format, Origin, ParseOptions};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::support::{Outcome, parse, parse_with};

/// A complete record of each format, and a text that only its event contains.
const NEIGHBOURS: [(&str, &str); 4] = [
    (
        r#"2026-03-09T14:00:00.000001Z shop 192.0.2.1:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://shop.example:80/ HTTP/1.1" "neighbour" - -"#,
        "neighbour",
    ),
    (
        r#"h2 2026-03-09T14:00:00.000001Z app/shop/50dc 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET https://shop.example:443/ HTTP/2.0" "neighbour" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x "Root=1-58337262" "shop.example" "arn:aws:y" 0 2026-03-09T14:00:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-""#,
        "neighbour",
    ),
    (
        r"tls 2.0 2026-03-09T14:00:00 net/shop/c6e7 g3d4b5e8 192.0.2.1:51341 10.0.0.1:443 5 2 98 246 - arn:aws:acm:x - ECDHE-RSA-AES128-SHA tlsv12 - neighbour h2 h2 h2,http/1.1 2026-03-09T13:59:59",
        "neighbour",
    ),
    (
        r#"2026-03-09T14:00:00.000001Z 192.0.2.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 0.033 "CN=neighbour" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_3180"#,
        "neighbour",
    ),
];

/// Checks an input. Its first three bytes select how the rest is parsed.
pub fn hold(input: &[u8]) {
    let Some((&[how, limit, length], stream)) = input.split_first_chunk() else { return };
    let choice = Format::ALL.get(usize::from(how % 8)).map_or(Choice::Auto, |format| Choice::Only(*format));
    let record_limit = if limit < 128 { engine::ship::RECORD_LIMIT } else { usize::from(limit - 128) * 8 };
    let options = ParseOptions { choice, record_limit, ..ParseOptions::default() };
    let whole = parse_with(&options, Origin::unknown(), [stream]);
    are_in_their_places(&whole, stream);

    let length = NonZeroUsize::new(length.into()).unwrap_or(NonZeroUsize::MIN);
    same(&whole, &parse_with(&options, Origin::unknown(), stream.chunks(length.get())));
    if how.is_multiple_of(2) && !stream.starts_with(&[0x1F, 0x8B]) {
        let object = gzip(stream);
        same(&whole, &parse_with(&options, Origin::unknown(), object.chunks(length.get())));
        is_a_beginning(&parse(&object[..object.len() * usize::from(how) / 256]), &parse(stream));
    }
    let (neighbour, text) = NEIGHBOURS[usize::from(how / 8) % NEIGHBOURS.len()];
    leaves_alone(stream, neighbour, text);
}

/// Each event begins at the start of a line, after the previous event.
fn are_in_their_places(outcome: &Outcome, stream: &[u8]) {
    let mut before = None;
    for event in outcome.events() {
        let offset = event["log"]["offset"].as_u64();
        assert!(offset > before || before.is_none(), "{event}");
        before = offset;
        // Offsets are those of the plain bytes, which are not compared here if the stream is compressed.
        if let (Some(at @ 1..), false) = (offset, stream.starts_with(&[0x1F, 0x8B])) {
            assert_eq!(stream[usize::try_from(at).unwrap() - 1], b'\n', "{event}");
        }
    }
}

fn same(one: &Outcome, other: &Outcome) {
    assert_eq!(one.output.escape_ascii().to_string(), other.output.escape_ascii().to_string());
    assert_eq!(one.summary.lines, other.summary.lines);
    assert_eq!(one.summary.failures.parsing, other.summary.failures.parsing);
}

fn is_a_beginning(truncated: &Outcome, whole: &Outcome) {
    truncated.events();
    assert!(whole.output.starts_with(&truncated.output));
}

/// A complete record before the stream and one after it are parsed unchanged, whatever lies between.
fn leaves_alone(stream: &[u8], neighbour: &str, text: &str) {
    let alone = fields(parse(neighbour).event());
    let object = [neighbour.as_bytes(), stream, neighbour.as_bytes()].join(&b'\n');
    let last = object.len() - neighbour.len();
    let outcome = parse(&object);
    are_in_their_places(&outcome, &object);
    let mut events = outcome.events();
    assert_eq!(events.first().cloned().map(fields), Some(alone.clone()), "the one before");
    assert_eq!(events.last().map(|event| &event["log"]["offset"]), Some(&Value::from(last)), "the one after is lost");
    assert_eq!(events.pop().map(fields), Some(alone), "the one after");
    if !stream.windows(text.len()).any(|window| window == text.as_bytes()) {
        let holding = events.iter().skip(1).filter(|event| event.to_string().contains(text));
        assert_eq!(holding.count(), 0, "a record took something of its neighbours");
    }
}

/// An event without the members about its object.
fn fields(mut event: Value) -> Value {
    event.as_object_mut().unwrap().remove("log");
    event
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

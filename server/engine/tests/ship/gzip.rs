//! Compressed objects, complete and broken.

use std::io::Write;

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::{
    classic::HTTP,
    support::{Outcome, parse, parse_with},
};

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A thousand records that compress into more than one block.
fn thousand() -> String {
    let record = |number: u32| format!("{}\n", HTTP.replace("2817", &(1_024 + number * 7).to_string()));
    (0..1_000).map(record).collect::<Vec<_>>().concat()
}

fn fault(outcome: &Outcome) -> (u64, String) {
    assert_eq!(outcome.summary.failures.reading.total, 1);
    let failure = &outcome.summary.failures.reading.last_few[0];
    (failure.byte, failure.reason.clone())
}

#[test]
fn compressed_object_gives_same_events() {
    let compressed = gzip(thousand().as_bytes());
    let outcome = parse(&compressed);
    assert_eq!(outcome.output, parse(thousand()).output);
    assert_eq!(outcome.summary.bytes.read, compressed.len() as u64);
    assert_eq!(outcome.summary.bytes.plain, thousand().len() as u64);
    assert_eq!(outcome.summary.bytes.written, outcome.output.len() as u64);
    assert!(outcome.summary.clean());
}

#[test]
fn gzip_members_are_joined_seamlessly() {
    let plain = thousand();
    let (first, second) = plain.as_bytes().split_at(plain.len() / 2 + 7); // in the middle of a record
    let named = {
        let mut encoder = GzBuilder::new().filename("a.log").comment("x").write(Vec::new(), Compression::best());
        encoder.write_all(second).unwrap();
        encoder.finish().unwrap()
    };
    let outcome = parse([gzip(first), gzip(b""), named, vec![0; 512]].concat());
    assert_eq!(outcome.output, parse(&plain).output);
    assert!(outcome.summary.clean());
}

#[test]
fn empty_object_or_member_is_empty_run() {
    for object in [Vec::new(), gzip(b"")] {
        let outcome = parse(object);
        assert!(outcome.output.is_empty() && outcome.summary.clean());
    }
}

#[test]
fn truncated_object_gives_events_before_the_end() {
    let compressed = gzip(thousand().as_bytes());
    let whole = parse(thousand()).output;
    for length in [1, 2, 9, 12, compressed.len() / 2, compressed.len() - 9, compressed.len() - 8, compressed.len() - 1]
    {
        let outcome = parse(&compressed[..length]);
        assert_eq!(fault(&outcome), (length as u64, "the gzip stream is truncated".to_owned()));
        outcome.events();
        assert!(whole.starts_with(&outcome.output), "an event that is not in the whole object");
    }
    let nearly = parse(&compressed[..compressed.len() - 1]);
    assert_eq!(nearly.summary.lines.parsed, 1_000);
}

#[test]
fn fragment_at_the_break_is_no_record() {
    let plain = HTTP.strip_suffix(r#" "curl/7.38.0" - -"#).unwrap(); // twelve fields: valid if it were whole
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain.as_bytes()).unwrap();
    encoder.flush().unwrap();
    let outcome = parse(encoder.get_ref());
    assert_eq!(outcome.events().len(), 0);
    assert_eq!(outcome.reasons(), ["record: cut off where the object breaks off"]);
    fault(&outcome);
}

#[test]
fn corrupt_object_gives_events_before_the_fault() {
    let half = thousand().len() / 2 + 100; // in the middle of a record
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&thousand().as_bytes()[..half]).unwrap();
    encoder.flush().unwrap();
    let sound = encoder.get_ref().len();
    let mut object = encoder.get_ref().clone();
    object.extend_from_slice(&[0xFF; 40]); // a block of a kind that does not exist
    let outcome = parse(&object);
    let (byte, reason) = fault(&outcome);
    assert!(reason.starts_with("the gzip stream is corrupt"), "{reason}");
    assert!((sound as u64..sound as u64 + 40).contains(&byte), "{byte}, sound until {sound}");
    let whole = thousand()[..half].matches('\n').count();
    assert_eq!(outcome.events().len(), whole);
    assert_eq!(outcome.reasons(), ["record: cut off where the object breaks off"]);
}

#[test]
fn wrong_checksum_is_detected() {
    let mut object = gzip(thousand().as_bytes());
    let checksum = object.len() - 8;
    object[checksum] ^= 1;
    let outcome = parse(&object);
    assert!(fault(&outcome).1.starts_with("the gzip stream is corrupt"));
    assert_eq!(outcome.events().len(), 1_000);
}

#[test]
fn trailing_garbage_after_gzip_is_detected() {
    let compressed = gzip(thousand().as_bytes());
    let outcome = parse([&compressed[..], b"oops"].concat());
    assert_eq!(
        fault(&outcome),
        (compressed.len() as u64, "what follows the end of the gzip stream is not gzip".into())
    );
    assert_eq!(outcome.events().len(), 1_000);
}

#[test]
fn gzip_is_detected_byte_by_byte() {
    let compressed = gzip(HTTP.as_bytes());
    let outcome =
        parse_with(&engine::ship::ParseOptions::default(), engine::ship::Origin::unknown(), compressed.chunks(1));
    assert_eq!(outcome.event(), parse(HTTP).event());
    assert_eq!(outcome.summary.bytes.read, compressed.len() as u64);
    let plain =
        parse_with(&engine::ship::ParseOptions::default(), engine::ship::Origin::unknown(), b"\x1fnot gzip".chunks(1));
    assert_eq!(plain.summary.failures.parsing.last_few[0].cut, "\u{1f}not gzip");
    assert_eq!(plain.summary.bytes.read, 9);
}

/// A small object that decompresses to several megabytes is returned in batches.
#[test]
fn highly_compressed_object_uses_bounded_memory() {
    let record = format!("{HTTP}\n");
    let object = gzip(record.repeat(20_000).as_bytes());
    let mut events = engine::ship::Events::new(&engine::ship::ParseOptions::default(), engine::ship::Origin::unknown());
    let (mut chunk, mut batch, mut largest) = (&object[..], Vec::new(), 0);
    while events.push(&mut chunk, &mut batch) == engine::ship::Step::Full {
        largest = largest.max(batch.len());
        batch.clear();
    }
    while events.finish(&mut batch) == engine::ship::Step::Full {
        batch.clear();
    }
    assert!(largest < 300_000, "{largest}");
    assert_eq!(events.summary().lines.parsed, 20_000);
}

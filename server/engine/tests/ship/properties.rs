//! Properties of the parser that hold for every input.

use engine::ship::{Choice, Format, Origin, ParseOptions};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::{
    generate::{any_format, any_record, record},
    gzip::gzip,
    support::{Outcome, parse, parse_with},
};

/// Pieces of a stream: complete records, records cut anywhere, and noise that is difficult for parsers.
fn any_piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any_record().prop_map(|generated| generated.record.into_bytes()),
        2 => (any_record(), any::<Index>()).prop_map(|(generated, at)| cut(&generated.record, at)),
        1 => (any_record(), any::<Index>(), any::<u8>()).prop_map(|(generated, at, byte)| {
            let mut record = generated.record.into_bytes();
            let at = at.index(record.len());
            record[at] = byte;
            record
        }),
        1 => vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(b'\n'), Just(b'\r'), Just(b' '), any::<u8>()], 0..40),
        1 => "(tls 2\\.0 |http )?2026-03-09T14:00:00Z? [-a:0-9. \"\n]{0,60}".prop_map(String::into_bytes),
    ]
}

fn cut(record: &str, at: Index) -> Vec<u8> {
    record.as_bytes()[..at.index(record.len())].to_vec()
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop_oneof![8 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..]), 1 => Just(&b"\n\n"[..])];
    vec((any_piece(), line_end), 0..8)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, end)| [piece, end.to_vec()].concat()).collect())
}

fn any_choice() -> impl Strategy<Value = Choice> {
    prop_oneof![2 => Just(Choice::Auto), 1 => any_format().prop_map(Choice::Only)]
}

fn any_options() -> impl Strategy<Value = ParseOptions> {
    let limit = prop_oneof![Just(engine::ship::RECORD_LIMIT), 0..400_usize];
    (any_choice(), limit).prop_map(|(choice, record_limit)| ParseOptions {
        choice,
        record_limit,
        ..ParseOptions::default()
    })
}

/// The stream in pieces of the given lengths, repeated.
fn chunks<'a>(stream: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut lengths = lengths.iter().cycle();
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (chunk, later) = rest.split_at((*lengths.next()?).min(rest.len()));
        rest = later;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// An event without the members about its object.
fn fields(mut event: Value) -> Value {
    event.as_object_mut().unwrap().remove("log");
    event
}

fn round_trips(format: Format) -> Result<(), TestCaseError> {
    let mut runner = proptest::test_runner::TestRunner::default();
    runner
        .run(&record(format), |generated| {
            for choice in [Choice::Auto, Choice::Only(format)] {
                let options = ParseOptions { choice, ..ParseOptions::default() };
                let outcome = parse_with(&options, Origin::unknown(), [generated.record.as_bytes()]);
                prop_assert_eq!(outcome.reasons(), Vec::<String>::new());
                prop_assert_eq!(fields(outcome.event()), Value::from(generated.event.clone()));
            }
            Ok(())
        })
        .map_err(|error| TestCaseError::fail(error.to_string()))
}

#[test]
fn classic_records_round_trip_field_by_field() {
    round_trips(Format::Classic).unwrap();
}

#[test]
fn alb_records_round_trip_field_by_field() {
    round_trips(Format::Alb).unwrap();
}

#[test]
fn nlb_records_round_trip_field_by_field() {
    round_trips(Format::Nlb).unwrap();
}

#[test]
fn alb_connection_records_round_trip_field_by_field() {
    round_trips(Format::AlbConnection).unwrap();
}

fn same(one: &Outcome, other: &Outcome) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.output.escape_ascii().to_string(), other.output.escape_ascii().to_string());
    prop_assert_eq!(&one.summary.lines, &other.summary.lines);
    prop_assert_eq!(&one.summary.failures, &other.summary.failures);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_give_valid_json_and_summary(
        stream in prop_oneof![any_stream(), any::<Vec<u8>>()], options in any_options()
    ) {
        parse_with(&options, Origin::unknown(), [&stream[..]]).events();
    }

    #[test]
    fn chunking_changes_no_result(
        stream in any_stream(), options in any_options(), lengths in vec(1..200_usize, 1..5), compressed: bool
    ) {
        let whole = parse_with(&options, Origin::unknown(), [&stream[..]]);
        let object = if compressed { gzip(&stream) } else { stream };
        same(&whole, &parse_with(&options, Origin::unknown(), chunks(&object, &lengths)))?;
        same(&whole, &parse_with(&options, Origin::unknown(), object.chunks(1)))?;
    }

    #[test]
    fn truncated_object_gives_a_prefix(stream in any_stream(), at: Index) {
        let whole = parse(&stream);
        let object = gzip(&stream);
        let outcome = parse(&object[..at.index(object.len())]);
        outcome.events();
        prop_assert!(whole.output.starts_with(&outcome.output));
    }

    #[test]
    fn broken_records_never_merge_with_others(
        pieces in vec((any_record(), prop::option::of(any::<Index>())), 1..8)
    ) {
        let (mut stream, mut whole, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
        for (generated, broken) in &pieces {
            let offset = stream.len();
            offsets.push(json!(offset));
            if let Some(at) = broken {
                stream.extend(cut(&generated.record, *at));
            } else {
                whole.push((json!(offset), Value::from(generated.event.clone())));
                stream.extend(generated.record.as_bytes());
            }
            stream.push(b'\n');
        }
        let outcome = parse(&stream);
        let events = outcome.events();
        for (offset, expected) in whole {
            let event = events.iter().find(|event| event["log"]["offset"] == offset);
            prop_assert_eq!(event.cloned().map(fields), Some(expected));
        }
        for event in &events {
            prop_assert!(offsets.contains(&event["log"]["offset"]), "no record begins there: {}", event);
        }
        prop_assert!(outcome.summary.lines.encountered <= pieces.len() as u64);
    }
}

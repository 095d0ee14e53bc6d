//! Where records begin and end in a stream.

use engine::ship::{Origin, ParseOptions};
use serde_json::json;

use crate::{
    alb,
    classic::HTTP,
    nlb,
    support::{Outcome, parse, parse_with},
};

fn limited(limit: usize, object: &str) -> Outcome {
    parse_with(&ParseOptions { record_limit: limit, ..ParseOptions::default() }, Origin::unknown(), [object.as_bytes()])
}

/// The offsets of the records that gave an event.
fn offsets(outcome: &Outcome) -> Vec<u64> {
    outcome.events().iter().map(|event| event["log"]["offset"].as_u64().unwrap()).collect()
}

#[test]
fn line_feed_in_user_agent_continues_record() {
    for agent in ["a\nb", "\n", "a\n\nb\n", "a\r\nb", "\\\"a\nb\\\"", "a\n - -"] {
        let outcome = parse(format!("{0}\n{HTTP}\n", HTTP.replace("curl/7.38.0", agent)));
        let events = outcome.events();
        assert_eq!(events[0]["user_agent"], json!(agent.replace("\\\"", "\"")), "{:?}", outcome.reasons());
        assert_eq!(events.len(), 2);
        assert_eq!(outcome.summary.lines.encountered, 2);
    }
}

#[test]
fn multi_line_record_advances_line_numbers() {
    let outcome = parse(format!("{}\nbad\n", HTTP.replace("curl/7.38.0", "a\nb\nc")));
    assert_eq!(outcome.summary.failures.parsing.last_few[0].line, 4);
}

#[test]
fn unclosed_quote_affects_no_other_record() {
    for sample in [HTTP, alb::EIGHTEEN, nlb::TLS] {
        for (position, _) in sample.match_indices('"') {
            for length in [position + 1, (position + 4).min(sample.len())] {
                let object = format!("{sample}\n{}\n{sample}\n{sample}\n", &sample[..length]);
                let outcome = parse(&object);
                let whole = offsets(&outcome).len() as u64;
                assert!(whole >= 3, "{whole} events of {object}");
                assert_eq!(outcome.summary.lines.encountered, 4, "{object}");
            }
        }
    }
}

#[test]
fn client_cannot_forge_a_record() {
    // A client's text is escaped, so a forged record shows as text or as a failure, never as another event.
    let forged = HTTP.replace('"', "\\\"");
    let outcome = parse(format!("{}\n{HTTP}\n", HTTP.replace("curl/7.38.0", &format!("evil\n{forged}"))));
    let events = outcome.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["user_agent"], json!(format!("evil\n{HTTP}")));

    // The only unescaped quote after its text is the one that ends the user agent.
    let head = HTTP.split_once('"').unwrap().0;
    let outcome = parse(format!("{}\n{HTTP}\n", HTTP.replace("curl/7.38.0", &format!("evil\n{head}"))));
    assert_eq!(outcome.events().len(), 1);
    assert_eq!(outcome.summary.lines.encountered, 3);
}

#[test]
fn line_endings_are_equivalent() {
    let expected = parse(format!("{HTTP}\n{HTTP}\n")).events();
    for object in [format!("{HTTP}\n{HTTP}"), format!("{HTTP}\n{HTTP}\r\n"), format!("{HTTP}\n{HTTP}\r")] {
        assert_eq!(parse(object).events(), expected);
    }
}

#[test]
fn blank_lines_are_no_records() {
    let outcome = parse(format!("\n\r\n \t \n{HTTP}\n\n\n{HTTP}\n\n"));
    assert_eq!(outcome.events().len(), 2);
    assert_eq!(outcome.summary.lines.encountered, 2);
    assert_eq!(offsets(&outcome), [7, 7 + HTTP.len() as u64 + 3]);
}

#[test]
fn empty_object_is_empty_run() {
    for object in ["", "\n", "\r\n\n"] {
        let outcome = parse(object);
        assert_eq!((outcome.events().len(), outcome.summary.clean()), (0, true));
    }
}

#[test]
fn overlong_record_is_one_failure() {
    let limit = HTTP.len();
    let long = HTTP.replace("curl/7.38.0", &"x".repeat(300_000));
    for long in [long.clone(), HTTP.replace("curl/7.38.0", "curl/7.38.01"), format!("{long}\r"), "y".repeat(limit + 1)]
    {
        let outcome = limited(limit, &format!("{HTTP}\n{long}\n{HTTP}\r\n{long}"));
        assert_eq!(outcome.events().len(), 2);
        assert_eq!(outcome.reasons(), vec![format!("record: longer than the limit of {limit} bytes"); 2]);
        let lines: Vec<_> = outcome.summary.failures.parsing.last_few.iter().map(|failure| failure.line).collect();
        assert_eq!(lines, [2, 4]);
        assert_eq!(offsets(&outcome), [0, (HTTP.len() + long.len() + 2) as u64]);
    }
}

#[test]
fn multi_line_record_ends_at_the_limit() {
    let spanning = HTTP.replace("curl/7.38.0", &"line\n".repeat(100));
    let limit = spanning.len() - 12;
    let outcome = limited(limit, &format!("{spanning}\n{HTTP}\n"));
    assert_eq!(offsets(&outcome), [spanning.len() as u64 + 1]);
    assert_eq!(outcome.reasons()[0], format!("record: longer than the limit of {limit} bytes"));
    let lines: Vec<_> = outcome.summary.failures.parsing.last_few.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, [1, 100, 101]);
}

#[test]
fn endless_line_uses_bounded_memory() {
    let mut records = engine::ship::Records::new(1_000);
    for _ in 0..2_500 {
        records.space().fill(b'x');
        let room = records.space().len();
        assert!(room < 600_000, "{room}");
        records.filled(room);
        while records.next().is_some() {}
    }
}

#[test]
fn byte_order_mark_is_no_part_of_a_record() {
    for sample in [HTTP, alb::EIGHTEEN, nlb::TLS] {
        let expected = parse(format!("{sample}\n{sample}\n")).events();
        let marked = parse(format!("\u{feff}{sample}\n{sample}\n")).events();
        assert_eq!(marked.len(), 2, "{sample}");
        let first = marked[0].as_object().unwrap();
        assert!(first.iter().all(|(key, value)| key == "log" || Some(value) == expected[0].get(key)), "{marked:?}");
        assert_eq!(first["log"]["offset"], 0, "its id stays that of the start of the object");
    }
    // A quoted text with a line feed in the marked record, and the mark of a file that was appended to another.
    let spanning = HTTP.replace("curl/7.38.0", "a\nb");
    let outcome = parse(format!("\u{feff}{spanning}\n\u{feff}{HTTP}\n\u{feff}\n"));
    assert_eq!((outcome.events().len(), outcome.summary.lines.encountered), (2, 2), "{:?}", outcome.reasons());
}

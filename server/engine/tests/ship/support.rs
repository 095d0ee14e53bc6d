//! Runs text through the whole parser, as an object would be.

use engine::ship::{Events, Origin, ParseOptions, Step};
use model::Summary;
use serde_json::Value;

/// The output and the summary of one object.
pub struct Outcome {
    pub output: Vec<u8>,
    pub summary: Summary,
}

pub fn parse(object: impl AsRef<[u8]>) -> Outcome {
    parse_with(&ParseOptions::default(), Origin::unknown(), [object.as_ref()])
}

pub fn parse_with<'a>(options: &ParseOptions, origin: Origin, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut events = Events::new(options, origin);
    let (mut output, mut batch) = (Vec::new(), Vec::new());
    for mut chunk in chunks {
        while events.push(&mut chunk, &mut batch) == Step::Full {
            output.append(&mut batch);
        }
    }
    while events.finish(&mut batch) == Step::Full {
        output.append(&mut batch);
    }
    output.append(&mut batch);
    Outcome { output, summary: events.summary() }
}

impl Outcome {
    /// The events, after checking what holds for every output and every summary.
    pub fn events(&self) -> Vec<Value> {
        let Summary { lines, failures, .. } = &self.summary;
        assert_eq!(lines.encountered, lines.parsed + failures.parsing.total);
        let events: Vec<Value> = self
            .output
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| {
                assert_eq!(line.last(), Some(&b'\n'));
                serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", line.escape_ascii()))
            })
            .collect();
        assert_eq!(events.len() as u64, lines.parsed);
        assert!(events.iter().all(Value::is_object));
        events
    }

    /// The only event of an object whose records all parsed.
    pub fn event(&self) -> Value {
        assert!(self.summary.clean(), "{:?}", self.summary.failures);
        let [event] = <[Value; 1]>::try_from(self.events()).unwrap();
        event
    }

    /// The reasons of the failures that were kept.
    pub fn reasons(&self) -> Vec<String> {
        self.summary.failures.parsing.last_few.iter().map(|failure| failure.reason.clone()).collect()
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.output).unwrap()
    }
}

/// The event of one record.
pub fn event(record: &str) -> Value {
    parse(record).event()
}

/// Why one record does not parse.
pub fn refusal(record: &str) -> String {
    let [reason] = <[String; 1]>::try_from(parse(record).reasons()).unwrap();
    reason
}

//! Helpers that build logs and read them.

use engine::runs::{LogEvent, Mapping, Options, Read, Reader};
use model::Time;

pub const REQUEST: &str = "c0e94f4d-051f-11e7-8fbb-2b8356f39769";
/// 2017-03-09T23:25:59.785Z
pub const BEGAN: Time = Time(1_489_101_959_785);

pub fn options() -> Options {
    Options { timeout_s: 300, mapping: Mapping::default(), log_group: Some("/aws/lambda/elb".to_owned()) }
}

/// A log of one stream, with one second between lines.
pub fn log<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<LogEvent> {
    let event = |(number, text): (usize, &str)| LogEvent {
        at: Time(BEGAN.0 + i64::try_from(number).unwrap() * 1_000),
        id: format!("{number:056}"),
        stream: "2017/03/09/[$LATEST]0a1b".to_owned(),
        text: text.replace("ID", REQUEST),
    };
    lines.into_iter().enumerate().map(event).collect()
}

/// The runs that events give one hour later.
pub fn read(events: impl IntoIterator<Item = LogEvent>) -> Vec<Read> {
    read_with(options(), events)
}

pub fn read_with(options: Options, events: impl IntoIterator<Item = LogEvent>) -> Vec<Read> {
    let mut reader = Reader::new(options);
    events.into_iter().for_each(|event| reader.push(event));
    reader.take(Time(BEGAN.0 + 3_600_000))
}

pub fn only(reads: Vec<Read>) -> Read {
    assert_eq!(reads.len(), 1, "{reads:#?}");
    reads.into_iter().next().unwrap()
}

//! Exported logs of every form give the same runs as the log itself.

use std::io::Write;

use engine::runs::{ExportError, LogEvent, Reader, read_export};
use flate2::{Compression, write::GzEncoder};
use model::{Outcome, Time};
use serde_json::json;

use crate::support::{REQUEST, only, options};

const CONSOLE: &str = "\
START RequestId: ID Version: $LATEST
2017-03-09T23:25:59.785Z    ID    Retrieving ELK log file from S3 bucket/key specified in the initiating event. Bucket: [REDACTED], Key: [REDACTED]
2017-03-09T23:27:34.967Z    ID    All processing complete. Summary follows
2017-03-09T23:27:35.003Z    ID
{
    \"lines\": {
        \"encountered\": 76464,
        \"parsed\": 76464,
        \"sent\": 76464
    },
    \"connections\": {
        \"created\": 48,
        \"destroyed\": 48
    }
}
END RequestId: ID
REPORT RequestId: ID    Duration: 95227.56 ms    Billed Duration: 95300 ms Memory Size: 192 MB    Max Memory Used: 165 MB
";

fn events(file: &[u8]) -> Vec<LogEvent> {
    let mut events = Vec::new();
    read_export(file, "a-stream", |event| events.push(event)).unwrap();
    events
}

fn check(file: &[u8], stream: &str) {
    let mut reader = Reader::new(options());
    for event in events(file) {
        reader.push(event);
    }
    let run = only(reader.take(Time(1_500_000_000_000)));
    assert_eq!((run.outcome, run.summary.unwrap().lines.sent), (Outcome::Sent, 76_464));
    assert_eq!((run.started_at, run.duration_ms), ("2017-03-09T23:25:59.785Z".parse().unwrap(), 95_228));
    assert_eq!((run.stream.as_str(), run.request_id.as_str()), (stream, REQUEST));
}

#[test]
fn console_text_is_read_with_neighbouring_times() {
    check(CONSOLE.replace("ID", REQUEST).as_bytes(), "a-stream");
}

#[test]
fn json_text_and_s3_exports_give_same_runs() {
    const STREAM: &str = "2017/03/09/[$LATEST]0a1b";
    let mut original = events(CONSOLE.replace("ID", REQUEST).as_bytes());
    for event in &mut original {
        event.stream = STREAM.to_owned();
    }
    let line = |event: &LogEvent| json!({"logStreamName": STREAM, "timestamp": event.at.0, "message": event.text, "eventId": event.id});
    let rows: Vec<_> = original.iter().map(line).collect();
    let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
    check(lines.join("\n").as_bytes(), STREAM);
    check(serde_json::to_string_pretty(&json!({"events": rows, "searchedLogStreams": []})).unwrap().as_bytes(), STREAM);
    let insights: Vec<_> = original
        .iter()
        .rev()
        .map(|event| {
            let at = event.at.to_string().replace('T', " ").replace('Z', "");
            json!([{"field": "@timestamp", "value": at}, {"field": "@message", "value": event.text},
                   {"field": "@logStream", "value": STREAM}, {"field": "@ptr", "value": "x"}])
        })
        .collect();
    check(json!({"results": insights, "status": "Complete"}).to_string().as_bytes(), STREAM);
    let tail: Vec<String> = original.iter().map(|event| format!("{} {STREAM} {}", event.at, event.text)).collect();
    check(tail.join("\n").as_bytes(), STREAM);
    let exported: Vec<String> = original.iter().map(|event| format!("{} {}", event.at, event.text)).collect();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(exported.join("\n").as_bytes()).unwrap();
    check(&gzip.finish().unwrap(), "a-stream");
}

#[test]
fn json_log_lines_are_read_directly() {
    let lines = [
        json!({"time": "2017-03-09T23:25:59.785Z", "type": "platform.start", "record": {"requestId": REQUEST}}),
        json!({"timestamp": "2017-03-09T23:27:35.003Z", "level": "INFO", "requestId": REQUEST,
               "message": {"lines": {"encountered": 76_464, "parsed": 76_464, "sent": 76_464}}}),
        json!({"time": "2017-03-09T23:27:35.013Z", "type": "platform.report",
               "record": {"requestId": REQUEST, "status": "success", "metrics": {"durationMs": 95_227.56}}}),
    ];
    check(lines.map(|line| line.to_string()).join("\n").as_bytes(), "a-stream");
}

#[test]
fn second_request_on_a_page_starts_new_run() {
    let text =
        CONSOLE.replace("ID", REQUEST) + &CONSOLE.replace("ID", &REQUEST.replace('c', "d")).replace("03-09T", "03-10T");
    let mut reader = Reader::new(options());
    for event in events(text.as_bytes()) {
        reader.push(event);
    }
    let runs = reader.take(Time(1_500_000_000_000));
    let starts: Vec<String> = runs.iter().map(|run| run.started_at.to_string()).collect();
    assert_eq!(starts, ["2017-03-09T23:25:59.785Z", "2017-03-10T23:25:59.785Z"]);
}

#[test]
fn file_that_is_not_a_log_is_refused() {
    let read = |file: &str| read_export(file.as_bytes(), "", |_| ()).unwrap_err();
    assert!(matches!(read("START RequestId: a Version: 1\n"), ExportError::Timeless));
    assert!(matches!(read("{}\nnonsense"), ExportError::Json { line: 2, .. }));
    assert!(matches!(read("{\n\"events\": ["), ExportError::Json { .. }));
    assert!(events(b"").is_empty() && events(b" \n \n").is_empty());
}

//! `logyard parse`: logs in, events out, and exit codes.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::logyard;

const RECORD: &str = concat!(
    r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 "#,
    r#"200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#,
    "\n"
);

fn parse(arguments: &[&str], log: &[u8]) -> Output {
    let mut command = logyard();
    command.arg("parse").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let log = log.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&log));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap(); // bad usage ends before anything is read
    output
}

#[test]
fn events_go_to_stdout_and_summary_to_stderr() {
    for arguments in [&[][..], &["-"], &["--format", "classic", "-"]] {
        let output = parse(arguments, format!("\n{RECORD}\n{RECORD}").as_bytes());
        assert_eq!(output.status.code(), Some(0));
        let events: Vec<Value> =
            output.stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        assert_eq!((events.len(), events[0]["elb_status_code"].as_u64()), (2, Some(200)));
        let summary = String::from_utf8(output.stderr).unwrap();
        assert!(summary.starts_with("2 records: 2 parsed, 0 failed; "), "{summary}");
    }
}

#[test]
fn failed_record_exits_1_and_others_are_parsed() {
    let output = parse(&["--json"], format!("{RECORD}bad\n{RECORD}").as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout.lines().count(), 2);
    let summary: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(summary["lines"]["encountered"], 3);
    assert_eq!(summary["lines"]["parsed"], 2);
    let parsing = &summary["failures"]["parsing"];
    assert_eq!((&parsing["total"], &parsing["lastFew"][0]["line"]), (&Value::from(1), &Value::from(2)));
    assert_eq!(parsing["lastFew"][0]["offset"], RECORD.len());
    assert_eq!(parsing["lastFew"][0]["cut"], "bad");
}

#[test]
fn truncated_file_exits_1() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("access.log");
    std::fs::write(&file, RECORD).unwrap();
    assert_eq!(parse(&[file.to_str().unwrap()], b"").status.code(), Some(0));
    std::fs::write(&file, [0x1F, 0x8B, 8]).unwrap();
    let output = parse(&[file.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(1));
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(summary.contains("at byte 3: the gzip stream is truncated"), "{summary}");
}

#[test]
fn bad_usage_or_unreadable_file_exits_2() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &["--format", "nginx"][..],
        &["--record-limit", "0"],
        &["no-such-file"],
        &[folder.path().to_str().unwrap()],
        &["one", "two"],
    ] {
        let output = parse(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
}

#[test]
fn record_over_requested_limit_fails() {
    assert_eq!(parse(&["--record-limit", "100"], RECORD.as_bytes()).status.code(), Some(1));
}

#[test]
fn closed_output_pipe_ends_parse_quietly() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("access.log");
    std::fs::write(&file, RECORD.repeat(20_000)).unwrap();
    let mut child = logyard().arg("parse").arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap(); // and hangs up
    assert!(first.starts_with(r#"{"format":"classic""#), "{first}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(141), Vec::new()));
}

/// The preview of `[pipelines.events]` on real records.
#[test]
fn pipeline_shows_its_kind_of_events() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("logyard.toml");
    let config = "[[stores]]\nname = 'aws'\n[[sinks]]\nname = 'log'\nurl = 'tcp://127.0.0.1:5000'\n[[pipelines]]\nname = 'api'\n\
                  source = 's3://logs/'\nsink = 'log'\n[pipelines.events]\ndrop_if = 'user_agent ~ curl/9'\nredact = ['addresses']\n\
                  rename_fields = { elb = 'lb.name' }\n";
    std::fs::write(&file, config).unwrap();
    let arguments = ["--config", file.to_str().unwrap(), "--pipeline", "api"];
    let output = parse(&arguments, format!("{RECORD}{}", RECORD.replace("7.38.0", "9")).as_bytes());
    let summary = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{summary}");
    let events: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert_eq!((events.len(), &events[0]["client_ip"]), (1, &Value::from("192.168.131.0")));
    assert_eq!(events[0]["lb"]["name"], "my-loadbalancer");
    assert!(summary.contains("1 event left out by the pipeline's conditions"), "{summary}");
    let unknown = parse(&["--config", file.to_str().unwrap(), "--pipeline", "web"], b"");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("no pipeline is called `web`: `api`"));
}

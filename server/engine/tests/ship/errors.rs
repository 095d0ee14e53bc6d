//! A parsing failure names the field, its value, the expected form, and the position.

use crate::{
    alb_connection,
    classic::HTTP,
    support::{parse, refusal},
};

#[test]
fn error_names_field_value_and_expected_form() {
    let with = |from: &str, to: &str| refusal(&HTTP.replace(from, to));
    assert_eq!(with(" 200 200 ", " two 200 "), r#"elb_status_code: "two" is not a number or -"#);
    assert_eq!(with("0.000073", "00.1"), r#"request_processing_time: "00.1" is not a number or -"#);
    let endpoint = "is not an address and a port like 10.0.0.1:80, or -";
    assert_eq!(with("10.0.0.1:80", "10.0.0.1"), format!(r#"backend:port: "10.0.0.1" {endpoint}"#));
    assert_eq!(with("10.0.0.1:80", "10.0.0.1:http"), format!(r#"backend:port: "10.0.0.1:http" {endpoint}"#));
    assert_eq!(with("10.0.0.1:80", "10.0.0.1:080"), format!(r#"backend:port: "10.0.0.1:080" {endpoint}"#));
    assert_eq!(with("10.0.0.1:80", ":80"), format!(r#"backend:port: ":80" {endpoint}"#));
    assert_eq!(with("10.0.0.1:80", "10.0.0.1:65536"), format!(r#"backend:port: "10.0.0.1:65536" {endpoint}"#));
    assert_eq!(
        with("2015-05-13", "2015-02-30"),
        r#"timestamp: "2015-02-30T23:39:43.945958Z" is not a time like 2026-03-09T14:00:00.123456Z"#
    );
    assert_eq!(
        with(r#""GET http://www.example.com:80/ HTTP/1.1""#, "GET"),
        r#"request: "GET" is not a text in double quotes, or -"#
    );
    assert_eq!(with("Z my-loadbalancer", r#"Z "x""#), r#"elb: "\"x\"" is not a word without quotes"#);
    assert_eq!(with(r#"curl/7.38.0" - -"#, "curl"), "user_agent: its closing quote is missing");
}

#[test]
fn long_values_are_cut_and_escaped() {
    let reason = refusal(&HTTP.replace(" 200 200 ", &format!(" \u{1b}{} 200 ", "9".repeat(500))));
    assert!(reason.starts_with(r#"elb_status_code: "\u{1b}999"#) && reason.len() < 200, "{reason}");
}

#[test]
fn failure_has_line_offset_and_excerpt() {
    let bad = format!("{} é\u{2028}{}", "x".repeat(150), "y".repeat(500));
    let object = format!("\n{HTTP}\r\n\n{bad}\n{HTTP}\n");
    let outcome = parse(&object);
    assert_eq!(outcome.events().len(), 2);
    let failure = &outcome.summary.failures.parsing.last_few[0];
    assert_eq!(failure.line, 4);
    assert_eq!(failure.offset, object.find("xxx").unwrap() as u64);
    assert_eq!(failure.cut.chars().count(), 200);
    assert!(bad.starts_with(&failure.cut));
}

#[test]
fn failures_are_counted_and_last_five_kept() {
    let object: Vec<_> = (0..100).map(|number| format!("bad {number}\n{HTTP}\n")).collect();
    let outcome = parse(object.concat());
    assert_eq!(outcome.events().len(), 100);
    let failures = &outcome.summary.failures.parsing;
    let cuts: Vec<_> = failures.last_few.iter().map(|failure| failure.cut.as_str()).collect();
    assert_eq!((failures.total, cuts), (100, vec!["bad 95", "bad 96", "bad 97", "bad 98", "bad 99"]));
}

#[test]
fn failed_record_writes_no_output() {
    let half = HTTP.replace(" 29 ", " many ");
    assert_eq!(parse(format!("{HTTP}\n{half}\n")).output, parse(HTTP).output);
}

#[test]
fn port_is_at_most_65535() {
    let port = |port: &str| parse(HTTP.replace("10.0.0.1:80", &format!("10.0.0.1:{port}")));
    assert_eq!(port("65535").event()["backend_port"], 65_535);
    for high in ["65536", "99999", "100000"] {
        assert_eq!(port(high).summary.failures.parsing.total, 1, "{high}");
    }
    let connection = alb_connection::CONNECTION.replace(" 36280 443 ", " 36280 70000 ");
    assert_eq!(refusal(&connection), r#"listener_port: "70000" is not a port from 0 to 65535, or -"#);
}

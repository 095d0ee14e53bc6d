//! Classic Load Balancers.

use serde_json::{Value, json};

use crate::support::{event, parse, refusal};

pub const HTTP: &str = r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -"#;
const HTTPS: &str = r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2"#;
const TCP: &str = r#"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -"#;

#[test]
fn keys_keep_field_order_and_numbers_their_digits() {
    assert_eq!(
        parse(HTTPS).text(),
        concat!(
            r#"{"format":"classic","@timestamp":"2015-05-13T23:39:43.945958Z","elb":"my-loadbalancer","#,
            r#""client_ip":"192.168.131.39","client_port":2817,"backend_ip":"10.0.0.1","backend_port":80,"#,
            r#""request_processing_time":0.000086,"backend_processing_time":0.001048,"#,
            r#""response_processing_time":0.001337,"elb_status_code":200,"backend_status_code":200,"#,
            r#""received_bytes":0,"sent_bytes":57,"request_method":"GET","#,
            r#""request_url":"https://www.example.com:443/","request_protocol":"HTTP/1.1","#,
            r#""user_agent":"curl/7.38.0","ssl_cipher":"DHE-RSA-AES128-SHA","ssl_protocol":"TLSv1.2","#,
            r#""log":{"offset":0}}"#,
            "\n"
        )
    );
}

#[test]
fn dash_gives_no_key() {
    let event = event(HTTP);
    assert!(event.get("ssl_cipher").is_none() && event.get("ssl_protocol").is_none());
}

#[test]
fn tcp_record_has_no_http_fields() {
    let event = event(TCP);
    let absent =
        ["elb_status_code", "backend_status_code", "request_method", "request_url", "request_protocol", "user_agent"];
    for key in absent {
        assert_eq!(event.get(key), None, "{key}");
    }
    assert_eq!(event["sent_bytes"], 305);
}

#[test]
fn twelve_fields_of_old_balancers_are_parsed() {
    let twelve = HTTP.strip_suffix(r#" "curl/7.38.0" - -"#).unwrap();
    let event = event(twelve);
    assert_eq!(event["request_protocol"], "HTTP/1.1");
    assert_eq!(event.get("user_agent"), None);
}

#[test]
fn thirteen_or_fourteen_fields_fail() {
    assert_eq!(refusal(HTTP.strip_suffix(" - -").unwrap()), "ssl_cipher: missing, the record ends after 13 fields");
    assert_eq!(refusal(HTTP.strip_suffix(" -").unwrap()), "ssl_protocol: missing, the record ends after 14 fields");
}

#[test]
fn unknown_further_fields_are_ignored() {
    assert_eq!(event(&format!("{HTTP} new \"newer\" 3")), event(HTTP));
}

#[test]
fn record_without_backend_keeps_negative_times() {
    let record = HTTP.replace("10.0.0.1:80 0.000073 0.001048 0.000057 200 200", "- -1 -1 -1 503 0");
    let event = event(&record);
    assert_eq!((event.get("backend_ip"), event.get("backend_port")), (None, None));
    assert_eq!(event["backend_processing_time"], -1);
    assert_eq!((&event["elb_status_code"], &event["backend_status_code"]), (&json!(503), &json!(0)));
}

#[test]
fn times_keep_their_decimals() {
    let record = HTTP.replace("0.000073 0.001048 0.000057", "0.00004 1 2.4E-5");
    let text = parse(record).text().to_owned();
    assert!(text.contains(r#""request_processing_time":0.00004,"backend_processing_time":1,"#), "{text}");
    assert!(text.contains(r#""response_processing_time":2.4E-5,"#), "{text}");
}

#[test]
fn escapes_are_decoded() {
    let event = event(&HTTP.replace("curl/7.38.0", r"\x22a\x22 \x00000022b\x00000022 \xC3\xA9 C:\\x\x0a"));
    assert_eq!(event["user_agent"], "\"a\" \"b\" é C:\\x\n");
    let event = crate::support::event(&HTTP.replace("curl/7.38.0", r#"say \"hi\" - -"#));
    assert_eq!(event["user_agent"], "say \"hi\" - -");
}

#[test]
fn invalid_utf8_is_replaced_and_counted() {
    let mut record = HTTP.replace("curl/7.38.0", r"\xff-\xC3").into_bytes();
    let position = record.windows(3).position(|window| window == b"GET").unwrap();
    record[position] = 0xE9;
    let outcome = parse(&record);
    let event = outcome.event();
    assert_eq!((&event["user_agent"], &event["request_method"]), (&json!("\u{FFFD}-\u{FFFD}"), &json!("\u{FFFD}ET")));
    assert_eq!(outcome.summary.lines.replaced, 3);
}

#[test]
fn raw_control_bytes_give_valid_json() {
    let event = event(&HTTP.replace("curl/7.38.0", "a\tb\u{1}\u{7f}\u{0}c"));
    assert_eq!(event["user_agent"], "a\tb\u{1}\u{7f}\u{0}c");
}

#[test]
fn long_user_agent_is_kept_completely() {
    let agent = "x".repeat(8 * 1024);
    assert_eq!(event(&HTTP.replace("curl/7.38.0", &agent))["user_agent"], Value::from(agent));
}

#[test]
fn ipv6_client_is_split_at_last_colon() {
    let event = event(&HTTP.replace("192.168.131.39:2817", "2001:db8::1:443"));
    assert_eq!((&event["client_ip"], &event["client_port"]), (&json!("2001:db8::1"), &json!(443)));
}

#[test]
fn repeated_and_missing_spaces_are_tolerated() {
    let record =
        HTTP.replace("my-loadbalancer ", "my-loadbalancer   ").replace(r#"" "curl/7.38.0" -"#, r#"""curl/7.38.0"-"#);
    let mut event = event(&format!("  {record}  "));
    event["log"] = json!({"offset": 0});
    assert_eq!(event, crate::support::event(HTTP));
}

#[test]
fn requests_with_missing_parts_or_spaces_are_parsed() {
    let request = |request: &str| {
        let event = event(&HTTP.replace("GET http://www.example.com:80/ HTTP/1.1", request));
        let part = |key: &str| event.get(key).map(|part| part.as_str().unwrap().to_owned());
        [part("request_method"), part("request_url"), part("request_protocol")]
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(request("GET /a b c HTTP/1.0"), [some("GET"), some("/a b c"), some("HTTP/1.0")]);
    assert_eq!(request("GET http://h/a"), [some("GET"), some("http://h/a"), None]);
    assert_eq!(request("GET http://h/a b"), [some("GET"), some("http://h/a b"), None]);
    assert_eq!(request("GET http://h/a "), [some("GET"), some("http://h/a"), None]);
    assert_eq!(request("- http://h:80- -"), [None, some("http://h:80-"), None]);
    assert_eq!(request("--location http://h/ HTTP/1.1"), [some("--location"), some("http://h/"), some("HTTP/1.1")]);
    assert_eq!(request("GET"), [some("GET"), None, None]);
    assert_eq!(request(""), [None, None, None]);
    assert_eq!(request("-"), [None, None, None]);
}

#[test]
fn unexpected_cipher_costs_only_itself() {
    let outcome = parse(HTTP.replace(r#"" - -"#, r#"" "x" TLSv1.2"#));
    let event = outcome.event();
    assert_eq!((event.get("ssl_cipher"), &event["ssl_protocol"]), (None, &"TLSv1.2".into()));
    assert_eq!(outcome.summary.lines.omitted, 1);
}

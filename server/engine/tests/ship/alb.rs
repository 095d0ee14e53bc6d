//! Application Load Balancers, access log.

use serde_json::{Value, json};

use crate::support::{event, parse, refusal};

pub const EIGHTEEN: &str = r#"https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 201 34 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259""#;
const GROUPS: [&str; 8] = [
    r#""www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678""#,
    "1",
    r#"2018-07-02T22:22:48.364000Z "authenticate,forward" "https://example.com/a b""#,
    r#""LambdaInvalidResponse""#,
    r#""10.0.0.1:80" "200""#,
    r#""Ambiguous" "EmptyHeader""#,
    "TID_1234abcd5678ef90",
    r#""m.example.com" "-" "TransformSuccess""#,
];

/// The record with the first `count` groups of fields that were added over the years.
fn with_groups(count: usize) -> String {
    [EIGHTEEN].iter().chain(&GROUPS[..count]).copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_fields_are_named_in_order() {
    assert_eq!(
        parse(with_groups(8)).text(),
        concat!(
            r#"{"format":"alb","type":"https","@timestamp":"2018-07-02T22:23:00.186641Z","#,
            r#""elb":"app/my-loadbalancer/50dc6c495c0c9188","client_ip":"192.168.131.39","client_port":2817,"#,
            r#""target_ip":"10.0.0.1","target_port":80,"request_processing_time":0.086,"#,
            r#""target_processing_time":0.048,"response_processing_time":0.037,"elb_status_code":200,"#,
            r#""target_status_code":201,"received_bytes":34,"sent_bytes":57,"request_method":"GET","#,
            r#""request_url":"https://www.example.com:443/","request_protocol":"HTTP/1.1","#,
            r#""user_agent":"curl/7.46.0","ssl_cipher":"ECDHE-RSA-AES128-GCM-SHA256","ssl_protocol":"TLSv1.2","#,
            r#""target_group_arn":"arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067","#,
            r#""trace_id":"Root=1-58337281-1d84f3d73c47ec4e58577259","domain_name":"www.example.com","#,
            r#""chosen_cert_arn":"arn:aws:acm:us-east-2:123456789012:certificate/12345678","#,
            r#""matched_rule_priority":1,"request_creation_time":"2018-07-02T22:22:48.364000Z","#,
            r#""actions_executed":"authenticate,forward","redirect_url":"https://example.com/a b","#,
            r#""error_reason":"LambdaInvalidResponse","target_port_list":"10.0.0.1:80","#,
            r#""target_status_code_list":"200","classification":"Ambiguous","#,
            r#""classification_reason":"EmptyHeader","conn_trace_id":"TID_1234abcd5678ef90","#,
            r#""transformed_host":"m.example.com","request_transform_status":"TransformSuccess","#,
            r#""log":{"offset":0}}"#,
            "\n"
        )
    );
}

#[test]
fn every_historical_record_width_is_parsed() {
    let last_keys = [
        "trace_id",
        "chosen_cert_arn",
        "matched_rule_priority",
        "redirect_url",
        "error_reason",
        "target_status_code_list",
        "classification_reason",
        "conn_trace_id",
        "request_transform_status",
    ];
    for (count, last) in last_keys.into_iter().enumerate() {
        let event = event(&with_groups(count));
        assert!(event.get(last).is_some(), "{last}");
        for later in &last_keys[count + 1..] {
            assert_eq!(event.get(later), None, "{later} in a record that ends with {last}");
        }
    }
}

#[test]
fn record_cut_inside_group_fails() {
    let record = with_groups(1);
    let cut = record.rsplit_once(' ').unwrap().0;
    assert_eq!(refusal(cut), "chosen_cert_arn: missing, the record ends after 19 fields");
}

#[test]
fn unknown_further_fields_are_ignored() {
    assert_eq!(event(&format!("{} \"a b\" 7 - \"", with_groups(8))), event(&with_groups(8)));
}

#[test]
fn known_and_unknown_types_are_parsed() {
    for kind in ["http", "https", "h2", "grpcs", "ws", "wss", "h3", "something-new"] {
        let event = event(&EIGHTEEN.replacen("https", kind, 1));
        assert_eq!((&event["type"], &event["format"]), (&json!(kind), &json!("alb")));
    }
}

#[test]
fn target_with_negative_times_and_460_is_parsed() {
    let event = event(&EIGHTEEN.replace("0.086 0.048 0.037 200 201", "-1 -1 -1 460 -"));
    assert_eq!(event["target_ip"], "10.0.0.1");
    assert_eq!((&event["request_processing_time"], &event["elb_status_code"]), (&json!(-1), &json!(460)));
    assert_eq!(event.get("target_status_code"), None);
}

#[test]
fn odd_values_of_real_balancers_are_kept() {
    let with = |from: &str, to: &str| event(&with_groups(8).replace(from, to));
    assert_eq!(with(r#""www.example.com""#, r#""*""#)["domain_name"], "*");
    assert_eq!(with(r#""www.example.com""#, r#"" www.example.com""#)["domain_name"], " www.example.com");
    assert_eq!(
        with("arn:aws:acm:us-east-2:123456789012:certificate/12345678", "session-reused")["chosen_cert_arn"],
        "session-reused"
    );
    assert_eq!(with(r#""authenticate,forward""#, r#""""#).get("actions_executed"), None);
    assert_eq!(with("authenticate,forward", "-").get("actions_executed"), None);
    assert_eq!(with(" 1 2018", " -1 2018")["matched_rule_priority"], -1);
    assert_eq!(with(" 1 2018", " - 2018").get("matched_rule_priority"), None);
}

#[test]
fn lambda_target_has_no_address() {
    let event = event(&EIGHTEEN.replace("10.0.0.1:80", "-"));
    assert_eq!((event.get("target_ip"), event.get("target_port")), (None, None));
}

#[test]
fn bare_dash_replaces_quoted_text() {
    let event = event(&EIGHTEEN.replace(r#""curl/7.46.0""#, "-"));
    assert_eq!(event.get("user_agent"), None);
    assert_eq!(event["ssl_protocol"], "TLSv1.2");
}

#[test]
fn time_keeps_the_precision_of_the_source() {
    for time in ["2018-07-02T22:23:00Z", "2018-07-02T22:23:00.1Z", "2018-07-02T22:23:00.123456789Z"] {
        assert_eq!(event(&EIGHTEEN.replace("2018-07-02T22:23:00.186641Z", time))["@timestamp"], Value::from(time));
    }
}

/// Such as AWS's own older samples have, and whatever a later version may write.
#[test]
fn unexpected_optional_field_costs_only_itself() {
    let with = |from: &str, to: &str| parse(with_groups(8).replace(from, to));
    for (from, to, lost) in [
        (" 1 2018", " \"1\" 2018", "matched_rule_priority"),
        (" 1 2018", " default 2018", "matched_rule_priority"),
        (r#""Ambiguous""#, "Ambiguous", "classification"),
        ("TID_1234abcd5678ef90", r#""TID_1234abcd5678ef90""#, "conn_trace_id"),
    ] {
        let outcome = with(from, to);
        let event = outcome.event();
        assert_eq!((event.get(lost), outcome.summary.lines.omitted), (None, 1), "{lost}");
        assert_eq!(event["request_transform_status"], "TransformSuccess", "the fields after it are read: {lost}");
    }
    assert_eq!(with("", "").summary.lines.omitted, 0);
    // A field that every record has costs the record.
    assert_eq!(with(" 200 201 ", " two 201 ").summary.failures.parsing.total, 1);
}

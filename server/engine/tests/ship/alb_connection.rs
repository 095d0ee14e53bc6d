//! Application Load Balancers, connection log.

use crate::support::{event, parse};

pub const CONNECTION: &str = r#"2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "CN=example.com,O=endEntity,L=Seattle" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_3180a73013c8ca4bac2f731159d4b0fe"#;

#[test]
fn all_fields_are_named_in_order() {
    assert_eq!(
        parse(CONNECTION).text(),
        concat!(
            r#"{"format":"alb_connection","@timestamp":"2023-10-04T17:05:15.514108Z","client_ip":"203.0.113.1","#,
            r#""client_port":36280,"listener_port":443,"tls_protocol":"TLSv1.2","#,
            r#""tls_cipher":"ECDHE-RSA-AES128-GCM-SHA256","tls_handshake_latency":4.036,"#,
            r#""leaf_client_cert_subject":"CN=example.com,O=endEntity,L=Seattle","#,
            r#""leaf_client_cert_validity":"NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z","#,
            r#""leaf_client_cert_serial_number":"FEF257372D5C14D4","tls_verify_status":"Success","#,
            r#""conn_trace_id":"TID_3180a73013c8ca4bac2f731159d4b0fe","log":{"offset":0}}"#,
            "\n"
        )
    );
}

#[test]
fn connection_without_tls_has_no_tls_fields() {
    let event = event("2023-10-04T17:05:15.514108Z 2001:db8::7 36280 80 - - - \"-\" - - - TID_31");
    assert_eq!(event["client_ip"], "2001:db8::7");
    assert_eq!(event["listener_port"], 80);
    assert_eq!(event.as_object().unwrap().len(), 7, "{event}"); // with format, @timestamp, conn_trace_id and log
}

#[test]
fn records_without_trace_id_are_parsed() {
    assert_eq!(event(CONNECTION.rsplit_once(' ').unwrap().0)["tls_verify_status"], "Success");
}

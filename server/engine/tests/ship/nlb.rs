//! Network Load Balancers, TLS log.

use serde_json::json;

use crate::support::{event, parse, refusal};

pub const TLS: &str = r#"tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com h2 h2 "h2","http/1.1" 2020-04-01T08:51:20"#;

#[test]
fn all_fields_are_named_with_rfc3339_time() {
    assert_eq!(
        parse(TLS).text(),
        concat!(
            r#"{"format":"nlb","type":"tls","version":"2.0","@timestamp":"2020-04-01T08:51:42Z","#,
            r#""elb":"net/my-network-loadbalancer/c6e77e28c25b2234","listener":"g3d4b5e8bb8464cd","#,
            r#""client_ip":"72.21.218.154","client_port":51341,"destination_ip":"172.100.100.185","#,
            r#""destination_port":443,"connection_time":5,"tls_handshake_time":2,"received_bytes":98,"#,
            r#""sent_bytes":246,"chosen_cert_arn":"arn:aws:acm:us-east-2:671290407336:certificate/2a108f19","#,
            r#""tls_cipher":"ECDHE-RSA-AES128-SHA","tls_protocol_version":"tlsv12","#,
            r#""domain_name":"my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com","#,
            r#""alpn_fe_protocol":"h2","alpn_be_protocol":"h2","#,
            r#""alpn_client_preference_list":"\"h2\",\"http/1.1\"","#,
            r#""tls_connection_creation_time":"2020-04-01T08:51:20","log":{"offset":0}}"#,
            "\n"
        )
    );
}

#[test]
fn preference_list_is_one_field() {
    for (list, expected) in [
        (r#""h2""#, json!(r#""h2""#)),
        (r#""h2","http/1.1","a b""#, json!(r#""h2","http/1.1","a b""#)),
        ("h2", json!("h2")),
    ] {
        let event = event(&TLS.replace(r#""h2","http/1.1""#, list));
        assert_eq!(event["alpn_client_preference_list"], expected);
        assert_eq!(event["tls_connection_creation_time"], "2020-04-01T08:51:20");
    }
    assert_eq!(event(&TLS.replace(r#""h2","http/1.1""#, "-")).get("alpn_client_preference_list"), None);
}

#[test]
fn older_record_versions_are_parsed() {
    let (without_last, _) = TLS.rsplit_once(' ').unwrap();
    assert_eq!(event(without_last)["alpn_be_protocol"], "h2");
    let (version_one, _) = TLS.split_once(" h2 h2").unwrap();
    assert_eq!(event(&version_one.replace("tls 2.0", "tls 1.0"))["version"], "1.0");
}

#[test]
fn open_quote_in_list_fails() {
    assert_eq!(
        refusal(&TLS.replace(r#","http/1.1" 2020-04-01T08:51:20"#, r#","http/1.1"#)),
        "alpn_client_preference_list: its closing quote is missing"
    );
}

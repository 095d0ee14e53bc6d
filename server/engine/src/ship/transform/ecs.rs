//! The names of the Elastic Common Schema, as Elastic's own integration for these logs writes them, so that its dashboards
//! show our events.
//!
//! Differs from it in one point, on purpose: the URL of a request is `url.original`, where the integration calls it a
//! referrer.

/// Targets of fields that are not simply below `aws.elb`. A field may have several.
const PATHS: [(&str, &[&str]); 33] = [
    ("type", &["aws.elb.type"]),
    ("elb", &["aws.elb.name"]),
    ("client_ip", &["source.ip"]),
    ("client_port", &["source.port"]),
    ("backend_ip", &["aws.elb.backend.ip"]),
    ("backend_port", &["aws.elb.backend.port"]),
    ("target_ip", &["aws.elb.backend.ip"]),
    ("target_port", &["aws.elb.backend.port"]),
    ("destination_ip", &["aws.elb.backend.ip"]),
    ("destination_port", &["aws.elb.backend.port"]),
    ("request_processing_time", &["aws.elb.request_processing_time.sec"]),
    ("backend_processing_time", &["aws.elb.backend_processing_time.sec"]),
    ("target_processing_time", &["aws.elb.backend_processing_time.sec"]),
    ("response_processing_time", &["aws.elb.response_processing_time.sec"]),
    ("connection_time", &["aws.elb.connection_time.ms"]),
    ("tls_handshake_time", &["aws.elb.tls_handshake_time.ms"]),
    ("elb_status_code", &["http.response.status_code"]),
    ("backend_status_code", &["aws.elb.backend.http.response.status_code"]),
    ("target_status_code", &["aws.elb.backend.http.response.status_code"]),
    ("request_method", &["http.request.method"]),
    ("request_url", &["url.original"]),
    ("user_agent", &["user_agent.original"]),
    ("ssl_cipher", &["aws.elb.ssl_cipher", "tls.cipher"]),
    ("tls_cipher", &["aws.elb.ssl_cipher", "tls.cipher"]),
    ("target_group_arn", &["aws.elb.target_group.arn"]),
    ("trace_id", &["aws.elb.trace_id", "trace.id"]),
    ("domain_name", &["destination.domain"]),
    ("chosen_cert_arn", &["aws.elb.chosen_cert.arn"]),
    ("chosen_cert_serial", &["aws.elb.chosen_cert.serial"]),
    ("tls_named_group", &["aws.elb.ssl_named_group"]),
    ("request_creation_time", &["event.start"]),
    ("error_reason", &["aws.elb.error.reason"]),
    ("target_status_code_list", &["aws.elb.target_status_code"]),
];

/// Members of every event.
pub const CONSTANT: [(&str, &str); 5] = [
    ("ecs.version", "\"8.11.0\""),
    ("event.kind", "\"event\""),
    ("event.module", "\"aws\""),
    ("event.dataset", "\"aws.elb_logs\""),
    ("cloud.provider", "\"aws\""),
];

/// The targets of a field: `source.ip` for `client_ip`. `http`: whether the event is of a request.
pub fn paths(field: &str, http: bool) -> Vec<String> {
    match field {
        "@timestamp" => return vec![field.to_owned()],
        "received_bytes" => return vec![if http { "http.request.body.bytes" } else { "source.bytes" }.to_owned()],
        "sent_bytes" => return vec![if http { "http.response.body.bytes" } else { "destination.bytes" }.to_owned()],
        _ => {}
    }
    match PATHS.iter().find(|(name, _)| *name == field) {
        Some((_, paths)) => paths.iter().map(|path| (*path).to_owned()).collect(),
        None => vec![format!("aws.elb.{field}")],
    }
}

/// Members that follow from a value, beside it or in its place: JSON, by path.
pub fn derived(field: &str, value: &str) -> Option<Vec<(&'static str, String)>> {
    match field {
        "request_protocol" => Some(vec![("http.version", json(value.strip_prefix("HTTP/").unwrap_or(value)))]),
        "ssl_protocol" | "tls_protocol" | "tls_protocol_version" => {
            let mut members = vec![("aws.elb.ssl_protocol", json(value))];
            if let Some((name, version)) = value.split_once('v') {
                members.push(("tls.version_protocol", json(&name.to_ascii_lowercase())));
                // NLBs write tlsv12.
                let dotted = if version.len() == 2 {
                    format!("{}.{}", &version[..1], &version[1..])
                } else {
                    version.to_owned()
                };
                members.push(("tls.version", json(&dotted)));
            }
            Some(members)
        }
        "actions_executed" => Some(vec![("aws.elb.action_executed", list(value, ','))]),
        "target_port_list" => Some(vec![("aws.elb.target_port", list(value, ' '))]),
        _ => None,
    }
}

/// `event.category`, `event.outcome` and the protocol, from whether it is a request and its status.
pub fn judged(http: bool, status: Option<u16>) -> Vec<(&'static str, String)> {
    let (protocol, category) = if http { ("http", "web") } else { ("tcp", "network") };
    let mut members = vec![("aws.elb.protocol", json(protocol)), ("event.category", format!("[{}]", json(category)))];
    members.extend(status.map(|status| ("event.outcome", json(if status < 400 { "success" } else { "failure" }))));
    members
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(text: &str, separator: char) -> String {
    let items: Vec<String> = text.split(separator).filter(|item| !item.is_empty()).map(json).collect();
    format!("[{}]", items.join(","))
}

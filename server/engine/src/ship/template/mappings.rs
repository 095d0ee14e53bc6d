//! The wanted template: a composable index template with the type of each field of each format.
//!
//! Always: made from the tables that events are written by, so that no field is forgotten. A field that two formats have
//! is of one type. Dates are never guessed: a text that looks like one stays a text.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    log_object::Format,
    ship::{Transform, field::Content},
};

/// Above the templates that Elastic ships, which have 100.
const PRIORITY: u64 = 200;

/// Longest text that is indexed, in characters: Lucene takes 32,766 bytes, and a character may have four.
const LONGEST: u64 = 8_191;

/// Where every event comes from; nothing changes that.
const LOG: [(&str, &str); 3] = [("log.bucket", "keyword"), ("log.key", "keyword"), ("log.offset", "long")];

/// A template with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub name: String,
    /// The body of `PUT /_index_template/{name}`.
    pub body: Value,
}

impl Template {
    /// `patterns`: the indexes it is for. A data stream needs its `@timestamp` and takes no other documents.
    ///
    /// `transforms`: the changes to events of each pipeline that sends there, `None` for one that has none.
    pub fn new(name: &str, patterns: &[String], data_stream: bool, transforms: &[Option<Arc<Transform>>]) -> Self {
        let mut body = json!({
            "index_patterns": patterns,
            "priority": PRIORITY,
            "template": {
                "settings": {"index": {"codec": "best_compression"}},
                "mappings": {
                    "date_detection": false,
                    "numeric_detection": false,
                    "dynamic_templates": [
                        {"texts": {"match_mapping_type": "string", "mapping": keyword()}}
                    ],
                    "properties": properties(transforms),
                },
            },
            "_meta": {"description": "Fields of load-balancer logs, by Logyard"},
        });
        if data_stream {
            body["data_stream"] = json!({});
        }
        Self { name: name.to_owned(), body }
    }
}

fn keyword() -> Value {
    json!({"type": "keyword", "ignore_above": LONGEST})
}

/// The properties of all formats, nested as in events: each field where the changes of each pipeline put it.
fn properties(transforms: &[Option<Arc<Transform>>]) -> Value {
    let mut properties = Map::new();
    for (field, kind) in LOG {
        insert(&mut properties, field, if kind == "keyword" { keyword() } else { json!({ "type": kind }) });
    }
    let unchanged = [None];
    for transform in if transforms.is_empty() { &unchanged } else { transforms } {
        for (field, mapping) in fields() {
            match transform {
                None => insert(&mut properties, &field, mapping),
                Some(changes) => {
                    changes.paths(&field).iter().for_each(|path| insert(&mut properties, path, mapping.clone()));
                }
            }
        }
        // As long as records may be, and there to be read alone.
        if let Some(raw) = transform.as_ref().and_then(|changes| changes.raw()) {
            insert(&mut properties, raw, json!({"type": "keyword", "index": false, "doc_values": false}));
        }
    }
    Value::Object(properties)
}

/// The fields of all formats by the parser's names.
fn fields() -> Map<String, Value> {
    let mut properties = Map::new();
    insert(&mut properties, "format", keyword());
    insert(&mut properties, "@timestamp", json!({"type": "date"}));
    for part in ["request_method", "request_url", "request_protocol"] {
        insert(&mut properties, part, keyword());
    }
    for field in Format::ALL.into_iter().flat_map(Format::fields) {
        match &field.content {
            Content::Timestamp | Content::Request => {}
            Content::Word { key } | Content::Quoted { key } | Content::List { key } => {
                insert(&mut properties, key.name(), text(key.name()));
            }
            Content::Number { key } => insert(&mut properties, key.name(), number(key.name())),
            Content::Port { key } => insert(&mut properties, key.name(), json!({"type": "integer"})),
            Content::Endpoint { ip, port } => {
                insert(&mut properties, ip.name(), address());
                insert(&mut properties, port.name(), json!({"type": "integer"}));
            }
        }
    }
    properties
}

/// An odd one costs itself, not its event.
fn address() -> Value {
    json!({"type": "ip", "ignore_malformed": true})
}

fn text(name: &str) -> Value {
    match name {
        _ if name.ends_with("_ip") => address(),
        _ if name.ends_with("_creation_time") => json!({"type": "date", "ignore_malformed": true}),
        _ => keyword(),
    }
}

/// Durations have fractions, also where the first of them is written without.
fn number(name: &str) -> Value {
    let duration = name.ends_with("_time") || name.ends_with("_latency");
    json!({"type": if duration { "double" } else { "long" }})
}

/// Inserts `log.offset` into the properties of `log`.
fn insert(properties: &mut Map<String, Value>, path: &str, mapping: Value) {
    let Some((parent, rest)) = path.split_once('.') else {
        properties.insert(path.to_owned(), mapping);
        return;
    };
    let parent = properties.entry(parent).or_insert_with(|| json!({"properties": {}}));
    if let Some(properties) = parent["properties"].as_object_mut() {
        insert(properties, rest, mapping);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ship::{Choice, Origin, Parser, Record};

    fn template() -> Template {
        Template::new("logyard-search", &["elb".to_owned(), "elb-*".to_owned()], false, &[])
    }

    fn kind<'a>(properties: &'a Value, field: &str) -> &'a str {
        properties[field]["type"].as_str().unwrap_or_else(|| panic!("{field} has no type"))
    }

    #[test]
    fn fields_have_the_types_of_their_contents() {
        let body = template().body;
        let properties = &body["template"]["mappings"]["properties"];
        for (field, expected) in [
            ("@timestamp", "date"),
            ("client_ip", "ip"),
            ("destination_port", "integer"),
            ("target_processing_time", "double"),
            ("tls_handshake_latency", "double"),
            ("connection_time", "double"),
            ("elb_status_code", "long"),
            ("sent_bytes", "long"),
            ("user_agent", "keyword"),
            ("request_creation_time", "date"),
            ("leaf_client_cert_validity", "keyword"),
        ] {
            assert_eq!(kind(properties, field), expected, "{field}");
        }
        assert_eq!(kind(&properties["log"]["properties"], "offset"), "long");
        assert_eq!(body["template"]["mappings"]["date_detection"], false);
        assert!(body["priority"].as_u64() > Some(100), "above what Elastic ships");
        assert_eq!(body["data_stream"], Value::Null);
        assert_eq!(Template::new("x", &[], true, &[]).body["data_stream"], json!({}));
    }

    #[test]
    fn fields_are_mapped_where_changes_put_them() {
        let changes = |json: Value| {
            let options = serde_json::from_value(json).unwrap();
            Transform::new(&options, &std::collections::BTreeMap::default()).unwrap().map(Arc::new)
        };
        let both =
            [changes(json!({"schema": "ecs", "raw": true})), changes(json!({"rename_fields": {"elb": "lb.name"}}))];
        let body = Template::new("x", &[], false, &both).body;
        let properties = &body["template"]["mappings"]["properties"];
        let of = |path: &str| {
            path.split('.').fold(json!({ "properties": properties }), |of, name| of["properties"][name].clone())["type"]
                .clone()
        };
        for (path, kind) in [
            ("source.ip", "ip"),
            ("aws.elb.backend.http.response.status_code", "long"),
            ("aws.elb.request_processing_time.sec", "double"),
            ("source.bytes", "long"),
            ("http.request.body.bytes", "long"),
            ("event.start", "date"),
            ("event.original", "keyword"),
            ("tls.version", "keyword"),
            ("client_ip", "ip"),
            ("lb.name", "keyword"),
            ("log.offset", "long"),
        ] {
            assert_eq!(of(path), kind, "{path}");
        }
    }

    /// A field without a mapping would be guessed from the first document that has it.
    #[test]
    fn every_field_of_an_event_is_mapped() {
        let record =
            b"2026-03-09T14:02:11.123456Z api 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 \
                       \"GET http://api.example.com:80/ HTTP/1.1\" \"curl/8.0\" ECDHE TLSv1.2";
        let origin = Origin::object(&"logs".parse().unwrap(), &"a.log".parse().unwrap(), "e");
        let mut event = Vec::new();
        let record = Record { bytes: record, line: 1, offset: 0, fault: None };
        Parser::new(Choice::Auto, origin, None).event(&record, &mut event).unwrap();
        let event: Map<String, Value> = serde_json::from_slice(&event).unwrap();
        let body = template().body;
        let properties = body["template"]["mappings"]["properties"].as_object().unwrap();
        for name in event.keys().filter(|name| *name != "@metadata") {
            assert!(properties.contains_key(name), "{name}");
        }
    }
}

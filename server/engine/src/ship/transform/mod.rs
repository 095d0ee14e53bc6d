//! Changes events between parser and sink, as `[pipelines.events]` says: conditions and sampling, redaction, fields left
//! out, renamed or named by ECS, labels, and the record's own text.
//!
//! In this order: conditions see the parser's names and values; what is left out counts as filtered.
//!
//! Always: an event keeps its `log` and its id, whatever else changes, so that sending twice changes nothing. The same
//! record is kept or left out each time. Where nothing is configured nothing is read twice.

mod condition;
mod ecs;
mod members;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use model::{EventOptions, Invalid, Redaction, Schema};

use self::condition::{Condition, text};
use super::field::Content;
use crate::log_object::Format;

/// Member with the record's own text: by the names of AWS, and by ECS.
const RAW: [&str; 2] = ["raw", "event.original"];
/// Members whose values are URLs.
const URLS: [&str; 3] = ["request_url", "redirect_url", "transformed_uri"];
/// Network bits that are kept of a redacted address.
const NETWORK_V4: u32 = 24;
const NETWORK_V6: u32 = 48;

/// A checked set of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    keep_if: Option<Condition>,
    drop_if: Option<Condition>,
    sample: Option<(u32, Option<Condition>)>,
    addresses: bool,
    queries: bool,
    drop: BTreeSet<String>,
    rename: BTreeMap<String, String>,
    ecs: bool,
    /// Members of every event: path and JSON.
    added: Vec<(String, Vec<u8>)>,
    raw: Option<&'static str>,
}

impl Transform {
    /// `None`: events stay as they are. The error names the option, its value and what would be right.
    pub fn new(options: &EventOptions, labels: &BTreeMap<String, String>) -> Result<Option<Self>, Invalid> {
        if options.is_default() {
            return Ok(None);
        }
        let condition =
            |name: &str, text: &Option<String>| text.as_deref().map(|text| Condition::read(name, text)).transpose();
        let sample_if = condition("sample_if", &options.sample_if)?;
        let sample = match options.sample {
            None if sample_if.is_some() => {
                return Err(Invalid::new("sample_if", "", "left out where there is no sample, such as sample = 10"));
            }
            Some(0) => return Err(Invalid::new("sample", "0", "a whole number from 1: one event in so many is kept")),
            many => many.map(|many| (many, sample_if)),
        };
        let ecs = options.schema == Schema::Ecs;
        let mut transform = Self {
            keep_if: condition("keep_if", &options.keep_if)?,
            drop_if: condition("drop_if", &options.drop_if)?,
            sample,
            addresses: options.redact.contains(&Redaction::Addresses),
            queries: options.redact.contains(&Redaction::Queries),
            drop: options.drop_fields.iter().cloned().collect(),
            rename: options.rename_fields.clone(),
            ecs,
            added: Vec::new(),
            raw: options.raw.then_some(RAW[usize::from(ecs)]),
        };
        if ecs {
            transform.added.extend(ecs::CONSTANT.map(|(path, json)| (path.to_owned(), json.as_bytes().to_vec())));
        }
        if options.labels {
            let label = |(name, value): (&String, &String)| {
                (
                    format!("labels.{}", name.replace('.', "_")),
                    serde_json::Value::from(value.as_str()).to_string().into_bytes(),
                )
            };
            transform.added.extend(labels.iter().map(label));
        }
        transform.check(options)?;
        Ok(Some(transform))
    }

    fn check(&self, options: &EventOptions) -> Result<(), Invalid> {
        let known = fields();
        let conditions = [&self.keep_if, &self.drop_if].into_iter().flatten();
        let conditions = conditions.chain(self.sample.iter().filter_map(|(_, condition)| condition.as_ref()));
        let named = conditions.flat_map(Condition::fields).map(|field| ("condition", field));
        let named = named.chain(self.drop.iter().map(|field| ("drop_fields", field.as_str())));
        for (option, field) in named.chain(self.rename.keys().map(|field| ("rename_fields", field.as_str()))) {
            if !known.contains(field) {
                let nearest = known
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, field).total_cmp(&strsim::jaro_winkler(b, field)));
                let expected = format!("a field of an event, perhaps {}", nearest.copied().unwrap_or_default());
                return Err(Invalid::new(option, field, expected));
            }
        }
        if self.raw.is_some() && (self.addresses || self.queries || !self.drop.is_empty()) {
            let expected = "left out where redact or drop_fields are set: the record's own text holds what they remove";
            return Err(Invalid::new("raw", "true", expected));
        }
        for field in ["@timestamp", "format"] {
            if self.rename.contains_key(field) || self.drop.contains("@timestamp") {
                return Err(Invalid::new("rename_fields", field, "a field other than @timestamp and format"));
            }
        }
        let mut targets: Vec<String> =
            self.rename.values().cloned().chain(self.added.iter().map(|(path, _)| path.clone())).collect();
        targets.extend(self.raw.map(str::to_owned));
        let others = known.iter().filter(|field| !self.rename.contains_key(**field) && !self.drop.contains(**field));
        let kept: BTreeSet<String> =
            others.flat_map(|field| self.paths(field)).chain(["log".to_owned(), "@metadata".to_owned()]).collect();
        for (index, target) in targets.iter().enumerate() {
            let empty = target.is_empty() || target.split('.').any(str::is_empty);
            let clashes = |other: &String| {
                other == target || other.starts_with(&format!("{target}.")) || target.starts_with(&format!("{other}."))
            };
            if empty || targets[..index].iter().any(clashes) || kept.iter().any(clashes) {
                let option =
                    if options.rename_fields.values().any(|to| to == target) { "rename_fields" } else { "labels" };
                return Err(Invalid::new(option, target, "a name that no other field of the event has or begins with"));
            }
        }
        Ok(())
    }

    /// Rewrites the event that is the rest of `out` from `start`; false if it is left out, with `out` as it then is.
    /// `number`: the event's id, else its place in the log.
    pub fn apply(&self, out: &mut Vec<u8>, start: usize, record: &[u8], number: u128) -> bool {
        let mut members = Vec::new();
        let event = out.split_off(start);
        let Some(tail) = members::split(&event, &mut members) else {
            out.extend_from_slice(&event);
            return true;
        };
        let value = |name: &str| members.iter().find(|(member, _)| *member == name).map(|(_, value)| *value);
        let holds = |condition: &Option<Condition>| condition.as_ref().map(|condition| condition.holds(value));
        if holds(&self.keep_if) == Some(false) || holds(&self.drop_if) == Some(true) {
            return false;
        }
        if let Some((many, condition)) = &self.sample
            && holds(condition) != Some(false)
            && !chosen(number, *many)
        {
            return false;
        }
        let http = value("request_method").is_some() || value("elb_status_code").is_some();
        let mut written = Vec::with_capacity(members.len() + self.added.len() + 4);
        for (name, json) in &members {
            if !self.drop.contains(*name) {
                self.member(name, json, http, &mut written);
            }
        }
        if self.ecs {
            let status = value("elb_status_code").and_then(|status| text(status).parse().ok());
            let judged = ecs::judged(http, status).into_iter();
            written.extend(judged.map(|(path, json)| (path.to_owned(), json.into_bytes())));
        }
        written.extend(self.added.iter().cloned());
        if let Some(path) = self.raw {
            let record = serde_json::Value::from(String::from_utf8_lossy(record));
            written.push((path.to_owned(), record.to_string().into_bytes()));
        }
        members::write(&written, tail, out);
        true
    }

    fn member(&self, name: &str, json: &[u8], http: bool, written: &mut Vec<(String, Vec<u8>)>) {
        let mut json = json.to_vec();
        if self.addresses && name == "client_ip" {
            json = network(&json);
        }
        if self.queries
            && URLS.contains(&name)
            && let Some(query) = json.iter().position(|byte| *byte == b'?')
        {
            json.truncate(query + 1);
            json.push(b'"');
        }
        if let Some(target) = self.rename.get(name) {
            written.push((target.clone(), json));
        } else if !self.ecs {
            written.push((name.to_owned(), json));
        } else if let Some(derived) = ecs::derived(name, &text(&json)) {
            written.extend(derived.into_iter().map(|(path, json)| (path.to_owned(), json.into_bytes())));
        } else {
            written.extend(ecs::paths(name, http).into_iter().map(|path| (path, json.clone())));
        }
    }

    /// The member with the record's own text.
    pub fn raw(&self) -> Option<&'static str> {
        self.raw
    }

    /// Where a field's value goes: for the index template, and whether names clash.
    pub fn paths(&self, field: &str) -> Vec<String> {
        if self.drop.contains(field) {
            return Vec::new();
        }
        if let Some(target) = self.rename.get(field) {
            return vec![target.clone()];
        }
        if !self.ecs {
            return vec![field.to_owned()];
        }
        if let Some(derived) = ecs::derived(field, "TLSv1.2") {
            return derived.into_iter().map(|(path, _)| path.to_owned()).collect();
        }
        let both = [true, false].into_iter().flat_map(|http| ecs::paths(field, http));
        both.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// All fields that events may have, beside `log` and the id.
fn fields() -> BTreeSet<&'static str> {
    let mut fields = BTreeSet::from(["format", "@timestamp", "request_method", "request_url", "request_protocol"]);
    for field in Format::ALL.into_iter().flat_map(Format::fields) {
        match &field.content {
            Content::Timestamp | Content::Request => {}
            Content::Word { key }
            | Content::Quoted { key }
            | Content::List { key }
            | Content::Number { key }
            | Content::Port { key } => _ = fields.insert(key.name()),
            Content::Endpoint { ip, port } => fields.extend([ip.name(), port.name()]),
        }
    }
    fields
}

/// One in so many, the same each time. Ids of one object are near one another.
fn chosen(number: u128, many: u32) -> bool {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let folded = u64::try_from(number >> 64).unwrap_or_default()
        ^ u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    let mixed = folded.wrapping_mul(GOLDEN);
    (mixed ^ (mixed >> 32)).wrapping_mul(GOLDEN) >> 33 < (1 << 31) / u64::from(many)
}

/// An address without the part that names a host; what is no address is left out.
fn network(json: &[u8]) -> Vec<u8> {
    let address = match text(json).parse() {
        Ok(IpAddr::V4(address)) => IpAddr::V4((address.to_bits() & (u32::MAX << (32 - NETWORK_V4))).into()),
        Ok(IpAddr::V6(address)) => IpAddr::V6((address.to_bits() & (u128::MAX << (128 - NETWORK_V6))).into()),
        Err(_) => return b"\"redacted\"".to_vec(),
    };
    format!("\"{address}\"").into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ship::{Choice, Origin, Parser, Record};

    const ALB: &str = r#"https 2026-03-09T14:00:00.186641Z app/my-lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 502 200 0 57 "GET https://www.example.com:443/a?token=x&b=1 HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/t/7 "Root=1-58337281" "www.example.com" "arn:aws:acm:us-east-2:1:certificate/1" 1 2026-03-09T14:00:00.000000Z "authenticate,forward" "-" "-""#;

    fn options(json: Value) -> EventOptions {
        serde_json::from_value(json).unwrap()
    }

    fn labels() -> BTreeMap<String, String> {
        BTreeMap::from([("team".to_owned(), "ed\"ge".to_owned())])
    }

    /// The event of a record after these changes; `None` if it is left out.
    fn changed(record: &str, changes: Value) -> Option<Value> {
        let transform = Transform::new(&options(changes), &labels()).unwrap().unwrap();
        let origin = Origin::object(&"logs".parse().unwrap(), &"a.log".parse().unwrap(), "e");
        let parsed = Record { bytes: record.as_bytes(), line: 1, offset: 7, fault: None };
        let mut out = b"before".to_vec();
        let of = Parser::new(Choice::Auto, origin, None).event(&parsed, &mut out).unwrap();
        let kept = transform.apply(&mut out, 6, record.as_bytes(), of.id.unwrap());
        assert!(out.starts_with(b"before"));
        let event = kept.then(|| serde_json::from_slice::<Value>(&out[6..]).unwrap())?;
        assert_eq!((&event["log"]["offset"], &event["log"]["bucket"]), (&json!(7), &json!("logs")));
        assert!(crate::ship::origin::split_id(&out[6..]).is_some(), "it keeps its id");
        Some(event)
    }

    #[test]
    fn fields_are_dropped_renamed_redacted_and_labelled() {
        let event = changed(ALB, json!({"drop_fields": ["ssl_cipher", "trace_id"], "rename_fields": {"elb": "balancer", "user_agent": "agent.text"},
            "redact": ["addresses", "queries"], "labels": true})).unwrap();
        assert_eq!(
            (&event["ssl_cipher"], &event["trace_id"], &event["elb"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!((&event["balancer"], &event["agent"]["text"]), (&json!("app/my-lb/50dc"), &json!("curl/7.46.0")));
        assert_eq!((&event["client_ip"], &event["target_ip"]), (&json!("192.168.131.0"), &json!("10.0.0.1")));
        assert_eq!(event["request_url"], "https://www.example.com:443/a?");
        assert_eq!(event["labels"]["team"], "ed\"ge");
        let six = ALB.replace("192.168.131.39:2817", "2001:db8:1:2:3:4:5:6:2817");
        assert_eq!(changed(&six, json!({"redact": ["addresses"]})).unwrap()["client_ip"], "2001:db8:1::");
    }

    #[test]
    fn raw_text_is_the_records_own() {
        assert_eq!(changed(ALB, json!({"raw": true})).unwrap()["raw"], ALB);
        assert_eq!(changed(ALB, json!({"raw": true, "schema": "ecs"})).unwrap()["event"]["original"], ALB);
    }

    #[test]
    fn conditions_and_samples_leave_events_out() {
        assert!(changed(ALB, json!({"keep_if": "elb_status_code >= 500"})).is_some());
        assert!(changed(ALB, json!({"keep_if": "elb_status_code < 500"})).is_none());
        assert!(changed(ALB, json!({"drop_if": "request_url ~ /a?"})).is_none());
        assert!(changed(ALB, json!({"sample": 1_000_000_000, "sample_if": "elb_status_code < 400"})).is_some());
        assert!(changed(ALB, json!({"sample": 1_000_000_000})).is_none());
        let kept = (0..100_000_u128).filter(|offset| chosen((77 << 64) + offset * 371, 10)).count();
        assert!((9_500..10_500).contains(&kept), "{kept} of 100,000");
        assert!((0..1_000).all(|number| chosen(number, 1)));
    }

    /// As Elastic's integration writes the same record, but for the URL.
    #[test]
    fn ecs_names_are_those_of_elastics_integration() {
        let event = changed(ALB, json!({"schema": "ecs"})).unwrap();
        let at = |path: &str| path.split('.').fold(event.clone(), |value, name| value[name].clone());
        for (path, expected) in [
            ("@timestamp", json!("2026-03-09T14:00:00.186641Z")),
            ("source.ip", json!("192.168.131.39")),
            ("source.port", json!(2817)),
            ("aws.elb.backend.ip", json!("10.0.0.1")),
            ("aws.elb.backend.http.response.status_code", json!(200)),
            ("aws.elb.backend_processing_time.sec", json!(0.048)),
            ("http.response.status_code", json!(502)),
            ("http.response.body.bytes", json!(57)),
            ("http.request.method", json!("GET")),
            ("http.version", json!("1.1")),
            ("url.original", json!("https://www.example.com:443/a?token=x&b=1")),
            ("tls.version", json!("1.2")),
            ("tls.version_protocol", json!("tls")),
            ("aws.elb.ssl_protocol", json!("TLSv1.2")),
            ("aws.elb.action_executed", json!(["authenticate", "forward"])),
            ("aws.elb.name", json!("app/my-lb/50dc")),
            ("aws.elb.protocol", json!("http")),
            ("event.category", json!(["web"])),
            ("event.outcome", json!("failure")),
            ("event.start", json!("2026-03-09T14:00:00.000000Z")),
            ("event.dataset", json!("aws.elb_logs")),
            ("trace.id", json!("Root=1-58337281")),
            ("destination.domain", json!("www.example.com")),
            ("cloud.provider", json!("aws")),
        ] {
            assert_eq!(at(path), expected, "{path} in {event}");
        }
        let nlb = "tls 2.0 2018-12-20T02:59:40 net/my-nlb/c6 g3d4 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - - - ECDHE tlsv12 - my-nlb.elb.us-east-2.amazonaws.com - - - 2018-12-20T02:59:30";
        let event = changed(nlb, json!({"schema": "ecs"})).unwrap();
        assert_eq!((&event["source"]["bytes"], &event["destination"]["bytes"]), (&json!(98), &json!(246)));
        assert_eq!((&event["tls"]["version"], &event["event"]["category"]), (&json!("1.2"), &json!(["network"])));
        assert_eq!(event["aws"]["elb"]["connection_time"]["ms"], 5);
    }

    #[test]
    fn options_that_cannot_be_are_refused_by_name() {
        for (changes, field, words) in [
            (json!({"keep_if": "elb_status_cod > 1"}), "condition", "perhaps elb_status_code"),
            (json!({"drop_fields": ["agent"]}), "drop_fields", "a field of an event"),
            (json!({"rename_fields": {"elb": "type"}}), "rename_fields", "no other field"),
            (json!({"rename_fields": {"elb": "log.name"}}), "rename_fields", "no other field"),
            (json!({"rename_fields": {"elb": "a", "type": "a.b"}}), "rename_fields", "no other field"),
            (json!({"rename_fields": {"elb": "a..b"}}), "rename_fields", "no other field"),
            (json!({"rename_fields": {"@timestamp": "time"}}), "rename_fields", "other than @timestamp"),
            (json!({"drop_fields": ["@timestamp"]}), "rename_fields", "other than @timestamp"),
            (json!({"raw": true, "redact": ["queries"]}), "raw", "left out where"),
            (json!({"sample": 0}), "sample", "from 1"),
            (json!({"sample_if": "elb"}), "sample_if", "no sample"),
            (json!({"drop_if": "elb ="}), "drop_if", "comparisons"),
        ] {
            let refused = Transform::new(&options(changes.clone()), &labels()).unwrap_err();
            assert!(refused.field == field && refused.to_string().contains(words), "{changes}: {refused}");
        }
        assert_eq!(Transform::new(&EventOptions::default(), &labels()), Ok(None));
        for changes in
            [json!({"schema": "ecs", "labels": true}), json!({"rename_fields": {"elb": "type", "type": "kind"}})]
        {
            assert!(Transform::new(&options(changes), &labels()).is_ok());
        }
    }
}

//! Generates records of every format with the expected event of each, independently of the parser's tables.

use engine::ship::Format;
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Number, Value};

/// A record as a balancer would write it, and its expected event without the object's members.
#[derive(Clone, Debug)]
pub struct Generated {
    pub record: String,
    pub event: Map<String, Value>,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// With or without a zone.
    Time(&'static str),
    Word(&'static str),
    Quoted(&'static str),
    Agent,
    Number(&'static str),
    Port(&'static str),
    Endpoint(&'static str),
    Request,
    List(&'static str),
}
use Part::{Agent, Endpoint, List, Number as Figure, Port, Quoted, Request, Time, Word};

const CLASSIC: &[Part] = &[
    Time("Z"),
    Word("elb"),
    Endpoint("client"),
    Endpoint("backend"),
    Figure("request_processing_time"),
    Figure("backend_processing_time"),
    Figure("response_processing_time"),
    Figure("elb_status_code"),
    Figure("backend_status_code"),
    Figure("received_bytes"),
    Figure("sent_bytes"),
    Request,
    Agent,
    Word("ssl_cipher"),
    Word("ssl_protocol"),
];
const ALB: &[Part] = &[
    Word("type"),
    Time("Z"),
    Word("elb"),
    Endpoint("client"),
    Endpoint("target"),
    Figure("request_processing_time"),
    Figure("target_processing_time"),
    Figure("response_processing_time"),
    Figure("elb_status_code"),
    Figure("target_status_code"),
    Figure("received_bytes"),
    Figure("sent_bytes"),
    Request,
    Agent,
    Word("ssl_cipher"),
    Word("ssl_protocol"),
    Word("target_group_arn"),
    Quoted("trace_id"),
    Quoted("domain_name"),
    Quoted("chosen_cert_arn"),
    Figure("matched_rule_priority"),
    Word("request_creation_time"),
    Quoted("actions_executed"),
    Quoted("redirect_url"),
    Quoted("error_reason"),
    Quoted("target_port_list"),
    Quoted("target_status_code_list"),
    Quoted("classification"),
    Quoted("classification_reason"),
    Word("conn_trace_id"),
    Quoted("transformed_host"),
    Quoted("transformed_uri"),
    Quoted("request_transform_status"),
];
const NLB: &[Part] = &[
    Time(""),
    Word("elb"),
    Word("listener"),
    Endpoint("client"),
    Endpoint("destination"),
    Figure("connection_time"),
    Figure("tls_handshake_time"),
    Figure("received_bytes"),
    Figure("sent_bytes"),
    Word("incoming_tls_alert"),
    Word("chosen_cert_arn"),
    Word("chosen_cert_serial"),
    Word("tls_cipher"),
    Word("tls_protocol_version"),
    Word("tls_named_group"),
    Word("domain_name"),
    Word("alpn_fe_protocol"),
    Word("alpn_be_protocol"),
    List("alpn_client_preference_list"),
    Word("tls_connection_creation_time"),
];
const ALB_CONNECTION: &[Part] = &[
    Time("Z"),
    Word("client_ip"),
    Port("client_port"),
    Port("listener_port"),
    Word("tls_protocol"),
    Word("tls_cipher"),
    Figure("tls_handshake_latency"),
    Quoted("leaf_client_cert_subject"),
    Word("leaf_client_cert_validity"),
    Word("leaf_client_cert_serial_number"),
    Word("tls_verify_status"),
    Word("conn_trace_id"),
];

/// The parts of a format, and the numbers of parts after which a record may end.
fn shape(format: Format) -> (&'static [Part], &'static [usize]) {
    match format {
        Format::Classic => (CLASSIC, &[12, 15]),
        Format::Alb => (ALB, &[18, 20, 21, 24, 25, 27, 29, 30, 33]),
        Format::Nlb => (NLB, &[16, 19, 20]),
        Format::AlbConnection => (ALB_CONNECTION, &[11, 12]),
    }
}

pub fn any_format() -> impl Strategy<Value = Format> {
    prop::sample::select(&Format::ALL[..])
}

/// A record of any format, in any width that the format ever had.
pub fn any_record() -> impl Strategy<Value = Generated> {
    any_format().prop_flat_map(record)
}

pub fn record(format: Format) -> impl Strategy<Value = Generated> {
    let (parts, widths) = shape(format);
    (prop::sample::select(widths), vec("[a-z0-9]{1,5}", 0..3), vec(1..3_usize, parts.len() + 3)).prop_flat_map(
        move |(width, later, spaces)| {
            let fields: Vec<_> = parts[..width].iter().map(|part| field(*part)).collect();
            // Only a record of full width can have further, unknown fields.
            let later = if width == parts.len() { later } else { Vec::new() };
            fields.prop_map(move |fields| assemble(format, &fields, &later, &spaces))
        },
    )
}

fn assemble(format: Format, fields: &[Field], later: &[String], spaces: &[usize]) -> Generated {
    let mut event = Map::from_iter([("format".to_owned(), Value::from(format.as_str()))]);
    let mut record = String::new();
    if format == Format::Nlb {
        record.push_str("tls 2.0 ");
        event.extend([("type".to_owned(), "tls".into()), ("version".to_owned(), "2.0".into())]);
    }
    for (index, (text, members)) in fields.iter().enumerate() {
        if index > 0 {
            // After a quote the space may be missing.
            let fewest = usize::from(record.ends_with('"'));
            record.push_str(&" ".repeat(spaces[index] - fewest));
        }
        record.push_str(text);
        event.extend(members.iter().cloned());
    }
    for text in later {
        record.push(' ');
        record.push_str(text);
    }
    Generated { record, event }
}

/// A field as written, and the members of the event that are expected for it.
type Field = (String, Vec<(String, Value)>);

fn field(part: Part) -> BoxedStrategy<Field> {
    match part {
        Time(zone) => time(zone).boxed(),
        Word(name) => {
            "-|[A-Za-z0-9_./;=:-]{1,20}".prop_map(move |text| (text.clone(), text_member(name, &text))).boxed()
        }
        Quoted(name) => client_text(false).prop_map(move |text| quoted(name, &text, false)).boxed(),
        Agent => (client_text(true), any::<bool>()).prop_map(|(text, raw)| quoted("user_agent", &text, raw)).boxed(),
        Figure(name) => "-|-1|0|[1-9][0-9]{0,9}|(0|[1-9][0-9]{0,3})\\.[0-9]{1,9}"
            .prop_map(move |text| (text.clone(), number_member(name, &text)))
            .boxed(),
        Port(name) => port().prop_map(move |text| (text.clone(), number_member(name, &text))).boxed(),
        Endpoint(name) => endpoint(name).boxed(),
        Request => request().boxed(),
        List(name) => vec("[a-z0-9/. ]{1,8}", 1..4)
            .prop_map(move |names| {
                let text = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
                (text.clone(), text_member(name, &text))
            })
            .boxed(),
    }
}

fn time(zone: &'static str) -> impl Strategy<Value = Field> {
    (1_970..2_100_u32, 1..13_u32, 1..29_u32, 0..24_u32, 0..60_u32, 0..60_u32, "(\\.[0-9]{1,9})?").prop_map(
        move |(year, month, day, hour, minute, second, fraction)| {
            let time = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}");
            (format!("{time}{zone}"), vec![("@timestamp".to_owned(), format!("{time}Z").into())])
        },
    )
}

fn port() -> impl Strategy<Value = String> {
    (0..=u16::MAX).prop_map(|port| port.to_string())
}

fn endpoint(name: &'static str) -> impl Strategy<Value = Field> {
    let present = ("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){2,7}", port());
    prop::option::weighted(0.9, present).prop_map(move |endpoint| match endpoint {
        // A client is always known; only the balancer's target can be absent.
        None if name != "client" => ("-".to_owned(), Vec::new()),
        None => endpoint_field(name, "192.0.2.1", "1"),
        Some((ip, port)) => endpoint_field(name, &ip, &port),
    })
}

fn endpoint_field(name: &str, ip: &str, port: &str) -> Field {
    let mut members = text_member(&format!("{name}_ip"), ip);
    members.extend(number_member(&format!("{name}_port"), port));
    (format!("{ip}:{port}"), members)
}

fn request() -> impl Strategy<Value = Field> {
    let part = |characters: &'static str| prop::option::weighted(0.9, characters);
    (part("[A-Za-z-]{2,8}"), client_text(false), part("HTTP/[0-9]\\.[0-9]")).prop_map(|(method, url, protocol)| {
        let url = format!("http://h/{url}");
        let or_dash = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        let text = format!("{} {} {}", or_dash(&method), escaped(&url, false), or_dash(&protocol));
        let mut members = text_member("request_method", &or_dash(&method));
        members.extend(text_member("request_url", &url));
        members.extend(text_member("request_protocol", &or_dash(&protocol)));
        (format!("\"{text}\""), members)
    })
}

/// Text as a client may send it: quotes, backslashes, non-ASCII bytes, control characters.
fn client_text(line_feeds: bool) -> impl Strategy<Value = String> {
    let text = "[ -~]{0,12}|[ -~éλ😀\u{1}\u{1f}\u{7f}\t\"\\\\]{0,20}|-|";
    (text, text, Just(line_feeds)).prop_map(
        |(one, other, line_feeds)| if line_feeds && !one.is_empty() { format!("{one}\n{other}") } else { one },
    )
}

fn quoted(name: &str, text: &str, raw_line_feeds: bool) -> Field {
    (format!("\"{}\"", escaped(text, raw_line_feeds)), text_member(name, text))
}

/// Escapes a client's text as a balancer does; some balancers pass line feeds through.
fn escaped(text: &str, raw_line_feeds: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'"' => "\\\"".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b'\n' if raw_line_feeds => "\n".to_owned(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect()
}

fn text_member(name: &str, text: &str) -> Vec<(String, Value)> {
    if text.is_empty() || text == "-" { Vec::new() } else { vec![(name.to_owned(), text.into())] }
}

fn number_member(name: &str, text: &str) -> Vec<(String, Value)> {
    let number = text.parse::<Number>().ok();
    number.map(|number| (name.to_owned(), number.into())).into_iter().collect()
}

//! Recognition of the format of a record and the kind of an object.

use engine::ship::{Choice, Foreign, Format, Kind, Origin, ParseOptions};

use crate::{
    alb, alb_connection, classic, nlb,
    support::{parse, parse_with, refusal},
};

const SAMPLES: [(Format, &str); 4] = [
    (Format::Classic, classic::HTTP),
    (Format::Alb, alb::EIGHTEEN),
    (Format::Nlb, nlb::TLS),
    (Format::AlbConnection, alb_connection::CONNECTION),
];

#[test]
fn format_is_recognised_by_record_beginning() {
    for (format, sample) in SAMPLES {
        assert_eq!(Format::recognise(sample.as_bytes()), Some(format));
        assert_eq!(parse(sample).event()["format"], format.as_str());
    }
}

#[test]
fn stream_may_mix_formats() {
    let stream: Vec<_> = SAMPLES.iter().map(|(_, sample)| *sample).collect();
    let outcome = parse(stream.join("\n"));
    let formats: Vec<_> = outcome.events().iter().map(|event| event["format"].as_str().unwrap().to_owned()).collect();
    assert_eq!(formats, ["classic", "alb", "nlb", "alb_connection"]);
}

#[test]
fn key_gives_the_kind_of_object() {
    let folder = "prefix/AWSLogs/123456789012/elasticloadbalancing/us-east-2/2026/03/09/";
    for (name, kind) in [
        (
            "123456789012_elasticloadbalancing_us-east-2_my-lb_20260309T1400Z_192.0.2.7_2pd5kz.log",
            Kind::Log(Format::Classic),
        ),
        (
            "123456789012_elasticloadbalancing_us-east-2_app.my-lb.50dc6c495c0c9188_20260309T1400Z_192.0.2.7_2p.log.gz",
            Kind::Log(Format::Alb),
        ),
        (
            "123456789012_elasticloadbalancing_us-east-2_net.my-lb.50dc6c495c0c9188_20260309T1400Z_2pd5.log.gz",
            Kind::Log(Format::Nlb),
        ),
        (
            "conn_log.123456789012_elasticloadbalancing_us-east-2_app.my-lb.50dc_20260309T1400Z_192.0.2.7_2p.log.gz",
            Kind::Log(Format::AlbConnection),
        ),
        (
            "conn_log_123456789012_elasticloadbalancing_us-east-2_app.my-lb.50dc_20260309T1400Z_192.0.2.7_2p.log.gz",
            Kind::Log(Format::AlbConnection),
        ),
        (
            "health_check_log_123456789012_elasticloadbalancing_us-east-2_app.my-lb.50dc_20260309T1400Z_1_2p.log.gz",
            Kind::AlbHealthCheck,
        ),
    ] {
        assert_eq!(Kind::of_key(&format!("{folder}{name}")), Some(kind), "{name}");
        assert_eq!(Kind::of_key(name), Some(kind), "{name}");
    }
    for other in ["", "a/b.log", "AWSLogs/1/ELBAccessLogTestFile", "x_elasticloadbalancing_"] {
        assert_eq!(Kind::of_key(other), None, "{other}");
    }
}

#[test]
fn content_overrides_the_key() {
    let key = "1_elasticloadbalancing_us-east-2_app.my-lb.50dc_20260309T1400Z_192.0.2.7_2p.log.gz";
    let options = ParseOptions { name: Some(key.to_owned()), ..ParseOptions::default() };
    let outcome = parse_with(&options, Origin::unknown(), [classic::HTTP.as_bytes()]);
    assert_eq!(outcome.event()["format"], "classic");
}

#[test]
fn unrecognised_record_uses_key_or_previous_format() {
    let key = "1_elasticloadbalancing_us-east-2_app.my-lb.50dc_20260309T1400Z_192.0.2.7_2p.log.gz";
    let options = ParseOptions { name: Some(key.to_owned()), ..ParseOptions::default() };
    let wanted = "time: \"yesterday\" is not a time like 2026-03-09T14:00:00.123456Z";
    assert_eq!(parse_with(&options, Origin::unknown(), [&b"http yesterday lb"[..]]).reasons(), [wanted]);
    assert_eq!(parse(format!("{}\nhttp yesterday lb", alb::EIGHTEEN)).reasons(), [wanted]);
    assert_eq!(refusal("http yesterday lb"), "record: of no known format, not a space-separated record of a balancer");
}

#[test]
fn requested_format_is_the_only_one_tried() {
    let options = ParseOptions { choice: Choice::Only(Format::Classic), ..ParseOptions::default() };
    let outcome = parse_with(&options, Origin::unknown(), [alb::EIGHTEEN.as_bytes()]);
    assert_eq!(outcome.reasons(), ["timestamp: \"https\" is not a time like 2026-03-09T14:00:00.123456Z"]);
}

#[test]
fn json_w3c_and_parquet_are_named() {
    assert!(refusal(r#"{"type":"http","time":"2026-03-09T14:00:00Z"}"#).contains("JSON"));
    assert!(refusal("#Version: 1.0").contains("W3C"));
    let parquet = parse(b"PAR1\x15\x04\n\x15\n\nPAR1");
    assert_eq!((parquet.summary.lines.encountered, parquet.summary.failures.reading.total), (0, 1));
    assert!(parquet.summary.failures.reading.last_few[0].reason.contains("Parquet"));
}

/// The beginnings are those that the usual tools write for a file with one record.
#[test]
fn other_compressions_are_refused_by_name() {
    for (file, name) in [
        (&b"\x28\xb5\x2f\xfd\x04\x58\x51\x00\x00what\n\xc6\x49"[..], "a zstd file"),
        (b"BZh91AY&SY\x8f\x12\n\x00\x00", "a bzip2 file"),
        (b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46", "an xz file"),
        (b"PK\x03\x04\n\x00\x00\x00", "a zip archive"),
        (b"\xff\xfeh\x00t\x00t\x00p\x00\n\x00", "text in UTF-16"),
    ] {
        let outcome = parse(file);
        let failures = &outcome.summary.failures;
        assert_eq!((outcome.summary.lines.encountered, failures.reading.total, failures.parsing.total), (0, 1, 0));
        let expected = format!("this is {name}; only plain text can be read, as it is or gzip");
        assert_eq!(failures.reading.last_few[0].reason, expected);
    }
}

#[test]
fn formats_parse_by_name() {
    assert_eq!("auto".parse(), Ok(Choice::Auto));
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(Choice::Only(format)));
    }
    let error = "ALB".parse::<Choice>().unwrap_err().to_string();
    assert!(error.contains("alb_connection"), "{error}");
}

#[test]
fn foreign_content_has_no_records() {
    let foreign = |object: &str| {
        let mut events = engine::ship::Events::new(&ParseOptions::default(), Origin::unknown());
        let (mut bytes, mut out) = (object.as_bytes(), Vec::new());
        events.push(&mut bytes, &mut out);
        events.finish(&mut out);
        (events.foreign(), out.len(), events.summary().lines.encountered, events.summary().clean())
    };
    let test = "Enable AccessLog for ELB: my-lb at 2014-02-15T17:00:00.000Z\n";
    assert_eq!(foreign(test), (Some(Foreign::TestObject), 0, 0, true));
    let flows = "version account-id interface-id srcaddr dstaddr srcport\n2 123 eni-1 10.0.0.1 10.0.0.2 80\n";
    assert_eq!(foreign(flows), (Some(Foreign::VpcFlow), 0, 0, true));
    // Only the first record decides, and only by what it is.
    assert_eq!(foreign(&format!("what is this\n{test}")), (None, 0, 2, false));
}

//! The example configuration and the page about it, compared with the parser.

use std::collections::BTreeSet;

use super::{Config, source::KEYS};

const EXAMPLE: &str = include_str!("../../../logyard.example.toml");
const PAGE: &str = include_str!("../../docs/configuration.md");

/// The example with every setting that is commented out.
fn whole_example() -> String {
    let setting = |line: &str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.starts_with('[')
            || (line.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b)))
    };
    let lines = EXAMPLE
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| setting(rest)).unwrap_or(line))
        .filter(|line| !line.starts_with("url = \"sqlite"));
    lines.map(|line| line.replace("64 hex digits", &"0".repeat(64)) + "\n").collect()
}

fn parse_whole_example() -> Config {
    let environment = |name: &str| {
        let value = match name {
            "LOGYARD_DB_PASSWORD" | "LOGYARD_SINK_PASSWORD" | "SHOP_PASSWORD" => "x",
            "OPS_WEBHOOK" | "DEAD_MAN_URL" => "https://hooks.example.com/services/x",
            "OPS_WEBHOOK_SECRET" | "ACME_TOKEN" | "ORDERS_TOKEN" => "0123456789abcdef",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::parse(None, &whole_example(), &environment).unwrap()
}

#[test]
fn example_as_it_stands_is_the_default() {
    let parse = |text: &str| Config::parse(None, text, &|_| None).unwrap();
    assert_eq!(format!("{:?}", parse(EXAMPLE)), format!("{:?}", parse("")));
}

#[test]
fn every_line_of_the_example_is_a_setting() {
    let config = parse_whole_example();
    // The limits that the example shows are the defaults, except for what is off.
    let shown = &config.alerts.limits[&config.pipelines[0].name];
    let off = shown.off.clone();
    assert_eq!((off.len(), shown), (2, &engine::alerts::Limits { off, ..Default::default() }));
    assert_eq!((config.alerts.webhooks.len(), config.alerts.topics.len(), config.alerts.canaries.len()), (1, 1, 1));
    assert!(config.alerts.heartbeat.is_some());
    assert_eq!((config.stores.len(), config.sinks.len(), config.pipelines.len()), (3, 3, 1));
    assert_eq!((config.auth.unwrap().tokens.len(), config.replicas.len(), config.tables.len()), (1, 1, 1));
    assert_eq!(config.runner.lease_ms, 15_000);
}

/// Sections such as `pipelines.alerts`, and keys such as `alerts.lag`: the last name of their section before them.
fn documented() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut sections, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut section = String::new();
    for line in PAGE.lines() {
        if line.starts_with("## ") {
            section.clear(); // environment variables have no section
        } else if let Some((name, _)) = line.strip_prefix("`[").and_then(|rest| rest.split_once("]`")) {
            let path = name.trim_start_matches('[').trim_end_matches(']');
            section = path.rsplit('.').next().unwrap_or_default().to_owned();
            sections.insert(path.to_owned());
        } else if let Some((key, _)) = line.strip_prefix("| `").and_then(|rest| rest.split_once('`'))
            && !section.is_empty()
        {
            assert!(keys.insert(format!("{section}.{key}")), "{section}.{key} is there twice");
        }
    }
    (sections, keys)
}

#[test]
fn configuration_page_has_exactly_the_keys_that_the_parser_reads() {
    KEYS.take();
    parse_whole_example();
    let (sections, documented) = documented();
    // The counters of a summary are read as a map; that of the example has all of them.
    let example = whole_example();
    let summary = example.split("[pipelines.summary]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let counters = summary.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| format!("summary.{key}"));
    let read: BTreeSet<String> =
        KEYS.take().into_iter().filter(|key| !sections.contains(key)).chain(counters).collect();
    assert_eq!(documented, read);
}

//! `logyard reprocess` stays within 64 MB for any bucket and any sink.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use embedded::Embedded;
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    clone::command::{ended, said, summary},
    reprocess::kill_nine::bulk_receiver::{BulkReceiver, Manner},
    support::process::logyard,
};

const MOST: u64 = 64 << 20;

/// Highest memory of a process until its end, in bytes, without the pages of the binary, which is large when
/// built for tests.
fn peak(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes =
            line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() * 1024);
        thread::sleep(Duration::from_millis(2)); // real time: the memory of a process is sampled while it works
    }
    peak
}

fn bomb(size: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut io::repeat(b'x').take(size), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Records of this many bytes together, at least one.
fn records(bytes: usize) -> Vec<u8> {
    let mut log = Vec::with_capacity(bytes + 1024);
    while log.len() < bytes {
        let number = log.len();
        let agent = "a".repeat(number % 600);
        writeln!(
            log,
            "2026-03-09T14:00:00.{:06}Z shop 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
             \"GET http://shop.example:80/{number} HTTP/1.1\" \"{agent}\" - -",
            number % 1_000_000
        )
        .unwrap();
    }
    log
}

/// Takes lines until the sender closes, and keeps none.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || io::copy(&mut stream.unwrap(), &mut io::sink()).unwrap());
        }
    });
    url
}

async fn peak_of(store: &Embedded, prefix: &str, sink: &str) -> (u64, Value) {
    let folder = TempDir::new().unwrap();
    let mut command: Command = logyard();
    command
        .args(["reprocess", &format!("s3://logs/{prefix}"), sink, "--json", "--endpoint-url", &store.url()])
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (peak, child) = tokio::task::spawn_blocking(move || (peak(&mut child), child)).await.unwrap();
    let output = ended(child).await;
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", said(&output));
    (peak, summary(&output))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_for_huge_lines_and_gzip() {
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("logs").unwrap();
    // Four at once, each a single line.
    let sizes = [300_000_000_u64, 40_000_000, 40_000_000, 40_000_000];
    for (number, size) in sizes.into_iter().enumerate() {
        let (record, bomb) = (records(1), bomb(size));
        assert!((bomb.len() as u64) < size / 100);
        let body = [gzip(&record), bomb, gzip(&[b"\n", record.as_slice()].concat())].concat();
        store.put("logs", &format!("bomb/{number}.gz"), body).await.unwrap();
    }
    let (peak, summary) = peak_of(&store, "bomb/", "file:out").await;
    assert!(summary["bytes"]["plain"].as_u64().unwrap() > sizes.iter().sum::<u64>());
    let lines = &summary["lines"];
    assert_eq!((&summary["failures"]["parsing"]["total"], &lines["acknowledged"]), (&4.into(), &8.into()));
    assert!(peak < MOST, "{} MB", peak >> 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_for_large_objects() {
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("logs").unwrap();
    let log = records(20_000_000);
    let size = 4 * log.len() as u64;
    assert!(size > MOST);
    for number in 0..4 {
        store.put("logs", &format!("large/{number}.log.gz"), gzip(&log)).await.unwrap();
    }
    // It says that it has everything, and keeps nothing in the memory of the test.
    let bulk = BulkReceiver::start(Manner::Drops).await;
    for (sink, outcome) in [("file:out", "delivered"), (&receiver(), "sent"), (&bulk.url(), "delivered")] {
        let (peak, summary) = peak_of(&store, "large/", sink).await;
        assert_eq!((&summary["bytes"]["plain"], &summary["outcome"]), (&size.into(), &outcome.into()));
        assert!(summary["bytes"]["written"].as_u64().unwrap() > size);
        assert!(peak < MOST, "{} MB into {sink}", peak >> 20);
    }
}

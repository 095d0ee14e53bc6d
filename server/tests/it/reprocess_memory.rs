//! `logyard reprocess` stays within 64 MB, whatever lies in the bucket.

use std::{
    fs,
    io::{self, Write},
    process::{Child, Command, Stdio},
    time::Duration,
};

use embedded::Embedded;
use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use crate::{
    clone_command::{ended, said, summary},
    server::logyard,
};

const MOST: u64 = 64 << 20;

/// The most memory that a process held, in bytes, up to its end: without the pages of the binary, which is large where it
/// was built for tests.
fn peak(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes =
            line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() * 1024);
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}

fn bomb(size: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut io::Read::take(io::repeat(b'x'), size), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

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

async fn peak_of(store: &Embedded, key: &str) -> (u64, serde_json::Value) {
    let folder = TempDir::new().unwrap();
    let mut command: Command = logyard();
    command
        .args(["reprocess", &format!("s3://logs/{key}"), "file:out", "--json", "--endpoint-url", &store.url()])
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
async fn memory_is_bounded_whatever_the_length_of_lines_and_the_size_of_objects() {
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("logs").unwrap();
    // Four at once, each a single line of 20 MB.
    for number in 0..4 {
        store.put("logs", &format!("bomb/{number}.gz"), bomb(20_000_000)).await.unwrap();
    }
    let (peak, summary) = peak_of(&store, "bomb/").await;
    assert_eq!((&summary["bytes"]["plain"], &summary["failures"]["parsing"]["total"]), (&80_000_000.into(), &4.into()));
    assert!(peak < MOST, "{} MB", peak >> 20);

    let log = records(70_000_000);
    let size = log.len();
    store.put("logs", "large.log", log).await.unwrap();
    let (peak, summary) = peak_of(&store, "large.log").await;
    assert_eq!((&summary["bytes"]["read"], &summary["outcome"]), (&size.into(), &"delivered".into()));
    assert!(peak < MOST, "{} MB", peak >> 20);
}

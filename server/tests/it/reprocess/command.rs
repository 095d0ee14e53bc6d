//! `logyard reprocess` as a process: from a real store into real receivers, every record accounted for.

use std::{
    fmt::Write as _,
    fs,
    io::Read,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use embedded::Embedded;
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;
use testing::{ChildProcess, Span as _, eventually_blocking, within};

use crate::{
    clone::command::{run, said, summary},
    support::process::logyard,
};

const FOLDER: &str = "elb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/09/";
const WINDOW: [&str; 4] = ["--from", "2026-03-09T14:00:00Z", "--to", "2026-03-09T15:00:00Z"];

/// A receiver that takes lines until the sender closes, as Logstash does.
struct Receiver {
    port: u16,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, kept) = (stream.unwrap(), Arc::clone(&kept));
                thread::spawn(move || {
                    let mut bytes = Vec::new();
                    stream.read_to_end(&mut bytes).unwrap();
                    kept.lock().unwrap().extend(bytes); // before the close that the sender waits for
                });
            }
        });
        Self { port, taken }
    }

    fn url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    fn events(&self) -> Vec<Value> {
        events(&String::from_utf8(self.taken.lock().unwrap().clone()).unwrap())
    }
}

fn events(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn record(second: usize, number: usize) -> String {
    format!(
        "2026-03-09T{:02}:{:02}:{:02}.000000Z shop 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://shop.example:80/{number} HTTP/1.1\" \"curl/7.38.0\" - -\n",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// Twelve hours of files, five minutes and a hundred records each, from two o'clock to two o'clock.
async fn store() -> Embedded {
    let store = Embedded::in_memory().await.unwrap();
    store.create_bucket("logs").unwrap();
    for file in 0..144 {
        let (start, end) = (7_200 + file * 300, 7_200 + (file + 1) * 300);
        let text: String = (0..100).map(|index| record(start + 1 + index * 2, file * 100 + index)).collect();
        let name = format!(
            "{FOLDER}111122223333_elasticloadbalancing_us-east-1_app.shop.01_20260309T{:02}{:02}Z_10.0.0.1_a{file}.log.gz",
            end / 3_600,
            end / 60 % 60
        );
        store.put("logs", &name, gzip(&text)).await.unwrap();
    }
    store
}

fn reprocess(url: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = logyard();
    command
        .arg("reprocess")
        .args(arguments)
        .args(["--endpoint-url", url, "--json"])
        .env("HOME", folder)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[track_caller]
fn exited(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{} {}", said(output), String::from_utf8_lossy(&output.stdout));
    summary(output)
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_hour_reaches_tcp_receiver_with_every_line() {
    let (store, folder, receiver) = (store().await, TempDir::new().unwrap(), Receiver::start());
    let sink = receiver.url();
    let arguments = [&["s3://logs/elb/", sink.as_str()][..], &WINDOW].concat();
    // The window's last hour has no files: they end at two o'clock in the afternoon.
    let summary_of_none = exited(&run(reprocess(&store.url(), folder.path(), &arguments)).await, 0);
    assert_eq!(summary_of_none["lines"]["sent"], 0);

    let hour = ["s3://logs/elb/", &sink, "--from", "2026-03-09T12:00:00Z", "--to", "2026-03-09T13:00:00Z"];
    let output = run(reprocess(&store.url(), folder.path(), &hour)).await;
    let summary = exited(&output, 0);
    assert_eq!((&summary["outcome"], &summary["acknowledged"]), (&"sent".into(), &false.into()));
    // Twelve files of the hour, and the one that ends as it begins.
    assert_eq!((&summary["progress"]["done"], &summary["lines"]["encountered"]), (&13.into(), &1_300.into()));
    assert_eq!((&summary["lines"]["filtered"], &summary["lines"]["sent"]), (&100.into(), &1_200.into()));
    assert_eq!(summary["sink"], sink);
    let mut numbers: Vec<usize> = receiver
        .events()
        .iter()
        .map(|event| event["request_url"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(12_000..13_200));
}

/// rsyslog, on a free port of loopback, that writes what it takes to a file.
struct Rsyslog {
    _process: ChildProcess,
    folder: TempDir,
    port: u16,
}

impl Rsyslog {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name).display().to_string();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            r#"global(workDirectory="{}" maxMessageSize="1m" parser.escapeControlCharactersOnReceive="off")
            module(load="imptcp")
            input(type="imptcp" address="127.0.0.1" port="{port}" ruleset="keep"
                  supportOctetCountedFraming="off" maxFrameSize="1000000")
            template(name="raw" type="string" string="%rawmsg%\n")
            ruleset(name="keep") {{ action(type="omfile" file="{}" template="raw") }}
            "#,
            folder.path().display(),
            at("kept")
        );
        fs::write(at("config"), config).unwrap();
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.args(["-n", "-f", &at("config"), "-i", &at("pid")]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = ChildProcess::spawn("rsyslog", &mut command);
        eventually_blocking("rsyslog listens", within(1.mins()), || std::net::TcpStream::connect(("127.0.0.1", port)));
        Self { _process: process, folder, port }
    }

    /// Waits for this many lines; returns their events.
    fn events(&self, expected: usize) -> Vec<Value> {
        let kept = self.folder.path().join("kept");
        eventually_blocking(format!("rsyslog has written {expected} lines"), within(1.mins()), || {
            let text = fs::read_to_string(&kept).unwrap_or_default();
            let lines = text.lines().count();
            if lines >= expected && text.ends_with('\n') { Ok(events(&text)) } else { Err(lines) }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rsyslog_receives_twelve_hours_of_events() {
    let (store, folder, rsyslog) = (store().await, TempDir::new().unwrap(), Rsyslog::start());
    let sink = format!("tcp://127.0.0.1:{}", rsyslog.port);
    let output = run(reprocess(&store.url(), folder.path(), &["s3://logs/elb/", &sink])).await;
    let summary = exited(&output, 0);
    assert_eq!(summary["lines"]["sent"], 14_400);
    let events = rsyslog.events(14_400);
    let ids: std::collections::HashSet<&str> =
        events.iter().map(|event| event["@metadata"]["_id"].as_str().unwrap()).collect();
    assert_eq!((events.len(), ids.len()), (14_400, 14_400));
}

#[tokio::test(flavor = "multi_thread")]
async fn unparsable_records_exit_1_and_become_dead_letters() {
    let (store, folder) = (store().await, TempDir::new().unwrap());
    let mut text = record(50_000, 1);
    let _ = writeln!(text, "what is this");
    store.put("logs", "one.log", text).await.unwrap();
    let arguments = ["s3://logs/one.log", "file:out.ndjson", "--dead-letters", "dead.ndjson"];
    let output = run(reprocess(&store.url(), folder.path(), &arguments)).await;
    let summary = exited(&output, 1);
    assert_eq!((&summary["outcome"], &summary["failures"]["parsing"]["total"]), (&"items_failed".into(), &1.into()));
    assert_eq!(summary["failures"]["parsing"]["lastFew"][0]["cut"], "what is this");
    assert_eq!(summary["lines"]["acknowledged"], 1);
    let dead = events(&fs::read_to_string(folder.path().join("dead.ndjson")).unwrap());
    assert_eq!((dead.len(), &dead[0]["key"], &dead[0]["line"]), (1, &"one.log".into(), &2.into()));

    // It is of no use to send it once more, and that is said.
    let output = run(reprocess(&store.url(), folder.path(), &["dead.ndjson", "file:again.ndjson"])).await;
    assert_eq!(exited(&output, 1)["failures"]["parsing"]["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn command_accepts_keys_key_file_and_dry_run() {
    let (store, folder) = (store().await, TempDir::new().unwrap());
    store.put("logs", "a", record(50_000, 1)).await.unwrap();
    store.put("logs", "ab", record(50_000, 2)).await.unwrap();
    let output = run(reprocess(&store.url(), folder.path(), &["s3://logs/a", "file:a.ndjson"])).await;
    assert_eq!(exited(&output, 0)["lines"]["acknowledged"], 1);

    fs::write(folder.path().join("keys"), "\u{feff}ab\n\na\n").unwrap();
    let arguments = ["s3://logs", "file:b.ndjson", "--keys-from", "keys"];
    let output = run(reprocess(&store.url(), folder.path(), &arguments)).await;
    assert_eq!(exited(&output, 0)["lines"]["acknowledged"], 2);

    let output = run(reprocess(&store.url(), folder.path(), &["s3://logs/", "tcp://127.0.0.1:1", "--dry-run"])).await;
    let summary = exited(&output, 0);
    assert_eq!((&summary["outcome"], &summary["lines"]["parsed"]), (&"rehearsed".into(), &14_402.into()));
    assert_eq!(summary["lines"]["sent"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_arguments_are_refused_with_advice() {
    let (store, folder) = (store().await, TempDir::new().unwrap());
    let url = store.url();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    let (to, from) = ("2026-03-09T14:00:00Z", "2026-03-09T15:00:00Z");
    for (arguments, code, words) in [
        (&["s3://logs/", "tcp://127.0.0.1:1"][..], 3, "no connection"),
        (&["s3://nowhere/", "file:out"], 2, "Bucket nowhere does not exist"),
        (&["s3://logs/", "file:out", "--from", from, "--to", to], 2, "--to 2026-03-09T14:00:00Z must be after --from"),
        (&["s3://logs/", "file:out", "--to", to], 2, "--from"),
        (&["s3://logs/", "file:out", "--from", "soon", "--to", to], 2, "2026-03-09T14:00:00Z"),
        (&["s3://logs/", "udp://host:1"], 2, "tcp://host:5000"),
        (&["logs/", "file:out"], 2, "s3://logs/"),
        (&["s3://logs/", "file:out", "--keys-from", "empty"], 2, "it holds no keys"),
        (&["empty", "file:out", "--from", to, "--to", from], 2, "is sent whole"),
        (&["s3://logs/", "file:out", "--format", "json"], 2, "classic"),
        (&["s3://logs/", "file:out", "--patience", "1 s"], 2, "whole seconds such as 60, or 90s, 5m or 1h"),
        (&["s3://logs/", "file:out", "--patience", "0"], 2, "at most a day"),
    ] {
        let output = run(reprocess(&url, folder.path(), arguments)).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_failure_claims_only_what_arrived() {
    let (store, folder) = (store().await, TempDir::new().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sink = format!("tcp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let taken = thread::spawn(move || {
        // It takes what comes on its first connections, and then is gone.
        let mut bytes = Vec::new();
        for _ in 0..6 {
            listener.accept().unwrap().0.read_to_end(&mut bytes).unwrap();
        }
        drop(listener);
        String::from_utf8(bytes).unwrap().matches('\n').count()
    });
    let arguments = ["s3://logs/elb/", &sink, "--concurrency", "1", "--patience", "1s"];
    let output = run(reprocess(&store.url(), folder.path(), &arguments)).await;
    assert_ne!(output.status.code(), Some(0), "{}", said(&output));
    let sent = summary(&output)["lines"]["sent"].as_u64().unwrap();
    assert!(sent <= taken.join().unwrap() as u64);
}

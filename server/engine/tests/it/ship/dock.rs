//! What the tests say in a sentence: log objects in a bucket, a reprocess into a file, and what came of it.

use std::{io::Write, path::PathBuf, sync::Arc};

use engine::{
    s3::S3Client,
    ship::{
        Checkpoint, Ledger, NothingDelivered, Options, ShipError, Shipment, Taken, Tracker, run,
        sink::{Settings, Sink},
    },
};
use flate2::{Compression, write::GzEncoder};
use model::{Extent, Failure, Key, Lines, LogFormat, Progress, Proof, ReprocessSpec, Shipped, Summary, Window};
use serde_json::Value;
use tempfile::TempDir;
use testing::{Span as _, eventually_async, within};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{TestBuckets, spec as places};

pub const FOLDER: &str = "elb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/";

/// A store with the bucket `source`, and a folder for what comes out.
pub struct Dock {
    pub yard: TestBuckets,
    pub folder: TempDir,
}

/// What came of a reprocess: its result, and all that its tracker held at the end.
#[derive(Debug)]
pub struct Came {
    pub result: Result<Proof, ShipError>,
    pub taken: Taken,
}

/// The key of a balancer's file that ends then, such as `2026-03-09T14:05`.
pub fn log_key(end: &str) -> String {
    let (date, clock) = end.split_once('T').unwrap();
    let (day, name) = (date.replace('-', "/"), date.replace('-', ""));
    let clock = clock.replace(':', "");
    format!("{FOLDER}{day}/111122223333_elasticloadbalancing_us-east-1_app.shop.01_{name}T{clock}Z_10.0.0.1_a1.log.gz")
}

/// A classic record of this time, whose URL holds this number.
pub fn record(time: &str, number: usize) -> String {
    format!(
        "{time} shop 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://shop.example:80/{number} HTTP/1.1\" \"curl/7.38.0\" - -\n"
    )
}

/// So many records, numbered from `first`, one a millisecond.
pub fn records(first: usize, count: usize) -> String {
    (first..first + count)
        .map(|number| record(&format!("2026-03-09T14:00:{:02}.{:03}Z", number / 1_000, number % 1_000), number))
        .collect()
}

pub fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

pub fn window(from: &str, to: &str) -> Window {
    Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

/// Everything below a place such as `source/elb/`.
pub fn all_of(place: &str) -> ReprocessSpec {
    ReprocessSpec {
        pipeline: None,
        source: places(place, "none").source,
        sink: "file".parse().unwrap(),
        format: LogFormat::Auto,
        window: None,
        keys: Vec::new(),
        dead_letters_of: None,
        extent: Extent::Missing,
        max_events_per_second: None,
        dry_run: false,
        plan: None,
    }
}

pub fn nothing() -> Arc<dyn Ledger> {
    Arc::new(NothingDelivered)
}

pub fn options() -> Options {
    Options { objects_at_once: 3, ..Options::default() }
}

/// A tracker that is taken from every few milliseconds, as its callers do.
pub async fn reprocess(shipment: &Shipment) -> Came {
    go_on(shipment, Progress::default(), Checkpoint::default(), Vec::new()).await
}

pub async fn go_on(shipment: &Shipment, progress: Progress, checkpoint: Checkpoint, retry: Vec<Key>) -> Came {
    let tracker = Tracker::resume(progress, checkpoint);
    let retry = (!retry.is_empty()).then(|| {
        let (sender, receiver) = mpsc::channel(retry.len());
        for key in retry {
            sender.try_send(key).unwrap();
        }
        receiver
    });
    let result = run(shipment, retry, &tracker, &CancellationToken::new()).await;
    Came { result, taken: tracker.take() }
}

impl Dock {
    pub async fn new() -> Self {
        Self { yard: TestBuckets::new().await, folder: tempfile::tempdir().unwrap() }
    }

    pub async fn put(&self, key: &str, body: impl AsRef<[u8]>) {
        self.yard.put(key, body).await;
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    pub fn dead(&self) -> PathBuf {
        self.folder.path().join("dead.ndjson")
    }

    pub async fn sink(&self) -> Sink {
        let url = format!("file:{}", self.out().display()).parse().unwrap();
        let settings = Settings::new(url);
        // What a killed run had in flight holds the file until the runtime has dropped it.
        let open = || async {
            let opened = Sink::open(settings.clone()).await;
            assert!(!opened.as_ref().is_err_and(|error| !error.to_string().contains("another writer")), "{opened:?}");
            opened
        };
        eventually_async("the file is free", within(1.mins()).every(1.millis()), open).await
    }

    pub async fn shipment(&self, spec: ReprocessSpec) -> Shipment {
        self.shipment_from(self.yard.engine().await, spec).await
    }

    pub async fn shipment_from(&self, store: S3Client, spec: ReprocessSpec) -> Shipment {
        let options = Options { dead_letters: Some(self.dead()), ..options() };
        Shipment { spec, store, sink: Some(self.sink().await), ledger: nothing(), options }
    }

    pub async fn reprocess(&self, spec: ReprocessSpec) -> Came {
        reprocess(&self.shipment(spec).await).await
    }

    /// What arrived, in order.
    pub fn events(&self) -> Vec<Value> {
        lines(&self.out())
    }

    pub fn letters(&self) -> Vec<Value> {
        lines(&self.dead())
    }

    /// The numbers in the URLs of what arrived, in order.
    pub fn numbers(&self) -> Vec<usize> {
        self.events().iter().map(number).collect()
    }
}

pub fn number(event: &Value) -> usize {
    let url = event["request_url"].as_str().unwrap();
    url.rsplit_once('/').unwrap().1.parse().unwrap()
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n').map(|line| serde_json::from_str(line.strip_suffix('\n').unwrap()).unwrap()).collect()
}

/// What holds for every summary.
#[track_caller]
pub fn adds_up(summary: &Summary) {
    let Summary { lines, failures, acknowledged, sink, .. } = summary;
    assert_eq!(lines.encountered, lines.parsed + failures.parsing.total, "{summary:?}");
    let delivered = if *acknowledged { lines.acknowledged } else { lines.sent };
    let events = lines.filtered + delivered + lines.duplicate + failures.sending.total;
    assert!(sink.is_none() || lines.parsed == events, "{summary:?}");
}

impl Came {
    /// The proof, after checking what holds for all of them.
    #[track_caller]
    pub fn proof(&self) -> &Shipped {
        let Ok(Proof::Shipped(proof)) = &self.result else { panic!("no proof: {self:?}") };
        assert!(proof.adds_up(), "{proof:?}");
        let progress = &self.taken.progress;
        assert_eq!((progress.settled(), progress.in_flight), (progress.found, 0), "{progress:?}");
        assert!(progress.found_final && self.taken.checkpoint.done);
        self.taken.runs.iter().for_each(|run| adds_up(&run.summary));
        proof
    }

    /// Nothing failed, and so many events arrived.
    #[track_caller]
    pub fn delivered(&self, events: u64) {
        let proof = self.proof();
        assert_eq!((proof.failed, proof.lines.acknowledged), (0, events), "{proof:?}");
        assert_eq!(self.taken.failures, []);
    }

    #[track_caller]
    pub fn lines(&self) -> Lines {
        self.proof().lines
    }

    #[track_caller]
    pub fn only_failure(&self) -> &Failure {
        assert_eq!((self.taken.failures.len(), self.taken.progress.failed), (1, 1), "{self:?}");
        &self.taken.failures[0]
    }

    #[track_caller]
    pub fn only_run(&self) -> &engine::ship::Ran {
        assert_eq!(self.taken.runs.len(), 1, "{self:?}");
        &self.taken.runs[0]
    }
}

//! SIGKILL of the real server at fifty random moments while it ships to four receivers.
//!
//! A moment is a number of store requests after the start of the process, plus some milliseconds. After each kill,
//! the claims of the database are compared with what the receivers have. In the end they have every event, once where
//! events have ids. The seeds are fixed, the machine's timing is not.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use db::Db;
use embedded::{Config, Embedded, Pace};
use futures::future::join_all;
use model::{Job, JobId, Key, Outcome, Proof, Run, RunFilter, State};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::{bulk_receiver::BulkReceiver, lumberjack_receiver::LumberjackReceiver, tcp_receiver::TcpReceiver};
use testing::{Span as _, eventually_async, within};

use crate::support::process::TestProcess;

#[path = "../../../engine/tests/ship/sinks/bulk_receiver.rs"]
#[expect(dead_code, reason = "its faults are for the tests of the sinks")]
pub mod bulk_receiver;
#[path = "../../../engine/tests/ship/sinks/lumberjack_receiver.rs"]
#[expect(dead_code, reason = "its faults are for the tests of the sinks")]
mod lumberjack_receiver;
#[path = "../../../engine/tests/ship/sinks/tcp_receiver.rs"]
#[expect(dead_code, reason = "its faults are for the tests of the sinks")]
mod tcp_receiver;

/// Servers that run side by side, each with a store, a database and receivers of its own.
const LANES: u64 = 10;
const KILLS_A_LANE: u64 = 5;
const OBJECTS: usize = 60;
/// Records of each object: several batches.
const RECORDS: usize = 12;
/// Latency of the store, so that jobs run for seconds.
const LATENCY: Duration = Duration::from_millis(50);

const SINKS: [&str; 4] = ["lumberjack", "bulk", "file", "tcp"];

#[tokio::test(flavor = "multi_thread")]
async fn reprocess_survives_repeated_sigkill_without_false_claims() {
    let lanes = join_all((0..LANES).map(|seed| tokio::spawn(lane(seed)))).await;
    let kills: u64 = lanes.into_iter().map(Result::unwrap).sum();
    assert!(kills >= LANES * KILLS_A_LANE, "{kills}");
}

/// Runs sets of reprocesses until enough processes were killed.
async fn lane(seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut kills = 0;
    while kills < KILLS_A_LANE {
        kills += ShippingSetup::build().await.reprocess(&mut random, KILLS_A_LANE - kills).await;
    }
    kills
}

/// A store with logs, and the receivers to ship them to.
struct ShippingSetup {
    s3: Embedded,
    folder: TempDir,
    lumberjack: LumberjackReceiver,
    bulk: BulkReceiver,
    tcp: TcpReceiver,
}

/// Object and record number of each event, by event id.
type Events = BTreeMap<String, (String, usize)>;

impl ShippingSetup {
    async fn build() -> Self {
        let config = Config { dir: None, addr: ([127, 0, 0, 1], 0).into() };
        let s3 = Embedded::start_at(config, Pace { latency: LATENCY, writes_per_second: None }).await.unwrap();
        s3.create_bucket("logs").unwrap();
        for object in 0..OBJECTS {
            let log: String = (0..RECORDS).map(|record| line(object * RECORDS + record)).collect();
            s3.put("logs", &format!("elb/{object:03}.log"), log).await.unwrap();
        }
        Self {
            s3,
            folder: TempDir::new().unwrap(),
            lumberjack: LumberjackReceiver::start(lumberjack_receiver::Manner::InParts).await,
            bulk: BulkReceiver::start(bulk_receiver::Manner::Good).await,
            tcp: TcpReceiver::start(tcp_receiver::Manner::Good).await,
        }
    }

    /// Kills the server at most `most` times before all jobs have ended; returns the number of kills.
    async fn reprocess(self, random: &mut StdRng, most: u64) -> u64 {
        let mut server = self.serve().await;
        let mut jobs = HashMap::new();
        for sink in SINKS {
            let body = json!({ "source": "s3://logs/elb/", "sink": sink, "extent": "all" });
            jobs.insert(sink, server.start_job("reprocesses", &body).await);
        }
        let mut kills = 0;
        while kills < most {
            let after = self.requests() + random.random_range(0..80);
            let more = Duration::from_millis(random.random_range(0..40));
            if !self.reached(after, &server, &jobs).await {
                break;
            }
            tokio::time::sleep(more).await; // real time: the moment of the kill is the subject
            server.kill();
            kills += 1;
            self.assert_claims(&jobs).await;
            server = self.serve().await;
        }
        for (sink, id) in &jobs {
            let job = server.until(*id, "succeeded", |job| job.state == State::Succeeded).await;
            self.assert_whole(sink, &job);
        }
        server.kill();
        self.assert_claims(&jobs).await;
        kills
    }

    /// Waits until the store has had this many requests; false if all jobs ended before.
    async fn reached(&self, requests: u64, server: &TestProcess, jobs: &HashMap<&str, JobId>) -> bool {
        let probe = || async {
            if self.requests() >= requests {
                return Ok(true);
            }
            let jobs = join_all(jobs.values().map(|id| server.job(*id))).await;
            if jobs.iter().all(|job| job.state.ended()) { Ok(false) } else { Err(jobs) }
        };
        eventually_async(format!("{requests} requests, or the end of all jobs"), within(2.mins()), probe).await
    }

    fn requests(&self) -> u64 {
        self.s3.requests().values().sum()
    }

    async fn serve(&self) -> TestProcess {
        let config = self.folder.path().join("logyard.toml");
        std::fs::write(&config, self.config()).unwrap();
        let data = self.folder.path().join("data");
        tokio::task::spawn_blocking(move || TestProcess::start(&config, &data)).await.unwrap()
    }

    fn config(&self) -> String {
        let mut text = format!(
            "[database]\nurl = {:?}\n[runner]\nlease_ms = 3000\n\
             [[stores]]\nname = \"own\"\nregion = \"us-east-1\"\nendpoint_url = {:?}\n",
            self.database(),
            self.s3.url()
        );
        let file = format!("file:{}", self.out().display());
        let urls = [self.lumberjack.url(), self.bulk.url(), file, self.tcp.url.clone()];
        for (name, url) in SINKS.iter().zip(urls) {
            let _ = write!(text, "[[sinks]]\nname = {name:?}\nurl = {url:?}\nconnections = 3\nbatch_events = 5\n");
        }
        text
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("logyard.db").display())
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    /// The events that a receiver has, each once.
    fn arrived(&self, sink: &str) -> Events {
        let whole = |id: &str, event: &Value| {
            let number = event["request_url"].as_str().unwrap().rsplit_once('/').unwrap().1.parse().unwrap();
            (id.to_owned(), (event["log"]["key"].as_str().unwrap().to_owned(), number))
        };
        let named = |text: &str| {
            let event: Value = serde_json::from_str(text).unwrap();
            whole(event["@metadata"]["_id"].as_str().unwrap(), &event)
        };
        match sink {
            "lumberjack" => self.lumberjack.acknowledged().iter().map(|event| named(event)).collect(),
            "bulk" => self.bulk.ids().iter().map(|id| whole(id, &self.bulk.document(id))).collect(),
            "file" => lines(&self.out()).iter().map(|event| named(event)).collect(),
            _ => self.tcp.lines().iter().map(|event| named(event)).collect(),
        }
    }

    /// The database claims, for objects and jobs, no more than the receivers have.
    async fn assert_claims(&self, jobs: &HashMap<&str, JobId>) {
        let db = Db::open(&self.database()).await.unwrap();
        for (sink, id) in jobs {
            let arrived = self.arrived(sink);
            let mut of = HashMap::<&str, u64>::new();
            for (key, _) in arrived.values() {
                *of.entry(key).or_default() += 1;
            }
            let filter = RunFilter { job: Some(*id), ..RunFilter::default() };
            let runs = db.runs(&filter, None, 200).await.unwrap().items;
            for run in &runs {
                assert_claim(sink, run, of.get(run.key.as_ref().map_or("", Key::as_str)).copied().unwrap_or_default());
            }
            let job = db.job(*id).await.unwrap();
            let keys: BTreeSet<_> = runs.iter().map(|run| run.key.clone()).collect();
            assert_eq!(keys.len(), runs.len(), "an object has one run");
            assert!(job.progress.settled() <= runs.len() as u64, "{sink}: {:?}", job.progress);
            assert_eq!(job.progress.failed, 0, "{sink}");
        }
    }

    /// The receiver has every record of every object, once by its id.
    fn assert_whole(&self, sink: &str, job: &Job) {
        let Some(Proof::Shipped(proof)) = &job.proof else { panic!("{job:?}") };
        let all = (OBJECTS * RECORDS) as u64;
        assert!(proof.adds_up(), "{proof:?}");
        assert_eq!((proof.shipped, proof.failed, proof.lines.encountered), (OBJECTS as u64, 0, all), "{proof:?}");
        assert_eq!(proof.acknowledged, sink != "tcp", "{proof:?}");
        let lines = &proof.lines;
        if proof.acknowledged {
            assert_eq!(lines.acknowledged + lines.duplicate, all, "{sink}: {lines:?}");
        } else {
            assert_eq!((lines.sent, lines.acknowledged, lines.duplicate), (all, 0, 0), "{sink}: {lines:?}");
        }
        let mut numbers: Vec<usize> = self.arrived(sink).into_values().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..OBJECTS * RECORDS), "{sink}: lost, or under two ids");
    }
}

fn assert_claim(sink: &str, run: &Run, arrived: u64) {
    let summary = run.summary.as_ref().unwrap();
    let (lines, all) = (summary.lines, RECORDS as u64);
    assert_eq!((lines.encountered, lines.parsed, summary.clean()), (all, all, true), "{run:?}");
    if sink == "tcp" {
        assert_eq!((run.outcome, summary.acknowledged, lines.acknowledged), (Outcome::Sent, false, 0), "{run:?}");
        assert!(run.reason.contains("does not acknowledge"), "{run:?}");
    } else {
        assert_eq!((run.outcome, summary.acknowledged), (Outcome::Delivered, true), "{run:?}");
        assert_eq!(lines.acknowledged + lines.duplicate, all, "{run:?}");
    }
    assert!(summary.delivered() <= arrived, "{sink} has {arrived} events of it: {run:?}");
}

/// A classic record with this number in its URL.
fn line(number: usize) -> String {
    format!(
        "2026-03-09T14:00:{:02}.{:03}000Z shop 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 \
         \"GET http://shop.example:80/{number} HTTP/1.1\" \"curl/7.38.0\" - -\n",
        number / 1_000 % 60,
        number % 1_000
    )
}

/// The complete lines: a killed process may leave a fragment, which the next one removes.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

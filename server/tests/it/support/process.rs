//! Real `logyard` processes that tests kill and restart.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use embedded::Embedded;
use model::{Job, JobId, State};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{ChildProcess, Span as _, eventually_async, seen, within};

const LEASE_MS: u32 = 3_000;

/// The binary under test, without the environment's own proxies and LOGYARD_ and AWS_ variables.
pub fn logyard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logyard"));
    let own = |name: &str| {
        name.starts_with("LOGYARD_") || name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
        command.env_remove(name);
    }
    command
}

/// An S3 store that outlives the servers, and a folder with their configuration.
pub struct ProcessSetup {
    pub s3: Embedded,
    folder: TempDir,
}

/// The real binary, `logyard serve`. Killed when dropped.
pub struct TestProcess {
    pub url: String,
    process: ChildProcess,
    client: Client,
}

impl ProcessSetup {
    pub async fn with_objects(count: u64) -> Self {
        let s3 = Embedded::in_memory().await.unwrap();
        s3.create_bucket("source").unwrap();
        s3.create_bucket("destination").unwrap();
        s3.seed_objects("source", usize::try_from(count).unwrap()).await.unwrap();
        Self { s3, folder: TempDir::new().unwrap() }
    }

    /// CopyObject requests so far.
    pub fn copies(&self) -> u64 {
        self.s3.requests().get("CopyObject").copied().unwrap_or(0)
    }

    pub fn sqlite(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("logyard.db").display())
    }

    /// Starts a server with a data directory of this name. `jobs`: how many it runs at once.
    pub fn serve(&self, name: &str, database: &str, jobs: u32, concurrency: u32) -> TestProcess {
        let config = self.config(database, jobs, concurrency);
        TestProcess::start(&config, &self.folder.path().join(name))
    }

    fn config(&self, database: &str, jobs: u32, concurrency: u32) -> PathBuf {
        let file = self.folder.path().join(format!("logyard-{jobs}.toml"));
        let text = format!(
            "[database]\nurl = {database:?}\n[runner]\njobs = {jobs}\nconcurrency = {concurrency}\nlease_ms = {LEASE_MS}\n\
             [[stores]]\nname = \"own\"\nregion = \"us-east-1\"\nendpoint_url = {:?}\n",
            self.s3.url()
        );
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl TestProcess {
    /// Blocks until the server listens.
    pub fn start(config: &Path, data_dir: &Path) -> Self {
        Self::start_as(logyard(), config, data_dir)
    }

    /// Starts it from a command with further environment variables.
    pub fn start_as(mut command: Command, config: &Path, data_dir: &Path) -> Self {
        command.env("AWS_ACCESS_KEY_ID", embedded::ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", embedded::SECRET_KEY);
        Self::start_with(command, config, data_dir)
    }

    /// Starts it from a command that has its own AWS credentials.
    pub fn start_with(mut command: Command, config: &Path, data_dir: &Path) -> Self {
        command
            .arg("--config")
            .arg(config)
            .env("LOGYARD_SERVER_ADDR", "127.0.0.1:0")
            .env("LOGYARD_SERVER_DATA_DIR", data_dir)
            .stdout(Stdio::piped());
        let mut process = ChildProcess::spawn("logyard", &mut command);
        let url = process.line("its address", 1.mins(), |line| Some(line.strip_prefix("Logyard is at ")?.to_owned()));
        Self { url, process, client: Client::new() }
    }

    pub async fn start_clone(&self, destination: &str) -> JobId {
        self.start_job("clones", &json!({ "source": "s3://source", "destination": destination })).await
    }

    /// `kind`: `clones` or `reprocesses`.
    pub async fn start_job(&self, kind: &str, body: &Value) -> JobId {
        let url = format!("{}/api/v1/{kind}", self.url);
        let answer = self.client.post(url).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
        serde_json::from_value::<Job>(answer.json().await.unwrap()).unwrap().id
    }

    pub async fn job(&self, id: JobId) -> Job {
        let answer: Value =
            self.client.get(format!("{}/api/v1/jobs/{id}", self.url)).send().await.unwrap().json().await.unwrap();
        serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    pub async fn until(&self, id: JobId, what: &str, is: impl Fn(&Job) -> bool) -> Job {
        let probe = || async {
            let job = seen(self.job(id).await, &is);
            assert!(!job.as_ref().is_err_and(|job| job.state == State::Failed), "{job:?}");
            job
        };
        eventually_async(format!("the job is {what}"), within(9.mins()), probe).await
    }

    /// Whether this process holds the job.
    pub fn holds(&self, job: &Job) -> bool {
        let id = format!("/{}-", self.process.id());
        job.holder.as_ref().is_some_and(|holder| holder.contains(&id))
    }

    /// `kill -9`.
    pub fn kill(self) {
        self.process.kill();
    }

    /// Sends SIGTERM; the process must end within the promised five seconds.
    pub async fn terminate(self) -> ExitStatus {
        self.process.terminate(within(5.secs())).await
    }
}

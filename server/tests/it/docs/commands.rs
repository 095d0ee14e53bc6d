//! Shell blocks marked `sh test` are run, each page's in order, against a server with the embedded demo.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

use super::{blocks, pages, read};
use crate::support::process::logyard;

/// Longer than any block takes on a busy machine; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(100);

/// `logyard` without a configuration, in an empty folder. Killed when dropped.
struct Demo {
    folder: TempDir,
    process: Child,
    /// `127.0.0.1:…` of the pages and of the store.
    server: String,
    store: String,
    /// Kept open: what the process prints must have somewhere to go.
    _out: BufReader<ChildStdout>,
}

impl Demo {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = logyard()
            .current_dir(folder.path())
            .env("LOGYARD_SERVER_ADDR", "127.0.0.1:0")
            .env("LOGYARD_DEMO_ADDR", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut address = |before: &str| {
            let mut line = String::new();
            while !line.starts_with(before) {
                line.clear();
                assert!(out.read_line(&mut line).unwrap() > 0, "it ended without saying {before:?}");
            }
            let (_, address) = line.split_once("http://").unwrap();
            address.split([',', '\n']).next().unwrap().to_owned()
        };
        let (server, store) = (address("Logyard is at"), address("The demo store is"));
        Self { folder, process, server, store, _out: out }
    }

    /// What a user would type there, with the addresses of this demo.
    fn shell(&self, script: &str) -> Command {
        let script = script.replace("127.0.0.1:3000", &self.server).replace("127.0.0.1:3001", &self.store);
        let binaries = Path::new(env!("CARGO_BIN_EXE_logyard")).parent().unwrap().to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([binaries].into_iter().chain(env::split_paths(&path))).unwrap();
        let mut bash = std::process::Command::new("bash");
        bash.args(["-e", "-u", "-o", "pipefail", "-c", &script]).current_dir(self.folder.path()).env("PATH", path);
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("LOGYARD_") || name.starts_with("AWS_")) {
            bash.env_remove(name);
        }
        let mut bash = Command::from(bash);
        bash.kill_on_drop(true);
        bash
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_of_the_docs_work_against_the_demo() {
    let demo = Demo::start();
    let mut ran = 0;
    for file in pages() {
        for (_, script) in blocks(&read(&file)).into_iter().filter(|(info, _)| info == "sh test") {
            let Ok(output) = timeout(PATIENCE, demo.shell(&script).output()).await else {
                panic!("{file}: not done within {PATIENCE:?}:\n{script}")
            };
            let output = output.unwrap();
            let said =
                [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).join("\n");
            let shown: String = said.chars().take(4_000).collect();
            assert!(output.status.success(), "{file}: {}:\n{script}\n{shown}", output.status);
            ran += 1;
        }
    }
    assert!(ran > 15, "{ran} blocks");
}

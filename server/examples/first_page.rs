//! Measures pages through HTTP with a million jobs stored, on both databases: part of `make bench-store`, or
//! `LOGYARD=path/to/logyard cargo run --release -p logyard --example first_page [JOBS]`.
//!
//! The server is the release binary, started on a database filled beforehand, and asked over a kept-alive connection,
//! as a browser does: rendering, statements and transfer over loopback are all in the figure.

use std::{
    env,
    error::Error,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use db::testing::{Cluster, Durability, Scratch, Software, fill};
use reqwest::Client;
use tokio::time::sleep;

const PAGES: [&str; 6] =
    ["/", "/jobs", "/jobs?state=failed", "/jobs?bucket=bucket-017", "/api/v1/jobs", "/api/v1/jobs?state=failed"];
const START_WITHIN: Duration = Duration::from_secs(30);

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let jobs: u64 = env::args().nth(1).map_or(Ok(1_000_000), |jobs| jobs.parse())?;
    bench(&Scratch::sqlite(), jobs).await?;
    let cluster = Cluster::own(Software::Postgres, Durability::Full);
    bench(&Scratch::within(&cluster).await, jobs).await
}

async fn bench(scratch: &Scratch, jobs: u64) -> Outcome<()> {
    let db = scratch.open().await;
    fill(&db, jobs).await?;
    println!("\n{}, {jobs} jobs, through HTTP", db.describe());
    drop(db);
    let server = Server::start(&scratch.url).await?;
    println!("{:<44} {:>10} {:>10} {:>10}", "", "median ms", "p99 ms", "bytes");
    for page in PAGES {
        let (mut times, bytes) = server.time(page).await?;
        times.sort_unstable_by(f64::total_cmp);
        println!("{page:<44} {:>10.2} {:>10.2} {bytes:>10}", times[times.len() / 2], times[times.len() * 99 / 100]);
    }
    Ok(())
}

/// The release binary; ends with this value.
struct Server {
    process: Child,
    origin: String,
    client: Client,
    _data_dir: tempfile::TempDir,
}

impl Server {
    async fn start(database: &str) -> Outcome<Self> {
        let binary = env::var("LOGYARD").map_err(|_| "set LOGYARD to the release binary; `make build` prints it")?;
        let data_dir = tempfile::tempdir()?;
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new(binary)
            .env("LOGYARD_DATABASE_URL", database)
            .env("LOGYARD_SERVER_ADDR", addr.to_string())
            .env("LOGYARD_SERVER_DATA_DIR", data_dir.path())
            .env("LOGYARD_DEMO_ADDR", "127.0.0.1:0")
            .env("LOGYARD_RUNNER_JOBS", "0")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { process, origin: format!("http://{addr}"), client: Client::new(), _data_dir: data_dir };
        let started = Instant::now();
        while server.client.get(format!("{}/readyz", server.origin)).send().await.is_err() {
            if started.elapsed() > START_WITHIN {
                return Err("the server did not answer in time".into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    /// Milliseconds of a hundred answers, and the bytes of one; ten before them do not count.
    async fn time(&self, page: &str) -> Outcome<(Vec<f64>, usize)> {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for round in 0..110 {
            let started = Instant::now();
            let answer = self.client.get(format!("{}{page}", self.origin)).send().await?.error_for_status()?;
            bytes = answer.bytes().await?.len();
            if round >= 10 {
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        Ok((times, bytes))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

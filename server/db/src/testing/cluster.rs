//! A database server that lives as long as the test run.
//!
//! nextest runs each test in its own process, so no test can stop the server. The first test that needs it starts a
//! shell script (`postgres.sh`, `mariadb.sh`), which starts the server and watches the test runner's process. When that
//! process has ended, for any reason, the script stops the server and removes its files. Outside nextest it watches the
//! process that started it.

use std::{
    env, fs,
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The database product.
#[derive(Clone, Copy)]
pub enum Software {
    Postgres,
    /// Stands in for MySQL, which Debian does not package.
    Mariadb,
}

impl Software {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::Postgres => include_str!("postgres.sh"),
            Self::Mariadb => include_str!("mariadb.sh"),
        }
    }
}

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A running server, reachable only by a socket in its folder.
pub struct Cluster {
    software: Software,
    folder: PathBuf,
}

/// Whether a commit is flushed to disk.
#[derive(Clone, Copy)]
pub enum Durability {
    /// As in production, for benchmarks.
    Full,
    /// Fast, for tests.
    None,
}

impl Cluster {
    /// The server of this test run; starts it if no other test has.
    pub fn shared(software: Software) -> Self {
        match env::var("NEXTEST_RUN_ID") {
            // Parent 1: the runner was killed, and this is the last test.
            Ok(run) if parent_id() != 1 => Self::start(software, &run, parent_id(), Durability::None),
            _ => Self::own(software, Durability::None),
        }
    }

    /// A server for this process alone.
    pub fn own(software: Software, durability: Durability) -> Self {
        Self::start(software, &process::id().to_string(), process::id(), durability)
    }

    /// URL of a database on the server.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        match self.software {
            Software::Postgres => format!("postgres://postgres@localhost/{database}?host={folder}"),
            Software::Mariadb => format!("mysql://root@localhost/{database}?socket={folder}/socket"),
        }
    }

    fn start(software: Software, run: &str, watched: u32, durability: Durability) -> Self {
        let folder = env::temp_dir().join(format!("logyard-{}-{run}", software.name()));
        let lock = fs::File::create(folder.with_extension("lock")).expect("a lock file in the temporary folder");
        lock.lock().expect("the lock");
        if !folder.join("ready").exists() {
            start(software, &folder, watched, durability);
        }
        Self { software, folder }
    }
}

#[expect(clippy::zombie_processes, reason = "the script must outlive this process")]
fn start(software: Software, folder: &Path, watched: u32, durability: Durability) {
    let programs = match software {
        Software::Postgres => programs_of_postgres(),
        Software::Mariadb => programs_of_mariadb(),
    };
    fs::create_dir_all(folder).expect("a folder in the temporary folder");
    let log = folder.join("log");
    let output = fs::File::create(&log).expect("a log file");
    // Its own session, so that a Ctrl-C for the tests does not end it before it has cleaned up.
    let mut script = Command::new("setsid")
        .args(["sh", "-c", software.script(), "logyard-database"])
        .arg(folder)
        .arg(watched.to_string())
        .arg(programs)
        .arg(match durability {
            Durability::Full => "on",
            Durability::None => "off",
        })
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("the log file again"))
        .stderr(output)
        .spawn()
        .expect("setsid and sh are installed");
    let started = Instant::now();
    while !folder.join("ready").exists() {
        let ended = script.try_wait().expect("the script's state");
        assert!(
            ended.is_none() && started.elapsed() < START_TIMEOUT,
            "{} did not start:\n{}",
            software.name(),
            fs::read_to_string(&log).unwrap_or_default()
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// Folder of the newest installed PostgreSQL server on Debian.
fn programs_of_postgres() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let newest = versions
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let Some(newest) = newest else {
        panic!("PostgreSQL's server is not installed: apt-get install -y --no-install-recommends postgresql")
    };
    newest.join("bin")
}

fn programs_of_mariadb() -> PathBuf {
    let programs = PathBuf::from("/usr/sbin");
    assert!(
        programs.join("mariadbd").exists(),
        "MariaDB's server is not installed: apt-get install -y --no-install-recommends mariadb-server"
    );
    programs
}

//! A local table, its remote copy behind HTTP, and the configuration that syncs them.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use db::Db;
use logyard::{
    config::Config,
    connections::tables::Syncs,
    tasks::syncer::{Context, Keeper},
};
use model::TableName;
use tempfile::TempDir;
use testing::{Span as _, eventually_async, within};

use crate::{
    support::process::logyard,
    support::server::TestServer,
    sync::replica_tables::{ACME, Orders, holding, path},
};

pub struct TablePair {
    pub local: Orders,
    pub remote: Orders,
    pub folder: TempDir,
    server: TestServer,
}

impl TablePair {
    /// Makes both tables, empty.
    pub async fn new() -> Self {
        let (local, remote) = (Orders::new().await, Orders::new().await);
        for table in [&local, &remote] {
            table.run("PRAGMA journal_mode = WAL").await;
        }
        let server = holding(vec![remote.replica("acme", ACME)]).await;
        Self { local, remote, folder: TempDir::new().unwrap(), server }
    }

    pub fn table() -> TableName {
        "orders".parse().unwrap()
    }

    /// Inserts rows with these keys, each with its key as its version.
    pub async fn insert(&self, from: u64, until: u64) {
        let rows = format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {until})
             INSERT INTO orders (id, row_version, customer, total) SELECT i, i, 'customer ' || i, i / 4.0 FROM n"
        );
        self.local.run(&rows).await;
    }

    /// Makes the remote refuse rows of this customer.
    pub async fn refuse(&self, customer: &str) {
        let trigger = format!(
            "CREATE TRIGGER refusal BEFORE INSERT ON orders WHEN NEW.customer = '{customer}'
             BEGIN SELECT RAISE(ABORT, 'the customer is unknown'); END"
        );
        self.remote.run(&trigger).await;
    }

    pub async fn is_equal(&self) -> bool {
        self.local.dump().await == self.remote.dump().await
    }

    /// The configuration, with `more` appended to the entry of the table.
    pub fn config(&self, more: &str) -> String {
        self.config_of(&self.local.url(), &format!("{}{}", self.server.url, path("acme", "")), more)
    }

    pub fn config_of(&self, local: &str, remote: &str, more: &str) -> String {
        let remote = remote.trim_end_matches('/');
        format!(
            "[database]\nurl = 'sqlite:{}'\n[runner]\nlease_ms = 3000\n[sync]\nrequests_per_second = 100000\n\
             rows_per_second = 1000000000\n[[stores]]\nname = 'own'\nregion = 'us-east-1'\n\
             endpoint_url = 'http://127.0.0.1:9'\n\
             [[tables]]\nname = 'orders'\nurl = '{local}'\nremote = '{remote}'\ntoken = '{ACME}'\n{more}\n",
            self.folder.path().join("logyard.db").display(),
        )
    }

    pub fn write(&self, config: &str) -> PathBuf {
        let file = self.folder.path().join("logyard.toml");
        std::fs::write(&file, config).unwrap();
        file
    }

    /// The command `logyard sync` with JSON lines.
    pub fn sync(&self, arguments: &[&str]) -> Command {
        let mut command = logyard();
        command.args(["sync", "orders", "--json"]).args(arguments);
        command.current_dir(self.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Logyard's own database, as the commands open it.
    pub async fn db(&self) -> Db {
        Db::open(&format!("sqlite:{}", self.folder.path().join("logyard.db").display())).await.unwrap()
    }

    /// The context of one process, by the name of its lease holder.
    pub fn context(&self, db: &Db, holder: &str, more: &str) -> Context {
        let config = Config::parse(None, &self.config(more), &|_| None).unwrap();
        let syncs = Syncs::new(&config);
        Context { db: db.clone(), syncs, holder: holder.into(), lease_ms: config.runner.lease_ms }
    }

    pub fn keeper(&self, db: &Db, holder: &str, more: &str) -> Keeper {
        let context = Arc::new(self.context(db, holder, more));
        let table = context.syncs.get(&Self::table()).unwrap().clone();
        Keeper::new(context, table)
    }
}

/// Waits until the condition holds; says in its panic what it was.
pub async fn until<F: Future<Output = bool>>(what: &str, is: impl Fn() -> F) {
    eventually_async(what, within(2.mins()), is).await;
}

//! The engine syncs a table over HTTP with a replica that a server holds.

use std::time::Duration;

use engine::sync::{
    Checkpoint, Endpoints, Evaluation, Options, RemoteTable, Span, Step, Strategy, SyncFault, TableEndpoint, Verdict,
};
use tables::Table;

use crate::{
    support::server::TestServer,
    sync::replica_tables::{ACME, Orders, holding, path},
};

const THREE_THOUSAND: &str = "
    WITH RECURSIVE n(i) AS (SELECT -1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
    INSERT INTO orders SELECT i, (i + 1001) * 7, CASE WHEN i % 5 = 0 THEN NULL ELSE 'Zoë ' || i END, i / 8.0,
    CASE WHEN i % 3 = 0 THEN randomblob(20) END FROM n";

struct Pair {
    local: Orders,
    remote: Orders,
    server: TestServer,
    checkpoint: Checkpoint,
    strategy: Strategy,
}

impl Pair {
    async fn new(strategy: Strategy) -> Self {
        let (local, remote) = (Orders::new().await, Orders::new().await);
        let server = holding(vec![remote.replica("acme", ACME)]).await;
        Self { local, remote, server, checkpoint: Checkpoint::default(), strategy }
    }

    fn remote_table(&self) -> RemoteTable {
        let url = format!("{}{}", self.server.url, path("acme", ""));
        RemoteTable::connect(&url, Some(&ACME.parse().unwrap())).unwrap()
    }

    /// Evaluates until the tables are in sync; returns the number of quarantined rows.
    async fn sync(&mut self) -> usize {
        let local = Table::open(self.local.spec()).await.unwrap();
        let remote = self.remote_table();
        let ends = Endpoints { local: &local, remote: &remote, timeout: Duration::from_mins(1) };
        for now in 1..100 {
            let options = Options { strategy: self.strategy, ..Options::default() };
            // Each a second after the other.
            let mut evaluation = Evaluation::new(options, self.checkpoint.clone(), now * 1_000);
            let verdict = loop {
                let answer = match evaluation.step() {
                    Step::Ask(question) => ends.ask(&question).await,
                    Step::Apply(change) => ends.apply(&change).await,
                    Step::Done(verdict) => break verdict,
                };
                evaluation.answer(answer, 1);
            };
            self.checkpoint = evaluation.checkpoint().clone();
            match verdict {
                Verdict::InSync { quarantined, .. } => return quarantined,
                Verdict::Working(_) => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("not in step after a hundred evaluations")
    }

    async fn assert_equal(&self) {
        let (local, remote) = (self.local.dump().await, self.remote.dump().await);
        assert!(local == remote, "{} rows here, {} there", local.len(), remote.len());
    }
}

async fn brings_in_step(strategy: Strategy) {
    let mut pair = Pair::new(strategy).await;
    pair.local.run(THREE_THOUSAND).await;
    assert_eq!(pair.sync().await, 0);
    pair.assert_equal().await;
    assert_eq!(pair.remote.dump().await.len(), 3_000);

    // Written, deleted without a trace, and lost, there or on the way.
    pair.local.run("UPDATE orders SET row_version = 30000 + id, total = -1.5 WHERE id % 100 = 7").await;
    pair.local.run("DELETE FROM orders WHERE id % 300 = 11").await;
    pair.local.run("INSERT INTO orders (id, row_version, customer) VALUES (9000, 40000, 'new')").await;
    pair.remote.run("DELETE FROM orders WHERE id % 500 = 13").await;
    pair.remote.run("INSERT INTO orders (id, row_version) VALUES (9001, 3), (9002, 12345)").await;
    assert_eq!(pair.sync().await, 0);
    pair.assert_equal().await;
}

#[tokio::test]
async fn table_syncs_by_ranges() {
    brings_in_step(Strategy::Ranges).await;
}

#[tokio::test]
async fn table_syncs_by_scan() {
    brings_in_step(Strategy::Scan).await;
}

#[tokio::test]
async fn refused_row_does_not_block_others() {
    let mut pair = Pair::new(Strategy::Ranges).await;
    pair.remote
        .run(
            "CREATE TRIGGER no BEFORE INSERT ON orders WHEN NEW.total < 0 BEGIN SELECT RAISE(ABORT, 'too little'); END",
        )
        .await;
    pair.local.run("INSERT INTO orders (id, row_version, total) VALUES (1, 1, 1.0), (2, 2, -1.0), (3, 3, 3.0)").await;
    assert_eq!(pair.sync().await, 1);
    let entry = pair.checkpoint.quarantine.entries().next().unwrap();
    assert!(entry.mark.version == 2 && entry.refusal.contains("too little"), "{entry:?}");
    assert_eq!(pair.remote.dump().await.len(), 2);
}

#[tokio::test]
async fn in_sync_table_needs_one_small_request() {
    let mut pair = Pair::new(Strategy::Ranges).await;
    pair.local.run(THREE_THOUSAND).await;
    pair.sync().await;
    let remote = pair.remote_table();
    let cell = remote.cells(&[Span::ALL], false, Span::END).await.unwrap();
    let usage = remote.usage();
    assert_eq!((cell[0].count, usage.requests), (3_000, 1));
    assert!(usage.bytes_sent + usage.bytes_received < 200, "{usage:?}");
    assert!(usage.rows > 0, "{usage:?}");
}

#[tokio::test]
async fn wrong_token_is_refused_with_advice() {
    let pair = Pair::new(Strategy::Ranges).await;
    let url = format!("{}{}", pair.server.url, path("acme", ""));
    let remote = RemoteTable::connect(&url, Some(&"another-token-of-someone".parse().unwrap())).unwrap();
    let Err(SyncFault::Refused(why)) = remote.meta().await else { panic!("answered") };
    assert!(why.contains("401") && why.contains("Check `token`"), "{why}");
}

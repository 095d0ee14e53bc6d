//! SIGKILL of `logyard sync` and of a server at random moments, while the table is written to: finished work stays
//! finished, and in the end both tables are equal.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    clone::command::{ended, said, summary},
    support::process::TestProcess,
    sync::table_pair::{TablePair, until},
};

const KILLS: usize = 12;

async fn write(pair: &TablePair, round: u64) {
    let from = 10_000 * (round + 1);
    pair.insert(from, from + 800).await;
    pair.local.run(&format!("DELETE FROM orders WHERE id % 97 = {}", round % 97)).await;
    let bump = format!("UPDATE orders SET total = {round}, row_version = {} + id % 7 WHERE id % 7 = 3", from + 900);
    pair.local.run(&bump).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_resumes_after_repeated_sigkill() {
    let (pair, mut dice) = (TablePair::new().await, StdRng::seed_from_u64(7));
    pair.write(&pair.config("approve_above = 1000000"));
    pair.insert(1, 3_001).await;
    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        let mut child = pair.sync(&[]).spawn().unwrap();
        // Real time: the moment of the kill is the subject.
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..600))).await;
        child.kill().unwrap();
        if ended(child).await.status.code().is_none() {
            kills += 1;
        }
        write(&pair, round).await;
        round += 1;
    }
    let output = ended(pair.sync(&[]).spawn().unwrap()).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(summary(&output)["outcome"], "in_step");
    assert!(pair.is_equal().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_server_resumes_sync_after_sigkill() {
    let (pair, mut dice) = (TablePair::new().await, StdRng::seed_from_u64(8));
    let config = pair.write(&pair.config("approve_above = 1000000\nevery = '1s'"));
    pair.insert(1, 3_001).await;
    let data = pair.folder.path().join("data");
    for round in 0..4 {
        let server = TestProcess::start(&config, &data);
        // Real time: the moment of the kill is the subject.
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..3_500))).await;
        server.kill();
        write(&pair, round).await;
    }
    let server = TestProcess::start(&config, &data);
    until("equal", || pair.is_equal()).await;
    let db = pair.db().await;
    until("in step", || async {
        let status = db.sync(&TablePair::table()).await.unwrap().map(|(status, ..)| status);
        status.is_some_and(|status| status.state == model::SyncState::InSync)
    })
    .await;
    assert!(server.terminate().await.success());
}

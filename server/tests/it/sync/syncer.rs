//! The syncer on real tables over HTTP: during writes, with one holder at a time, on request.

use std::time::Duration;

use db::{Db, testing::Scratch};
use logyard::tasks::syncer::{Syncer, Turn};
use model::{SpanState, SyncAction, SyncState, SyncStatus};
use tokio_util::sync::CancellationToken;

use crate::sync::table_pair::{TablePair, until};

on_both_databases!(
    table_syncs_during_writes_and_is_verified,
    two_processes_answer_one_request_once,
    paused_table_waits_for_resume,
);

async fn status(db: &Db) -> Option<SyncStatus> {
    db.sync(&TablePair::table()).await.unwrap().map(|(status, ..)| status)
}

async fn in_step_below(db: &Db, version: u64) -> bool {
    let Some(status) = status(db).await else { return false };
    status.state == SyncState::InSync && status.verified.is_some_and(|verified| verified.below >= version)
}

async fn table_syncs_during_writes_and_is_verified(database: Scratch) {
    let (pair, db) = (TablePair::new().await, Db::open(&database.url).await.unwrap());
    pair.insert(1, 2_001).await;
    let syncer = Syncer::start(pair.context(&db, "one", "every = '1s'"));
    for write in 0..60_u64 {
        let version = 3_000 + write;
        pair.insert(version, version + 1).await;
        pair.local.run(&format!("DELETE FROM orders WHERE id = {}", 10 * write + 1)).await;
        let (key, version) = (10 * write + 5, 10_000 + write);
        pair.local.run(&format!("UPDATE orders SET total = -1, row_version = {version} WHERE id = {key}")).await;
        tokio::time::sleep(Duration::from_millis(10)).await; // real time: the syncer works meanwhile
    }
    until("in step with all that was written", || in_step_below(&db, 10_060)).await;
    assert!(pair.is_equal().await);
    let (status, map, quarantine) = db.sync(&TablePair::table()).await.unwrap().unwrap();
    assert_eq!((status.quarantined, quarantine.len(), status.behind), (0, 0, Some(0)));
    assert_eq!(status.local, status.remote);
    assert!(!map.is_empty() && map.iter().all(|piece| piece.look == SpanState::Verified), "{map:?}");
    let minutes = db.sync_minutes(&TablePair::table(), model::Time(0)).await.unwrap();
    assert!(minutes.iter().map(|minute| minute.uploaded).sum::<u64>() >= 2_000, "{minutes:?}");
    assert!(minutes.iter().all(|minute| minute.requests > 0 && minute.bytes_sent > 0), "{minutes:?}");
    syncer.stop().await;
}

async fn two_processes_answer_one_request_once(database: Scratch) {
    let (pair, db) = (TablePair::new().await, Db::open(&database.url).await.unwrap());
    pair.insert(1, 501).await;
    let never = CancellationToken::new();
    let (mut one, mut two) = (pair.keeper(&db, "one", ""), pair.keeper(&db, "two", ""));
    let held = db.acquire_sync(&TablePair::table(), "another", 60_000).await.unwrap();
    assert!(held.is_some());
    for keeper in [&mut one, &mut two] {
        assert!(matches!(keeper.turn(None, &mut |_| (), &never).await.unwrap(), Turn::Another));
    }
    db.release(db::task::SYNC, TablePair::table().as_str(), "another").await.unwrap();

    db.request_sync(&TablePair::table(), &SyncAction::Verify { contents: false }, "ada").await.unwrap();
    let Turn::Ended(verified) = one.turn(None, &mut |_| (), &never).await.unwrap() else { panic!() };
    assert!(verified.evaluation.verify && pair.remote.dump().await.is_empty(), "{verified:?}");
    let Turn::Ended(synced) = two.turn(None, &mut |_| (), &never).await.unwrap() else { panic!() };
    assert!(!synced.evaluation.verify, "it was asked once");
    assert_eq!((synced.status.state, synced.evaluation.uploaded), (SyncState::InSync, 500));
    assert!(pair.is_equal().await);
}

async fn paused_table_waits_for_resume(database: Scratch) {
    let (pair, db) = (TablePair::new().await, Db::open(&database.url).await.unwrap());
    pair.insert(1, 101).await;
    let syncer = Syncer::start(pair.context(&db, "one", "every = '1s'"));
    until("in step", || in_step_below(&db, 101)).await;
    db.request_sync(&TablePair::table(), &SyncAction::Pause, "ada").await.unwrap();
    let never = CancellationToken::new();
    let mut other = pair.keeper(&db, "two", "");
    until("free", || async { !matches!(db.acquire_sync(&TablePair::table(), "probe", 1).await, Ok(None)) }).await;
    db.release(db::task::SYNC, TablePair::table().as_str(), "probe").await.unwrap();
    assert!(matches!(other.turn(None, &mut |_| (), &never).await.unwrap(), Turn::Paused));
    pair.insert(200, 301).await;
    db.request_sync(&TablePair::table(), &SyncAction::Evaluate, "ada").await.unwrap();
    assert!(matches!(other.turn(None, &mut |_| (), &never).await.unwrap(), Turn::Paused));
    assert_eq!(pair.remote.dump().await.len(), 100);
    db.request_sync(&TablePair::table(), &SyncAction::Resume, "ada").await.unwrap();
    until("in step again", || in_step_below(&db, 301)).await;
    assert!(pair.is_equal().await);
    syncer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_resumes_when_the_remote_returns() {
    let (pair, database) = (TablePair::new().await, Scratch::sqlite());
    let db = Db::open(&database.url).await.unwrap();
    pair.insert(1, 101).await;
    pair.remote.run("ALTER TABLE orders RENAME TO away").await;
    let syncer = Syncer::start(pair.context(&db, "one", "every = '1s'"));
    until("refused or unreachable", || async {
        let state = status(&db).await.map(|status| status.state);
        matches!(state, Some(SyncState::Refused | SyncState::Unreachable))
    })
    .await;
    pair.remote.run("ALTER TABLE away RENAME TO orders").await;
    until("in step", || in_step_below(&db, 101)).await;
    syncer.stop().await;
}

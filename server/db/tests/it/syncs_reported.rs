//! Tables that agents sync: their reports, and the resulting state.

use db::{
    Db, DbError, MOST_AGENT_TABLES,
    testing::{self, Scratch},
};
use model::{Evidence, SyncEnd, SyncMinute, SyncReport, SyncSource, SyncState, Time};

use crate::{
    support::LEASE_MS,
    syncs::{beat, status, table},
};

on_both_databases!(
    report_state_follows_counts_and_versions,
    report_keeps_omitted_fields,
    agent_minutes_add_up,
    silent_agent_is_absent,
    table_with_new_source_starts_again,
);

fn report(local: (u64, u64), remote: (u64, u64)) -> SyncReport {
    SyncReport {
        local_count: Some(local.0),
        local_version: Some(local.1),
        remote_count: Some(remote.0),
        remote_version: Some(remote.1),
        ..SyncReport::default()
    }
}

async fn tell(db: &Db, report: &SyncReport) {
    db.report_sync(&table("theirs"), "agent-7", report).await.unwrap();
}

async fn report_state_follows_counts_and_versions(scratch: Scratch) {
    let db = scratch.open().await;
    tell(&db, &report((10, 90), (4, 40))).await;
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.source, seen.state), (SyncSource::Agent, SyncState::Uploading));
    assert_eq!((seen.holder.as_deref(), seen.held), (Some("agent-7"), true));
    tell(&db, &report((10, 90), (11, 90))).await;
    assert_eq!(status(&db, "theirs").await.state, SyncState::Reconciling);
    tell(&db, &report((10, 90), (10, 95))).await;
    assert_eq!(status(&db, "theirs").await.state, SyncState::Reconciling);
    assert_eq!(status(&db, "theirs").await.verified, None);

    tell(&db, &report((10, 90), (10, 90))).await;
    let seen = status(&db, "theirs").await;
    let verified = seen.verified.unwrap();
    assert_eq!((seen.state, verified.below, verified.shown_by), (SyncState::InSync, 91, Evidence::Count));
    tell(&db, &SyncReport { error: Some("connection refused".to_owned()), ..SyncReport::default() }).await;
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.state, seen.reason.as_str()), (SyncState::Unreachable, "connection refused"));
    assert_eq!(seen.verified, Some(verified), "when it was in step last stays known");
    // What it says itself counts.
    let said = SyncReport { state: Some(SyncState::Reconciling), ..report((10, 90), (10, 90)) };
    tell(&db, &said).await;
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.state, seen.verified), (SyncState::Reconciling, Some(verified)));
}

async fn report_keeps_omitted_fields(scratch: Scratch) {
    let db = scratch.open().await;
    tell(&db, &SyncReport { local_version: Some(5), ..SyncReport::default() }).await;
    assert_eq!(status(&db, "theirs").await.local, None, "a version without a count is no end");
    tell(&db, &SyncReport { batch: Some(200), ..report((10, 90), (4, 40)) }).await;
    tell(&db, &SyncReport { remote_count: Some(10), remote_version: Some(90), ..SyncReport::default() }).await;
    let seen = status(&db, "theirs").await;
    assert_eq!(seen.local, Some(SyncEnd { count: 10, version: Some(90) }));
    assert_eq!((seen.state, seen.batch), (SyncState::InSync, Some(200)));
}

async fn agent_minutes_add_up(scratch: Scratch) {
    let db = scratch.open().await;
    let done = |uploaded| SyncReport {
        uploaded,
        deleted: 1,
        found: 2,
        requests: 3,
        bytes_sent: 4,
        bytes_received: 5,
        behind: Some(1_000),
        batch: Some(50),
        ..SyncReport::default()
    };
    tell(&db, &done(100)).await;
    let first = db.now();
    while db.now() <= first {
        tokio::task::yield_now().await;
    }
    tell(&db, &done(11)).await;
    let minutes = db.sync_minutes(&table("theirs"), Time(0)).await.unwrap();
    let sum = |of: fn(&SyncMinute) -> u64| minutes.iter().map(of).sum::<u64>();
    let sums = [sum(|m| m.uploaded), sum(|m| m.deleted), sum(|m| m.found), sum(|m| m.requests)];
    assert_eq!(sums, [111, 2, 4, 6]);
    assert_eq!([sum(|m| m.bytes_sent), sum(|m| m.bytes_received)], [8, 10]);
    let seen = status(&db, "theirs").await;
    assert!(seen.rate.unwrap() > 0.0 && seen.left_ms.unwrap() > 0, "{seen:?}");
}

async fn silent_agent_is_absent(scratch: Scratch) {
    let db = scratch.open().await;
    tell(&db, &report((1, 1), (1, 1))).await;
    tell(&db, &report((1, 1), (1, 1))).await;
    testing::age_syncs(&db, 290_000).await;
    assert!(status(&db, "theirs").await.held, "it reports often, but five minutes are allowed to everyone");
    testing::age_syncs(&db, 10_001).await;
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.held, seen.holder.as_deref()), (false, Some("agent-7")));
    tell(&db, &report((1, 1), (1, 1))).await;
    assert!(status(&db, "theirs").await.held);
}

async fn table_with_new_source_starts_again(scratch: Scratch) {
    let db = scratch.open().await;
    tell(&db, &report((10, 90), (10, 90))).await;
    db.acquire_sync(&table("theirs"), "one", LEASE_MS).await.unwrap().expect("a table of the configuration is ours");
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.source, seen.state, seen.local), (SyncSource::Logyard, SyncState::New, None));
    assert!(db.sync_heartbeat(&table("theirs"), "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
    // And back, when it is no longer configured.
    tell(&db, &report((10, 90), (4, 90))).await;
    let seen = status(&db, "theirs").await;
    assert_eq!((seen.source, seen.state), (SyncSource::Agent, SyncState::Reconciling));
    assert!(!db.sync_heartbeat(&table("theirs"), "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn agent_table_count_is_limited() {
    let db = Scratch::sqlite().open().await;
    for number in 0..MOST_AGENT_TABLES {
        db.report_sync(&table(&format!("t{number}")), "agent", &SyncReport::default()).await.unwrap();
    }
    let more = db.report_sync(&table("more"), "agent", &SyncReport::default()).await;
    assert!(matches!(more, Err(DbError::TooManyTables)));
    assert!(db.sync(&table("more")).await.unwrap().is_none());
    db.report_sync(&table("t7"), "agent", &SyncReport::default()).await.unwrap();
    db.acquire_sync(&table("ours"), "one", LEASE_MS).await.unwrap().expect("Logyard's own are not counted");
}

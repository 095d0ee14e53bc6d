//! Tables that agents keep in step: what they report, and what follows from it.

use model::{Evidence, SyncEnd, SyncMinute, SyncReport, SyncSource, SyncState, Time};
use store::{
    MOST_AGENT_TABLES, Store, StoreError,
    testing::{self, Scratch},
};

use crate::{
    support::LEASE_MS,
    syncs::{beat, status, table},
};

on_both_databases!(
    a_report_is_judged_by_counts_and_versions,
    what_a_report_leaves_out_stays_as_it_was,
    what_agents_did_adds_up,
    an_agent_that_falls_silent_is_not_there,
    a_table_changes_hands_and_begins_anew,
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

async fn tell(store: &Store, report: &SyncReport) {
    store.report_sync(&table("theirs"), "agent-7", report).await.unwrap();
}

async fn a_report_is_judged_by_counts_and_versions(scratch: Scratch) {
    let store = scratch.open().await;
    tell(&store, &report((10, 90), (4, 40))).await;
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.source, seen.state), (SyncSource::Agent, SyncState::Uploading));
    assert_eq!((seen.holder.as_deref(), seen.held), (Some("agent-7"), true));
    tell(&store, &report((10, 90), (11, 90))).await;
    assert_eq!(status(&store, "theirs").await.state, SyncState::Reconciling);
    tell(&store, &report((10, 90), (10, 95))).await;
    assert_eq!(status(&store, "theirs").await.state, SyncState::Reconciling);
    assert_eq!(status(&store, "theirs").await.verified, None);

    tell(&store, &report((10, 90), (10, 90))).await;
    let seen = status(&store, "theirs").await;
    let verified = seen.verified.unwrap();
    assert_eq!((seen.state, verified.below, verified.shown_by), (SyncState::InStep, 91, Evidence::Count));
    tell(&store, &SyncReport { error: Some("connection refused".to_owned()), ..SyncReport::default() }).await;
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.state, seen.reason.as_str()), (SyncState::Unreachable, "connection refused"));
    assert_eq!(seen.verified, Some(verified), "when it was in step last stays known");
    // What it says itself counts.
    let said = SyncReport { state: Some(SyncState::Reconciling), ..report((10, 90), (10, 90)) };
    tell(&store, &said).await;
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.state, seen.verified), (SyncState::Reconciling, Some(verified)));
}

async fn what_a_report_leaves_out_stays_as_it_was(scratch: Scratch) {
    let store = scratch.open().await;
    tell(&store, &SyncReport { local_version: Some(5), ..SyncReport::default() }).await;
    assert_eq!(status(&store, "theirs").await.local, None, "a version without a count is no end");
    tell(&store, &SyncReport { batch: Some(200), ..report((10, 90), (4, 40)) }).await;
    tell(&store, &SyncReport { remote_count: Some(10), remote_version: Some(90), ..SyncReport::default() }).await;
    let seen = status(&store, "theirs").await;
    assert_eq!(seen.local, Some(SyncEnd { count: 10, version: Some(90) }));
    assert_eq!((seen.state, seen.batch), (SyncState::InStep, Some(200)));
}

async fn what_agents_did_adds_up(scratch: Scratch) {
    let store = scratch.open().await;
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
    tell(&store, &done(100)).await;
    let first = store.now();
    while store.now() <= first {
        tokio::task::yield_now().await;
    }
    tell(&store, &done(11)).await;
    let minutes = store.sync_minutes(&table("theirs"), Time(0)).await.unwrap();
    let sum = |of: fn(&SyncMinute) -> u64| minutes.iter().map(of).sum::<u64>();
    let sums = [sum(|m| m.uploaded), sum(|m| m.deleted), sum(|m| m.found), sum(|m| m.requests)];
    assert_eq!(sums, [111, 2, 4, 6]);
    assert_eq!([sum(|m| m.bytes_sent), sum(|m| m.bytes_received)], [8, 10]);
    let seen = status(&store, "theirs").await;
    assert!(seen.rate.unwrap() > 0.0 && seen.left_ms.unwrap() > 0, "{seen:?}");
}

async fn an_agent_that_falls_silent_is_not_there(scratch: Scratch) {
    let store = scratch.open().await;
    tell(&store, &report((1, 1), (1, 1))).await;
    tell(&store, &report((1, 1), (1, 1))).await;
    testing::age_syncs(&store, 290_000).await;
    assert!(status(&store, "theirs").await.held, "it reports often, but five minutes are allowed to everyone");
    testing::age_syncs(&store, 10_001).await;
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.held, seen.holder.as_deref()), (false, Some("agent-7")));
    tell(&store, &report((1, 1), (1, 1))).await;
    assert!(status(&store, "theirs").await.held);
}

async fn a_table_changes_hands_and_begins_anew(scratch: Scratch) {
    let store = scratch.open().await;
    tell(&store, &report((10, 90), (10, 90))).await;
    store.hold_sync(&table("theirs"), "one", LEASE_MS).await.unwrap().expect("a table of the configuration is ours");
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.source, seen.state, seen.local), (SyncSource::Logyard, SyncState::New, None));
    assert!(store.beat_sync(&table("theirs"), "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
    // And back, when it is no longer configured.
    tell(&store, &report((10, 90), (4, 90))).await;
    let seen = status(&store, "theirs").await;
    assert_eq!((seen.source, seen.state), (SyncSource::Agent, SyncState::Reconciling));
    assert!(!store.beat_sync(&table("theirs"), "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_cannot_fill_the_database_with_tables() {
    let store = Scratch::sqlite().open().await;
    for number in 0..MOST_AGENT_TABLES {
        store.report_sync(&table(&format!("t{number}")), "agent", &SyncReport::default()).await.unwrap();
    }
    let more = store.report_sync(&table("more"), "agent", &SyncReport::default()).await;
    assert!(matches!(more, Err(StoreError::TooManyTables)));
    assert!(store.sync(&table("more")).await.unwrap().is_none());
    store.report_sync(&table("t7"), "agent", &SyncReport::default()).await.unwrap();
    store.hold_sync(&table("ours"), "one", LEASE_MS).await.unwrap().expect("Logyard's own are not counted");
}

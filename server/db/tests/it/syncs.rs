//! Syncs: one holder at a time, no writes after a lost lease, minutes that add up, and a history of
//! evaluations that say something new.

use db::{
    Db, QuarantineChanges, SyncHeartbeat, SyncRequests,
    testing::{self, Scratch},
};
use model::{
    Evidence, KeySpan, Quarantined, SpanState, SyncAction, SyncEnd, SyncEvaluation, SyncMinute, SyncSource, SyncState,
    SyncStatus, TableName, Time, Verified,
};

use crate::support::LEASE_MS;

on_both_databases!(
    table_lease_has_one_holder_and_is_released,
    lost_lease_changes_nothing,
    next_holder_resumes_from_last_checkpoint,
    heartbeat_keeps_omitted_fields,
    since_changes_only_with_state,
    minutes_add_up_across_holders,
    evaluation_is_stored_only_if_new,
    evaluations_are_paged_from_the_newest,
    only_old_rows_are_swept,
    change_increases_the_revision,
);

pub fn table(name: &str) -> TableName {
    name.parse().unwrap()
}

pub fn beat(state: SyncState) -> SyncHeartbeat {
    SyncHeartbeat {
        status: SyncStatus {
            state,
            reason: "as it is".to_owned(),
            every_ms: 10_000,
            ..SyncStatus::unseen(table("other"), SyncSource::Agent, Time(7))
        },
        checkpoint: None,
        minute: SyncMinute::default(),
        quarantine: QuarantineChanges::default(),
        map: None,
    }
}

pub fn evaluation(db: &Db, state: SyncState) -> SyncEvaluation {
    let now = db.now();
    SyncEvaluation {
        id: db.new_sync_id(),
        started_at: now,
        ended_at: now,
        verify: false,
        state,
        reason: "It is so.".to_owned(),
        verified: None,
        uploaded: 0,
        deleted: 0,
        found: 0,
        rounds: 1,
        requests: 1,
        bytes_sent: 10,
        bytes_received: 10,
        local_rows: 5,
        remote_rows: 5,
    }
}

/// Leases the table and ends an evaluation that answers all requests.
async fn evaluate(db: &Db, name: &str, change: impl FnOnce(&mut SyncEvaluation)) {
    let held = db.acquire_sync(&table(name), "one", LEASE_MS).await.unwrap().unwrap();
    let mut evaluation = evaluation(db, SyncState::InSync);
    change(&mut evaluation);
    let beat = beat(evaluation.state);
    assert!(db.end_sync(&table(name), "one", &beat, &evaluation, &held.requests).await.unwrap());
}

async fn history(db: &Db, name: &str) -> Vec<SyncEvaluation> {
    db.sync_evaluations(&table(name), None, 200).await.unwrap().items
}

pub async fn status(db: &Db, name: &str) -> SyncStatus {
    db.sync(&table(name)).await.unwrap().unwrap().0
}

async fn table_lease_has_one_holder_and_is_released(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    assert!(db.sync(&orders).await.unwrap().is_none());
    let held = db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
    assert_eq!((held.checkpoint, held.requests, held.paused), (None, SyncRequests::default(), false));
    assert!(db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().is_none());
    assert!(db.acquire_sync(&table("users"), "two", LEASE_MS).await.unwrap().is_some(), "another table is another");
    assert!(db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().is_some(), "it may be kept");
    let seen = status(&db, "orders").await;
    assert_eq!((seen.state, seen.holder.as_deref(), seen.held), (SyncState::New, Some("one"), true));

    let (beat, evaluation) = (beat(SyncState::InSync), evaluation(&db, SyncState::InSync));
    assert!(db.end_sync(&orders, "one", &beat, &evaluation, &SyncRequests::default()).await.unwrap());
    let seen = status(&db, "orders").await;
    assert!(seen.held && seen.looked_at.is_some(), "between evaluations it is still looked after");
    assert!(db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().is_some());
    db.release(db::task::SYNC, orders.as_str(), "two").await.unwrap();
    assert!(db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().is_some());
    testing::age_syncs(&db, 120_001).await;
    assert!(!status(&db, "orders").await.held, "nothing was heard of it for two minutes");
}

async fn lost_lease_changes_nothing(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    db.acquire_sync(&orders, "one", 0).await.unwrap().unwrap();
    db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().unwrap();
    let before = db.sync(&orders).await.unwrap();
    let late = SyncHeartbeat {
        checkpoint: Some("late".to_owned()),
        minute: SyncMinute { uploaded: 5, ..SyncMinute::default() },
        ..beat(SyncState::Uploading)
    };
    let ended = evaluation(&db, SyncState::Uploading);
    assert!(!db.sync_heartbeat(&orders, "one", LEASE_MS, &late).await.unwrap());
    assert!(!db.end_sync(&orders, "one", &late, &ended, &SyncRequests::default()).await.unwrap());
    db.release(db::task::SYNC, orders.as_str(), "one").await.unwrap();
    assert!(db.acquire_sync(&orders, "three", LEASE_MS).await.unwrap().is_none(), "it is still the second's");
    assert_eq!(db.sync(&orders).await.unwrap(), before);
    assert!(db.sync_minutes(&orders, Time(0)).await.unwrap().is_empty());
    assert!(history(&db, "orders").await.is_empty());
    // Neither does one that gave it back.
    db.release(db::task::SYNC, orders.as_str(), "two").await.unwrap();
    assert!(!db.sync_heartbeat(&orders, "two", LEASE_MS, &late).await.unwrap());
    assert_eq!(db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().unwrap().checkpoint, None);
}

async fn next_holder_resumes_from_last_checkpoint(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    db.acquire_sync(&orders, "one", 0).await.unwrap().unwrap();
    let with = |checkpoint: Option<&str>| SyncHeartbeat {
        checkpoint: checkpoint.map(str::to_owned),
        ..beat(SyncState::Reconciling)
    };
    assert!(db.sync_heartbeat(&orders, "one", 0, &with(Some("first"))).await.unwrap());
    assert!(db.sync_heartbeat(&orders, "one", 0, &with(None)).await.unwrap());
    let held = db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().unwrap();
    assert_eq!(held.checkpoint.as_deref(), Some("first"));
    let evaluation = evaluation(&db, SyncState::InSync);
    let end = with(Some("second"));
    assert!(db.end_sync(&orders, "two", &end, &evaluation, &SyncRequests::default()).await.unwrap());
    let held = db.acquire_sync(&orders, "three", LEASE_MS).await.unwrap().unwrap();
    assert_eq!(held.checkpoint.as_deref(), Some("second"));
}

async fn heartbeat_keeps_omitted_fields(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
    let verified = Verified { below: 8, at: Time(100), shown_by: Evidence::Cells };
    let end = SyncEnd { count: 7, version: Some(7) };
    let map = vec![KeySpan { from: 0, until: 8, rows: Some(7), look: SpanState::Verified }];
    let row = |key: usize| Quarantined {
        key: key.to_string(),
        version: 3,
        error: "too long".to_owned(),
        attempts: 2,
        retry_at: Time(50),
    };
    let mut full = beat(SyncState::Quarantined);
    full.status = SyncStatus {
        local: Some(end),
        remote: Some(end),
        behind: Some(1),
        batch: Some(500),
        verified: Some(verified),
        quarantined: 150,
        ..full.status
    };
    full.map = Some(map.clone());
    full.quarantine.refused = (0..150).map(|key| (row(key), format!("entry {key}"))).collect();
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &full).await.unwrap());
    let older = Verified { at: Time(99), ..verified };
    let mut bare = beat(SyncState::Unreachable);
    (bare.status.verified, bare.status.every_ms) = (Some(older), 0);
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &bare).await.unwrap());
    let (seen, kept_map, quarantine) = db.sync(&orders).await.unwrap().unwrap();
    assert_eq!((seen.table, seen.source), (orders, SyncSource::Logyard));
    assert_eq!((seen.local, seen.remote, seen.batch, seen.every_ms), (Some(end), Some(end), Some(500), 10_000));
    assert_eq!(seen.verified, Some(verified), "an older proof takes no newer one's place");
    assert_eq!((seen.behind, seen.quarantined), (None, 0), "what may have changed is not known any more");
    assert_eq!((kept_map, quarantine.len()), (map, 100), "the first hundred");
    let mut fewer = beat(SyncState::Quarantined);
    fewer.quarantine.released = (0..149).map(|key| row(key).key).collect();
    fewer.quarantine.refused = vec![(row(149), "entry again".to_owned())];
    assert!(db.sync_heartbeat(&table("orders"), "one", LEASE_MS, &fewer).await.unwrap());
    db.release(db::task::SYNC, "orders", "one").await.unwrap();
    let held = db.acquire_sync(&table("orders"), "two", LEASE_MS).await.unwrap().unwrap();
    assert_eq!(held.quarantine, ["entry again"]);
    assert_eq!(db.quarantined(&table("orders"), None, 10).await.unwrap().items, [row(149)]);
    assert!(!db.is_quarantined(&table("orders"), &row(3).key).await.unwrap());
}

async fn since_changes_only_with_state(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &beat(SyncState::InSync)).await.unwrap());
    let first = status(&db, "orders").await;
    while db.now() == first.since {
        tokio::task::yield_now().await;
    }
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &beat(SyncState::InSync)).await.unwrap());
    let second = status(&db, "orders").await;
    assert_eq!(second.since, first.since);
    assert!(second.looked_at > first.looked_at);
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
    let third = status(&db, "orders").await;
    assert_eq!(Some(third.since), third.looked_at);
    assert!(third.since > first.since);
}

async fn minutes_add_up_across_holders(scratch: Scratch) {
    let db = scratch.open().await;
    let orders = table("orders");
    let done = |factor: u64, batch| SyncMinute {
        at: Time(1),
        uploaded: factor,
        deleted: 2 * factor,
        found: 3 * factor,
        requests: 4 * factor,
        bytes_sent: 5 * factor,
        bytes_received: 6 * factor,
        local_rows: 7 * factor,
        remote_rows: 8 * factor,
        batch,
    };
    let with = |minute| SyncHeartbeat { minute, ..beat(SyncState::Uploading) };
    db.acquire_sync(&orders, "one", 0).await.unwrap().unwrap();
    assert!(db.sync_heartbeat(&orders, "one", 0, &with(done(1, 500))).await.unwrap());
    assert!(db.sync_heartbeat(&orders, "one", 0, &with(done(10, 0))).await.unwrap());
    db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().unwrap();
    assert!(!db.sync_heartbeat(&orders, "one", 0, &with(done(1_000, 9))).await.unwrap());
    let evaluation = evaluation(&db, SyncState::InSync);
    let end = with(done(100, 250));
    assert!(db.end_sync(&orders, "two", &end, &evaluation, &SyncRequests::default()).await.unwrap());
    db.acquire_sync(&orders, "two", LEASE_MS).await.unwrap().unwrap();
    assert!(db.sync_heartbeat(&orders, "two", LEASE_MS, &with(SyncMinute::default())).await.unwrap());
    // The minute may have turned in between.
    let minutes = db.sync_minutes(&orders, Time(0)).await.unwrap();
    assert!((1..=2).contains(&minutes.len()), "{minutes:?}");
    assert!(minutes.iter().all(|minute| minute.at.0 % 60_000 == 0 && minute.at > Time(1)));
    let sum = |of: fn(&SyncMinute) -> u64| minutes.iter().map(of).sum::<u64>();
    let sums = [
        sum(|m| m.uploaded),
        sum(|m| m.deleted),
        sum(|m| m.found),
        sum(|m| m.requests),
        sum(|m| m.bytes_sent),
        sum(|m| m.bytes_received),
        sum(|m| m.local_rows),
        sum(|m| m.remote_rows),
    ];
    assert_eq!(sums, [1, 2, 3, 4, 5, 6, 7, 8].map(|each| each * 111));
    assert_eq!(minutes.last().unwrap().batch, 250);
    let later = Time(minutes.last().unwrap().at.0 + 1);
    assert!(db.sync_minutes(&orders, later).await.unwrap().is_empty());
}

async fn evaluation_is_stored_only_if_new(scratch: Scratch) {
    let db = scratch.open().await;
    let states = async || history(&db, "orders").await.iter().map(|kept| kept.state).collect::<Vec<_>>();
    evaluate(&db, "orders", |_| ()).await;
    assert_eq!(states().await, [SyncState::InSync], "the first");
    evaluate(&db, "orders", |_| ()).await;
    evaluate(&db, "orders", |_| ()).await;
    assert_eq!(states().await.len(), 1, "the same verdict again");
    evaluate(&db, "orders", |evaluation| evaluation.state = SyncState::Unreachable).await;
    evaluate(&db, "orders", |evaluation| evaluation.state = SyncState::Unreachable).await;
    evaluate(&db, "orders", |_| ()).await;
    assert_eq!(states().await, [SyncState::InSync, SyncState::Unreachable, SyncState::InSync]);
    for (count, change) in [
        (4, (|evaluation| evaluation.uploaded = 1) as fn(&mut SyncEvaluation)),
        (5, |evaluation| evaluation.deleted = 1),
        (6, |evaluation| evaluation.found = 1),
        (7, |evaluation| evaluation.verify = true),
        (7, |evaluation| evaluation.rounds = 9),
    ] {
        evaluate(&db, "orders", change).await;
        assert_eq!(states().await.len(), count);
    }
    db.request_sync(&table("orders"), &SyncAction::Evaluate, "ada").await.unwrap();
    evaluate(&db, "orders", |_| ()).await;
    assert_eq!(history(&db, "orders").await[0].reason, "It is so. Requested by ada.");
    evaluate(&db, "orders", |_| ()).await;
    assert_eq!(states().await.len(), 8, "what was asked is answered once");
    evaluate(&db, "users", |_| ()).await;
    assert_eq!(states().await.len(), 8, "each table has its own");
}

async fn evaluations_are_paged_from_the_newest(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    for number in 1..=7 {
        evaluate(&db, "orders", |evaluation| evaluation.uploaded = number).await;
    }
    evaluate(&db, "users", |evaluation| evaluation.uploaded = 99).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = db.sync_evaluations(&orders, after, 3).await.unwrap();
        seen.extend(page.items.iter().map(|evaluation| evaluation.uploaded));
        let Some(next) = page.next else { break };
        assert_eq!(page.items.len(), 3);
        after = Some(next.parse().unwrap());
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
}

async fn only_old_rows_are_swept(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    let mut busy = beat(SyncState::Uploading);
    (busy.minute.uploaded, busy.checkpoint) = (1, Some("here".to_owned()));
    for ended_at in [1_000, 2_000, 3_000] {
        db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
        let mut evaluation = evaluation(&db, SyncState::Uploading);
        (evaluation.uploaded, evaluation.ended_at) = (1, Time(ended_at));
        assert!(db.end_sync(&orders, "one", &busy, &evaluation, &SyncRequests::default()).await.unwrap());
    }
    db.report_sync(&table("theirs"), "agent", &model::SyncReport::default()).await.unwrap();
    assert_eq!(db.sweep_syncs(Time(3_000), 1).await.unwrap(), 1);
    assert_eq!(db.sweep_syncs(Time(3_000), 10).await.unwrap(), 1);
    assert_eq!(db.sweep_syncs(Time(3_000), 10).await.unwrap(), 0);
    assert_eq!(history(&db, "orders").await.len(), 1);
    let now = db.now();
    assert_eq!(db.sweep_sync_minutes(Time(now.0 - 180_000), 10).await.unwrap(), 0);
    assert!(db.sweep_sync_minutes(Time(now.0 + 60_000), 10).await.unwrap() > 0);
    assert!(db.sync_minutes(&orders, Time(0)).await.unwrap().is_empty());
    // The agent's table goes; ours keeps what it goes on from.
    assert_eq!(db.sweep_syncs(Time(db.now().0 + 1), 10).await.unwrap(), 2);
    let left: Vec<_> = db.syncs().await.unwrap().into_iter().map(|status| status.table).collect();
    assert_eq!(left, [table("orders")]);
    let held = db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
    assert_eq!(held.checkpoint.as_deref(), Some("here"));
}

async fn change_increases_the_revision(scratch: Scratch) {
    let (db, orders) = (scratch.open().await, table("orders"));
    let start = db.now();
    let revision = async || {
        let changes = db.changed_syncs(start).await.unwrap();
        assert!(changes.len() == 1 && changes[0].table == table("orders"), "{changes:?}");
        changes[0].revision
    };
    db.acquire_sync(&orders, "one", LEASE_MS).await.unwrap().unwrap();
    let first = revision().await;
    assert!(db.sync_heartbeat(&orders, "one", LEASE_MS, &beat(SyncState::Uploading)).await.unwrap());
    let second = revision().await;
    db.request_sync(&orders, &SyncAction::Pause, "ada").await.unwrap();
    let third = revision().await;
    assert!(first < second && second < third);
    assert!(db.changed_syncs(Time(db.now().0 + 1)).await.unwrap().is_empty());
}

//! Leases of background tasks: one holder at a time, fenced writes, and the upgrade of the lease columns of old.

use db::{Db, LookedAt, task, testing::Scratch};
use model::{PipelineName, TaskLease, Time};

use crate::support::{LEASE_MS, previous_schema};

on_both_databases!(
    lease_has_one_holder_at_a_time,
    expired_lease_is_taken_over,
    released_lease_is_free_and_not_renewed,
    holder_without_lease_writes_nothing,
    round_is_recorded_for_every_process,
    unheld_leases_are_swept_when_old,
    previous_schema_upgrades_without_losing_data,
);

async fn lease(db: &Db, task: &str) -> TaskLease {
    let leases = db.leases().await.unwrap();
    leases.into_iter().find(|lease| lease.task == task).expect("the lease is listed")
}

async fn lease_has_one_holder_at_a_time(scratch: Scratch) {
    let (one, two) = (scratch.open().await, scratch.open().await);
    assert!(one.acquire("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    assert!(!two.acquire("sweep", task::ALL, "two", LEASE_MS).await.unwrap());
    assert!(!two.renew("sweep", task::ALL, "two", LEASE_MS).await.unwrap());
    assert!(one.acquire("sweep", task::ALL, "one", LEASE_MS).await.unwrap(), "the holder keeps it");
    assert!(one.renew("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    assert!(two.acquire("sweep", "another", "two", LEASE_MS).await.unwrap(), "another key is another lease");
    let found = lease(&two, "sweep").await;
    assert_eq!((found.key.as_str(), found.holder.as_str(), found.held), (task::ALL, "one", true));
}

async fn expired_lease_is_taken_over(scratch: Scratch) {
    let db = scratch.open().await;
    assert!(db.acquire("sweep", task::ALL, "one", 0).await.unwrap());
    assert!(db.renew("sweep", task::ALL, "one", 0).await.unwrap(), "nobody took it meanwhile");
    assert!(db.acquire("sweep", task::ALL, "two", LEASE_MS).await.unwrap());
    assert!(!db.renew("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    db.release("sweep", task::ALL, "one").await.unwrap();
    assert_eq!(lease(&db, "sweep").await.holder, "two", "only the holder releases");
    assert!(lease(&db, "sweep").await.held);
}

async fn released_lease_is_free_and_not_renewed(scratch: Scratch) {
    let db = scratch.open().await;
    assert!(db.acquire("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    db.release("sweep", task::ALL, "one").await.unwrap();
    assert!(!lease(&db, "sweep").await.held);
    assert!(!db.renew("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    assert!(db.acquire("sweep", task::ALL, "two", LEASE_MS).await.unwrap());
}

async fn holder_without_lease_writes_nothing(scratch: Scratch) {
    let (db, pipeline) = (scratch.open().await, "api".parse::<PipelineName>().unwrap());
    let seen =
        |waiting| LookedAt { waiting, oldest: None, error: None, queue: None, retrying: 0, retrying_because: None };
    db.follow(&pipeline, "one", LEASE_MS).await.unwrap().unwrap();
    assert!(db.looked(&pipeline, "one", LEASE_MS, &seen(1)).await.unwrap());
    db.release(task::FOLLOW, pipeline.as_str(), "one").await.unwrap();
    assert!(!db.looked(&pipeline, "one", LEASE_MS, &seen(2)).await.unwrap(), "it was released");
    db.follow(&pipeline, "two", LEASE_MS).await.unwrap().unwrap();
    assert!(!db.looked(&pipeline, "one", LEASE_MS, &seen(3)).await.unwrap(), "another process holds it");
    assert!(!db.record_followed(&pipeline, "one", &[]).await.unwrap());
    assert_eq!(db.following(&pipeline).await.unwrap().unwrap().waiting, 1);
    // The lease of another task does not count.
    assert!(db.acquire(task::RECONCILE, pipeline.as_str(), "one", LEASE_MS).await.unwrap());
    assert!(!db.looked(&pipeline, "one", LEASE_MS, &seen(4)).await.unwrap());
}

async fn round_is_recorded_for_every_process(scratch: Scratch) {
    let (one, two) = (scratch.open().await, scratch.open().await);
    let before = one.now();
    assert!(one.acquire("sweep", task::ALL, "one", LEASE_MS).await.unwrap());
    assert_eq!(lease(&two, "sweep").await.last_round_at, None);
    one.record_round("sweep", task::ALL, "one", Some("away")).await.unwrap();
    let failed = lease(&two, "sweep").await;
    assert!(failed.last_round_at.unwrap() >= before && failed.last_error.as_deref() == Some("away"), "{failed:?}");
    one.record_round("sweep", task::ALL, "one", None).await.unwrap();
    one.record_round("sweep", task::ALL, "two", Some("not mine")).await.unwrap();
    assert_eq!(lease(&two, "sweep").await.last_error, None);
}

async fn unheld_leases_are_swept_when_old(scratch: Scratch) {
    let db = scratch.open().await;
    for key in ["held", "released", "recent"] {
        assert!(db.acquire("sync", key, "one", LEASE_MS).await.unwrap());
    }
    db.release("sync", "released", "one").await.unwrap();
    db.release("sync", "recent", "one").await.unwrap();
    let long_ago = db.now();
    db.record_round("sync", "recent", "one", None).await.unwrap();
    assert_eq!(db.sweep_leases(long_ago, 10).await.unwrap(), 1);
    let left: Vec<_> = db.leases().await.unwrap().into_iter().map(|lease| lease.key).collect();
    assert_eq!(left, ["held", "recent"]);
}

/// What the schema before `leases` held, as SQL that both databases take.
const PREVIOUS: &str = "
INSERT INTO followers (pipeline, holder, lease_until, since, looked_at, waiting, oldest, error, queue)
VALUES ('api', 'old/1', 99999999999999, 11, 12, 3, 13, 'the sink is away', NULL);
INSERT INTO watchers (pipeline, holder, lease_until, read_from, looked_at, behind_ms, error, failing_since)
VALUES ('api', 'old/1', 0, 21, 22, 23, 'denied', 24);
INSERT INTO reconcilers (pipeline, holder, lease_until, since, looked_at, listed_at, error, waiting_since)
VALUES ('api', 'old/2', 31, 32, 33, 34, NULL, 35);
INSERT INTO evaluator (id, holder, lease_until, evaluated_at) VALUES (1, 'old/2', 41, 42);
INSERT INTO syncs (table_name, source, status, holder, lease_until, checkpoint, updated_at) VALUES
('orders', 'logyard', '{}', 'old/3', 51, 'where it was', 52), ('theirs', 'agent', '{}', 'agent', 0, NULL, 53),
('new', 'logyard', '{}', NULL, 0, NULL, 54);
";

async fn previous_schema_upgrades_without_losing_data(scratch: Scratch) {
    previous_schema(&scratch, 11, PREVIOUS).await;
    let db = scratch.open().await;
    let leases = db.leases().await.unwrap();
    let found: Vec<_> = leases.iter().map(|found| (&*found.task, &*found.key, &*found.holder, found.held)).collect();
    let expected = [
        ("evaluate", "all", "old/2", false),
        ("follow", "api", "old/1", true),
        ("read_logs", "api", "old/1", false),
        ("reconcile", "api", "old/2", false),
        ("sync", "orders", "old/3", false),
    ];
    assert_eq!(found, expected);
    let pipeline: PipelineName = "api".parse().unwrap();
    let following = db.following(&pipeline).await.unwrap().unwrap();
    assert_eq!((following.since, following.looked_at, following.waiting), (Time(11), Time(12), 3));
    assert_eq!((following.oldest, following.error.as_deref()), (Some(Time(13)), Some("the sink is away")));
    assert_eq!((following.holder.as_str(), following.held), ("old/1", true));
    let watching = db.watching(&pipeline).await.unwrap().unwrap();
    assert_eq!((watching.cursor, watching.behind_ms, watching.failing_since), (Time(21), 23, Some(Time(24))));
    assert_eq!(db.watch(&pipeline, "new", LEASE_MS, Time(99)).await.unwrap(), Some(Time(21)), "the cursor goes on");
    assert_eq!(db.reconcile(&pipeline, "new", LEASE_MS).await.unwrap(), Some(Time(32)));
    assert!(db.follow(&pipeline, "new", LEASE_MS).await.unwrap().is_none(), "its holder may still run");
    assert_eq!(db.evaluated_at().await.unwrap(), Some(Time(42)));
}

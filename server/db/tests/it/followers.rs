//! Followers: one process at a time ships new objects, and all can read its state.

use db::{LookedAt, testing::Scratch};
use model::{PipelineName, Queued, Time};

use crate::support::LEASE_MS;

on_both_databases!(a_pipeline_is_followed_by_one_at_a_time, what_a_follower_saw_is_told_until_it_looks_again);

fn pipeline() -> PipelineName {
    "api".parse().unwrap()
}

fn nothing() -> LookedAt {
    LookedAt { waiting: 0, oldest: None, error: None, queue: None, retrying: 0, retrying_because: None }
}

async fn a_pipeline_is_followed_by_one_at_a_time(scratch: Scratch) {
    let db = scratch.open().await;
    let since = db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap().since;
    assert!(db.follow(&pipeline(), "two", LEASE_MS).await.unwrap().is_none());
    assert_eq!(db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap().since, since);
    db.release(db::task::FOLLOW, pipeline().as_str(), "one").await.unwrap();
    // Whoever goes on goes on from where the first began.
    assert_eq!(db.follow(&pipeline(), "two", LEASE_MS).await.unwrap().unwrap().since, since);
    assert!(!db.looked(&pipeline(), "one", LEASE_MS, &nothing()).await.unwrap());
    assert!(!db.record_followed(&pipeline(), "one", &[]).await.unwrap());
    assert!(db.looked(&pipeline(), "two", LEASE_MS, &nothing()).await.unwrap());
}

async fn what_a_follower_saw_is_told_until_it_looks_again(scratch: Scratch) {
    let db = scratch.open().await;
    assert!(db.following(&pipeline()).await.unwrap().is_none());
    db.follow(&pipeline(), "one", LEASE_MS).await.unwrap().unwrap();
    let queue = Queued { messages: 9, left: 1, left_because: Some("not JSON".to_owned()) };
    let error = Some("the sink is away".to_owned());
    let seen =
        LookedAt { waiting: 3, oldest: Some(Time(7)), error, queue: Some(queue.clone()), retrying: 2, ..nothing() };
    let seen = LookedAt { retrying_because: Some("a.log: denied".to_owned()), ..seen };
    assert!(db.looked(&pipeline(), "one", LEASE_MS, &seen).await.unwrap());
    let following = db.following(&pipeline()).await.unwrap().unwrap();
    assert_eq!((following.waiting, following.oldest, following.holder.as_str()), (3, Some(Time(7)), "one"));
    assert_eq!(following.error.as_deref(), Some("the sink is away"));
    assert_eq!(following.queue, Some(queue));
    assert_eq!((following.retrying, following.retrying_because.as_deref()), (2, Some("a.log: denied")));
    assert!(db.looked(&pipeline(), "one", LEASE_MS, &nothing()).await.unwrap());
    let following = db.following(&pipeline()).await.unwrap().unwrap();
    assert!(following.oldest.is_none() && following.held);
    db.release(db::task::FOLLOW, pipeline().as_str(), "one").await.unwrap();
    assert!(!db.following(&pipeline()).await.unwrap().unwrap().held);
}

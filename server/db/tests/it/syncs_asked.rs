//! Requests of people wait until a sync answers them, even if a holder dies.

use db::{Db, SyncRequests, testing::Scratch};
use model::{SyncAction, SyncState};
use proptest::{
    collection,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use crate::{
    support::LEASE_MS,
    syncs::{beat, evaluation, status, table},
};

on_both_databases!(
    request_stays_until_it_is_answered,
    request_during_evaluation_waits_for_the_next,
    newest_deletion_approval_counts,
    retry_keys_are_collected,
    only_answered_requests_are_removed,
    pause_applies_at_once_until_resumed,
    history_names_the_requester,
    requests_are_answered_exactly_once_in_any_order,
);

async fn ask(db: &Db, action: SyncAction) {
    db.request_sync(&table("orders"), &action, "ada").await.unwrap();
}

async fn hold(db: &Db) -> SyncRequests {
    db.acquire_sync(&table("orders"), "one", LEASE_MS).await.unwrap().unwrap().requests
}

async fn end(db: &Db, answered: &SyncRequests) {
    let (beat, evaluation) = (beat(SyncState::InSync), evaluation(db, SyncState::InSync));
    assert!(db.end_sync(&table("orders"), "one", &beat, &evaluation, answered).await.unwrap());
}

fn retry(key: Option<&str>) -> SyncAction {
    SyncAction::RetryQuarantined { key: key.map(str::to_owned) }
}

async fn request_stays_until_it_is_answered(scratch: Scratch) {
    let db = scratch.open().await;
    // Of a table at which nobody has looked.
    ask(&db, SyncAction::Verify { contents: false }).await;
    assert_eq!(status(&db, "orders").await.state, SyncState::New);
    let verify = SyncRequests { verify: true, ..SyncRequests::default() };
    db.acquire_sync(&table("orders"), "one", 0).await.unwrap().unwrap();
    // The first died.
    let asked = db.acquire_sync(&table("orders"), "two", 0).await.unwrap().unwrap().requests;
    assert_eq!(asked, verify);
    db.release(db::task::SYNC, table("orders").as_str(), "two").await.unwrap();
    assert_eq!(hold(&db).await, verify);
    end(&db, &verify).await;
    assert_eq!(hold(&db).await, SyncRequests::default());
}

async fn request_during_evaluation_waits_for_the_next(scratch: Scratch) {
    let db = scratch.open().await;
    let evaluate = SyncRequests { evaluate: true, ..SyncRequests::default() };
    ask(&db, SyncAction::Evaluate).await;
    assert_eq!(hold(&db).await, evaluate);
    ask(&db, SyncAction::Evaluate).await;
    ask(&db, SyncAction::AcceptEpoch { send_all: false }).await;
    // It answers more than it was asked; what it has not read waits all the same.
    end(&db, &SyncRequests { accept_epoch: true, ..evaluate.clone() }).await;
    let both = SyncRequests { accept_epoch: true, ..evaluate };
    assert_eq!(hold(&db).await, both);
    end(&db, &both).await;
    assert_eq!(hold(&db).await, SyncRequests::default());
}

async fn newest_deletion_approval_counts(scratch: Scratch) {
    let db = scratch.open().await;
    ask(&db, SyncAction::Approve { rows: 9_000 }).await;
    assert_eq!(hold(&db).await.approved, 9_000);
    ask(&db, SyncAction::Approve { rows: 4_000 }).await;
    ask(&db, SyncAction::Approve { rows: 5_000 }).await;
    db.release(db::task::SYNC, table("orders").as_str(), "one").await.unwrap();
    let asked = hold(&db).await;
    assert_eq!(asked.approved, 5_000);
    // One that comes while the table is held is not answered with it, even if it is read to keep the table.
    ask(&db, SyncAction::Approve { rows: 7_000 }).await;
    assert_eq!(hold(&db).await.approved, 7_000);
    end(&db, &asked).await;
    let asked = hold(&db).await;
    assert_eq!(asked.approved, 7_000);
    end(&db, &asked).await;
    assert_eq!(hold(&db).await.approved, 0);
}

async fn retry_keys_are_collected(scratch: Scratch) {
    let db = scratch.open().await;
    for key in ["7", "7", "\"approve\"", "8"] {
        ask(&db, retry(Some(key))).await;
    }
    ask(&db, SyncAction::Approve { rows: 1 }).await;
    let asked = hold(&db).await;
    assert_eq!(asked.retry, Some(["7", "\"approve\"", "8"].map(str::to_owned).to_vec()));
    ask(&db, retry(None)).await;
    ask(&db, retry(Some("9"))).await;
    assert_eq!(hold(&db).await.retry, Some(Vec::new()), "all of them are all of them");
}

async fn only_answered_requests_are_removed(scratch: Scratch) {
    let db = scratch.open().await;
    for action in [
        SyncAction::Evaluate,
        SyncAction::Verify { contents: false },
        SyncAction::AcceptEpoch { send_all: false },
        SyncAction::Approve { rows: 3 },
    ] {
        ask(&db, action).await;
    }
    ask(&db, retry(Some("7"))).await;
    ask(&db, retry(Some("8"))).await;
    let mut asked = hold(&db).await;
    for answered in [
        SyncRequests { evaluate: true, ..SyncRequests::default() },
        SyncRequests { verify: true, ..SyncRequests::default() },
        SyncRequests { accept_epoch: true, ..SyncRequests::default() },
        SyncRequests { approved: 3, ..SyncRequests::default() },
        SyncRequests { retry: Some(vec!["8".to_owned()]), ..SyncRequests::default() },
    ] {
        end(&db, &answered).await;
        asked.evaluate &= !answered.evaluate;
        asked.verify &= !answered.verify;
        asked.accept_epoch &= !answered.accept_epoch;
        asked.approved -= answered.approved;
        if answered.retry.is_some() {
            asked.retry = Some(vec!["7".to_owned()]);
        }
        assert_eq!(hold(&db).await, asked);
    }
    end(&db, &SyncRequests { retry: Some(Vec::new()), ..SyncRequests::default() }).await;
    assert_eq!(hold(&db).await, SyncRequests::default());
}

async fn pause_applies_at_once_until_resumed(scratch: Scratch) {
    let db = scratch.open().await;
    ask(&db, SyncAction::Pause).await;
    ask(&db, SyncAction::Pause).await;
    assert!(status(&db, "orders").await.paused);
    let held = db.acquire_sync(&table("orders"), "one", LEASE_MS).await.unwrap().unwrap();
    assert!(held.paused);
    end(&db, &held.requests).await;
    assert!(status(&db, "orders").await.paused, "an evaluation does not end it");
    ask(&db, SyncAction::Resume).await;
    assert!(!status(&db, "orders").await.paused);
}

async fn history_names_the_requester(scratch: Scratch) {
    let db = scratch.open().await;
    for (author, action) in [
        ("ada", SyncAction::Approve { rows: 1_234 }),
        ("ben", SyncAction::AcceptEpoch { send_all: false }),
        ("cy", retry(Some("7"))),
        ("di", retry(None)),
    ] {
        db.request_sync(&table("orders"), &action, author).await.unwrap();
    }
    let asked = hold(&db).await;
    end(&db, &asked).await;
    let kept = db.sync_evaluations(&table("orders"), None, 1).await.unwrap().items.remove(0);
    assert_eq!(
        kept.reason,
        "It is so. ada approved deleting 1234 rows. ben accepted the local database as it is. cy requested a retry of \
         row 7. di requested a retry of the quarantined rows."
    );
}

/// An event in the life of a table. There are two holders, so that one can take over from the other.
#[derive(Clone, Debug)]
enum Happening {
    Asked(u8),
    Held(usize),
    Ended(usize),
    GivenBack(usize),
    Died,
}

/// A plain model of the same: the waiting requests, and which of them the holder has read.
#[derive(Default)]
struct Account {
    waiting: [bool; 3],
    read: [bool; 3],
    holder: Option<usize>,
    dead: bool,
}

async fn requests_are_answered_exactly_once_in_any_order(scratch: Scratch) {
    let db = scratch.open().await;
    let happening = prop_oneof![
        4 => (0_u8..3).prop_map(Happening::Asked),
        3 => (0_usize..2).prop_map(Happening::Held),
        3 => (0_usize..2).prop_map(Happening::Ended),
        1 => (0_usize..2).prop_map(Happening::GivenBack),
        1 => Just(Happening::Died),
    ];
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let mut number = 0;
    let handle = tokio::runtime::Handle::current();
    let cell = std::cell::RefCell::new(&mut number);
    let played = tokio::task::block_in_place(|| {
        runner.run(&collection::vec(happening, 1..30), |happenings| {
            **cell.borrow_mut() += 1;
            let name = format!("t{}", cell.borrow());
            handle.block_on(play(&db, &name, &happenings))
        })
    });
    played.unwrap();
}

async fn play(db: &Db, name: &str, happenings: &[Happening]) -> Result<(), TestCaseError> {
    let (table, mut account) = (table(name), Account::default());
    let wishes = |asked: &SyncRequests| [asked.evaluate, asked.verify, asked.accept_epoch];
    for happening in happenings {
        match *happening {
            Happening::Asked(wish) => {
                let action = [
                    SyncAction::Evaluate,
                    SyncAction::Verify { contents: false },
                    SyncAction::AcceptEpoch { send_all: false },
                ][usize::from(wish)]
                .clone();
                db.request_sync(&table, &action, "ada").await.unwrap();
                account.waiting[usize::from(wish)] = true;
                // Asked anew: what was read before does not answer it.
                account.read[usize::from(wish)] = false;
            }
            Happening::Held(who) => {
                let held = db.acquire_sync(&table, &who.to_string(), LEASE_MS).await.unwrap();
                let free = account.holder.is_none_or(|holder| holder == who || account.dead);
                prop_assert_eq!(held.is_some(), free);
                if let Some(held) = held {
                    prop_assert_eq!(wishes(&held.requests), account.waiting);
                    account = Account { read: account.waiting, holder: Some(who), dead: false, ..account };
                }
            }
            Happening::Ended(who) => {
                let (beat, evaluation) = (beat(SyncState::InSync), evaluation(db, SyncState::InSync));
                let all = SyncRequests { evaluate: true, verify: true, accept_epoch: true, ..SyncRequests::default() };
                let ended = db.end_sync(&table, &who.to_string(), &beat, &evaluation, &all).await.unwrap();
                prop_assert_eq!(ended, account.holder == Some(who));
                if ended {
                    for wish in 0..3 {
                        account.waiting[wish] &= !account.read[wish];
                    }
                    account = Account { read: [false; 3], holder: None, dead: false, ..account };
                }
            }
            Happening::GivenBack(who) => {
                db.release(db::task::SYNC, table.as_str(), &who.to_string()).await.unwrap();
                if account.holder == Some(who) {
                    account.holder = None;
                }
            }
            // Its lease runs out; it may still wake up, and end if nobody took over.
            Happening::Died => {
                if let Some(holder) = account.holder {
                    let beat = beat(SyncState::Uploading);
                    prop_assert!(db.sync_heartbeat(&table, &holder.to_string(), 0, &beat).await.unwrap());
                    account.dead = true;
                }
            }
        }
    }
    Ok(())
}

//! Failures: odd keys, large numbers, groups.

use db::{Db, testing::Scratch};
use model::{Failure, Key, Reason, Time};

use crate::support::*;

fn failure(key: &str, reason: Reason) -> Failure {
    Failure { key: key.parse().unwrap(), reason, message: format!("{reason:?}: \"{key}\""), attempts: 1, at: Time(7) }
}

async fn running(db: &Db) -> model::JobId {
    insert(db).await;
    claim(db, "one").await.unwrap().job.id
}

async fn every_key_of_s3_is_kept_and_sorted_by_its_bytes(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let mut keys = [
        "a",
        "B",
        "b",
        "A",
        "a/",
        "a//b",
        "/a",
        "a/../b",
        ".",
        " ",
        "%",
        "_",
        "é",
        "e\u{301}",
        "z",
        "ß",
        "\u{1}",
        "a\nb",
        "a\0b",
        "\u{fffd}",
        "\u{10ffff}",
        "🐙",
        "ﬀ",
        "10",
        "9",
        "-",
        "'",
        "\\",
        "a b",
        "a+b",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push("é".repeat(512));
    let failures: Vec<Failure> =
        keys.iter().map(|key| Failure { message: "no".to_owned(), ..failure(key, Reason::Store) }).collect();
    assert!(db.record(id, 1, &failures, &[]).await.unwrap());
    keys.sort();
    let (mut found, mut after): (Vec<String>, Option<Key>) = (Vec::new(), None);
    loop {
        let page = db.failures(id, after.as_ref(), 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        found.extend(page.into_iter().map(|failure| failure.key.into()));
    }
    assert_eq!(found, keys);
}

async fn a_failure_is_recorded_once_with_its_last_reason_and_all_its_attempts(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let twice = [failure("a", Reason::Timeout), Failure { attempts: 4, ..failure("a", Reason::Store) }];
    assert!(db.record(id, 1, &twice, &[]).await.unwrap());
    assert!(db.record(id, 1, &[failure("a", Reason::Denied), failure("b\0", Reason::Gone)], &[]).await.unwrap());
    let kept = db.failures(id, None, 10).await.unwrap();
    assert_eq!(kept[0], Failure { attempts: 6, ..failure("a", Reason::Denied) });
    assert_eq!(kept[1].message, "Gone: \"b\u{fffd}\"", "a text cannot hold U+0000, a key can");
    assert!(db.record(id, 1, &[], &["a".parse().unwrap(), "never failed".parse().unwrap()]).await.unwrap());
    assert_eq!(db.failures(id, None, 10).await.unwrap(), kept[1..]);
}

async fn thousands_of_failures_are_recorded_at_once_and_grouped(scratch: Scratch) {
    let db = scratch.open().await;
    let id = running(&db).await;
    let failures: Vec<Failure> = (0..3_210)
        .map(|index| failure(&format!("{index:05}"), if index % 3 == 0 { Reason::Gone } else { Reason::Denied }))
        .collect();
    assert!(db.record(id, 1, &failures, &[]).await.unwrap());
    let groups = db.failure_groups(id).await.unwrap();
    let told: Vec<_> = groups.iter().map(|group| (group.reason, group.count, group.example.clone())).collect();
    assert_eq!(told, [(Reason::Denied, 2_140, failures[1].clone()), (Reason::Gone, 1_070, failures[0].clone())]);
    let mended: Vec<Key> = failures.iter().map(|failure| failure.key.clone()).collect();
    assert!(db.record(id, 1, &[], &mended).await.unwrap());
    assert!(db.failure_groups(id).await.unwrap().is_empty());
}

on_both_databases! {
    every_key_of_s3_is_kept_and_sorted_by_its_bytes,
    a_failure_is_recorded_once_with_its_last_reason_and_all_its_attempts,
    thousands_of_failures_are_recorded_at_once_and_grouped,
}

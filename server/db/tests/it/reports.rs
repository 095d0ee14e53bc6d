//! Completion reports: pieces in the order in which they were added, by the holder of the lease alone.

use db::testing::Scratch;
use model::JobId;

use crate::support::{claim, claim_for, insert};

on_both_databases!(pieces_are_read_in_their_order, lost_lease_adds_nothing);

async fn pieces(db: &db::Db, job: JobId) -> Vec<Vec<u8>> {
    let (mut found, mut after) = (Vec::new(), None);
    while let Some(piece) = db.report_piece(job, after.as_deref()).await.unwrap() {
        found.push(piece.lines);
        after = Some(piece.id);
    }
    found
}

async fn pieces_are_read_in_their_order(scratch: Scratch) {
    let db = scratch.open().await;
    let (one, other) = (insert(&db).await, insert(&db).await);
    claim(&db, "one").await.unwrap();
    claim(&db, "one").await.unwrap();
    for number in 0..5_u8 {
        assert!(db.add_report(one.id, 1, &[number, 0, 255]).await.unwrap());
        assert!(db.add_report(other.id, 1, &[9]).await.unwrap());
    }
    let expected: Vec<Vec<u8>> = (0..5).map(|number| vec![number, 0, 255]).collect();
    assert_eq!(pieces(&db, one.id).await, expected);
}

async fn lost_lease_adds_nothing(scratch: Scratch) {
    let db = scratch.open().await;
    let job = insert(&db).await;
    claim_for(&db, "one", 0).await.unwrap();
    claim(&db, "two").await.unwrap();
    assert!(!db.add_report(job.id, 1, b"late").await.unwrap());
    assert!(db.add_report(job.id, 2, b"in time").await.unwrap());
    assert_eq!(pieces(&db, job.id).await, [b"in time"]);
}

//! Copies on record: kept by their places, the latest first, up to a bound.

use db::testing::Scratch;

on_both_databases!(records_are_kept_by_their_places, oldest_records_give_way);

async fn records_are_kept_by_their_places(scratch: Scratch) {
    let db = scratch.open().await;
    for batch in [b"one", b"two"] {
        db.add_copies(&[1; 16], batch).await.unwrap();
    }
    db.add_copies(&[2; 16], b"other").await.unwrap();
    assert_eq!(db.copies(&[1; 16], 100).await.unwrap(), [b"two", b"one"]);
    assert_eq!(db.copies(&[3; 16], 100).await.unwrap(), Vec::<Vec<u8>>::new());
}

async fn oldest_records_give_way(scratch: Scratch) {
    let db = scratch.open().await;
    for batch in [b"one", b"two", b"six"] {
        db.add_copies(&[1; 16], batch).await.unwrap();
    }
    assert_eq!(db.copies(&[1; 16], 4).await.unwrap(), [b"six", b"two"]);
    assert_eq!(db.copies(&[1; 16], 100).await.unwrap(), [b"six", b"two"], "the rest was deleted");
}

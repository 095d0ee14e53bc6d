//! Opening a database, and refusing to.

use db::{Db, DbError, testing::Scratch};
use model::{Filter, Time};
use sqlx::Connection;

use crate::support::*;

async fn refusal(url: &str) -> DbError {
    match Db::open(url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

async fn a_store_opened_again_holds_what_it_held(scratch: Scratch) {
    let job = insert(&scratch.open().await).await;
    let db = scratch.open().await;
    assert_eq!(db.job(job.id).await.unwrap(), job);
    db.ping().await.unwrap();
    let (name, version) = db.describe().split_once(' ').unwrap();
    assert!(["SQLite", "PostgreSQL"].contains(&name) && version.starts_with(|c: char| c.is_ascii_digit()));
}

async fn a_database_of_a_newer_logyard_is_refused(scratch: Scratch) {
    drop(scratch.open().await);
    let later = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
                 FROM _sqlx_migrations LIMIT 1";
    if scratch.url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(&scratch.url).await.unwrap();
        sqlx::raw_sql(later).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = sqlx::PgConnection::connect(&scratch.url).await.unwrap();
        sqlx::raw_sql(later).execute(&mut connection).await.unwrap();
    }
    let error = refusal(&scratch.url).await;
    assert!(matches!(error, DbError::NewerSchema(9999)), "{error:?}");
    assert!(error.to_string().contains("newer Logyard"), "{error}");
}

async fn the_clock_is_the_databases(scratch: Scratch) {
    let db = scratch.open().await;
    db.sync_clock().await.unwrap();
    // Both run on this machine, so that their clocks are one; a measurement is off by its round trip at most.
    let local = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert!(db.now().since(Time(i64::try_from(local).unwrap())).abs() < 60_000);
}

async fn a_session_ends_when_it_expires_or_is_deleted(scratch: Scratch) {
    let db = scratch.open().await;
    let now = db.now();
    db.insert_session(b"\0valid\xff", "operator", Time(now.0 + 60_000)).await.unwrap();
    db.insert_session(b"expired", "night shift", Time(now.0 - 1)).await.unwrap();
    assert_eq!(db.session(b"\0valid\xff").await.unwrap().as_deref(), Some("operator"));
    assert_eq!(db.session(b"expired").await.unwrap(), None);
    assert_eq!(db.session(b"unknown").await.unwrap(), None);
    db.delete_session(b"\0valid\xff").await.unwrap();
    assert_eq!(db.session(b"\0valid\xff").await.unwrap(), None);
    db.insert_session(b"expired", "night shift", Time(now.0 + 60_000)).await.unwrap();
    assert_eq!(db.session(b"expired").await.unwrap().as_deref(), Some("night shift"), "expired ones are forgotten");
}

on_both_databases! {
    a_store_opened_again_holds_what_it_held,
    a_database_of_a_newer_logyard_is_refused,
    the_clock_is_the_databases,
    a_session_ends_when_it_expires_or_is_deleted,
}

#[tokio::test]
async fn memory_database_serves_readers_and_writers_alone() {
    let (db, other) = (Db::open("sqlite::memory:").await.unwrap(), Db::open("sqlite::memory:").await.unwrap());
    insert(&db).await;
    assert!(claim(&db, "one").await.is_some());
    assert_eq!(db.jobs(&Filter::default(), None, 10).await.unwrap().items.len(), 1);
    assert!(other.jobs(&Filter::default(), None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn missing_folder_is_created_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/deeper/logyard.db");
    let job = insert(&Db::open(&format!("sqlite:{}", path.display())).await.unwrap()).await;
    assert!(path.exists());
    let same = Db::open(&format!("sqlite://{}", path.display())).await.unwrap();
    assert_eq!(same.job(job.id).await.unwrap(), job, "with or without slashes");
    let beneath_a_file = path.join("logyard.db");
    let error = refusal(&format!("sqlite:{}", beneath_a_file.display())).await;
    assert!(matches!(error, DbError::File { .. }), "{error:?}");
    assert!(error.to_string().contains(&*beneath_a_file.to_string_lossy()), "{error}");
}

#[tokio::test]
async fn file_that_is_not_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes, and not a database\n".repeat(100)).unwrap();
    let error = refusal(&format!("sqlite:{}", path.display())).await;
    assert!(matches!(error, DbError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn errors_hide_the_password() {
    for url in [
        "postgres://operator:hunter2@localhost/logyard?host=/nowhere",
        "mysql://operator:hunter2@localhost/logyard",
        "",
    ] {
        let error = refusal(url).await;
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert!(matches!(error, DbError::Url | DbError::Unreachable(_)), "{error:?}");
    }
}

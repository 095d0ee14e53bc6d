//! Recovery after a kill or a restart.
//!
//! A kill is simulated by copying the folder while the store runs: the copy has what the operating system had received
//! at that instant, and nothing from the process's memory.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use embedded::{Config, Embedded, EmbeddedError};

use crate::support::{client, on_disk, put, read, source};

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A body too large to share a file with others.
fn large(fill: u8) -> Vec<u8> {
    vec![fill; 300_000]
}

fn only_journal(dir: &Path) -> PathBuf {
    let mut journals = fs::read_dir(dir.join("buckets")).unwrap();
    let journal = journals.next().unwrap().unwrap().path();
    assert!(journals.next().is_none());
    journal
}

fn blobs(dir: &Path) -> usize {
    let fans = fs::read_dir(dir.join("blobs")).unwrap();
    fans.map(|fan| fs::read_dir(fan.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (running, killed) = (dir.path().join("running"), dir.path().join("killed"));
    let store = on_disk(&running).await;
    let before = client(&store);
    before.create_bucket().bucket("yard").send().await.unwrap();
    for number in 0..50 {
        put(&before, "yard", &format!("key {number}"), format!("body {number}")).await;
    }
    put(&before, "yard", "key 7", "replaced").await;
    before.delete_object().bucket("yard").key("key 8").send().await.unwrap();
    before.copy_object().bucket("yard").key("copy").copy_source(source("yard", "key 9")).send().await.unwrap();
    before.delete_object().bucket("yard").key("key 9").send().await.unwrap();
    let upload = before.create_multipart_upload().bucket("yard").key("parts").send().await.unwrap().upload_id.unwrap();
    let part = before.upload_part().bucket("yard").key("parts").upload_id(&upload).part_number(1);
    part.body(b"part".to_vec().into()).send().await.unwrap();
    copy_folder(&running, &killed);

    let store = on_disk(&killed).await;
    let after = client(&store);
    assert_eq!(store.count("yard").unwrap(), 49);
    for number in (0..50).filter(|number| ![7, 8, 9].contains(number)) {
        assert_eq!(read(&after, "yard", &format!("key {number}")).await, format!("body {number}").as_bytes());
    }
    assert_eq!(read(&after, "yard", "key 7").await, b"replaced");
    assert_eq!(read(&after, "yard", "copy").await, b"body 9");
    let parts = after.list_parts().bucket("yard").key("parts").upload_id(upload).send().await.unwrap();
    assert_eq!(parts.parts().len(), 1);
}

#[tokio::test]
async fn truncated_line_is_dropped_and_journal_continues() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    store.create_bucket("yard").unwrap();
    store.put("yard", "first", large(1)).await.unwrap();
    let journal = only_journal(dir.path());
    let whole = fs::metadata(&journal).unwrap().len();
    store.put("yard", "second", large(2)).await.unwrap();
    store.stop().await;
    let line = fs::metadata(&journal).unwrap().len() - whole;

    // Cut anywhere within the last line, its newline included.
    for cut in [1, 2, line / 2, line - 1] {
        let killed = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), killed.path());
        let journal = only_journal(killed.path());
        fs::File::options().write(true).open(&journal).unwrap().set_len(whole + line - cut).unwrap();
        let store = on_disk(killed.path()).await;
        assert_eq!(store.count("yard").unwrap(), 1);
        assert_eq!(blobs(killed.path()), 1, "the body that no line names is swept");
        store.put("yard", "third", "3").await.unwrap();
        store.stop().await;
        let store = on_disk(killed.path()).await;
        assert_eq!(store.read("yard", "first").await.unwrap().unwrap(), large(1));
        assert_eq!(store.read("yard", "second").await.unwrap(), None);
        assert_eq!(store.read("yard", "third").await.unwrap().unwrap(), "3");
    }
}

#[tokio::test]
async fn damaged_journal_is_error_and_keeps_bodies() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    store.create_bucket("yard").unwrap();
    store.put("yard", "a", "body").await.unwrap();
    store.stop().await;
    let journal = only_journal(dir.path());
    let good = fs::read(&journal).unwrap();
    fs::File::options().append(true).open(&journal).unwrap().write_all(b"not a record\n").unwrap();
    let config = Config { dir: Some(dir.path().to_owned()), addr: ([127, 0, 0, 1], 0).into() };
    let Err(error) = Embedded::start(config).await else { panic!("it opened") };
    assert!(matches!(&error, EmbeddedError::Storage(_)), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
    fs::remove_file(&journal).unwrap();
    let config = Config { dir: Some(dir.path().to_owned()), addr: ([127, 0, 0, 1], 0).into() };
    assert!(Embedded::start(config).await.is_err(), "a bucket whose journal is missing is not an empty bucket");

    fs::write(&journal, good).unwrap();
    let catalogue = dir.path().join("catalogue.jsonl");
    fs::rename(&catalogue, dir.path().join("lost")).unwrap();
    let config = Config { dir: Some(dir.path().to_owned()), addr: ([127, 0, 0, 1], 0).into() };
    assert!(Embedded::start(config).await.is_err(), "buckets without a catalogue are not rubbish");
    fs::rename(dir.path().join("lost"), catalogue).unwrap();
    let store = on_disk(dir.path()).await;
    assert_eq!(store.read("yard", "a").await.unwrap().unwrap(), "body");
}

#[tokio::test]
async fn mostly_outdated_journal_is_compacted_at_opening() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    store.create_bucket("yard").unwrap();
    for _ in 0..1_500 {
        store.put("yard", "again and again", "same").await.unwrap();
    }
    store.put("yard", "once", "body").await.unwrap();
    store.stop().await;
    let lines = |dir: &Path| fs::read_to_string(only_journal(dir)).unwrap().lines().count();
    assert_eq!(lines(dir.path()), 1_501);
    let store = on_disk(dir.path()).await;
    assert_eq!(lines(dir.path()), 2);
    store.put("yard", "later", "body").await.unwrap();
    store.stop().await;
    let store = on_disk(dir.path()).await;
    assert_eq!(store.count("yard").unwrap(), 3);
    assert_eq!(store.read("yard", "once").await.unwrap().unwrap(), "body");
}

#[tokio::test]
async fn bodies_are_deleted_with_last_sharing_object() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    let client = client(&store);
    client.create_bucket().bucket("yard").send().await.unwrap();
    put(&client, "yard", "a", large(1)).await;
    client.copy_object().bucket("yard").key("b").copy_source(source("yard", "a")).send().await.unwrap();
    assert_eq!(blobs(dir.path()), 1);
    client.delete_object().bucket("yard").key("a").send().await.unwrap();
    assert_eq!(blobs(dir.path()), 1);
    assert_eq!(read(&client, "yard", "b").await, large(1));
    client.delete_object().bucket("yard").key("b").send().await.unwrap();
    assert_eq!(blobs(dir.path()), 0);
}

#[tokio::test]
async fn small_bodies_share_a_file_until_unreferenced() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    store.create_bucket("yard").unwrap();
    for key in ["a", "b", "c"] {
        store.put("yard", key, key).await.unwrap();
    }
    assert_eq!(blobs(dir.path()), 1);
    store.delete("yard", "b").unwrap();
    store.stop().await;
    let store = on_disk(dir.path()).await;
    assert_eq!(blobs(dir.path()), 1);
    assert_eq!(store.read("yard", "c").await.unwrap().unwrap(), "c");
    store.delete("yard", "a").unwrap();
    store.delete("yard", "c").unwrap();
    assert_eq!(blobs(dir.path()), 0);
}

#[tokio::test]
async fn folder_allows_one_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path()).await;
    let config = || Config { dir: Some(dir.path().to_owned()), addr: ([127, 0, 0, 1], 0).into() };
    let Err(error) = Embedded::start(config()).await else { panic!("it opened") };
    assert!(error.to_string().contains("in use"), "{error}");
    store.stop().await;
    Embedded::start(config()).await.unwrap();
}

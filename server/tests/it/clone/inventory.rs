//! `logyard clone --inventory`: the keys of an inventory of S3, which is older than the bucket.

use std::io::Write;

use embedded::Embedded;
use flate2::{Compression, write::GzEncoder};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::command::{clone, run, said, store, summary};

const MANIFEST: &str = "source/all/2026-11-29T01-00Z/manifest.json";
const URL: &str = "s3://inventories/source/all/2026-11-29T01-00Z/manifest.json";

/// Puts an inventory of these keys, encoded as S3 encodes them; `change` alters its manifest.
async fn put_inventory(store: &Embedded, keys: &[&str], change: impl FnOnce(&mut Value)) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for key in keys {
        writeln!(encoder, "\"source\",\"{key}\",\"1\",\"2026-11-28T23:00:00.000Z\"").unwrap();
    }
    let file = encoder.finish().unwrap();
    let mut manifest = json!({
        "sourceBucket": "source",
        "destinationBucket": "arn:aws:s3:::inventories",
        "version": "2016-11-30",
        "creationTimestamp": "1795914000000",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size, LastModifiedDate",
        "files": [{"key": "source/all/data/1.csv.gz", "size": file.len(), "MD5checksum": hex::encode(Md5::digest(&file))}],
    });
    change(&mut manifest);
    store.create_bucket("inventories").unwrap();
    store.put("inventories", "source/all/data/1.csv.gz", file).await.unwrap();
    store.put("inventories", MANIFEST, manifest.to_string()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_inventory_are_cloned_as_they_are_now() {
    let (store, folder) = (store(0).await, TempDir::new().unwrap());
    for key in ["logs/a b", "logs/ü", "logs/new"] {
        store.put("source", key, key).await.unwrap();
    }
    put_inventory(&store, &["logs/a+b", "logs/%C3%BC", "logs/gone", "%FF"], |_| ()).await;
    let output = run(clone(&store.url(), folder.path(), &["--inventory", URL])).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(store.keys("destination").unwrap(), ["logs/a b", "logs/ü"], "neither what is new nor what is gone");
    let from = &summary(&output)["proof"]["selection"]["keys_from"];
    assert_eq!((&from["count"], &from["listed_at"]), (&3.into(), &"2026-11-29T01:00:00Z".into()), "{from}");
    let told = said(&output);
    assert!(told.contains("has 3 keys and is of 2026-11-29T01:00:00Z") && told.contains("1 object whose"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inventory_that_cannot_be_trusted_is_refused() {
    for (field, value, wanted) in [
        ("sourceBucket", json!("other"), "it is the inventory of bucket other"),
        ("fileFormat", json!("Parquet"), "its format is Parquet"),
        ("fileSchema", json!("Bucket, Size"), "has no Key"),
        ("creationTimestamp", json!("yesterday"), "creationTimestamp"),
        ("files", json!([{"key": "source/all/data/1.csv.gz", "MD5checksum": "00"}]), "the manifest says 00"),
        ("files", json!([{"key": "source/all/data/2.csv.gz", "MD5checksum": "00"}]), "2.csv.gz"),
    ] {
        let (store, folder) = (store(1).await, TempDir::new().unwrap());
        put_inventory(&store, &["a"], |manifest| manifest[field] = value).await;
        let output = run(clone(&store.url(), folder.path(), &["--inventory", URL])).await;
        assert_eq!(output.status.code(), Some(2), "{field}: {}", said(&output));
        assert!(said(&output).contains(wanted) && said(&output).contains(URL), "{field}: {}", said(&output));
        assert_eq!(store.count("destination").unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inventory_url_and_other_lists_are_checked() {
    let (store, folder) = (store(1).await, TempDir::new().unwrap());
    for (options, wanted) in [
        (&["--inventory", "manifest.json"][..], "s3://inventories/"),
        (&["--inventory", URL, "--keys", "k"], "cannot be used with"),
        (&["--inventory", URL, "--mode", "mirror"], "nothing is listed"),
        (&["--inventory", URL], "does not exist"),
    ] {
        let output = run(clone(&store.url(), folder.path(), options)).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(wanted), "{}", said(&output));
    }
}

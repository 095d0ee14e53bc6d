//! An inventory of S3 as the list of keys: the manifest, and the files that it names.
//!
//! An inventory is hours or days old, so it names keys and no more: what each object is, a HEAD tells when its key comes up.
//! Objects that came since are not in it, and objects that are gone since are no failure.
//!
//! Always: a file whose MD5 is not that of the manifest is an error, never a shorter list. One file at a time is on disk.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
};

use flate2::read::MultiGzDecoder;
use md5::{Digest as _, Md5};
use model::{BucketName, Key, Prefix, Time};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::{KeyList, KeyListError, key_list::Sorter};
use crate::s3::{Failed, Listed, S3Client};

/// Largest manifest: it names some ten thousand files.
const MOST_MANIFEST: u64 = 32 << 20;

/// The keys of an inventory, and its age.
#[derive(Debug)]
pub struct Inventory {
    pub keys: KeyList,
    /// When the bucket was listed for it.
    pub at: Time,
    /// Lines whose keys are none: not UTF-8, or too long. They are in no list.
    pub unusable: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    #[error("{}", .0.error)]
    Store(#[from] Failed),
    #[error("it is not a manifest of S3 Inventory: {0}")]
    Manifest(String),
    #[error("it is the inventory of bucket {found}, and the source is {source_bucket}")]
    OtherBucket { found: String, source_bucket: BucketName },
    #[error("its format is {0}; Logyard reads CSV: set the inventory's format to CSV")]
    Format(String),
    #[error("file {file}: {why}")]
    File { file: String, why: String },
    #[error("its MD5 is {found}, and the manifest says {told}")]
    Sum { found: String, told: String },
    #[error("it holds no key under the source's prefix")]
    Empty,
    #[error("the keys cannot be sorted in the temporary folder: {0}")]
    Disk(#[from] io::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    source_bucket: String,
    file_format: String,
    file_schema: String,
    /// Milliseconds, as text.
    creation_timestamp: String,
    files: Vec<ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    key: Key,
    #[serde(rename = "MD5checksum")]
    md5: String,
}

/// Places of the columns in a line.
#[derive(Clone, Copy)]
struct Columns {
    key: usize,
    is_latest: Option<usize>,
    is_delete_marker: Option<usize>,
}

impl Inventory {
    /// Reads the manifest at `key` and all of its files, which lie in the same bucket. Keys without the prefix are left out,
    /// as are old versions and deletion markers.
    pub async fn read(
        store: &S3Client,
        bucket: &BucketName,
        key: &Key,
        source: &BucketName,
        prefix: &Prefix,
    ) -> Result<Self, InventoryError> {
        let manifest = read_manifest(store, bucket, key).await?;
        if manifest.source_bucket != source.as_str() {
            return Err(InventoryError::OtherBucket { found: manifest.source_bucket, source_bucket: source.clone() });
        }
        if !manifest.file_format.eq_ignore_ascii_case("CSV") {
            return Err(InventoryError::Format(manifest.file_format));
        }
        let at = manifest.creation_timestamp.parse().map(Time);
        let at =
            at.map_err(|_| InventoryError::Manifest(format!("creationTimestamp {:?}", manifest.creation_timestamp)))?;
        let columns = Columns::of(&manifest.file_schema)?;
        let mut list = Names { sorter: Sorter::default(), prefix: prefix.clone(), columns, unusable: 0 };
        for ManifestFile { key, md5 } in manifest.files {
            let wrong = |why: String| InventoryError::File { file: key.to_string(), why };
            let file = fetch(store, bucket, &key, &md5).await.map_err(|error| wrong(error.to_string()))?;
            let read = spawn_blocking(move || list.add(file).map(|()| list)).await;
            list = read.map_err(io::Error::other)?.map_err(|error| wrong(error.to_string()))?;
        }
        let unusable = list.unusable;
        let finished = spawn_blocking(move || list.sorter.finish()).await.map_err(io::Error::other)?;
        match finished {
            Ok(keys) => Ok(Self { keys, at, unusable }),
            Err(KeyListError::Io(error)) => Err(error.into()),
            Err(KeyListError::Empty | KeyListError::Line { .. }) => Err(InventoryError::Empty),
        }
    }
}

async fn read_manifest(store: &S3Client, bucket: &BucketName, key: &Key) -> Result<Manifest, InventoryError> {
    let listed = store.head(bucket, key).await?.object;
    if listed.size > MOST_MANIFEST {
        return Err(InventoryError::Manifest(format!("{} bytes are more than {MOST_MANIFEST}", listed.size)));
    }
    let (mut reading, mut text) = (store.read(bucket, &listed).await?, Vec::new());
    while let Some(bytes) = reading.next().await? {
        text.extend_from_slice(&bytes);
    }
    serde_json::from_slice(&text).map_err(|error| InventoryError::Manifest(error.to_string()))
}

/// Fetches a file into an unnamed temporary one, and compares its MD5.
async fn fetch(store: &S3Client, bucket: &BucketName, key: &Key, md5: &str) -> Result<File, InventoryError> {
    let listed: Listed = store.head(bucket, key).await?.object;
    let (mut reading, mut file, mut sum) = (store.read(bucket, &listed).await?, tempfile::tempfile()?, Md5::new());
    while let Some(bytes) = reading.next().await? {
        sum.update(&bytes);
        file.write_all(&bytes)?;
    }
    let found = hex::encode(sum.finalize());
    if !found.eq_ignore_ascii_case(md5) {
        return Err(InventoryError::Sum { found, told: md5.to_owned() });
    }
    file.rewind()?;
    Ok(file)
}

impl Columns {
    /// Reads the schema of the manifest: `Bucket, Key, Size, …`.
    fn of(schema: &str) -> Result<Self, InventoryError> {
        let place = |name: &str| schema.split(',').position(|column| column.trim() == name);
        let key = place("Key").ok_or_else(|| InventoryError::Manifest(format!("fileSchema {schema:?} has no Key")))?;
        Ok(Self { key, is_latest: place("IsLatest"), is_delete_marker: place("IsDeleteMarker") })
    }
}

/// The keys that are read.
struct Names {
    sorter: Sorter,
    prefix: Prefix,
    columns: Columns,
    unusable: u64,
}

impl Names {
    fn add(&mut self, file: impl Read) -> io::Result<()> {
        let lines = csv::ReaderBuilder::new().has_headers(false).from_reader(MultiGzDecoder::new(file));
        for line in lines.into_byte_records() {
            let line = line?;
            let is = |column: Option<usize>, word: &[u8]| {
                column.and_then(|column| line.get(column)).is_some_and(|value| value.eq_ignore_ascii_case(word))
            };
            if is(self.columns.is_latest, b"false") || is(self.columns.is_delete_marker, b"true") {
                continue;
            }
            let Some(key) = line.get(self.columns.key) else {
                return Err(io::Error::other(format!(
                    "line {} has no key",
                    line.position().map_or(0, csv::Position::line)
                )));
            };
            match decoded(key) {
                Some(key) if key.as_str().starts_with(self.prefix.as_str()) => self.sorter.push(String::from(key))?,
                Some(_) => {}
                None => self.unusable += 1,
            }
        }
        Ok(())
    }
}

/// A key as the inventory encodes it: like a form, with `+` for a space.
fn decoded(encoded: &[u8]) -> Option<Key> {
    let spaced = str::from_utf8(encoded).ok()?.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn keys(schema: &str, prefix: &str, csv: &str) -> Result<(Vec<String>, u64), String> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(csv.as_bytes()).unwrap();
        let columns = Columns::of(schema).map_err(|error| error.to_string())?;
        let mut list = Names { sorter: Sorter::default(), prefix: prefix.parse().unwrap(), columns, unusable: 0 };
        list.add(&*encoder.finish().unwrap()).map_err(|error| error.to_string())?;
        let keys = list.sorter.finish().map_err(|error| error.to_string())?;
        let blocks = (0..).map_while(|number| keys.block(number).unwrap());
        Ok((blocks.flatten().map(String::from).collect(), list.unusable))
    }

    #[test]
    fn keys_are_decoded_and_chosen_by_prefix() {
        let csv = "\"b\",\"logs/a+b%2Bc\",\"1\"\n\"b\",\"other\",\"2\"\n\"b\",\"logs/%C3%BC%0A%22\",\"3\"\n\"b\",\"%FF\",\"4\"\n";
        let read = keys("Bucket, Key, Size", "logs/", csv).unwrap();
        assert_eq!(read, (vec!["logs/a b+c".to_owned(), "logs/ü\n\"".to_owned()], 1));
    }

    #[test]
    fn old_versions_and_markers_are_left_out() {
        let schema = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker";
        let csv = "\"b\",\"a\",\"1\",\"false\",\"false\"\n\"b\",\"a\",\"2\",\"true\",\"false\"\n\
                   \"b\",\"gone\",\"3\",\"true\",\"true\"\n";
        assert_eq!(keys(schema, "", csv).unwrap().0, ["a"]);
    }

    #[test]
    fn schema_without_key_and_broken_lines_are_refused() {
        assert!(keys("Bucket, Size", "", "").unwrap_err().contains("has no Key"));
        assert!(keys("Bucket, Key", "", "\"b\",\"a\"\n\"b\"\n").is_err(), "a line lacks a field");
        assert_eq!(keys("Bucket, Key", "x", "\"b\",\"a\"\n").unwrap_err(), "it holds no key");
    }
}

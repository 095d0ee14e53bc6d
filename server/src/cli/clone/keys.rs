//! The list of `--keys`, and that of `--inventory`.

use std::{
    fmt::Display,
    fs::File,
    io::{BufReader, stdin},
    path::{Path, PathBuf},
};

use clap::Args;
use engine::{
    clock::now,
    listing::{Inventory, KeyList, KeyListError},
    s3::S3Client,
};
use model::{
    BucketName, Key, KeysFrom, Place, Prefix,
    number::{counted, duration},
};

use super::ends::CloneEnd;

/// The options that name keys, in place of a listing.
#[derive(Args)]
pub struct KeyArgs {
    /// Only the keys of this file, or - for standard input, without listing anything: one a line, or JSON lines with a `key`,
    /// as --failures writes them
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    #[arg(
        long,
        value_name = "S3URL",
        conflicts_with = "keys",
        value_parser = manifest,
        help = "Only the keys of an inventory of S3, in CSV: its manifest, as s3://bucket/prefix/manifest.json"
    )]
    inventory: Option<(BucketName, Key)>,
}

/// The keys that were named.
#[derive(Default)]
pub struct NamedKeys {
    pub from: Option<KeysFrom>,
    pub list: Option<KeyList>,
    /// To be told before the start.
    pub notice: Option<String>,
}

impl KeyArgs {
    pub async fn read(&self, source: &CloneEnd, mirror: bool) -> Result<NamedKeys, String> {
        if mirror && (self.keys.is_some() || self.inventory.is_some()) {
            return Err(
                "a mirror deletes what the source does not list, and with --keys or --inventory nothing is listed: \
                        leave out one of the two"
                    .to_owned(),
            );
        }
        if let Some(manifest) = &self.inventory {
            return Box::pin(read_inventory(manifest, source)).await;
        }
        let Some(file) = &self.keys else { return Ok(NamedKeys::default()) };
        let (from, list) = read(file, &source.location.prefix)?;
        Ok(NamedKeys { from: Some(from), list: Some(list), notice: None })
    }
}

/// Reads a file, or standard input for `-`. Each key must start with the prefix.
fn read(file: &Path, prefix: &Prefix) -> Result<(KeysFrom, KeyList), String> {
    let said = |error: &dyn Display| format!("--keys {}: {error}", file.display());
    let list = if file == Path::new("-") {
        KeyList::read(stdin().lock(), prefix)
    } else {
        File::open(file).map_err(KeyListError::from).and_then(|opened| KeyList::read(BufReader::new(opened), prefix))
    };
    let list = list.map_err(|error| said(&error))?;
    let (name, count) = (file.display().to_string(), list.count());
    Ok((KeysFrom { name, count, digest: list.digest().clone(), listed_at: None }, list))
}

/// Parses the URL of a manifest.
fn manifest(url: &str) -> Result<(BucketName, Key), String> {
    let place = url.strip_prefix("s3://").and_then(|_| url.parse::<Place>().ok());
    let manifest = place.and_then(|Place { bucket, prefix, .. }| Some((bucket, prefix.as_str().parse::<Key>().ok()?)));
    manifest.ok_or_else(|| {
        "it must be the URL of a manifest, such as s3://inventories/logs/all/2026-11-29T01-00Z/manifest.json".to_owned()
    })
}

/// Reads an inventory of the source, with the source's credentials; with what must be told of it.
async fn read_inventory((bucket, key): &(BucketName, Key), source: &CloneEnd) -> Result<NamedKeys, String> {
    let name = format!("s3://{bucket}/{key}");
    let store = S3Client::connect(source.endpoint.clone()).await.under(source.ceilings);
    let (from, prefix) = (&source.location.bucket, &source.location.prefix);
    let read = Inventory::read(&store, bucket, key, from, prefix).await;
    let Inventory { keys, at, unusable } = read.map_err(|error| format!("--inventory {name}: {error}"))?;
    let left_out = if unusable == 0 {
        String::new()
    } else {
        format!("; {} whose keys are not UTF-8 or too long are left out", counted(unusable, "object"))
    };
    let (count, age) = (counted(keys.count(), "key"), duration(now().0 - at.0));
    let notice =
        format!("the inventory has {count} and is of {at}, {age} ago: objects that came since are not in it{left_out}");
    let from = KeysFrom { name, count: keys.count(), digest: keys.digest().clone(), listed_at: Some(at) };
    Ok(NamedKeys { from: Some(from), list: Some(keys), notice: Some(notice) })
}

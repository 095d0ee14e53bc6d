//! The list of `--keys`.

use std::{
    fmt::Display,
    fs::File,
    io::{BufReader, stdin},
    path::Path,
};

use engine::listing::{KeyList, KeyListError};
use model::{KeysFrom, Prefix};

/// Reads a file, or standard input for `-`. Each key must start with the prefix.
pub fn read(file: &Path, prefix: &Prefix) -> Result<(KeysFrom, KeyList), String> {
    let said = |error: &dyn Display| format!("--keys {}: {error}", file.display());
    let list = if file == Path::new("-") {
        KeyList::read(stdin().lock(), prefix)
    } else {
        File::open(file).map_err(KeyListError::from).and_then(|opened| KeyList::read(BufReader::new(opened), prefix))
    };
    let list = list.map_err(|error| said(&error))?;
    let (name, count) = (file.display().to_string(), list.count());
    Ok((KeysFrom { name, count, digest: list.digest().clone() }, list))
}

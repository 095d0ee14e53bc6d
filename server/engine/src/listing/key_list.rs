//! Keys that a user names, in place of those that a store lists.
//!
//! One key a line. A line that begins with `"` is a JSON string, for keys with line breaks; one that begins with `{` is a JSON
//! object with a `key`, as `--failures` writes them.
//!
//! Always: sorted by their bytes, each once. On disk, in an unnamed temporary file; memory holds one key of each block.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write},
    os::unix::fs::FileExt,
};

use model::{Digest, Key, Prefix};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Bytes of keys sorted in memory at once.
const RUN: usize = 32 << 20;

/// Keys of a block, which is read at once.
const BLOCK: usize = 256;

/// Longest line: a key of 1,024 bytes as JSON escapes it, and what a failure says.
const LONGEST: u64 = 64 << 10;

/// The keys of a list.
#[derive(Debug)]
pub struct KeyList {
    file: File,
    blocks: Vec<Block>,
    count: u64,
    digest: Digest,
}

#[derive(Debug)]
struct Block {
    first: String,
    offset: u64,
    length: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyListError {
    #[error("line {line}: {why}")]
    Line { line: u64, why: String },
    #[error("it holds no key")]
    Empty,
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Deserialize)]
struct WithKey {
    key: Key,
}

impl KeyList {
    /// Reads a list to its end. Each key must start with the prefix.
    pub fn read(mut input: impl BufRead, prefix: &Prefix) -> Result<Self, KeyListError> {
        let (mut sorter, mut line, mut number) = (Sorter::default(), Vec::new(), 0);
        loop {
            line.clear();
            number += 1;
            let read = (&mut input).take(LONGEST).read_until(b'\n', &mut line)?;
            let wrong = |why: String| KeyListError::Line { line: number, why };
            if read == 0 {
                return sorter.finish();
            }
            if line.last() != Some(&b'\n') && read as u64 == LONGEST {
                return Err(wrong(format!("more than {LONGEST} bytes")));
            }
            let text = str::from_utf8(&line).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let key = parse(text).map_err(wrong)?;
            if !key.as_str().starts_with(prefix.as_str()) {
                return Err(wrong(format!(
                    "{:?} does not start with the source's prefix {:?}",
                    key.as_str(),
                    prefix.as_str()
                )));
            }
            sorter.push(String::from(key))?;
        }
    }

    /// Number of different keys.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// SHA-256 of the sorted keys.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The lowest key.
    pub(crate) fn first(&self) -> Option<Key> {
        Key::try_from(self.blocks.first()?.first.clone()).ok()
    }

    /// Number of the block from which on keys after this one are found.
    pub(super) fn block_after(&self, after: Option<&str>) -> usize {
        after.map_or(0, |after| self.blocks.partition_point(|block| block.first.as_str() <= after).saturating_sub(1))
    }

    /// The keys of a block; `None` after the last one.
    pub(super) fn block(&self, number: usize) -> io::Result<Option<Vec<Key>>> {
        let Some(block) = self.blocks.get(number) else { return Ok(None) };
        let mut bytes = vec![0; block.length];
        self.file.read_exact_at(&mut bytes, block.offset)?;
        let keys = serde_json::Deserializer::from_slice(&bytes).into_iter::<Key>();
        Ok(Some(keys.collect::<Result<_, _>>()?))
    }
}

fn parse(text: &str) -> Result<Key, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map_err(|error| said(&error)),
        Some(b'{') => serde_json::from_str(text).map(|WithKey { key }| key).map_err(|error| said(&error)),
        _ => text.parse().map_err(|error: model::Invalid| said(&error)),
    }
}

/// Sorts keys by runs on disk.
#[derive(Default)]
pub(super) struct Sorter {
    waiting: BTreeSet<String>,
    bytes: usize,
    runs: Vec<BufReader<File>>,
}

impl Sorter {
    pub fn push(&mut self, key: String) -> io::Result<()> {
        self.bytes += key.len();
        self.waiting.insert(key);
        if self.bytes >= RUN { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for key in std::mem::take(&mut self.waiting) {
            write(&mut file, &key)?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(BufReader::new(file));
        self.bytes = 0;
        Ok(())
    }

    pub fn finish(mut self) -> Result<KeyList, KeyListError> {
        self.flush()?;
        let mut heads = BTreeSet::new();
        for (index, run) in self.runs.iter_mut().enumerate() {
            heads.extend(next(run)?.map(|key| (key, index)));
        }
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let (mut blocks, mut hash): (Vec<Block>, _) = (Vec::new(), Sha256::new());
        let (mut count, mut offset, mut last) = (0, 0, None);
        while let Some((key, index)) = heads.pop_first() {
            heads.extend(next(&mut self.runs[index])?.map(|key| (key, index)));
            if last.as_ref() == Some(&key) {
                continue;
            }
            if count % BLOCK as u64 == 0 {
                blocks.push(Block { first: key.clone(), offset, length: 0 });
            }
            let length = write(&mut file, &key)?;
            if let Some(block) = blocks.last_mut() {
                block.length += length;
            }
            offset += length as u64;
            count += 1;
            hash.update(key.as_bytes());
            hash.update(b"\0");
            last = Some(key);
        }
        if count == 0 {
            return Err(KeyListError::Empty);
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(KeyList { file, blocks, count, digest: Digest::of(hash.finalize().into()) })
    }
}

/// Writes a key as a line of JSON; returns its length in bytes.
fn write(file: &mut impl Write, key: &str) -> io::Result<usize> {
    let mut line = serde_json::to_vec(key)?;
    line.push(b'\n');
    file.write_all(&line)?;
    Ok(line.len())
}

fn next(run: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if run.read_line(&mut line)? == 0 { Ok(None) } else { Ok(Some(serde_json::from_str(&line)?)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], prefix: &str) -> Result<KeyList, String> {
        KeyList::read(text, &prefix.parse().unwrap()).map_err(|error| error.to_string())
    }

    fn keys(list: &KeyList, after: Option<&str>) -> Vec<String> {
        let blocks = (list.block_after(after)..).map_while(|number| list.block(number).unwrap());
        blocks.flatten().map(String::from).collect()
    }

    proptest! {
        #[test]
        fn keys_are_sorted_and_found_from_any_of_them(
            named in proptest::collection::vec("[a-c]{1,4}|\\PC{1,9}|[\u{1}-\u{20}]{1,3}", 1..900), at: prop::sample::Index
        ) {
            let lines: Vec<_> = named.iter().map(|key| serde_json::to_string(key).unwrap()).collect();
            let list = read(lines.join("\n").as_bytes(), "").unwrap();
            let sorted: Vec<_> = named.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
            prop_assert_eq!(list.count(), sorted.len() as u64);
            prop_assert_eq!(keys(&list, None), sorted.clone());
            let after = at.get(&sorted);
            let rest: Vec<_> = keys(&list, Some(after)).into_iter().filter(|key| key > after).collect();
            prop_assert_eq!(rest, sorted.iter().filter(|key| *key > after).cloned().collect::<Vec<_>>());
        }
    }

    #[test]
    fn lines_are_keys_strings_or_failures() {
        let list = read(b"b\r\n\n\"a\\nb\"\n{\"key\":\"a b\",\"reason\":\"gone\"}\nb\na", "").unwrap();
        assert_eq!(keys(&list, None), ["a", "a\nb", "a b", "b"]);
        assert_eq!(*list.digest(), *read(b"a\nb\n\"a\\nb\"\na b", "").unwrap().digest());
    }

    #[test]
    fn wrong_line_is_named() {
        assert!(read(b"logs/a\nlog/b", "logs/").unwrap_err().contains("line 2: \"log/b\" does not start with"));
        assert!(read(b"{\"name\":1}", "").unwrap_err().contains("line 1: missing field `key`"));
        assert!(read(b"\xFF", "").unwrap_err().contains("not UTF-8"));
        assert!(read("k".repeat(1_025).as_bytes(), "").unwrap_err().contains("1 to 1,024 bytes"));
        assert!(read(&vec![b'k'; 70_000], "").unwrap_err().contains("65536 bytes"));
        assert_eq!(read(b"\n", "").unwrap_err(), "it holds no key");
    }

    #[test]
    fn runs_are_merged() {
        let mut sorter = Sorter::default();
        for key in ["b", "c", "a", "b", "d"] {
            sorter.push(key.to_owned()).unwrap();
            sorter.flush().unwrap();
        }
        assert_eq!(keys(&sorter.finish().unwrap(), None), ["a", "b", "c", "d"]);
    }
}

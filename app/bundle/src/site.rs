//! The site as a folder: files beside their compressed forms, and `manifest.json`, which says what is what.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// What the server reads back: where each file is served and under which hash.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    /// Of everything that the site was made from.
    fingerprint: String,
    js: String,
    wasm: String,
    css: String,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// As in the URL, without the leading slash: `assets/logyard-0123456789abcdef.js`.
    path: String,
    /// Of the content, 16 hexadecimal digits.
    hash: String,
    bytes: usize,
    /// 0 where compressing did not make it smaller, and the form is not stored.
    brotli: usize,
    gzip: usize,
}

/// A file in the forms it is served in.
struct File {
    plain: Vec<u8>,
    brotli: Option<Vec<u8>>,
    gzip: Option<Vec<u8>>,
}

pub struct Site {
    manifest: Manifest,
    /// In the order of the manifest's entries.
    files: Vec<File>,
}

impl Site {
    pub fn new(fingerprint: String) -> Self {
        Self { manifest: Manifest { fingerprint, ..Manifest::default() }, files: Vec::new() }
    }

    /// One of the three files of the interface, `js`, `wasm` or `css`, under a name that changes with its content.
    pub fn add_hashed(&mut self, extension: &str, content: Vec<u8>) -> Result<()> {
        let path = format!("assets/logyard-{}.{extension}", hash(&content));
        match extension {
            "js" => self.manifest.js.clone_from(&path),
            "wasm" => self.manifest.wasm.clone_from(&path),
            _ => self.manifest.css.clone_from(&path),
        }
        self.add(path, content)
    }

    /// A file that is served under its own name.
    pub fn add_public(&mut self, name: &str, content: Vec<u8>) -> Result<()> {
        self.add(name.to_owned(), content)
    }

    fn add(&mut self, path: String, plain: Vec<u8>) -> Result<()> {
        let smaller = |form: Vec<u8>| (form.len() < plain.len()).then_some(form);
        let (brotli, gzip) = (smaller(brotli(&plain)?), smaller(gzip(&plain)?));
        self.manifest.files.push(Entry {
            path,
            hash: hash(&plain),
            bytes: plain.len(),
            brotli: brotli.as_ref().map_or(0, Vec::len),
            gzip: gzip.as_ref().map_or(0, Vec::len),
        });
        self.files.push(File { plain, brotli, gzip });
        Ok(())
    }

    pub fn compressed_wasm(&self) -> usize {
        self.manifest.files.iter().find(|entry| entry.path == self.manifest.wasm).map_or(0, |entry| entry.brotli)
    }

    /// A line for each file, in kilobytes of a thousand bytes.
    pub fn sizes(&self) -> String {
        let mut table = String::new();
        for Entry { path, bytes, brotli, gzip, .. } in &self.manifest.files {
            let _ = writeln!(table, "bundle: {path:<40} {bytes:>9} B, brotli {brotli:>7} B, gzip {gzip:>7} B");
        }
        table
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder.join("assets"))?;
        for (Entry { path, .. }, file) in self.manifest.files.iter().zip(&self.files) {
            fs::write(folder.join(path), &file.plain)?;
            for (form, extension) in [(&file.brotli, "br"), (&file.gzip, "gz")] {
                if let Some(form) = form {
                    fs::write(folder.join(format!("{path}.{extension}")), form)?;
                }
            }
        }
        fs::write(folder.join("manifest.json"), serde_json::to_vec_pretty(&self.manifest)?)?;
        Ok(())
    }
}

/// Of the site that lies in `folder`, if a whole one does.
pub fn fingerprint(folder: &Path) -> Option<String> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()?;
    Some(manifest.fingerprint)
}

/// Enough of the fingerprint to tell the versions of one file apart.
fn hash(content: &[u8]) -> String {
    let mut digits = Fingerprint::default().with(content).to_string();
    digits.truncate(16);
    digits
}

/// Quality 11, the best there is: it is done once and downloaded often.
fn brotli(plain: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut io::Cursor::new(plain), &mut packed, &parameters).context("Brotli failed")?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_and_only_with_it() {
        let named = |content: &[u8]| {
            let mut site = Site::new(String::new());
            site.add_hashed("js", content.to_vec()).unwrap();
            site.manifest.js
        };
        assert_eq!(named(b"one"), named(b"one"));
        assert_ne!(named(b"one"), named(b"two"));
    }

    #[test]
    fn a_form_that_is_not_smaller_is_not_stored() {
        let mut site = Site::new(String::new());
        site.add_public("tiny.txt", b"x".to_vec()).unwrap();
        site.add_public("long.txt", vec![b'x'; 10_000]).unwrap();
        assert_eq!(site.manifest.files[0].brotli, 0);
        assert!(site.files[0].gzip.is_none());
        assert!(site.manifest.files[1].brotli > 0);
        assert!(site.files[1].gzip.is_some());
    }

    #[test]
    fn what_is_written_tells_its_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fingerprint(folder.path()), None);
        let mut site = Site::new("abc".to_owned());
        site.add_hashed("css", vec![b'a'; 1_000]).unwrap();
        site.write(folder.path()).unwrap();
        assert_eq!(fingerprint(folder.path()).as_deref(), Some("abc"));
        assert_eq!(fs::read(folder.path().join(&site.manifest.css)).unwrap(), vec![b'a'; 1_000]);
        assert!(folder.path().join(format!("{}.br", site.manifest.css)).is_file());
    }
}

//! The interface's files, compressed at build time and embedded in the binary.
//!
//! Script, wasm and style have names that change with their content, so a browser caches them for a year. A file with a
//! fixed name, such as the icon, is requested again after an hour and usually answered with 304.
//!
//! Always: the content under a name in `/assets/` never changes. A build without the site serves the same pages, without
//! script and style.

mod serve;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use app::shell::AssetPaths;
use axum::{Router, routing::get};
use http::StatusCode;
use serde::Deserialize;

use self::serve::Cached;

/// Every file of the site: its path below the site, and its content.
type Table = &'static [(&'static str, &'static [u8])];

static SITE: Table = include!(concat!(env!("OUT_DIR"), "/site.rs"));

const MANIFEST: &str = "manifest.json";

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    manifest: Manifest,
    files: HashMap<String, File>,
}

/// The file that the crate `bundle` writes beside the site.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
    files: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    hash: String,
}

/// A file with its compressed forms.
#[derive(Clone, Copy, Debug)]
struct File {
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
    content_type: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    #[error("the manifest of the site in this binary cannot be read")]
    Manifest(#[from] serde_json::Error),
    #[error("the site in this binary lacks {0}, which its manifest names")]
    Missing(String),
}

impl Assets {
    /// The files embedded in this binary; empty if it was built without the site.
    pub fn load() -> Result<Self, AssetsError> {
        Self::from_table(SITE)
    }

    fn from_table(table: Table) -> Result<Self, AssetsError> {
        let contents: HashMap<&str, &'static [u8]> = table.iter().copied().collect();
        let Some(manifest) = contents.get(MANIFEST) else { return Ok(Self::default()) };
        let manifest: Manifest = serde_json::from_slice(manifest)?;
        let mut files = HashMap::new();
        for Entry { path, .. } in &manifest.files {
            let file = File {
                plain: contents.get(path.as_str()).ok_or_else(|| AssetsError::Missing(path.clone()))?,
                brotli: contents.get(format!("{path}.br").as_str()).copied(),
                gzip: contents.get(format!("{path}.gz").as_str()).copied(),
                content_type: content_type(path),
            };
            files.insert(path.clone(), file);
        }
        Ok(Self { shared: Arc::new(Shared { manifest, files }) })
    }

    /// URL paths for the head of a page; empty without the site.
    pub fn paths(&self) -> AssetPaths {
        let url = |path: &String| if path.is_empty() { String::new() } else { format!("/{path}") };
        let Manifest { js, wasm, css, .. } = &self.shared.manifest;
        AssetPaths { js: url(js), wasm: url(wasm), css: url(css) }
    }

    /// A route for each file, and a plain 404 for files that a page of an older version may still request.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let missing = Router::new().route("/assets/{*path}", get(async || StatusCode::NOT_FOUND));
        self.shared.manifest.files.iter().fold(missing, |router, Entry { path, hash }| {
            let Some(file) = self.shared.files.get(path).copied() else { return router };
            let cached = if path.starts_with("assets/") { Cached::ForEver } else { Cached::ForAnHour };
            let hash: Arc<str> = hash.as_str().into();
            router.route(&format!("/{path}"), get(async move |headers| serve::answer(file, &hash, cached, &headers)))
        })
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

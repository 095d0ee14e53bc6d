//! Whether an event is where it was sent, asked of those sinks that can be asked.
//!
//! Always: an answer rests on the event itself, found under its id; what a receiver said while it was sent, is not
//! asked again.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use hyper::StatusCode;
use tokio::task::spawn_blocking;

use super::{Sink, SinkError, bulk::Bulk, error::SinkFault, open::Kind, url::Place};

/// Of a file's end so much is read, and the size of the event: others write, too.
const TAIL: u64 = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// What was found, in words.
    Found(&'static str),
    /// The sink was asked, and does not have it.
    Missing(&'static str),
    /// This sink cannot be asked.
    Unasked,
}

impl Sink {
    /// Whether the receiver keeps an event under the id that comes with it.
    pub fn takes_ids(&self) -> bool {
        matches!(self.parts().1, Kind::Bulk(_))
    }

    /// Looks for the event of this id, of at most so many bytes.
    pub async fn arrival(&self, id: &str, bytes: usize) -> Result<Arrival, SinkError> {
        let (settings, kind) = self.parts();
        let asked = match (kind, &settings.url.place) {
            (Kind::Bulk(bulk), Place::Bulk { path_and_query, .. }) => document(bulk, path_and_query, id).await,
            (_, Place::File(path)) => {
                let (path, id) = (path.clone(), id.to_owned());
                let most = TAIL + bytes as u64;
                let read =
                    spawn_blocking(move || ends_with(&path, &id, most)).await.map_err(io::Error::other).flatten();
                read.map_err(|error| SinkFault::File { why: error.to_string() })
            }
            _ => Ok(Arrival::Unasked),
        };
        asked.map_err(|fault| fault.at(&settings.url.to_string()))
    }
}

/// A `GET` of a document sees what was written just now. An alias or a data stream of several indexes cannot be asked
/// like that.
async fn document(bulk: &Bulk, path_and_query: &str, id: &str) -> Result<Arrival, SinkFault> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let Some(index) = path.strip_suffix("/_bulk").filter(|index| !index.is_empty()) else {
        return Ok(Arrival::Unasked);
    };
    match bulk.get(&format!("{index}/_doc/{id}")).await? {
        (StatusCode::OK, _) => Ok(Arrival::Found("the index answers with it")),
        (StatusCode::NOT_FOUND, body) if body.windows(13).any(|part| part == b"\"found\":false") => {
            Ok(Arrival::Missing("the index took it, and does not have it"))
        }
        _ => Ok(Arrival::Unasked),
    }
}

fn ends_with(path: &Path, id: &str, most: u64) -> io::Result<Arrival> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    let found = memchr::memmem::find(&tail, id.as_bytes()).is_some();
    Ok(if found { Arrival::Found("read back from the file") } else { Arrival::Missing("it is not in the file") })
}

//! Checks whether a sink has an event, for sinks that can be queried.
//!
//! Always: the answer rests on the event itself, found by its id, not on an acknowledgement.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use hyper::StatusCode;
use tokio::task::spawn_blocking;

use super::{Sink, SinkError, bulk::Bulk, error::SinkFault, open::Kind, url::Place};

/// Bytes read from the end of a file, in addition to the event's size, as others write to it too.
const TAIL: u64 = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The event was found; the text says where.
    Found(&'static str),
    /// The sink was queried and does not have the event; the text says so.
    Missing(&'static str),
    /// This sink cannot be queried.
    Unasked,
}

impl Sink {
    /// Whether the receiver stores an event under the event's own id.
    pub fn takes_ids(&self) -> bool {
        matches!(self.parts().1, Kind::Bulk(_))
    }

    /// Looks up an event of at most `bytes` bytes by its id.
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

/// Looks up a document by `GET`, which sees even the newest writes. An alias or data stream over several indexes does
/// not support that.
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

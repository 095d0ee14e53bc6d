//! Bodies of answers. Fields that are not known are passed over: a server may come to say more.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    numbers::{Bound, MarkOnWire, Version},
    rows::RowKey,
};
use crate::sync::Cell;

/// `GET count`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub count: u64,
}

/// `GET meta`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub count: u64,
    /// Of all rows; null where there is none.
    pub lowest: Option<Version>,
    pub highest: Option<Version>,
    /// Whether `POST summaries` is answered.
    pub summaries: bool,
}

/// `POST summaries`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summaries {
    /// The cells one after the other, each [`Cell::BYTES`] long, in base64.
    pub cells: String,
}

impl Summaries {
    pub fn of(cells: &[Cell]) -> Self {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_bytes()).collect();
        Self { cells: BASE64_STANDARD.encode(bytes) }
    }

    /// `None` if it is no base64 of whole cells.
    pub fn read(&self) -> Option<Vec<Cell>> {
        let bytes = BASE64_STANDARD.decode(&self.cells).ok()?;
        let (cells, rest) = bytes.as_chunks::<{ Cell::BYTES }>();
        rest.is_empty().then(|| cells.iter().map(Cell::from_bytes).collect())
    }
}

/// `POST manifest`: whole lists, from that of the first span on, as many as have no more than
/// [`limits::MAX_LISTED_ROWS`](super::limits::MAX_LISTED_ROWS) rows together. None if the first alone has more: then there are pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    pub lists: Vec<Vec<MarkOnWire>>,
}

/// `GET manifest`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAnswer {
    /// What the rows cover.
    pub from: Bound,
    pub until: Bound,
    pub rows: Vec<MarkOnWire>,
}

/// `POST rows`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The others were taken, or were older than what is there.
    pub refused: Vec<RefusedRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    pub key: RowKey,
    pub version: Version,
    pub error: String,
}

/// `POST delete-if`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Rows that were there in that version.
    pub deleted: u64,
}

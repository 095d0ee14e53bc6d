//! Bodies of answers. Unknown fields are ignored, so that servers may add some.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    numbers::{Bound, MarkOnWire, Version},
    rows::RowKey,
};
use crate::sync::{Cell, Column, ContentSum, Mark};

/// Answer to `GET count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub count: u64,
}

/// Answer to `GET meta`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub count: u64,
    /// Lowest version of all rows; null for an empty table.
    pub lowest: Option<Version>,
    /// Highest version of all rows; null for an empty table.
    pub highest: Option<Version>,
    /// Whether the server offers `POST summaries`.
    pub summaries: bool,
    /// Whether the server offers `POST contents`, and replaces rows of the same version.
    #[serde(default)]
    pub contents: bool,
    /// The columns that can be written, except key and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
}

/// Answer to `POST contents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The concatenated sums of the spans, each [`ContentSum::BYTES`] long, in base64; absent with `each`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<String>,
    /// With `each`: every row of the spans with its digest in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<(MarkOnWire, String)>>,
}

impl Contents {
    pub fn of(sums: &[ContentSum]) -> Self {
        let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_bytes()).collect();
        Self { sums: Some(BASE64_STANDARD.encode(bytes)), rows: None }
    }

    pub fn of_rows(rows: &[(Mark, u128)]) -> Self {
        let row = |(mark, digest): &(Mark, u128)| (MarkOnWire(*mark), format!("{digest:032x}"));
        Self { sums: None, rows: Some(rows.iter().map(row).collect()) }
    }

    /// Decodes the sums; `None` unless they are base64 of complete sums.
    pub fn read(&self) -> Option<Vec<ContentSum>> {
        let bytes = BASE64_STANDARD.decode(self.sums.as_ref()?).ok()?;
        let (sums, rest) = bytes.as_chunks::<{ ContentSum::BYTES }>();
        rest.is_empty().then(|| sums.iter().map(ContentSum::from_bytes).collect())
    }

    /// Decodes the rows; `None` unless each has a digest.
    pub fn read_rows(&self) -> Option<Vec<(Mark, u128)>> {
        let row = |(mark, digest): &(MarkOnWire, String)| Some((mark.0, u128::from_str_radix(digest, 16).ok()?));
        self.rows.as_ref()?.iter().map(row).collect()
    }
}

/// Answer to `POST summaries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summaries {
    /// The concatenated cells, each [`Cell::BYTES`] long, in base64.
    pub cells: String,
}

impl Summaries {
    pub fn of(cells: &[Cell]) -> Self {
        let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_bytes()).collect();
        Self { cells: BASE64_STANDARD.encode(bytes) }
    }

    /// Decodes the cells; `None` unless they are base64 of complete cells.
    pub fn read(&self) -> Option<Vec<Cell>> {
        let bytes = BASE64_STANDARD.decode(&self.cells).ok()?;
        let (cells, rest) = bytes.as_chunks::<{ Cell::BYTES }>();
        rest.is_empty().then(|| cells.iter().map(Cell::from_bytes).collect())
    }
}

/// Answer to `POST manifest`: complete lists for the first spans, with at most
/// [`limits::MAX_LISTED_ROWS`](super::limits::MAX_LISTED_ROWS) rows together. Empty if the first list alone is longer;
/// the client then reads pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    pub lists: Vec<Vec<MarkOnWire>>,
}

/// Answer to `GET manifest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAnswer {
    /// First version that the page covers.
    pub from: Bound,
    /// Version at which the covered span ends, exclusive.
    pub until: Bound,
    pub rows: Vec<MarkOnWire>,
}

/// Answer to `POST rows`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Refused rows. The others were stored, or were older than the stored rows.
    pub refused: Vec<RefusedRow>,
}

/// A refused row with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    pub key: RowKey,
    pub version: Version,
    pub error: String,
}

/// Answer to `POST delete-if`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Number of deleted rows: those that existed in the given version.
    pub deleted: u64,
    /// Rows that the table refuses to delete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedRow>,
}

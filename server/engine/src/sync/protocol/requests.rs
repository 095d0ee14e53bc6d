//! Bodies of requests.

use serde::{Deserialize, Serialize};

use super::{
    numbers::{MarkOnWire, SpanOnWire},
    rows::RowOnWire,
};

/// `POST summaries`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummariesRequest {
    pub spans: Vec<SpanOnWire>,
    /// Asks for the cells of the spans' pieces, of each by [`Span::split`](crate::sync::Span::split).
    #[serde(default)]
    pub split: bool,
}

/// `POST manifest`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    pub spans: Vec<SpanOnWire>,
}

/// `POST rows`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    pub rows: Vec<RowOnWire>,
}

/// `POST delete-if`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    pub rows: Vec<MarkOnWire>,
}

//! Bodies of requests.

use serde::{Deserialize, Serialize};

use super::{
    numbers::{MarkOnWire, SpanOnWire},
    rows::RowOnWire,
};

/// Body of `POST summaries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummariesRequest {
    pub spans: Vec<SpanOnWire>,
    /// Requests the cells of the spans' pieces by [`Span::split`](crate::sync::Span::split) instead of the spans'.
    #[serde(default)]
    pub split: bool,
}

/// Body of `POST contents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentsRequest {
    pub spans: Vec<SpanOnWire>,
    /// Names of the columns whose values are compared, in that order.
    pub columns: Vec<String>,
    /// Requests the digest of each row instead of the sums of the spans.
    #[serde(default)]
    pub each: bool,
}

/// Body of `POST manifest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    pub spans: Vec<SpanOnWire>,
}

/// Body of `POST rows`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    pub rows: Vec<RowOnWire>,
}

/// Body of `POST delete-if`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deletion {
    pub rows: Vec<MarkOnWire>,
}

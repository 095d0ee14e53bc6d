//! How a pipeline's events differ from what the log says: names, labels, what is left out, what is made unreadable.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// `[pipelines.events]`. The default leaves events as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventOptions {
    pub schema: Schema,
    /// Whether the record's own text is in the event.
    pub raw: bool,
    /// Whether the pipeline's labels are in the event.
    pub labels: bool,
    /// Fields left out.
    pub drop_fields: Vec<String>,
    /// New names of fields, by the old ones.
    pub rename_fields: BTreeMap<String, String>,
    pub redact: Vec<Redaction>,
    /// Only events that it holds for are kept.
    pub keep_if: Option<String>,
    /// Events that it holds for are left out.
    pub drop_if: Option<String>,
    /// One event in so many is kept.
    pub sample: Option<u32>,
    /// Only events that it holds for are sampled; the others are all kept.
    pub sample_if: Option<String>,
}

/// The names of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    /// Those of AWS's documentation.
    #[default]
    Aws,
    /// Those of the Elastic Common Schema, as Elastic's own integration writes them.
    Ecs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// The address of the client keeps its network alone: /24 of IPv4, /48 of IPv6.
    Addresses,
    /// Replaces the query string of URLs: all that follows the `?`.
    Queries,
}

impl EventOptions {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl FromStr for Schema {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "aws" => Ok(Self::Aws),
            "ecs" => Ok(Self::Ecs),
            _ => Err(Invalid::new("schema", text, "aws or ecs")),
        }
    }
}

impl FromStr for Redaction {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "addresses" => Ok(Self::Addresses),
            "queries" => Ok(Self::Queries),
            _ => Err(Invalid::new("redact", text, "addresses or queries")),
        }
    }
}

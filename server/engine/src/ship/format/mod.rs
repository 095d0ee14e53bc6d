//! The log formats, how each is recognised, and its table of fields.
//!
//! A record is recognised by its beginning, never by its key alone: balancers can also deliver JSON, W3C or Parquet
//! under the same names.

mod alb;
mod alb_connection;
mod classic;
mod nlb;
mod recognise;

use std::str::FromStr;

use model::{Invalid, LogFormat};

pub(super) use self::recognise::{begins, without_mark};
use super::field::{Field, MemberKey};
use crate::log_object::Format;

/// The format to parse: a given one, or recognised record by record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    Auto,
    Only(Format),
}

impl Format {
    /// Judges by the beginning of a record. `None` if it begins like none.
    pub fn recognise(record: &[u8]) -> Option<Self> {
        recognise::recognise(record)
    }

    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Classic => classic::FIELDS,
            Self::Alb => alb::FIELDS,
            Self::Nlb => nlb::FIELDS,
            Self::AlbConnection => alb_connection::FIELDS,
        }
    }

    /// The beginning of an event of this format.
    pub(super) fn opening(self) -> &'static MemberKey {
        match self {
            Self::Classic => const { &MemberKey::new(r#"{"format":"classic""#) },
            Self::Alb => const { &MemberKey::new(r#"{"format":"alb""#) },
            Self::Nlb => const { &MemberKey::new(r#"{"format":"nlb""#) },
            Self::AlbConnection => const { &MemberKey::new(r#"{"format":"alb_connection""#) },
        }
    }
}

impl From<LogFormat> for Choice {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Auto => Self::Auto,
            LogFormat::Classic => Self::Only(Format::Classic),
            LogFormat::Alb => Self::Only(Format::Alb),
            LogFormat::Nlb => Self::Only(Format::Nlb),
            LogFormat::AlbConnection => Self::Only(Format::AlbConnection),
        }
    }
}

impl FromStr for Choice {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let format = Format::ALL.into_iter().find(|format| format.as_str() == text);
        format.map(Self::Only).ok_or_else(|| Invalid::new("format", text, "auto, classic, alb, nlb or alb_connection"))
    }
}

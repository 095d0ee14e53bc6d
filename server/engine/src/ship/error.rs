//! The errors of single records, and of an object as a whole.

/// Longest value quoted in an error, in characters.
const HELD: usize = 80;

/// Why a record could not be parsed. It is counted; other records are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("{field}: {held:?} is not {wanted}")]
    Field { field: &'static str, held: String, wanted: &'static str },
    #[error("{field}: missing, the record ends after {fields} fields")]
    Missing { field: &'static str, fields: usize },
    #[error("{field}: its closing quote is missing")]
    Unclosed { field: &'static str },
    #[error("record: {0}, not a space-separated record of a balancer")]
    Unrecognised(Likely),
    #[error("record: longer than the limit of {limit} bytes")]
    TooLong { limit: usize },
    /// The object ended inside the record.
    #[error("record: cut off where the object breaks off")]
    CutOff,
}

impl RecordError {
    pub(super) fn field(field: &'static str, held: &[u8], wanted: &'static str) -> Self {
        Self::Field { field, held: cut(held, HELD), wanted }
    }
}

/// What a record of no known format seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likely {
    Json,
    W3c,
    Unknown,
}

impl Likely {
    pub(super) fn of(record: &[u8]) -> Self {
        match record.first() {
            Some(b'{') => Self::Json,
            Some(b'#') => Self::W3c,
            _ => Self::Unknown,
        }
    }
}

impl std::fmt::Display for Likely {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::W3c => "a W3C header",
            Self::Unknown => "of no known format",
        })
    }
}

/// Why an object could not be read to its end. The records before the fault were processed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the gzip stream is corrupt: {reason}")]
    Corrupt { reason: String },
    #[error("the gzip stream is truncated")]
    Truncated,
    #[error("what follows the end of the gzip stream is not gzip")]
    Trailing,
    #[error("this is a Parquet file; only the plain text format can be read")]
    Parquet,
}

/// The first `most` characters, with U+FFFD for bytes that are not UTF-8.
pub(super) fn cut(text: &[u8], most: usize) -> String {
    const LONGEST_CHARACTER: usize = 4;
    let enough = &text[..text.len().min(most * LONGEST_CHARACTER)];
    String::from_utf8_lossy(enough).chars().take(most).collect()
}

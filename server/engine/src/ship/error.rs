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
    /// A file in another format, which its first bytes name.
    #[error("this is {what}; only plain text can be read, as it is or gzip")]
    Container { what: &'static str },
}

/// The first bytes of files that are no text, though they may hold some.
const CONTAINERS: [(&[u8], &str); 11] = [
    (b"PAR1", "a Parquet file"),
    (b"\x28\xB5\x2F\xFD", "a zstd file"),
    (b"BZh", "a bzip2 file"),
    (b"\xFD7zXZ\x00", "an xz file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"\x04\x22\x4D\x18", "an lz4 file"),
    (b"\xFF\x06\x00\x00sNaPpY", "a snappy file"),
    (b"Obj\x01", "an Avro file"),
    (b"\xFF\xFE", "text in UTF-16"),
    (b"\xFE\xFF", "text in UTF-16"),
];

impl Broken {
    /// What the beginning of an object positively is, if that is no text of ours. No record begins so.
    pub(super) fn of_beginning(bytes: &[u8]) -> Option<Self> {
        let known = CONTAINERS.iter().find(|(magic, _)| bytes.starts_with(magic));
        known.map(|(_, what)| Self::Container { what })
    }
}

/// The first `most` characters, with U+FFFD for bytes that are not UTF-8.
pub(super) fn cut(text: &[u8], most: usize) -> String {
    const LONGEST_CHARACTER: usize = 4;
    let enough = &text[..text.len().min(most * LONGEST_CHARACTER)];
    String::from_utf8_lossy(enough).chars().take(most).collect()
}
